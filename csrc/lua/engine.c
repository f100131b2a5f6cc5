/*
** See the header. Lua drives; what is done between two of its calls is done in
** session.c.
*/
#include "lua/engine.h"

#include "lua/call.h"

/* As in a blocking call: a signal's handler runs at the latest after this. */
#define WAIT_MAX 0.1


static int submit(lua_State *L) {
  int results;
  const tw_Call *call = tw_call_begin(L, &results);
  if (call == NULL) return results;
  lua_pushvalue(L, TW_CALL_ARGUMENT);
  lua_pushinteger(L, (lua_Integer)tw_session_submit(call->session, call->holder.transfer, true));
  return 2;
}


static int step(lua_State *L) {
  tw_Client *client = tw_client_check(L, 1);
  double seconds = (double)luaL_optnumber(L, 2, 0);
  const double budget = (double)luaL_optnumber(L, 3, 0);
  if (seconds > WAIT_MAX) seconds = WAIT_MAX;
  lua_pushboolean(L, tw_session_step(&client->session, seconds > 0 ? seconds : 0, budget));
  return 1;
}


/* An iterator, which is given the number before: what an error keeps a caller from doing
** about one, it is told again. */
static int announce(lua_State *L) {
  tw_Client *client = tw_client_check(L, 1);
  const unsigned long told = (unsigned long)lua_tointeger(L, 2);
  const tw_Transfer *done = tw_session_announce(&client->session, told);
  if (done == NULL) return 0;
  lua_pushinteger(L, (lua_Integer)done->id);
  return 1;
}


static int result(lua_State *L) {
  tw_Call *call = tw_call_check(L, 1);
  int results;
  lua_settop(L, 1);
  if (call->operation == NULL) return luaL_error(L, "the call's result was taken");
  if (call->holder.transfer != NULL && !call->holder.transfer->done) {
    return luaL_error(L, "the call has no result yet");
  }
  results = tw_call_results(L, call, 1);
  if (results == 0) {
    lua_pushboolean(L, 0);
    return 1;
  }
  tw_call_end(L, call);
  call->operation = NULL;
  return results;
}


static int cancel(lua_State *L) {
  tw_Call *call = tw_call_check(L, 1);
  call->canceled = call->canceled || call->holder.transfer != NULL;
  tw_call_end(L, call);
  return 0;
}


static int timeout(lua_State *L) {
  const double seconds = tw_session_timeout(&tw_client_check(L, 1)->session);
  if (seconds < 0) return 0;
  lua_pushnumber(L, seconds);
  return 1;
}


static int pollfd(lua_State *L) {
  tw_Client *client = tw_client_check(L, 1);
  const double seconds = (double)luaL_optnumber(L, 2, -1);
  const int descriptor = client->closed ? -1 : tw_session_share(&client->session, seconds);
  if (descriptor < 0) return 0;
  lua_pushinteger(L, descriptor);
  return 1;
}


static void set_functions(lua_State *L, const luaL_Reg *functions) {
  for (; functions->name != NULL; functions++) {
    lua_pushcfunction(L, functions->func);
    lua_setfield(L, -2, functions->name);
  }
}


void tw_engine_set_methods(lua_State *L) {
  static const luaL_Reg methods[] = {
    {"announce", announce}, {"pollfd", pollfd},   {"step", step},
    {"submit", submit},     {"timeout", timeout}, {NULL, NULL},
  };
  set_functions(L, methods);
}


void tw_engine_set_call_methods(lua_State *L) {
  static const luaL_Reg methods[] = {{"cancel", cancel}, {"result", result}, {NULL, NULL}};
  set_functions(L, methods);
}
