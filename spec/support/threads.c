/*
** threads PATH CPATH BASE_URL THREADS COUNT: as many Lua states, each in a thread of its
** own, that do as many creates at the same time, half of them blocking calls and half by a
** client with go and run. The module is linked in, so that ThreadSanitizer sees all of it.
** Prints how many webhooks were made.
*/
#include <lauxlib.h>
#include <lualib.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define THREADS_MAX 64

int luaopen_twilio_webhooks_core(lua_State *L);

typedef struct Worker {
  char **arguments;
  int number;
  long made;
} Worker;

static const char script[] =
  "local webhooks = require 'twilio.webhooks'\n"
  "local base_url, count, number = ...\n"
  "local made = 0\n"
  "local params = { base_url = base_url, account_sid = 'AC' .. ('a'):rep(32), auth_token = 'token',\n"
  "  service_sid = 'IS' .. ('a'):rep(32), channel_sid = 'threads ' .. number, type = 'webhook',\n"
  "  configuration = { url = 'dummy' } }\n"
  "for _ = 1, count / 2 do\n"
  "  assert(webhooks.create_webhook(params))\n"
  "  made = made + 1\n"
  "end\n"
  "local client = assert(webhooks.new { account_sid = params.account_sid, auth_token = 'token' })\n"
  "params.account_sid, params.auth_token = nil, nil\n"
  "for _ = 1, count / 2 do\n"
  "  client:go(function()\n"
  "    assert(client:create_webhook(params))\n"
  "    made = made + 1\n"
  "  end)\n"
  "end\n"
  "assert(client:run())\n"
  "client:close()\n"
  "return made\n";


static void open_libraries(lua_State *L, char **arguments) {
  luaL_openlibs(L);
  lua_getglobal(L, "package");
  lua_pushstring(L, arguments[1]);
  lua_setfield(L, -2, "path");
  lua_pushstring(L, arguments[2]);
  lua_setfield(L, -2, "cpath");
  lua_pop(L, 1);
  luaL_requiref(L, "twilio.webhooks.core", luaopen_twilio_webhooks_core, 0);
  lua_pop(L, 1);
}


static void *work(void *self) {
  Worker *worker = self;
  lua_State *L = luaL_newstate();
  if (L == NULL) return NULL;
  open_libraries(L, worker->arguments);
  if (luaL_loadstring(L, script) == LUA_OK) {
    lua_pushstring(L, worker->arguments[3]);
    lua_pushinteger(L, atol(worker->arguments[5]));
    lua_pushinteger(L, worker->number);
  }
  if (lua_pcall(L, 3, 1, 0) == LUA_OK) worker->made = (long)lua_tointeger(L, -1);
  else fprintf(stderr, "thread %d: %s\n", worker->number, lua_tostring(L, -1));
  lua_close(L);
  return NULL;
}


int main(int count, char **arguments) {
  static Worker workers[THREADS_MAX];
  pthread_t threads[THREADS_MAX];
  long made = 0;
  int i, n = count == 6 ? atoi(arguments[4]) : 0;
  if (n < 1 || n > THREADS_MAX) return 2;
  for (i = 0; i < n; i++) {
    workers[i].arguments = arguments;
    workers[i].number = i;
    if (pthread_create(&threads[i], NULL, work, &workers[i]) != 0) return 2;
  }
  for (i = 0; i < n; i++) {
    pthread_join(threads[i], NULL);
    made += workers[i].made;
  }
  printf("%ld\n", made);
  return 0;
}
