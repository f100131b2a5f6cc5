/*
** A small game server. It ticks 30 times a second. Each map has its own Lua state, and
** a map change closes that state at any moment. The program links twilio.webhooks.core
** in, so it loads no shared object of this module.
**
**   game_server [--api] [TICKS [DIRECTORY]]
**
** With --api it uses your account, else a sandbox on this machine. DIRECTORY holds two
** scripts: server.lua chooses the account and lives as long as the program, and
** game.lua is the script of a map.
*/
#define _POSIX_C_SOURCE 200112L /* NOLINT(bugprone-reserved-identifier): POSIX names it so */

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core.h"

#define TICK (1.0 / 30)
#define MAP_TICKS 40
/* Seconds that the last requests may take once the game is over. */
#define GRACE 15

/* What server.lua's state has on its stack: its functions; the account; and two flat
** tables that go from map to map. */
enum { SERVER = 1, ACCOUNT, TALLY, UNSETTLED };

typedef struct Game {
  const char *directory;
  bool api;
  lua_State *server;
  lua_State *map;
  double worst_tick;
  double worst_step;
  double worst_change;
  double next; /* when the next tick is due */
  long ticks;
  int changes;
} Game;


/* ---- time ---- */

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}


static void keep_worst(double *worst, double begin) {
  const double took = now() - begin;
  if (took > *worst) *worst = took;
}


/* Sleeps until the next tick is due. A missed tick is skipped. */
static void wait_for_tick(Game *g) {
  const double left = g->next - now();
  struct timespec t;
  g->next = left > -TICK ? g->next + TICK : now() + TICK;
  if (left <= 0) return;
  t.tv_sec = (time_t)left;
  t.tv_nsec = (long)((left - (double)t.tv_sec) * 1e9);
  nanosleep(&t, NULL);
}


/* ---- Lua ---- */

static int with_traceback(lua_State *L) {
  luaL_traceback(L, L, luaL_tolstring(L, 1, NULL), 1);
  return 1;
}


/* Calls the function below its arguments on the stack. On failure prints why. */
static bool call(lua_State *L, int arguments, int results) {
  const int function = lua_gettop(L) - arguments;
  bool called;
  lua_pushcfunction(L, with_traceback);
  lua_insert(L, function);
  called = lua_pcall(L, arguments, results, function) == LUA_OK;
  lua_remove(L, function);
  if (called) return true;
  fprintf(stderr, "game_server: %s\n", lua_tostring(L, -1));
  lua_pop(L, 1);
  return false;
}


/* Everything that a state needs before its script runs. */
static int prepare(lua_State *L) {
  luaL_openlibs(L);
  luaL_requiref(L, "twilio.webhooks.core", luaopen_twilio_webhooks_core, 0);
  return 0;
}


/* Runs a script, which is told whether --api was given, and leaves the table that it
** returns on the stack. */
static bool run_script(lua_State *L, const char *directory, const char *name, bool api) {
  const char *path = lua_pushfstring(L, "%s/%s", directory, name);
  if (luaL_loadfile(L, path) != LUA_OK) {
    fprintf(stderr, "game_server: %s\n", lua_tostring(L, -1));
    return false;
  }
  lua_pushboolean(L, api);
  if (!call(L, 1, 1)) return false;
  if (lua_istable(L, -1)) return true;
  fprintf(stderr, "game_server: %s returns no table\n", path);
  return false;
}


/* A new state with the script's table at the bottom of its stack, or NULL. */
static lua_State *open_state(const Game *g, const char *script) {
  lua_State *L = luaL_newstate();
  if (L == NULL) {
    fprintf(stderr, "game_server: not enough memory\n");
    return NULL;
  }
  lua_pushcfunction(L, prepare);
  if (!call(L, 0, 0) || !run_script(L, g->directory, script, g->api)) {
    lua_close(L);
    return NULL;
  }
  lua_replace(L, 1);
  lua_settop(L, 1);
  return L;
}


static void copy_value(lua_State *from, int index, lua_State *to) {
  size_t length;
  const char *text;
  if (lua_isinteger(from, index)) {
    lua_pushinteger(to, lua_tointeger(from, index));
  } else if (lua_type(from, index) == LUA_TSTRING) {
    text = lua_tolstring(from, index, &length);
    lua_pushlstring(to, text, length);
  } else {
    lua_pushboolean(to, lua_toboolean(from, index));
  }
}


/* Pushes a copy of a table that holds strings, integers and booleans. */
static void copy_table(lua_State *from, int index, lua_State *to) {
  lua_newtable(to);
  lua_pushnil(from);
  while (lua_next(from, index)) {
    copy_value(from, -2, to);
    copy_value(from, -1, to);
    lua_rawset(to, -3);
    lua_pop(from, 1);
  }
}


/* ---- maps ---- */

