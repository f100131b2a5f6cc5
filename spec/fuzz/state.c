/*
** One state serves for all inputs: to open one for each would cost more than the
** rest. Whatever an input leaves behind is collected before the next.
*/
#define _GNU_SOURCE /* NOLINT(bugprone-reserved-identifier): clock_gettime, personality, unsetenv */

#include "state.h"

#include <lualib.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/personality.h>
#include <time.h>
#include <unistd.h>

/* Stack indices that stay. */
enum { TRACEBACK = 1, JUDGE };

int luaopen_twilio_webhooks_core(lua_State *L);
int luaopen_twilio_webhooks_signature(lua_State *L);
const char *__asan_default_options(void); /* NOLINT(bugprone-reserved-identifier) */


/* Memory that was freed is kept to find later uses of it: here, those of this input. */
const char *__asan_default_options(void) { /* NOLINT(bugprone-reserved-identifier) */
  return "quarantine_size_mb=16";
}


/*
** Lua seeds the hashes of its strings, and so the order of a table's names, with the time
** and with addresses. Both are made the same for each run, so that a seed of the fuzzer's
** gives the same run each time: `time` while a state is made, the addresses by a start
** without randomization, where the system allows that.
*/
static bool making_state;

time_t time(time_t *result) {
  struct timespec now = {1, 0};
  if (!making_state) clock_gettime(CLOCK_REALTIME, &now);
  if (result != NULL) *result = now.tv_sec;
  return now.tv_sec;
}

int LLVMFuzzerInitialize(int *argc, char ***argv) {
  const int persona = personality(0xffffffff);
  (void)argc;
  if (persona == -1 || (persona & ADDR_NO_RANDOMIZE) != 0) return 0;
  if (personality((unsigned long)persona | ADDR_NO_RANDOMIZE) != -1) execv("/proc/self/exe", *argv);
  return 0;
}


static lua_State *make_state(void) {
  lua_State *L;
  making_state = true;
  L = luaL_newstate();
  making_state = false;
  if (L == NULL) fuzz_fail("no memory for a Lua state");
  return L;
}


void fuzz_fail(const char *what) {
  fprintf(stderr, "\nFINDING: %s\n", what);
  abort();
}


/* An input has to mean the same wherever it is replayed. */
static void clear_environment(void) {
  static const char *const names[] = {
    "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_API_KEY", "TWILIO_API_SECRET", "TWILIO_EDGE",
    "TWILIO_REGION", "http_proxy", "https_proxy", "all_proxy", "HTTPS_PROXY", "ALL_PROXY"
  };
  size_t i;
  for (i = 0; i < sizeof names / sizeof *names; i++) unsetenv(names[i]);
}


/* Collects without a pause, so that a string that only C still knows is gone soon. */
static void collect_often(lua_State *L) {
  lua_gc(L, LUA_GCINC, 10, 400, 10);
}


lua_State *fuzz_open(const char *script, const luaL_Reg *functions) {
  lua_State *L = make_state();
  clear_environment();
  luaL_openlibs(L);
  luaL_requiref(L, "twilio.webhooks.core", luaopen_twilio_webhooks_core, 0);
  luaL_requiref(L, "twilio.webhooks.signature", luaopen_twilio_webhooks_signature, 0);
  if (luaL_dostring(L, "package.path = './?.lua;' .. package.path")) fuzz_fail(lua_tostring(L, -1));
  lua_settop(L, 0);
  lua_getglobal(L, "debug");
  lua_getfield(L, -1, "traceback");
  lua_replace(L, TRACEBACK);
  if (luaL_loadfile(L, script) != 0) fuzz_fail(lua_tostring(L, -1));
  lua_newtable(L);
  if (functions != NULL) luaL_setfuncs(L, functions, 0);
  if (lua_pcall(L, 1, 1, TRACEBACK) != 0) fuzz_fail(lua_tostring(L, -1));
  collect_often(L);
  return L;
}


void fuzz_judge(lua_State *L, int arguments) {
  lua_pushvalue(L, JUDGE);
  lua_insert(L, -arguments - 1);
  if (lua_pcall(L, arguments, 0, TRACEBACK) != 0) fuzz_fail(lua_tostring(L, -1));
  lua_settop(L, JUDGE);
  lua_gc(L, LUA_GCCOLLECT, 0);
}
