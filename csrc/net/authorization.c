/*
** Basic credentials in base64 (RFC 4648, 4), written in place: no copy of them
** is left in memory that is not wiped.
*/
#include "net/authorization.h"

#include <string.h>

#define PREFIX "Authorization: Basic "


/* The byte at i of "username:password". */
static unsigned byte_at(const char *username, size_t n, const char *password, size_t i) {
  if (i < n) return (unsigned char)username[i];
  return i == n ? ':' : (unsigned char)password[i - n - 1];
}


bool tw_authorization_set(tw_Buffer *line, const char *username, const char *password) {
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const size_t n = strlen(username);
  const size_t length = n + 1 + strlen(password);
  size_t i;
  char *to;
  tw_buffer_wipe(line); /* before it may move */
  to = tw_buffer_reserve(line, sizeof PREFIX - 1 + (length + 2) / 3 * 4);
  if (to == NULL) return false;
  memcpy(to, PREFIX, sizeof PREFIX - 1);
  to += sizeof PREFIX - 1;
  for (i = 0; i < length; i += 3) {
    const size_t left = length - i;
    unsigned group = byte_at(username, n, password, i) << 16;
    if (left > 1) group |= byte_at(username, n, password, i + 1) << 8;
    if (left > 2) group |= byte_at(username, n, password, i + 2);
    *to++ = digits[group >> 18];
    *to++ = digits[(group >> 12) & 63];
    *to++ = (char)(left > 1 ? digits[(group >> 6) & 63] : '=');
    *to++ = (char)(left > 2 ? digits[group & 63] : '=');
  }
  tw_buffer_added(line, (size_t)(to - (line->data + line->length)));
  return true;
}


bool tw_authorization_set_token(tw_Buffer *line, const char *token) {
  static const char prefix[] = "Authorization: Bearer ";
  tw_buffer_wipe(line); /* before it may move */
  if (tw_buffer_reserve(line, sizeof prefix - 1 + strlen(token)) == NULL) return false;
  return tw_buffer_text(line, prefix) && tw_buffer_text(line, token);
}
