/*
** Classes of ASCII characters. Protocols mean these, whatever <ctype.h> says in the host's
** locale.
*/
#ifndef TW_ASCII_H
#define TW_ASCII_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline bool tw_ascii_is_digit(char c) { return c >= '0' && c <= '9'; }
static inline bool tw_ascii_is_lower(char c) { return c >= 'a' && c <= 'z'; }
static inline bool tw_ascii_is_upper(char c) { return c >= 'A' && c <= 'Z'; }

static inline char tw_ascii_lower(char c) {
  return (char)(c | (tw_ascii_is_upper(c) ? 0x20 : 0)); /* without a jump */
}

/* The same of eight: the highest bit of `reaches` is set in a byte from 'A' on, that of `passes`
** beyond 'Z'. */
static inline uint64_t tw_ascii_word_lower(uint64_t word) {
  const uint64_t each = UINT64_C(0x0101010101010101);
  const uint64_t seven = word & (each * 0x7f);
  const uint64_t reaches = seven + each * (0x80 - 'A'), passes = seven + each * (0x7f - 'Z');
  return word | (((reaches ^ passes) & ~word & (each * 0x80)) >> 2);
}

/* Copies bytes in lower case. */
static inline void tw_ascii_lower_copy(char *to, const char *from, size_t n) {
  for (; n >= sizeof(uint64_t); to += sizeof(uint64_t), from += sizeof(uint64_t), n -= sizeof(uint64_t)) {
    uint64_t word;
    memcpy(&word, from, sizeof word);
    word = tw_ascii_word_lower(word);
    memcpy(to, &word, sizeof word);
  }
  for (; n > 0; n--) *to++ = tw_ascii_lower(*from++);
}

static inline bool tw_ascii_is_alnum(char c) {
  return tw_ascii_is_digit(c) || tw_ascii_is_lower(tw_ascii_lower(c));
}

static inline bool tw_ascii_is_hex(char c) {
  const char lower = (char)(c | 0x20); /* of a letter; makes no other byte a letter */
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

/* Is there a control character, such as a line break, among eight bytes? Of a byte below 0x20
** a subtraction of 0x20 sets the highest bit, which the byte itself has not; and of 0x7f, which
** is 0 where its bits are turned, one of 1. */
static inline bool tw_ascii_word_has_control(uint64_t word) {
  const uint64_t each = UINT64_C(0x0101010101010101);
  const uint64_t turned = word ^ (each * 0x7f);
  return ((((word - each * 0x20) & ~word) | ((turned - each) & ~turned)) & (each * 0x80)) != 0;
}


/* The same of any number of bytes. */
static inline bool tw_ascii_has_control(const char *s, size_t n) {
  for (; n >= sizeof(uint64_t); s += sizeof(uint64_t), n -= sizeof(uint64_t)) {
    uint64_t word;
    memcpy(&word, s, sizeof word);
    if (tw_ascii_word_has_control(word)) return true;
  }
  for (; n > 0; s++, n--) {
    if ((unsigned char)*s < 0x20 || *s == 0x7f) return true;
  }
  return false;
}

#endif
