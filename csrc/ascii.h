/*
** Classes of ASCII characters. Protocols mean these, whatever <ctype.h> says in the host's
** locale.
*/
#ifndef TW_ASCII_H
#define TW_ASCII_H

#include <stdbool.h>
#include <stddef.h>

static inline bool tw_ascii_is_digit(char c) { return c >= '0' && c <= '9'; }
static inline bool tw_ascii_is_lower(char c) { return c >= 'a' && c <= 'z'; }
static inline bool tw_ascii_is_upper(char c) { return c >= 'A' && c <= 'Z'; }

static inline char tw_ascii_lower(char c) {
  return (char)(tw_ascii_is_upper(c) ? c - 'A' + 'a' : c);
}

static inline bool tw_ascii_is_alnum(char c) {
  return tw_ascii_is_digit(c) || tw_ascii_is_lower(tw_ascii_lower(c));
}

static inline bool tw_ascii_is_hex(char c) {
  const char lower = tw_ascii_lower(c);
  return tw_ascii_is_digit(c) || (lower >= 'a' && lower <= 'f');
}

/* HTTP's white space. */
static inline bool tw_ascii_is_space(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Are the texts equal but for the case of letters? */
static inline bool tw_ascii_equal(const char *a, const char *b) {
  for (; *a != '\0' && tw_ascii_lower(*a) == tw_ascii_lower(*b); a++, b++) {}
  return tw_ascii_lower(*a) == tw_ascii_lower(*b);
}

/* Is there a control character, such as a line break, among the bytes? */
static inline bool tw_ascii_has_control(const char *s, size_t n) {
  size_t i;
  for (i = 0; i < n; i++) {
    if ((unsigned char)s[i] < 0x20 || s[i] == 0x7f) return true;
  }
  return false;
}

#endif
