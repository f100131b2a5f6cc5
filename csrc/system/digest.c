/*
** CRC-32, the checksum of zlib, PNG and Ethernet; and MurmurHash3 for 64-bit machines, as its author
** published it, with bytes in little-endian order.
*/
#include "system/digest.h"

#include <lauxlib.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct Lanes {
  uint64_t a, b;
} Lanes;

static const uint64_t factor_a = UINT64_C(0x87c37b91114253d5);
static const uint64_t factor_b = UINT64_C(0x4cf5ad432745937f);


static void push_hex(lua_State *L, uint64_t high, uint64_t low, int digits) {
  static const char hexadecimal[] = "0123456789abcdef";
  char text[32];
  int i;
  for (i = 0; i < digits; i++) {
    const unsigned shift = 4u * (unsigned)(digits - 1 - i);
    text[i] = hexadecimal[(shift >= 64 ? high >> (shift - 64) : low >> shift) & 15];
  }
  lua_pushlstring(L, text, (size_t)digits);
}


/* Half a byte at a time. */
int tw_digest_checksum(lua_State *L) {
  static const uint32_t table[16] = {
    0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
    0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c
  };
  uint32_t sum = 0xffffffff;
  size_t n, i;
  const char *text = luaL_checklstring(L, 1, &n);
  for (i = 0; i < n; i++) {
    sum ^= (unsigned char)text[i];
    sum = sum >> 4 ^ table[sum & 15];
    sum = sum >> 4 ^ table[sum & 15];
  }
  push_hex(L, 0, ~sum, 8);
  return 1;
}


static uint64_t rotate(uint64_t x, int bits) {
  return x << bits | x >> (64 - bits);
}


static uint64_t finish(uint64_t x) {
  x = (x ^ x >> 33) * UINT64_C(0xff51afd7ed558ccd);
  x = (x ^ x >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
  return x ^ x >> 33;
}


/* Reads eight bytes. A compiler makes one instruction of it. */
static uint64_t read_eight(const unsigned char *b) {
  return (uint64_t)b[0] | (uint64_t)b[1] << 8 | (uint64_t)b[2] << 16 | (uint64_t)b[3] << 24 |
         (uint64_t)b[4] << 32 | (uint64_t)b[5] << 40 | (uint64_t)b[6] << 48 | (uint64_t)b[7] << 56;
}


/* Reads up to eight bytes. */
static uint64_t read_word(const unsigned char *bytes, size_t n) {
  uint64_t word = 0;
  size_t i;
  for (i = 0; i < n && i < 8; i++) word |= (uint64_t)bytes[i] << (8 * i);
  return word;
}


static uint64_t scramble_a(uint64_t word) {
  return rotate(word * factor_a, 31) * factor_b;
}


static uint64_t scramble_b(uint64_t word) {
  return rotate(word * factor_b, 33) * factor_a;
}


static Lanes hash(const unsigned char *bytes, size_t n) {
  const size_t tail = n & 15;
  const unsigned char *end = bytes + (n - tail);
  Lanes h = {0, 0};
  for (; bytes < end; bytes += 16) {
    h.a = (rotate(h.a ^ scramble_a(read_eight(bytes)), 27) + h.b) * 5 + 0x52dce729;
    h.b = (rotate(h.b ^ scramble_b(read_eight(bytes + 8)), 31) + h.a) * 5 + 0x38495ab5;
  }
  if (tail > 8) h.b ^= scramble_b(read_word(end + 8, tail - 8));
  h.a ^= scramble_a(read_word(end, tail));
  h.a ^= n;
  h.b ^= n;
  h.a += h.b;
  h.b += h.a;
  h.a = finish(h.a);
  h.b = finish(h.b);
  h.a += h.b;
  h.b += h.a;
  return h;
}


int tw_digest_of(lua_State *L) {
  size_t n;
  const char *text = luaL_checklstring(L, 1, &n);
  const Lanes h = hash((const unsigned char *)text, n);
  push_hex(L, h.a, h.b, 32);
  return 1;
}
