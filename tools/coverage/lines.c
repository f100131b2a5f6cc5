/*
** Which lines of this tree's Lua files were run: a line hook that marks them in
** files that all processes share, so that one which is killed has told all the same.
** Loaded into every interpreter by LUA_INIT; see run. Coroutines inherit the hook from
** whoever makes them, those of C libraries too, which Lua's own debug.sethook cannot do.
**
**   COVERAGE_HITS=<directory>   for each source one file, a byte for each line
*/
#define _POSIX_C_SOURCE 200809L /* NOLINT(bugprone-reserved-identifier): POSIX names it so */

#include <fcntl.h>
#include <lauxlib.h>
#include <lua.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define LINES_MAX 4096 /* of a source */
#define SOURCES_MAX 256

typedef struct Source {
  char name[160]; /* from "twilio/" on */
  const char *chunk; /* by which Lua knows it: the same pointer as long as it lives */
  unsigned char *hits;
} Source;

static Source sources[SOURCES_MAX];
static int count;

int luaopen_lines(lua_State *L);


static unsigned char *map(const char *name) {
  char path[512], *c;
  void *hits;
  int fd;
  const char *directory = getenv("COVERAGE_HITS");
  if (directory == NULL) return NULL;
  (void)snprintf(path, sizeof path, "%s/%s", directory, name);
  for (c = path + strlen(directory) + 1; *c != '\0'; c++) {
    if (*c == '/') *c = ',';
  }
  fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (fd < 0 || ftruncate(fd, LINES_MAX) != 0) return NULL;
  hits = mmap(NULL, LINES_MAX, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  return hits == MAP_FAILED ? NULL : hits;
}


/* "@/any/where/lua/twilio/webhooks/init.lua" is twilio/webhooks/init.lua. */
static const char *name_in_tree(const char *chunk) {
  const char *found = "", *next = chunk;
  if (*chunk != '@') return found;
  while ((next = strstr(next + 1, "twilio/webhooks/")) != NULL) found = next; /* the last, behind "../" */
  return found;
}


static Source *find(const char *chunk) {
  const char *name;
  int i;
  for (i = 0; i < count; i++) {
    if (sources[i].chunk == chunk) return &sources[i];
  }
  name = name_in_tree(chunk);
  if (*name == '\0') return NULL;
  for (i = 0; i < count; i++) { /* the same file, loaded again */
    if (strcmp(sources[i].name, name) == 0) break;
  }
  if (i == SOURCES_MAX || strlen(name) >= sizeof sources[i].name) return NULL;
  if (i == count) {
    strcpy(sources[i].name, name);
    sources[i].hits = map(name);
    count++;
  }
  sources[i].chunk = chunk;
  return &sources[i];
}


static void on_line(lua_State *L, lua_Debug *ar) {
  Source *source;
  if (!lua_getinfo(L, "S", ar)) return;
  source = find(ar->source);
  if (source == NULL || source->hits == NULL) return;
  if (strstr(ar->source, source->name) == NULL) { /* another chunk at the same address */
    source->chunk = NULL;
    return;
  }
  if (ar->currentline > 0 && ar->currentline < LINES_MAX) source->hits[ar->currentline] = 1;
}


#if LUA_VERSION_NUM >= 504

/* __gc, which is its upvalue: Lua has hooks off in a finalizer, but not in a coroutine of it. */
static int finalize(lua_State *L) {
  lua_State *thread = lua_newthread(L);
  int results;
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_pushvalue(L, 1);
  lua_xmove(L, thread, 2);
  if (lua_resume(thread, L, 1, &results) <= LUA_YIELD) return 0;
  lua_xmove(thread, L, 1);
  return lua_error(L);
}


/* setmetatable, which is its upvalue: counts what a finalizer runs. */
static int set_metatable(lua_State *L) {
  if (lua_istable(L, 2)) {
    lua_pushliteral(L, "__gc");
    if (lua_rawget(L, 2) == LUA_TFUNCTION && !lua_iscfunction(L, -1)) {
      lua_pushliteral(L, "__gc");
      lua_insert(L, -2);
      lua_pushcclosure(L, finalize, 1);
      lua_rawset(L, 2);
    } else {
      lua_pop(L, 1);
    }
  }
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_call(L, lua_gettop(L) - 1, 1);
  return 1;
}


static void count_finalizers(lua_State *L) {
  lua_getglobal(L, "setmetatable");
  lua_pushcclosure(L, set_metatable, 1);
  lua_setglobal(L, "setmetatable");
}

#else

/* A userdata's metatable gets its finalizer too late to see it, and what is counted on 5.4 will do. */
static void count_finalizers(lua_State *L) {
  (void)L;
}

#endif


/* debug.sethook, which is its upvalue: what takes its hook away again leaves ours. */
static int set_hook(lua_State *L) {
  lua_State *target = lua_isthread(L, 1) ? lua_tothread(L, 1) : L;
  const int count = lua_gettop(L);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_call(L, count, 0);
  if (lua_gethook(target) == NULL) lua_sethook(target, on_line, LUA_MASKLINE, 0);
  return 0;
}


int luaopen_lines(lua_State *L) {
  lua_getglobal(L, "debug");
  lua_getfield(L, -1, "sethook");
  lua_pushcclosure(L, set_hook, 1);
  lua_setfield(L, -2, "sethook");
  count_finalizers(L);
  lua_sethook(L, on_line, LUA_MASKLINE, 0);
  return 0;
}
