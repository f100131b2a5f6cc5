/*
** The same way as for everyone else (prepare, submit, step, results), with the
** waiting in the middle done here.
*/
#include "lua/blocking.h"

#include "answer/reply.h"
#include "lua/call.h"
#include "net/clock.h"

/* Seconds for which an interrupt (Ctrl-C) may go unnoticed, where its signal comes
** just before a wait begins. */
#define TICK 0.1

/* The arguments of a method. */
enum { CLIENT = 1, PARAMS, SECONDS, SKIP_UNKNOWN };


/* Pushes the results of the one attempt of the call on top, and returns how many they are. */
static int perform(lua_State *L, tw_Call *call, double seconds, bool skip_unknown) {
  const int top = lua_gettop(L);
  const double end = tw_clock_now() + seconds;
  tw_Problems problems;
  int results = 0;
  while (results == 0) {
    lua_settop(L, top); /* what another page's request has borrowed */
    if (!tw_call_prepare(L, CLIENT, call, PARAMS, seconds, skip_unknown, &problems)) {
      return tw_reply_push_invalid(L, call->operation, &problems);
    }
    (void)tw_session_submit(call->session, call->holder.transfer, false);
    while (call->holder.transfer != NULL && !call->holder.transfer->done) {
      tw_session_step(call->session, TICK, 0);
      if (!call->holder.transfer->done) tw_client_run_debug_hook(L, CLIENT); /* may end anything */
    }
    results = tw_call_results(L, call, top);
    if (seconds > 0) { /* what is left for another page */
      seconds = end > tw_clock_now() ? end - tw_clock_now() : 0.001;
    }
  }
  return results;
}


/* Upvalue: the operation's index in tw_operations. */
static int operate(lua_State *L) {
  const tw_Operation *operation = &tw_operations[lua_tointeger(L, lua_upvalueindex(1))];
  tw_Client *client = tw_client_check_open(L, CLIENT);
  const double seconds = (double)luaL_optnumber(L, SECONDS, 0);
  const bool skip_unknown = lua_toboolean(L, SKIP_UNKNOWN);
  tw_Call *call;
  int results;
  luaL_checktype(L, PARAMS, LUA_TTABLE);
  lua_settop(L, PARAMS);
  call = tw_call_push(L, client, CLIENT, operation);
  results = perform(L, call, seconds, skip_unknown);
  tw_call_end(L, call);
  return results;
}


static int request(lua_State *L) {
  enum { OPERATION = 2, FIELDS, SKIP };
  tw_Client *client = tw_client_check_open(L, CLIENT);
  const tw_Operation *operation = tw_call_check_operation(L, OPERATION);
  const bool skip_unknown = lua_toboolean(L, SKIP);
  tw_Problems problems;
  tw_Call *call;
  luaL_checktype(L, FIELDS, LUA_TTABLE);
  lua_settop(L, FIELDS);
  call = tw_call_push(L, client, CLIENT, operation);
  if (!tw_call_prepare(L, CLIENT, call, FIELDS, 0, skip_unknown, &problems)) {
    tw_call_end(L, call);
    return tw_reply_push_invalid(L, operation, &problems);
  }
  tw_call_push_request(L, call);
  tw_call_end(L, call);
  return 1;
}


void tw_blocking_set_methods(lua_State *L) {
  int i;
  for (i = 0; i < tw_operation_count; i++) {
    lua_pushinteger(L, i);
    lua_pushcclosure(L, operate, 1);
    lua_setfield(L, -2, tw_operations[i].name);
  }
  lua_pushcfunction(L, request);
  lua_setfield(L, -2, "request");
}


/* ---- the module's ---- */

/* Upvalues: the operation's index in tw_operations, the client. */
static int operate_own(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  lua_pushvalue(L, lua_upvalueindex(2));
  lua_insert(L, CLIENT);
  return operate(L);
}


/* Upvalue: the client. */
static int request_own(lua_State *L) {
  (void)tw_call_check_operation(L, 1);
  luaL_checktype(L, 2, LUA_TTABLE);
  lua_settop(L, 2);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, CLIENT);
  return request(L);
}


void tw_blocking_set_functions(lua_State *L, int own) {
  int i;
  for (i = 0; i < tw_operation_count; i++) {
    lua_pushinteger(L, i);
    lua_pushvalue(L, own);
    lua_pushcclosure(L, operate_own, 2);
    lua_setfield(L, -2, tw_operations[i].name);
  }
  lua_pushvalue(L, own);
  lua_pushcclosure(L, request_own, 1);
  lua_setfield(L, -2, "request");
}
