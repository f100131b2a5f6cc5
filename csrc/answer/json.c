/*
** Decodes with lua-cjson, which is laxer than JSON: it takes NaN, hexadecimal numbers
** and bytes that are not UTF-8, and makes a userdata of null and a float of 2.
**
** lua-cjson reads numbers by strtod, with the decimal point that the locale had when one
** of its instances was last made. It keeps that point in a variable of the process, and ends
** the process if the point has more than one byte. So if the locale's point is not ".", each
** answer gets a new instance; if it is longer, the thread decodes in the "C" locale.
** This file never calls setlocale, which belongs to the host.
*/
#define _POSIX_C_SOURCE 200809L /* uselocale; NOLINT(bugprone-reserved-identifier): POSIX names it so */

#include "answer/json.h"

#include <langinfo.h>
#include <locale.h>
#if defined(__APPLE__)
#include <xlocale.h>
#endif
#include <math.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>

/* A decoder is a table of these. */
enum { DECODE = 1, NEW, POINT };

/* Bytes of a decimal point, with its NUL. No locale in use has a longer one. */
#define POINT_SIZE 8

/* Integers up to here are exact in a double, so lua-cjson does not round them. */
#define EXACT_MAX 9007199254740991.0 /* 2^53 - 1 */


/* ---- the locale ---- */

static locale_t c_locale; /* made once, never freed */

static void make_c_locale(void) {
  c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
}


/* Puts the thread into the "C" locale; returns the one before, for the caller to restore. */
static locale_t enter_c_locale(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, make_c_locale);
  return c_locale != (locale_t)0 ? uselocale(c_locale) : (locale_t)0;
}


static void leave_c_locale(locale_t before) {
  if (before != (locale_t)0) (void)uselocale(before);
}


/* Calls a function with the one argument on top, for one result or an error. `point`: the locale's. */
static int call_in_locale(lua_State *L, const char *point) {
  const locale_t before = strlen(point) > 1 ? enter_c_locale() : (locale_t)0;
  const int status = lua_pcall(L, 1, 1, 0);
  leave_c_locale(before);
  return status;
}


/* Copies the locale's point: whenever Lua runs, the host may change its locale. */
static void copy_point(char *point) {
  const char *now = nl_langinfo(RADIXCHAR);
  const size_t n = strnlen(now, POINT_SIZE - 1);
  memcpy(point, now, n);
  point[n] = '\0';
}


/* ---- the decoder ---- */

/* Pushes what `require "cjson"` gives. If it is missing, raises an error that says what to do. */
static void require_cjson(lua_State *L) {
  const char *message;
  char point[POINT_SIZE];
  copy_point(point);
  lua_getglobal(L, "require");
  lua_pushliteral(L, "cjson");
  if (call_in_locale(L, point) == 0) return;
  message = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "";
  if (strstr(message, "module 'cjson'") == NULL) lua_error(L); /* neither not found nor not loaded */
  luaL_error(L, "twilio.webhooks needs lua-cjson (luarocks install lua-cjson): %s", message);
}


/* new_decoder(new): the decode function of a new instance. */
static int new_decoder(lua_State *L) {
  lua_call(L, 0, 1);
  lua_getfield(L, -1, "decode_invalid_numbers"); /* NaN, Infinity and hexadecimal are not JSON */
  lua_pushboolean(L, 0);
  lua_call(L, 1, 0);
  lua_getfield(L, -1, "decode_max_depth");
  lua_pushinteger(L, TW_JSON_DEPTH_MAX);
  lua_call(L, 1, 0);
  lua_getfield(L, -1, "decode");
  return 1;
}


/* Makes a new instance in the decoder at that stack index, for the present locale. */
static void renew(lua_State *L, int decoder, const char *point) {
  lua_pushstring(L, point);
  lua_rawseti(L, decoder, POINT);
  lua_pushcfunction(L, new_decoder);
  lua_rawgeti(L, decoder, NEW);
  if (call_in_locale(L, point) != 0) lua_error(L);
  lua_rawseti(L, decoder, DECODE);
}


void tw_json_push_decoder(lua_State *L) {
  char point[POINT_SIZE];
  lua_createtable(L, POINT, 0);
  require_cjson(L);
  lua_getfield(L, -1, "new");
  lua_rawseti(L, -3, NEW);
  lua_pop(L, 1);
  copy_point(point);
  renew(L, lua_gettop(L), point);
}


/* Was the instance made for the present locale? The host may have made its own instance meanwhile in
** another locale, which changes lua-cjson's variable. In a locale with "." the decoder then fails on
** fractions, and on nothing else. */
static bool is_current(lua_State *L, int decoder, const char *point) {
  bool same;
  if (strcmp(point, ".") != 0) return false;
  lua_rawgeti(L, decoder, POINT);
  same = strcmp(lua_tostring(L, -1), point) == 0;
  lua_pop(L, 1);
  return same;
}


/* ---- text ---- */

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


/* Counts bytes at the beginning that are surely ASCII, 32 at a time. */
static size_t ascii_length(const unsigned char *s, size_t n) {
  uint64_t words[4];
  size_t i;
  for (i = 0; n - i >= sizeof words; i += sizeof words) {
    memcpy(words, s + i, sizeof words);
    if (((words[0] | words[1] | words[2] | words[3]) & UINT64_C(0x8080808080808080)) != 0) break;
  }
  return i;
}


