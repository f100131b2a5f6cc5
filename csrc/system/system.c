/*
** twilio.webhooks.system: the few things of POSIX that Lua lacks, for bulk/ and the command
** line. A module of its own: who manages one webhook neither loads nor needs it.
*/
#include <lauxlib.h>
#include <lua.h>
#include <stdint.h>

#include "compat.h"
#include "system/evaluate.h"
#include "system/file.h"
#include "system/process.h"


/* The checksum of zlib, PNG and Ethernet, half a byte at a time. */
static uint32_t crc32(const char *text, size_t n) {
  static const uint32_t table[16] = {
    0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
    0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c
  };
  uint32_t sum = 0xffffffff;
  size_t i;
  for (i = 0; i < n; i++) {
    sum ^= (unsigned char)text[i];
    sum = sum >> 4 ^ table[sum & 15];
    sum = sum >> 4 ^ table[sum & 15];
  }
  return ~sum;
}


/* checksum(text): CRC-32 in eight hexadecimal digits. */
static int checksum(lua_State *L) {
  static const char digits[] = "0123456789abcdef";
  size_t n;
  const char *text = luaL_checklstring(L, 1, &n);
  const uint32_t sum = crc32(text, n);
  char hex[8];
  int i;
  for (i = 0; i < 8; i++) hex[i] = digits[sum >> (28 - 4 * i) & 15];
  lua_pushlstring(L, hex, sizeof hex);
  return 1;
}


TW_EXPORT int luaopen_twilio_webhooks_system(lua_State *L) {
  static const luaL_Reg functions[] = {
    {"boot", tw_process_boot},         {"catch", tw_process_catch},
    {"caught", tw_process_caught},     {"checksum", checksum},
    {"evaluate", tw_evaluate},         {"exec", tw_process_exec},
    {"ignore_pipe", tw_process_ignore_pipe}, {"is_terminal", tw_process_is_terminal},
    {"open", tw_file_open},            {"release", tw_process_release},
    {"sync_directory", tw_file_sync_directory}, {"temporary", tw_file_temporary},
    {"time", tw_process_time},         {"width", tw_process_width},
    {NULL, NULL}
  };
  tw_file_register(L);
  lua_newtable(L);
  luaL_setfuncs(L, functions, 0);
  return 1;
}
