/*
** Writes Basic credentials in base64 (RFC 4648, 4), in place, so that no copy stays in
** memory that is not wiped.
*/
#include "net/authorization.h"

#include <string.h>

#define PREFIX "Authorization: Basic "


/* Writes the base64 of `n` bytes to `to`; returns its end. The bytes may lie at the end of the output:
** it reads each group before it writes it, and overwrites no later group. */
static char *encode(char *to, const char *from, size_t n) {
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const unsigned char *bytes = (const unsigned char *)from;
  for (;; n -= 3, bytes += 3) {
    unsigned group;
    if (n == 0) return to;
    group = (unsigned)bytes[0] << 16;
    if (n > 1) group |= (unsigned)bytes[1] << 8;
    if (n > 2) group |= (unsigned)bytes[2];
    *to++ = digits[group >> 18];
    *to++ = digits[(group >> 12) & 63];
    *to++ = digits[(group >> 6) & 63];
    *to++ = digits[group & 63];
    if (n < 3) break;
  }
  to[-1] = '=';
  if (n == 1) to[-2] = '=';
  return to;
}


bool tw_authorization_set(tw_Buffer *line, const char *username, const char *password) {
  const size_t n = strlen(username), m = strlen(password), length = n + 1 + m;
  const size_t encoded = (length + 2) / 3 * 4;
  char *to, *text;
  tw_buffer_wipe(line); /* before it may move */
  to = tw_buffer_reserve(line, sizeof PREFIX - 1 + encoded);
  if (to == NULL) return false;
  memcpy(to, PREFIX, sizeof PREFIX - 1);
  to += sizeof PREFIX - 1;
  text = to + encoded - length; /* "username:password", which its own base64 will overwrite */
  memcpy(text, username, n); /* NOLINT(bugprone-not-null-terminated-result): in the midst of a buffer */
  text[n] = ':';
  memcpy(text + n + 1, password, m); /* NOLINT(bugprone-not-null-terminated-result): likewise */
  tw_buffer_added(line, (size_t)(encode(to, text, length) - line->data));
  return true;
}


bool tw_authorization_set_token(tw_Buffer *line, const char *token) {
  static const char prefix[] = "Authorization: Bearer ";
  tw_buffer_wipe(line); /* before it may move */
  if (tw_buffer_reserve(line, sizeof prefix - 1 + strlen(token)) == NULL) return false;
  return tw_buffer_text(line, prefix) && tw_buffer_text(line, token);
}