static bool is_utf8(const char *s, size_t n) {
  const unsigned char *bytes = (const unsigned char *)s;
  size_t i = 0, ascii = 0;
  while (i < n) {
    size_t length;
    if (i >= ascii) { /* does not ask again for bytes that it has just seen */
      i += ascii_length(bytes + i, n - i);
      ascii = i + sizeof(uint64_t) * 4;
      if (i == n) break;
    }
    length = utf8_length(bytes + i, n - i);
    if (length == 0) return false;
    i += length;
  }
  return true;
}


/* ---- values ---- */

typedef enum Mended {
  SAME,
  OTHER,    /* what is on top is not what was there */
  TOO_LARGE /* a number that is not finite */
} Mended;


/* Makes a number without a fraction an integer, if Lua has integers. A number that lua-cjson may
** have rounded stays a float. */
static Mended mend_number(lua_State *L) {
  const double x = (double)lua_tonumber(L, -1);
  if (!isfinite(x)) return TOO_LARGE;
#if TW_LUA_INTEGERS
  if (fabs(x) > EXACT_MAX || floor(x) != x) return SAME;
  lua_pop(L, 1);
  lua_pushinteger(L, (lua_Integer)x);
  return OTHER;
#else
  return SAME;
#endif
}


static bool mend(lua_State *L);


/* Turns the value on top into what this module promises; a null becomes nil. */
static Mended mend_value(lua_State *L) {
  switch (lua_type(L, -1)) {
    case LUA_TTABLE:
      return mend(L) ? SAME : TOO_LARGE;
    case LUA_TLIGHTUSERDATA:
      lua_pop(L, 1);
      lua_pushnil(L);
      return OTHER;
    case LUA_TNUMBER:
      return mend_number(L);
    default:
      return SAME;
  }
}


/* Removes nulls; the elements after them move up. */
static bool mend_list(lua_State *L, int n) {
  const int list = lua_gettop(L);
  int i, kept = 0;
  for (i = 1; i <= n; i++) {
    lua_rawgeti(L, list, i);
    if (mend_value(L) == TOO_LARGE) return false;
    if (lua_isnil(L, -1)) lua_pop(L, 1);
    else lua_rawseti(L, list, ++kept);
  }
  while (kept < n) {
    lua_pushnil(L);
    lua_rawseti(L, list, ++kept);
  }
  return true;
}


static bool mend_object(lua_State *L) {
  const int object = lua_gettop(L);
  lua_pushnil(L);
  while (lua_next(L, object)) {
    const Mended mended = lua_type(L, -1) == LUA_TSTRING ? SAME : mend_value(L);
    if (mended == SAME) {
      lua_pop(L, 1);
      continue;
    }
    if (mended == TOO_LARGE) return false;
    lua_pushvalue(L, -2);
    lua_insert(L, -2);
    lua_rawset(L, object); /* an existing field may change while it is traversed */
  }
  return true;
}


/* Mends the table on top, and those in it, in place. False leaves values on the stack. */
static bool mend(lua_State *L) {
  const int n = (int)lua_rawlen(L, -1); /* an object has only names */
  luaL_checkstack(L, 5, "answer"); /* as deep as the decoder allows: TW_JSON_DEPTH_MAX */
  return n > 0 ? mend_list(L, n) : mend_object(L);
}


bool tw_json_mend(lua_State *L) {
  const int top = lua_gettop(L);
  if (mend(L)) return true;
  lua_settop(L, top - 1);
  lua_pushliteral(L, "it holds a number that is too large");
  return false;
}


/* ---- decoding ---- */

/* Pushes the decode function and the text. `point` becomes the locale's. */
static void push_decoding(lua_State *L, const tw_Buffer *body, int decoder, char *point) {
  copy_point(point);
  if (!is_current(L, decoder, point)) renew(L, decoder, point);
  lua_rawgeti(L, decoder, DECODE);
  lua_pushlstring(L, body->data, body->length);
}


/* Calls the decoder, and pushes its result or its error. */
static int call_decoder(lua_State *L, const tw_Buffer *body, int decoder) {
  char point[POINT_SIZE];
  push_decoding(L, body, decoder, point);
  return call_in_locale(L, point);
}


/* Is the error on top the decoder's own? A debug hook (Ctrl-C) or a finalizer may have raised
** it. Decodes again without hooks: the decoder raises its own error again. Nothing raises an error
** between the two calls of lua_sethook, so the host gets its hook back. */
static bool is_decoders_own(lua_State *L, const tw_Buffer *body, int decoder) {
  const lua_Hook hook = lua_gethook(L);
  const int mask = lua_gethookmask(L), count = lua_gethookcount(L);
  char point[POINT_SIZE];
  bool same;
  push_decoding(L, body, decoder, point);
  lua_sethook(L, NULL, 0, 0);
  same = call_in_locale(L, point) == LUA_ERRRUN && lua_rawequal(L, -1, -2);
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
    return false; /* cjson's message is on top */
  }
  if (lua_type(L, -1) != LUA_TTABLE) {
    lua_pop(L, 1);
    lua_pushliteral(L, "it is not a JSON object");
    return false;
  }
  return true;
}
