/*
** Changes none of the user's tables. Refuses a value that a form cannot express (NaN, a
** function, a hole in a list, a NUL byte that would end a C string early), and never guesses.
*/
#include "api/form.h"

#include <limits.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ascii.h"


/* ---- names ---- */

/* snake_case: lower-case letters, digits and single underscores between them? */
static bool is_snake(const char *s, size_t n) {
  size_t i;
  if (n == 0 || !tw_ascii_is_lower(s[0]) || s[n - 1] == '_') return false;
  for (i = 1; i < n; i++) {
    if (tw_ascii_is_lower(s[i]) || tw_ascii_is_digit(s[i])) continue;
    if (s[i] != '_' || s[i - 1] == '_') return false;
  }
  return true;
}


/* Copies one part of a dotted key; returns its length on the wire. */
static size_t convert(char *to, const char *part, size_t n) {
  size_t i, length = 0;
  bool start = true;
  if (!is_snake(part, n)) {
    memcpy(to, part, n);
    return n;
  }
  for (i = 0; i < n; i++) {
    char c = part[i];
    if (c == '_') {
      start = true;
      continue;
    }
    to[length++] = (char)(start && tw_ascii_is_lower(c) ? c - 'a' + 'A' : c);
    start = false;
  }
  return length;
}


bool tw_form_append(tw_Name *name, const char *s, size_t n) {
  if (n > TW_NAME_MAX - name->length) return false;
  memcpy(name->text + name->length, s, n);
  name->length += n;
  name->text[name->length] = '\0';
  return true;
}


void tw_form_truncate(tw_Name *name, size_t length) {
  name->length = length;
  name->text[length] = '\0';
}


void tw_form_wire(tw_Name *name, const char *key, size_t n) {
  char part[TW_NAME_MAX];
  const char *end = key + n;
  for (;;) {
    const char *dot = memchr(key, '.', (size_t)(end - key));
    const char *stop = dot != NULL ? dot : end;
    const size_t length = convert(part, key, (size_t)(stop - key));
    (void)tw_form_append(name, part, length);
    if (dot == NULL) return;
    (void)tw_form_append(name, ".", 1);
    key = dot + 1;
  }
}


void tw_form_snake(tw_Name *name, const char *wire) {
  const char *c;
  tw_form_truncate(name, 0);
  for (c = wire; *c != '\0'; c++) {
    const char lower = tw_ascii_lower(*c);
    if (tw_ascii_is_upper(*c) && c > wire && c[-1] != '.') tw_form_append(name, "_", 1);
    tw_form_append(name, &lower, 1);
  }
}


/* ---- values ---- */

/* Replaces the host's decimal point, of whatever length, by ".". */
static void set_point(char *number) {
  const char *from;
  char *to = number;
  for (from = number; *from != '\0'; from++) {
    if (tw_ascii_is_digit(*from) || strchr("-+e", *from) != NULL) *to++ = *from;
    else if (tw_ascii_is_digit(from[-1])) *to++ = '.';
  }
  *to = '\0';
}


/* The shortest decimal that reads back as the same number. */
static void write_float(tw_Text *text, double x) {
  int precision = 15;
  do snprintf(text->number, sizeof text->number, "%.*g", precision, x);
  while (strtod(text->number, NULL) != x && ++precision <= 17);
  set_point(text->number);
}


/* printf would take ten times as long. */
static void write_integer(tw_Text *text, long long x) {
  char *const end = text->number + sizeof text->number - 1;
  unsigned long long left = x < 0 ? 0 - (unsigned long long)x : (unsigned long long)x;
  char *to = end;
  *to = '\0';
  do {
    *--to = (char)('0' + left % 10);
    left /= 10;
  } while (left > 0);
  if (x < 0) *--to = '-';
  text->data = to;
  text->length = (size_t)(end - to);
}