/* game.enter(account, tally, unsettled) */
static bool enter_map(Game *g) {
  g->map = open_state(g, "game.lua");
  if (g->map == NULL) return false;
  lua_getfield(g->map, 1, "enter");
  copy_table(g->server, ACCOUNT, g->map);
  copy_table(g->server, TALLY, g->map);
  copy_table(g->server, UNSETTLED, g->map);
  return call(g->map, 3, 0);
}


/* Copies a map's results to their place in the server's state. */
static bool take_table(Game *g, int index, int place) {
  if (!lua_istable(g->map, index)) {
    fprintf(stderr, "game_server: game.leave gives no two tables\n");
    return false;
  }
  copy_table(g->map, index, g->server);
  lua_replace(g->server, place);
  return true;
}


/* tally, unsettled = game.leave(); whatever else the state is at ends with it. */
static bool leave_map(Game *g) {
  bool left;
  lua_getfield(g->map, 1, "leave");
  left = call(g->map, 0, 2) && take_table(g, 2, TALLY) && take_table(g, 3, UNSETTLED);
  lua_close(g->map);
  g->map = NULL;
  return left;
}


static bool change_map(Game *g) {
  const double begin = now();
  const bool changed = leave_map(g) && enter_map(g);
  keep_worst(&g->worst_change, begin);
  g->changes++;
  return changed;
}


/* ---- ticks ---- */

/* game.tick(number): what the game does in a tick. */
static bool play(Game *g) {
  lua_getfield(g->map, 1, "tick");
  lua_pushinteger(g->map, g->ticks);
  return call(g->map, 1, 0);
}


/* game.step(): runs the calls on. Stores in *left how many have not ended. */
static bool step(Game *g, lua_Integer *left) {
  const double begin = now();
  lua_getfield(g->map, 1, "step");
  if (!call(g->map, 0, 1)) return false;
  *left = lua_tointeger(g->map, -1);
  lua_pop(g->map, 1);
  keep_worst(&g->worst_step, begin);
  return true;
}


static bool tick(Game *g, bool playing, lua_Integer *left) {
  double begin;
  bool ticked;
  wait_for_tick(g);
  begin = now();
  g->ticks++;
  ticked = (!playing || play(g)) && step(g, left);
  keep_worst(&g->worst_tick, begin);
  return ticked;
}


/* Plays that many ticks, and then waits for the last requests. */
static bool run(Game *g, long ticks) {
  lua_Integer left = 0;
  double end;
  if (!enter_map(g)) return false;
  g->next = now();
  while (g->ticks < ticks) {
    if (!tick(g, true, &left)) return false;
    if (g->ticks % MAP_TICKS == 0 && g->ticks < ticks && !change_map(g)) return false;
  }
  for (end = now() + GRACE; left > 0 && now() < end;) {
    if (!tick(g, false, &left)) return false;
  }
  return leave_map(g);
}


/* ---- the program ---- */

static bool open_server(Game *g) {
  g->server = open_state(g, "server.lua");
  if (g->server == NULL) return false;
  lua_getfield(g->server, SERVER, "account");
  lua_newtable(g->server);
  lua_newtable(g->server);
  if (lua_istable(g->server, ACCOUNT)) return true;
  fprintf(stderr, "game_server: server.lua gives no account\n");
  return false;
}


/* server.report(tally, unsettled): does every player have one webhook? */
static bool report(Game *g) {
  bool right;
  printf("%ld ticks, %d map changes; worst tick %.2f ms, worst step %.2f ms, worst map change %.2f ms\n",
         g->ticks, g->changes, g->worst_tick * 1e3, g->worst_step * 1e3, g->worst_change * 1e3);
  fflush(stdout);
  lua_getfield(g->server, SERVER, "report");
  lua_pushvalue(g->server, TALLY);
  lua_pushvalue(g->server, UNSETTLED);
  if (!call(g->server, 2, 1)) return false;
  right = lua_toboolean(g->server, -1);
  lua_pop(g->server, 1);
  return right;
}


static void close_game(Game *g) {
  if (g->map != NULL) lua_close(g->map);
  if (g->server != NULL) lua_close(g->server);
}


int main(int argc, char **argv) {
  Game g = {0};
  const int first = argc > 1 && strcmp(argv[1], "--api") == 0 ? 2 : 1;
  const long ticks = argc > first ? strtol(argv[first], NULL, 10) : 120;
  bool right;
  if (ticks <= 0) {
    fprintf(stderr, "usage: game_server [--api] [TICKS [DIRECTORY]]\n");
    return 2;
  }
  g.api = first > 1;
  g.directory = argc > first + 1 ? argv[first + 1] : ".";
  right = open_server(&g) && run(&g, ticks) && report(&g);
  close_game(&g);
  return right ? EXIT_SUCCESS : EXIT_FAILURE;
}
