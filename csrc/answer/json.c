/*
** JSON through lua-cjson, which is laxer than JSON: it takes NaN, hexadecimal
** and bytes that are not UTF-8, and has its own view of null and of 2.
*/
#include "answer/json.h"

#include <math.h>
#include <string.h>


/* Pushes what `require "cjson"` gives. Says what to do where there is none. */
static void require_cjson(lua_State *L) {
  const char *message;
  lua_getglobal(L, "require");
  lua_pushliteral(L, "cjson");
  if (lua_pcall(L, 1, 1, 0) == 0) return;
  message = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "";
  if (strstr(message, "module 'cjson'") == NULL) lua_error(L); /* neither not found nor not loaded */
  luaL_error(L, "twilio.webhooks needs lua-cjson (luarocks install lua-cjson): %s", message);
}


void tw_json_push_decoder(lua_State *L) {
  require_cjson(L);
  lua_getfield(L, -1, "new");
  lua_call(L, 0, 1);
  lua_getfield(L, -1, "decode_invalid_numbers"); /* NaN, Infinity and hexadecimal are not JSON */
  lua_pushboolean(L, 0);
  lua_call(L, 1, 0);
  lua_getfield(L, -1, "decode_max_depth");
  lua_pushinteger(L, TW_JSON_DEPTH_MAX);
  lua_call(L, 1, 0);
  lua_getfield(L, -1, "decode");
  lua_replace(L, -3);
  lua_pop(L, 1);
}


/* The length of the UTF-8 sequence at s, or 0. RFC 3629: no overlong form, no
** surrogate, nothing above U+10FFFF. */
static size_t utf8_length(const unsigned char *s, size_t n) {
  unsigned char low = 0x80, high = 0xbf; /* of the second byte */
  size_t i, length;
  if (s[0] < 0x80) return 1;
  if (s[0] < 0xc2 || s[0] > 0xf4) return 0;
  length = s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
  if (s[0] == 0xe0) low = 0xa0;
  if (s[0] == 0xed) high = 0x9f;
  if (s[0] == 0xf0) low = 0x90;
  if (s[0] == 0xf4) high = 0x8f;
  if (n < length || s[1] < low || s[1] > high) return 0;
  for (i = 2; i < length; i++) {
    if ((s[i] & 0xc0) != 0x80) return 0;
  }
  return length;
}


static bool is_utf8(const char *s, size_t n) {
  const unsigned char *bytes = (const unsigned char *)s;
  size_t i = 0;
  while (i < n) {
    static const unsigned char ascii[8] = {0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80};
    unsigned long long word, mask;
    size_t length;
    if (n - i >= sizeof word) { /* eight at a time, as long as they are ASCII */
      memcpy(&word, bytes + i, sizeof word);
      memcpy(&mask, ascii, sizeof mask);
      if ((word & mask) == 0) {
        i += sizeof word;
        continue;
      }
    }
    length = utf8_length(bytes + i, n - i);
    if (length == 0) return false;
    i += length;
  }
  return true;
}


/* A value that cjson made, as this module promises it: null is nil, and a
** number without a fraction an integer where Lua has them. Pops it and pushes
** the other, or pops it and returns false if it is right already. */
static bool replace_value(lua_State *L) {
  if (lua_type(L, -1) == LUA_TLIGHTUSERDATA) {
    lua_pop(L, 1);
    lua_pushnil(L);
    return true;
  }
#if TW_LUA_INTEGERS
  if (lua_type(L, -1) == LUA_TNUMBER && !lua_isinteger(L, -1)) {
    lua_Number x = lua_tonumber(L, -1);
    if (x >= -9223372036854775808.0 && x < 9223372036854775808.0 && floor(x) == x) { /* 2^63 */
      lua_pop(L, 1);
      lua_pushinteger(L, (lua_Integer)x);
      return true;
    }
  }
#endif
  lua_pop(L, 1);
  return false;
}


/* Mends the table on top, and those in it, in place. */
static void mend(lua_State *L) {
  int table = lua_gettop(L);
  luaL_checkstack(L, 4, "answer"); /* as deep as the decoder allows: TW_JSON_DEPTH_MAX */
  lua_pushnil(L);
  while (lua_next(L, table)) {
    if (lua_type(L, -1) == LUA_TTABLE) {
      mend(L);
      lua_pop(L, 1);
    } else if (replace_value(L)) { /* an existing field may change while it is traversed */
      lua_pushvalue(L, -2);
      lua_insert(L, -2);
      lua_rawset(L, table);
    }
  }
}


/* Calls the decoder, and pushes its result or its error. */
static int call_decoder(lua_State *L, const tw_Buffer *body, int decoder) {
  lua_pushvalue(L, decoder);
  lua_pushlstring(L, body->data, body->length);
  return lua_pcall(L, 1, 1, 0);
}


/* Is the error on top the decoder's own? A debug hook (Ctrl-C) or a finalizer may have raised
** it. The decoder says the same of the same text again, where no hook runs. */
static bool is_decoders_own(lua_State *L, const tw_Buffer *body, int decoder) {
  const lua_Hook hook = lua_gethook(L);
  const int mask = lua_gethookmask(L), count = lua_gethookcount(L);
  bool same;
  lua_sethook(L, NULL, 0, 0);
  same = call_decoder(L, body, decoder) == LUA_ERRRUN && lua_rawequal(L, -1, -2);
  if (lua_gethook(L) == NULL) lua_sethook(L, hook, mask, count); /* else a signal has set one */
  lua_pop(L, 1);
  return same;
}


bool tw_json_decode(lua_State *L, const tw_Buffer *body, int decoder) {
  int status;
  if (body->length == 0) {
    lua_pushliteral(L, "it is empty");
    return false;
  }
  if (!is_utf8(body->data, body->length)) {
    lua_pushliteral(L, "it is not UTF-8");
    return false;
  }
  status = call_decoder(L, body, decoder);
  if (status != 0) {
    if (status != LUA_ERRRUN || !is_decoders_own(L, body, decoder)) lua_error(L);
    return false; /* cjson's words are on top */
  }
  if (lua_type(L, -1) != LUA_TTABLE) {
    lua_pop(L, 1);
    lua_pushliteral(L, "it is not a JSON object");
    return false;
  }
  mend(L);
  return true;
}
