/*
** Begins a task's create by one call: drafts the request, takes the turn of its aim, and submits it.
** A program with many requests in flight spends its time on this. Any case that is not plain goes
** the ordinary way, which reports what is wrong.
*/
#include "lua/launch.h"

#include "lua/call.h"
#include "net/clock.h"


/* Has the table at `index` a field of that name? */
static bool has_field(lua_State *L, int index, const char *name) {
  bool has;
  lua_pushstring(L, name);
  lua_rawget(L, index);
  has = !lua_isnil(L, -1);
  lua_pop(L, 1);
  return has;
}


/* Sets a field of the table at `index` to the value at `value`. */
static void set_field(lua_State *L, int index, const char *name, int value) {
  lua_pushstring(L, name);
  lua_pushvalue(L, value);
  lua_rawset(L, index);
}


/* The arguments of launch, and its other stack slots. */
enum { CLIENT = 1, PARAMS, SECONDS, TASK, TURNS, CALL, AIM, STOP };


/* Takes the turn of the aim for the task. False if another task has it. */
static bool take_turn(lua_State *L) {
  bool is_free;
  lua_pushvalue(L, AIM);
  lua_rawget(L, TURNS);
  is_free = lua_isnil(L, -1);
  lua_pop(L, 1);
  if (!is_free) return false;
  set_field(L, TASK, "stop", STOP);
  set_field(L, TASK, "turn", AIM); /* before the turn itself: an error may come in between */
  lua_pushvalue(L, AIM);
  lua_pushvalue(L, TASK);
  lua_rawset(L, TURNS);
  return true;
}


static int give_up(lua_State *L) {
  tw_call_give_back(L, CLIENT, CALL);
  return 0;
}


int tw_launch(lua_State *L) {
  tw_Client *client = tw_client_check(L, CLIENT);
  const double seconds = (double)luaL_checknumber(L, SECONDS);
  const double begin = tw_clock_now();
  tw_Problems problems = {.L = L, .name = tw_operations[TW_CREATE_WEBHOOK].name};
  tw_Call *call;
  luaL_checktype(L, TASK, LUA_TTABLE);
  luaL_checktype(L, TURNS, LUA_TTABLE);
  lua_settop(L, TURNS);
  if (!lua_istable(L, PARAMS) || has_field(L, PARAMS, "deadline") || has_field(L, PARAMS, "baseline")) return 0;
  call = tw_call_take(L, CLIENT, &tw_operations[TW_CREATE_WEBHOOK]);
  call->busy = true; /* stays true if nothing is sent, so that nobody can ask for results */
  if (!tw_call_prepare(L, CLIENT, call, PARAMS, seconds, false, &problems)) return give_up(L);
  lua_settop(L, CALL);
  tw_call_push_aim(L, call);
  lua_pushnumber(L, begin + seconds);
  if (!take_turn(L) || client->closed) return give_up(L); /* by a finalizer, perhaps just now */
  call->busy = false;
  call->kept = call->launched = true;
  lua_settop(L, CALL);
  lua_pushinteger(L, (lua_Integer)tw_session_submit(&client->session, call->exchange, true));
  lua_pushnumber(L, begin);
  return 3;
}