static const char *number_text(lua_State *L, int index, tw_Text *text) {
  double x;
  if (lua_isinteger(L, index)) {
    write_integer(text, (long long)lua_tointeger(L, index));
    return NULL;
  }
  x = (double)lua_tonumber(L, index);
  if (!isfinite(x)) return "a finite number";
  if (fabs(x) < 9223372036854775808.0 && floor(x) == x) { /* 2^63 */
    write_integer(text, (long long)x);
  } else {
    write_float(text, x);
    text->data = text->number;
    text->length = strlen(text->number);
  }
  return NULL;
}


const char *tw_form_text(lua_State *L, int index, tw_Text *text) {
  switch (lua_type(L, index)) {
    case LUA_TSTRING:
      text->data = lua_tolstring(L, index, &text->length);
      if (memchr(text->data, '\0', text->length) != NULL) return "a string without NUL bytes";
      return NULL;
    case LUA_TNUMBER:
      return number_text(L, index, text);
    case LUA_TBOOLEAN:
      text->data = lua_toboolean(L, index) ? "true" : "false";
      text->length = strlen(text->data);
      return NULL;
    default:
      return "a string, a number or a boolean";
  }
}


static bool is_position(lua_Number key, size_t n) {
  return key >= 1 && key <= (lua_Number)n && floor(key) == key;
}


int tw_form_length(lua_State *L, int index) {
  size_t n = lua_rawlen(L, index);
  size_t keys = 0;
  lua_pushnil(L);
  while (lua_next(L, index)) {
    lua_pop(L, 1);
    if (lua_type(L, -1) != LUA_TNUMBER || !is_position(lua_tonumber(L, -1), n)) {
      lua_pop(L, 1);
      return -1;
    }
    keys++;
  }
  return keys == n && n <= INT_MAX ? (int)n : -1; /* fewer keys than n: a hole */
}


/* RFC 3986, 2.3: the bytes that need no escape. */
static bool is_unreserved(unsigned char c) {
  static const bool set[256] = {
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, /* - . */
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0,  /* 0-9 */
    0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,  /* A-Z */
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 1,  /* _ */
    0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,  /* a-z */
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 1, 0   /* ~ */
  };
  return set[c];
}


/* Writes the bytes, three for each that is reserved; returns the end. */
static char *escape(char *to, const char *bytes, size_t n) {
  static const char hex[] = "0123456789ABCDEF";
  const char *const end = bytes + n;
  uint64_t word;
  while (end - bytes >= (ptrdiff_t)sizeof word) { /* most texts begin with letters and digits */
    memcpy(&word, bytes, sizeof word);
    if (!tw_ascii_word_is_alnum(word, 'z')) break;
    memcpy(to, &word, sizeof word);
    bytes += sizeof word;
    to += sizeof word;
  }
  for (; bytes < end; bytes++) {
    const unsigned char c = (unsigned char)*bytes;
    *to = *bytes;
    if (!is_unreserved(c)) {
      *to++ = '%';
      *to++ = hex[c >> 4];
      *to = hex[c & 15];
    }
    to++;
  }
  return to;
}


/* At least as many bytes as escape writes. Counts them only if three for each might not fit. */
static size_t escaped_length(const tw_Buffer *out, const char *bytes, size_t n) {
  size_t i, length = 0;
  if (n < (out->limit - out->length) / 4) return 3 * n;
  for (i = 0; i < n; i++) length += is_unreserved((unsigned char)bytes[i]) ? 1 : 3;
  return length;
}


void tw_form_escape(tw_Buffer *out, const char *bytes, size_t n) {
  char *to = tw_buffer_reserve(out, escaped_length(out, bytes, n));
  if (to != NULL) tw_buffer_added(out, (size_t)(escape(to, bytes, n) - to));
}


void tw_form_pair(tw_Buffer *form, const char *name, size_t n, bool plain, const tw_Text *value) {
  if (form->length > 0) tw_buffer_char(form, '&');
  if (plain) tw_buffer_append(form, name, n);
  else tw_form_escape(form, name, n);
  tw_buffer_char(form, '=');
  tw_form_escape(form, value->data, value->length);
}
