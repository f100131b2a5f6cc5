/*
** Runs the text in a separate Lua state without any library: it can reach nothing of the host,
** and not even string methods. The allocator has a cap, and a hook counts instructions. Copies
** the result, which may hold only tables, strings, numbers and booleans.
*/
#include "system/evaluate.h"

#include <lauxlib.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "compat.h"

#define EVALUATION_TYPE "twilio.webhooks.evaluation"
#define MEMORY_MAX (256 * 1024 * 1024) /* bytes */
#define INSTRUCTIONS_STEP 10000
#define STEPS_MAX 10000    /* of so many instructions */
#define VALUES_MAX 10000000
#define LEVELS 9           /* of nested tables; the stack of a new state has room for them */

typedef struct Evaluation {
  lua_State *state;
  lua_Alloc allocate; /* the state's own allocator */
  void *context;
  size_t used;
  unsigned steps, values;
  int load_status;
  bool is_capped; /* it has asked for more than it may have */
  const char *text, *name;
  size_t length;
} Evaluation;


/* ---- bounds ---- */

static void *allocate(void *context, void *block, size_t old_size, size_t size) {
  Evaluation *e = context;
  const size_t old = block == NULL ? 0 : old_size; /* for a new block old_size is its kind */
  void *moved;
  if (size > old && e->used + (size - old) > MEMORY_MAX) {
    e->is_capped = true;
    return NULL;
  }
  moved = e->allocate(e->context, block, old_size, size);
  if (moved != NULL || size == 0) e->used = e->used + size > old ? e->used + size - old : 0;
  return moved;
}


static Evaluation *evaluation_of(lua_State *S) {
  void *context;
  (void)lua_getallocf(S, &context);
  return context;
}


static void count(lua_State *S, lua_Debug *unused) {
  Evaluation *e = evaluation_of(S);
  (void)unused;
  if (++e->steps > STEPS_MAX) luaL_error(S, "more than %d instructions", INSTRUCTIONS_STEP * STEPS_MAX);
}


/* ---- running ---- */

/* Leaves the value in the registry, since the call's stack ends with it. */
static int run(lua_State *S) {
  Evaluation *e = lua_touserdata(S, 1);
  lua_sethook(S, count, LUA_MASKCOUNT, INSTRUCTIONS_STEP);
  e->load_status = luaL_loadbuffer(S, e->text, e->length, e->name);
  if (e->load_status != 0) return lua_error(S);
  lua_call(S, 0, 1);
  lua_setfield(S, LUA_REGISTRYINDEX, EVALUATION_TYPE);
  return 0;
}


/* Returns the status: that of the load if it failed, else that of the run. */
static int call_protected(lua_State *S, Evaluation *e) {
  int status;
#if LUA_VERSION_NUM == 501
  status = lua_cpcall(S, run, e);
#else
  lua_pushcfunction(S, run);
  lua_pushlightuserdata(S, e);
  status = lua_pcall(S, 1, 0, 0);
#endif
  return e->load_status != 0 ? e->load_status : status;
}


static int refuse(lua_State *L, const char *message) {
  lua_pushnil(L);
  lua_pushstring(L, message);
  return 2;
}


/* ---- copying ---- */

static void copy(lua_State *L, Evaluation *e, int levels);


static void copy_number(lua_State *L, lua_State *S) {
#if TW_LUA_INTEGERS
  if (lua_isinteger(S, -1)) {
    lua_pushinteger(L, lua_tointeger(S, -1));
    return;
  }
#endif
  lua_pushnumber(L, lua_tonumber(S, -1));
}


static void copy_table(lua_State *L, Evaluation *e, int levels) {
  lua_State *S = e->state;
  if (levels == 0) luaL_error(L, "more than %d tables in each other", LEVELS);
  luaL_checkstack(L, 4, NULL);
  lua_newtable(L);
  lua_pushnil(S);
  while (lua_next(S, -2)) {
    lua_pushvalue(S, -2);
    copy(L, e, 0); /* a key is never a table */
    lua_pop(S, 1);
    copy(L, e, levels - 1);
    lua_rawset(L, -3);
    lua_pop(S, 1);
  }
}


