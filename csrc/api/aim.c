/*
** Reads the form of a create. URLs that RFC 3986 calls equivalent differ in case, in a default
** port, in an empty path, and in escapes of letters and digits; servers escape spaces and bytes
** of UTF-8. So no case, no port and no slash is written, and such escapes as their bytes.
*/
#include "api/aim.h"

#include <string.h>

#include "ascii.h"


/* What a hexadecimal digit counts; -1: it is none. */
static int hex_value(int c) {
  const char digit = tw_ascii_lower((char)c);
  if (!tw_ascii_is_hex(digit)) return -1;
  return tw_ascii_is_digit(digit) ? digit - '0' : digit - 'a' + 10;
}


/* A space, or a byte beyond ASCII: no URL has them but as escapes. */
static bool is_foreign(int c) {
  return c <= ' ' || c > '~';
}


/* The next byte of a form's value; 0 at its end. */
static int next_of_form(const char **s) {
  const char *at = *s;
  if (*at == '&' || *at == '\0') return 0;
  if (*at == '%' && hex_value(at[1]) >= 0 && hex_value(at[2]) >= 0) {
    *s += 3;
    return hex_value(at[1]) * 16 + hex_value(at[2]);
  }
  *s += 1;
  return (unsigned char)*at;
}


/* The same of a URL in it, where an escape that means the same as its byte is that byte. */
static int next_of_url(const char **s) {
  const int c = next_of_form(s);
  const char *at = *s;
  int byte, high, low;
  if (c != '%' || (high = hex_value(next_of_form(&at))) < 0) return c;
  if ((low = hex_value(next_of_form(&at))) < 0) return c;
  byte = high * 16 + low;
  if (!is_foreign(byte) && !tw_ascii_is_alnum((char)byte) && strchr("-._~", byte) == NULL) return c;
  *s = at;
  return byte;
}


static void write_url(const char *value, tw_Buffer *aim) {
  bool in_port = false;
  int c;
  while ((c = next_of_url(&value)) != 0) {
    in_port = c == ':' || (in_port && tw_ascii_is_digit((char)c));
    if (!in_port && c != '/') tw_buffer_char(aim, is_foreign(c) ? '~' : tw_ascii_lower((char)c));
  }
}


/* The value of that field, up to '&' or the end. */
static const char *find(const char *form, const char *field) {
  const char *found = strstr(form, field);
  return found != NULL ? found + strlen(field) : "";
}


/* "Type=webhook", where the form begins with that. */
static size_t type_length(const char *form) {
  size_t n = 0;
  while (tw_ascii_is_alnum(form[n])) n++;
  if (form[n] != '=') return 0;
  n++;
  while (tw_ascii_is_lower(form[n])) n++;
  return n;
}


void tw_aim_write(const tw_Request *request, tw_Buffer *aim) {
  const char *form = request->body.length > 0 ? request->body.data : "";
  const char *flow = find(form, "Configuration.FlowSid=");
  tw_buffer_append(aim, request->base.data, request->base.length);
  tw_buffer_append(aim, request->path.data, request->path.length);
  tw_buffer_char(aim, '\n');
  tw_buffer_append(aim, form, type_length(form));
  tw_buffer_char(aim, '\n');
  tw_buffer_append(aim, flow, strcspn(flow, "&"));
  tw_buffer_char(aim, '\n');
  write_url(find(form, "Configuration.Url="), aim);
}
