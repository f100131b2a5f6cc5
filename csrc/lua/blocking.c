/*
** The same way as for everyone else (prepare, submit, step, results), with the
** waiting in the middle done here.
*/
#include "lua/blocking.h"

#include "lua/call.h"
#include "net/clock.h"
#include "answer/reply.h"

/* Seconds for which an interrupt (Ctrl-C) may go unnoticed, where its signal comes
** just before a wait begins. */
#define TICK 0.1


/* Pushes the results of its one attempt, and returns how many they are. */
static int perform(lua_State *L, tw_Call *call, double seconds, bool lenient) {
  const int params = 1, top = lua_gettop(L);
  const double end = tw_clock_now() + seconds;
  tw_Problems problems;
  int results = 0;
  while (results == 0) {
    lua_settop(L, top); /* what another page's request has borrowed */
    if (!tw_call_prepare(L, call, params, seconds, lenient, &problems)) {
      return tw_reply_push_invalid(L, call->operation, &problems);
    }
    (void)tw_session_submit(call->session, call->holder.transfer, false);
    while (call->holder.transfer != NULL && !call->holder.transfer->done) {
      tw_session_step(call->session, TICK, 0);
      if (!call->holder.transfer->done) tw_host_notice(L); /* may end anything */
    }
    results = tw_call_results(L, call, lua_upvalueindex(TW_UP_DECODER));
    if (seconds > 0) { /* what is left for another page */
      seconds = end > tw_clock_now() ? end - tw_clock_now() : 0.001;
    }
  }
  return results;
}


int tw_blocking_call(lua_State *L) {
  const tw_Operation *operation = &tw_operations[lua_tointeger(L, lua_upvalueindex(TW_UP_OWN))];
  const bool client = lua_istable(L, lua_upvalueindex(TW_UP_DEFAULTS));
  const double seconds = client ? (double)luaL_optnumber(L, 2, 0) : 0;
  const bool lenient = client && lua_toboolean(L, 3);
  tw_Host *host;
  tw_Call *call;
  int results;
  luaL_checktype(L, 1, LUA_TTABLE);
  host = tw_host_check(L);
  lua_settop(L, 1);
  call = tw_call_push(L, host, operation);
  results = perform(L, call, seconds, lenient);
  tw_call_end(L, call);
  return results;
}


int tw_blocking_request(lua_State *L) {
  const tw_Operation *operation = tw_call_check_operation(L, 1);
  tw_Problems problems;
  tw_Call *call;
  luaL_checktype(L, 2, LUA_TTABLE);
  lua_settop(L, 2);
  call = tw_call_push(L, tw_host_check(L), operation);
  if (!tw_call_prepare(L, call, 2, 0, false, &problems)) {
    tw_call_end(L, call);
    return tw_reply_push_invalid(L, operation, &problems);
  }
  tw_call_push_request(L, call);
  tw_call_end(L, call);
  return 1;
}