/* Pushes a copy of what is on top of the state's stack. */
static void copy(lua_State *L, Evaluation *e, int levels) {
  lua_State *S = e->state;
  size_t n;
  const char *text;
  if (++e->values > VALUES_MAX) luaL_error(L, "more than %d values", VALUES_MAX);
  switch (lua_type(S, -1)) {
    case LUA_TBOOLEAN: lua_pushboolean(L, lua_toboolean(S, -1)); break;
    case LUA_TNUMBER: copy_number(L, S); break;
    case LUA_TSTRING:
      text = lua_tolstring(S, -1, &n);
      lua_pushlstring(L, text, n);
      break;
    case LUA_TTABLE: copy_table(L, e, levels); break;
    default: luaL_error(L, "holds a %s", lua_typename(S, lua_type(S, -1)));
  }
}


static int push_copy(lua_State *L) {
  Evaluation *e = lua_touserdata(L, 1);
  lua_getfield(e->state, LUA_REGISTRYINDEX, EVALUATION_TYPE);
  if (!lua_istable(e->state, -1)) {
    return luaL_error(L, "must return a table, not a %s", lua_typename(e->state, lua_type(e->state, -1)));
  }
  copy(L, e, LEVELS);
  return 1;
}


/* ---- the whole ---- */

/* The state's own allocator closes it: LuaJIT's then frees its whole arena. */
static void close_state(Evaluation *e) {
  lua_State *S = e->state;
  e->state = NULL;
  if (S == NULL) return;
  lua_setallocf(S, e->allocate, e->context);
  lua_close(S);
}


static int collect(lua_State *L) {
  close_state(lua_touserdata(L, 1));
  return 0;
}


/* Runs before any state is made: if memory failed while the metatable is made, it would stay
** incomplete and close no state. */
void tw_evaluate_register(lua_State *L) {
  luaL_newmetatable(L, EVALUATION_TYPE);
  lua_pushcfunction(L, collect);
  lua_setfield(L, -2, "__gc");
  lua_pop(L, 1);
}


static Evaluation *push_evaluation(lua_State *L) {
  Evaluation *e = lua_newuserdata(L, sizeof *e);
  memset(e, 0, sizeof *e);
  luaL_getmetatable(L, EVALUATION_TYPE);
  lua_setmetatable(L, -2);
  e->state = luaL_newstate();
  if (e->state == NULL) luaL_error(L, "not enough memory");
  e->allocate = lua_getallocf(e->state, &e->context);
  lua_setallocf(e->state, allocate, e);
  return e;
}


/* Raises an error: if the host has no memory, the text is not wrong. */
static int raise_memory(lua_State *L, Evaluation *e) {
  close_state(e);
  return luaL_error(L, "not enough memory");
}


static int refuse_run(lua_State *L, Evaluation *e, int status) {
  lua_State *S = e->state;
  if (status != LUA_ERRMEM) return refuse(L, lua_tostring(S, -1)); /* Lua's own: the text has no `error` */
  if (!e->is_capped) return raise_memory(L, e);
  lua_pushnil(L);
  lua_pushfstring(L, "more than %d MiB of memory", MEMORY_MAX / (1024 * 1024));
  return 2;
}


/* Pushes the value; or nil and a message. */
static int evaluate(lua_State *L, Evaluation *e, int evaluation) {
  int status = call_protected(e->state, e);
  if (status != 0) return refuse_run(L, e, status);
  lua_pushcfunction(L, push_copy);
  lua_pushvalue(L, evaluation);
  status = lua_pcall(L, 1, 1, 0);
  if (status == 0) return 1;
  if (status == LUA_ERRMEM) return raise_memory(L, e);
  lua_pushnil(L);
  lua_insert(L, -2);
  return 2;
}


int tw_evaluate(lua_State *L) {
  enum { TEXT = 1, NAME, EVALUATION };
  Evaluation *e;
  size_t n;
  int results;
  const char *text = luaL_checklstring(L, TEXT, &n);
  const char *name = luaL_checkstring(L, NAME);
  lua_settop(L, NAME);
  if (n > 0 && text[0] == LUA_SIGNATURE[0]) return refuse(L, "is bytecode, and not text");
  e = push_evaluation(L);
  e->text = text;
  e->length = n;
  e->name = name;
  results = evaluate(L, e, EVALUATION);
  close_state(e); /* now, since the host's collector does not count its memory */
  return results;
}
