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


static tw_Session *session_of(lua_State *L) {
  return &((tw_Host *)lua_touserdata(L, lua_upvalueindex(TW_UP_HOST)))->session;
}


static int step(lua_State *L) {
  double seconds = (double)luaL_optnumber(L, 1, 0);
  const double budget = (double)luaL_optnumber(L, 2, 0);
  if (seconds > WAIT_MAX) seconds = WAIT_MAX;
  lua_pushboolean(L, tw_session_step(session_of(L), seconds > 0 ? seconds : 0, budget));
  return 1;
}


/* An iterator, which is given the number before: what an error keeps a caller from doing
** about one, it is told again. */
static int announce(lua_State *L) {
  const tw_Transfer *done = tw_session_announce(session_of(L), (unsigned long)lua_tointeger(L, 2));
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
  results = tw_call_results(L, call, lua_upvalueindex(TW_UP_DECODER));
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
  const double seconds = tw_session_timeout(session_of(L));
  if (seconds < 0) return 0;
  lua_pushnumber(L, seconds);
  return 1;
}


static int pollfd(lua_State *L) {
  const tw_Host *host = lua_touserdata(L, lua_upvalueindex(TW_UP_HOST));
  const double seconds = (double)luaL_optnumber(L, 1, -1);
  const int descriptor = host->closed ? -1 : tw_session_share(session_of(L), seconds);
  if (descriptor < 0) return 0;
  lua_pushinteger(L, descriptor);
  return 1;
}


void tw_engine_set_functions(lua_State *L, int first) {
  static const luaL_Reg functions[] = {
    {"submit", submit}, {"step", step},       {"announce", announce}, {"result", result},
    {"cancel", cancel}, {"timeout", timeout}, {"pollfd", pollfd},
  };
  size_t i;
  for (i = 0; i < sizeof functions / sizeof *functions; i++) {
    tw_host_push_function(L, functions[i].func, first, 0);
    lua_setfield(L, -2, functions[i].name);
  }
}
