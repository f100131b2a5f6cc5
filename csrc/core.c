/*
** Opens twilio.webhooks.core: fills the module's table, and initializes libcurl once in the
** process. Does no I/O, and reads no environment variable.
*/
#if defined(__linux__)
#define _GNU_SOURCE /* dladdr; NOLINT(bugprone-reserved-identifier): glibc names it so */
#endif

#include "core.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "answer/json.h"
#include "answer/reply.h"
#include "api/describe.h"
#include "api/options.h"
#include "api/spelling.h"
#include "api/suggest.h"
#include "lua/client.h"
#include "lua/drive.h"
#include "net/clock.h"
#include "urlencoded.h"

#define TW_VERSION "0.1.0"

/* loading.lua searches the file for this text, if another Lua cannot load it. */
#define TW_BUILT_FOR "twilio.webhooks.core for " LUA_VERSION


/* ---- once in a process ---- */

static CURLcode global = CURLE_FAILED_INIT;


/* Keeps this module mapped for the life of the process: lua_close unloads it, and one of
** libcurl's resolver threads may outlive that. If a program links the module in, dladdr gives
** the program's name as it was called, perhaps without a slash; that is no library to open. */
static void stay_loaded(void) {
#if defined(RTLD_NODELETE) && defined(RTLD_NOLOAD)
  Dl_info self;
  if (dladdr((const void *)&global, &self) != 0 && strchr(self.dli_fname, '/') != NULL) {
    (void)dlopen(self.dli_fname, RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE);
  }
#endif
}


/* Never undone: other code in the process may use libcurl. */
static void open_process(void) {
  stay_loaded();
  tw_spelling_open();
  global = curl_global_init(CURL_GLOBAL_DEFAULT);
}


static void check_libcurl(lua_State *L) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  const curl_version_info_data *found = curl_version_info(CURLVERSION_NOW);
  pthread_once(&once, open_process);
  if (global != CURLE_OK) luaL_error(L, "libcurl: %s", curl_easy_strerror(global));
  if (found->version_num < LIBCURL_VERSION_NUM) {
    luaL_error(L, "twilio.webhooks was built for libcurl %s, and finds the older %s: build it again",
               LIBCURL_VERSION, found->version);
  }
}


/* ---- the module ---- */

/* Pushes "User-Agent: twilio-webhooks/0.1.0 Lua/5.4 libcurl/7.88.1". */
static void push_agent(lua_State *L) {
  const char *lua;
  int top = lua_gettop(L);
  lua_getglobal(L, "jit"); /* LuaJIT says "LuaJIT 2.1.0", Lua "Lua 5.4" */
  if (lua_type(L, -1) == LUA_TTABLE) lua_getfield(L, -1, "version");
  else lua_getglobal(L, "_VERSION");
  lua = luaL_gsub(L, luaL_optstring(L, -1, "Lua"), " ", "/");
  lua_pushfstring(L, "User-Agent: twilio-webhooks/" TW_VERSION " %s libcurl/%s", lua,
                  curl_version_info(CURLVERSION_NOW)->version);
  lua_replace(L, top + 1);
  lua_settop(L, top + 1);
}


/* now(): seconds of a clock that never goes back. */
static int now(lua_State *L) {
  lua_pushnumber(L, tw_clock_now());
  return 1;
}


/* random(): a number from 0 to 1, for jitter only. Hashes time and process id (by
** splitmix64's finalizer), so that forked workers do not retry at the same moment. Leaves the
** host's own generator alone. */
static int random_share(lua_State *L) {
  uint64_t x = (uint64_t)(tw_clock_now() * 1e9) ^ ((uint64_t)getpid() << 40);
  x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
  x ^= x >> 31;
  lua_pushnumber(L, (lua_Number)(x >> 11) / 9007199254740992.0); /* 2^53 */
  return 1;
}


/* decode(text): the JSON as a table, as from an answer; or nil and the reason. */
static int decode(lua_State *L) {
  size_t length;
  const char *text = luaL_checklstring(L, 1, &length);
  const tw_Buffer body = {.data = (char *)text, .length = length, .capacity = length + 1,
                          .limit = length, .state = TW_BUFFER_OK};
  lua_settop(L, 1);
  if (tw_json_decode(L, &body, lua_upvalueindex(1)) && tw_json_mend(L)) return 1;
  lua_pushnil(L);
  lua_insert(L, -2);
  return 2;
}


/* Sets a function into the table on top, with the module's own client as its upvalue. */
static void set_own(lua_State *L, int own, lua_CFunction function, const char *name) {
  lua_pushvalue(L, own);
  lua_pushcclosure(L, function, 1);
  lua_setfield(L, -2, name);
}


static void push_client_options(lua_State *L) {
  int i;
  lua_createtable(L, tw_client_option_count, 0);
  for (i = 0; i < tw_client_option_count; i++) {
    lua_pushstring(L, tw_client_options[i]);
    lua_rawseti(L, -2, i + 1);
  }
}


TW_EXPORT int luaopen_twilio_webhooks_core(lua_State *L) {
  enum { OWN = 1 };
  static const luaL_Reg functions[] = {
    {"alarm", tw_drive_alarm}, {"describe", tw_describe}, {"invalid", tw_reply_invalid},
    {"nearest", tw_suggest_nearest}, {"now", now}, {"problem", tw_problem_new},
    {"random", random_share}, {"read_form", tw_urlencoded_read}, {NULL, NULL}
  };
#if LUA_VERSION_NUM >= 502
  luaL_checkversion(L); /* 5.1 has no such check; it lacks functions that later versions need */
#endif
  check_libcurl(L);
  lua_settop(L, 0);
  push_agent(L);
  tw_json_push_decoder(L);
  tw_client_push_own(L);
  lua_newtable(L);
  tw_drive_set_functions(L, OWN);
  set_own(L, OWN, tw_client_open, "open");
  set_own(L, OWN, tw_client_request, "request");
  set_own(L, OWN, tw_drive_sleep, "sleep");
  luaL_setfuncs(L, functions, 0);
  tw_json_push_decoder(L);
  lua_pushcclosure(L, decode, 1);
  lua_setfield(L, -2, "decode");
  tw_describe_push_names(L);
  lua_setfield(L, -2, "operations");
  push_client_options(L);
  lua_setfield(L, -2, "client_options");
  lua_pushinteger(L, TW_FORM_BYTES);
  lua_setfield(L, -2, "form_bytes");
  lua_pushinteger(L, TW_FORM_PAIRS);
  lua_setfield(L, -2, "form_pairs");
  lua_pushliteral(L, TW_BUILT_FOR);
  lua_setfield(L, -2, "built_for");
  lua_pushliteral(L, TW_VERSION);
  lua_setfield(L, -2, "_VERSION");
  return 1;
}
