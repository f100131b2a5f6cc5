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

#define TW_ASCII_EACH UINT64_C(0x0101010101010101)

/* Sets the highest bit of each of eight bytes that is from `low` to `high`. The sum sets that bit of
** `reaches` in a byte of `low` or more, and that of `passes` in one above `high`. No byte carries
** into the next. */
static inline uint64_t tw_ascii_word_within(uint64_t word, unsigned low, unsigned high) {
  const uint64_t seven = word & (TW_ASCII_EACH * 0x7f);
  const uint64_t reaches = seven + TW_ASCII_EACH * (0x80 - low), passes = seven + TW_ASCII_EACH * (0x7f - high);
  return (reaches ^ passes) & ~word & (TW_ASCII_EACH * 0x80);
}

/* Are all eight bytes digits, or letters from 'a' to `last`, in either case? */
static inline bool tw_ascii_word_is_alnum(uint64_t word, char last) {
  const uint64_t digits = tw_ascii_word_within(word, '0', '9');
  const uint64_t letters = tw_ascii_word_within(word | (TW_ASCII_EACH * 0x20), 'a', (unsigned char)last);
  return (digits | letters) == TW_ASCII_EACH * 0x80;
}

/* Copies bytes in lower case. */
static inline void tw_ascii_lower_copy(char *to, const char *from, size_t n) {
  for (; n >= sizeof(uint64_t); to += sizeof(uint64_t), from += sizeof(uint64_t), n -= sizeof(uint64_t)) {
    uint64_t word;
    memcpy(&word, from, sizeof word);
    word |= tw_ascii_word_within(word, 'A', 'Z') >> 2; /* 0x20 */
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

/* Are the texts equal, apart from the case of letters? */
static inline bool tw_ascii_equal(const char *a, const char *b) {
  for (; *a != '\0' && tw_ascii_lower(*a) == tw_ascii_lower(*b); a++, b++) {}
  return tw_ascii_lower(*a) == tw_ascii_lower(*b);
}

/* Is there a control character, such as a line break, among the bytes? */
static inline bool tw_ascii_has_control(const char *s, size_t n) {
  for (; n >= sizeof(uint64_t); s += sizeof(uint64_t), n -= sizeof(uint64_t)) {
    uint64_t word;
    memcpy(&word, s, sizeof word);
    if ((tw_ascii_word_within(word, 0, 0x1f) | tw_ascii_word_within(word, 0x7f, 0x7f)) != 0) return true;
  }
  for (; n > 0; s++, n--) {
    if ((unsigned char)*s < 0x20 || *s == 0x7f) return true;
  }
  return false;
}

#endif
