/*
** Every function is a closure over its host: the module's, whose connections live
** as long as the Lua state, or a client's.
*/
#include "lua/module.h"

#include "lua/blocking.h"
#include "lua/call.h"
#include "lua/engine.h"
#include "lua/relay.h"
#include "answer/reply.h"

/* Idle connections that are kept, and requests in flight, unless somebody says otherwise. */
#define CONNECTIONS 16
#define IN_FLIGHT 16

/* Upvalues of open. */
enum { OPEN_AGENT = 1, OPEN_DECODER };


/* Pushes the upvalues that a host's functions share, the host first. */
static int push_upvalues(lua_State *L, int host, int agent, int defaults, int decoder) {
  const int first = lua_gettop(L) + 1;
  luaL_checkstack(L, TW_UP_OWN * 3, "functions");
  lua_pushvalue(L, host);
  lua_pushvalue(L, agent);
  if (defaults != 0) lua_pushvalue(L, defaults);
  else lua_pushnil(L);
  lua_pushvalue(L, decoder);
  if (luaL_loadstring(L, "return") != 0) lua_error(L);
  return first;
}


/* Pushes a table with the functions that need no loop. */
static void push_functions(lua_State *L, int first) {
  int i;
  lua_newtable(L);
  for (i = 0; i < tw_operation_count; i++) {
    lua_pushinteger(L, i);
    tw_host_push_function(L, tw_blocking_call, first, 1);
    lua_setfield(L, -2, tw_operations[i].name);
  }
  tw_host_push_function(L, tw_blocking_request, first, 0);
  lua_setfield(L, -2, "request");
}


/* ---- a client's ---- */

/* close([leave_descriptor]): see tw_session_close */
static int close_client(lua_State *L) {
  tw_host_close(lua_touserdata(L, lua_upvalueindex(TW_UP_HOST)), lua_toboolean(L, 1));
  return 0;
}


/* Pushes a copy of the table at `index` without what only C memory may hold. */
static void push_defaults(lua_State *L, int index) {
  static const char *const secrets[] = {"account_sid", "api_key", "api_secret", "auth_token"};
  size_t i;
  lua_newtable(L);
  lua_pushnil(L);
  while (lua_next(L, index)) {
    lua_pushvalue(L, -2);
    lua_insert(L, -2);
    lua_rawset(L, -4);
  }
  for (i = 0; i < sizeof secrets / sizeof *secrets; i++) {
    lua_pushnil(L);
    lua_setfield(L, -2, secrets[i]);
  }
}


/* Leaves what it needs on the stack. */
static bool check_defaults(lua_State *L, int options, const tw_Operation *opening, tw_Host *host,
                           tw_Problems *problems) {
  tw_Call *call = tw_call_push(L, host, opening);
  bool right;
  tw_problems_open(problems, L);
  right = tw_params_check(L, options, &call->holder.transfer->request, problems);
  tw_call_end(L, call);
  return right;
}


/* open(options, [connections, [in_flight]]): a table with functions of a client's own:
** its session, its credentials, and parameters that serve for every call; or nil,
** message, err. */
static int open_client(lua_State *L) {
  enum { OPTIONS = 1, HOST, DEFAULTS };
  static const tw_Operation opening = {"new", 0, "", false, false, 0, TW_SHAPE_NONE};
  const long connections = (long)luaL_optinteger(L, 2, CONNECTIONS);
  const long in_flight = (long)luaL_optinteger(L, 3, IN_FLIGHT);
  tw_Problems problems;
  tw_Host *host;
  int first;
  luaL_checktype(L, OPTIONS, LUA_TTABLE);
  lua_settop(L, OPTIONS);
  host = tw_host_push(L, connections, in_flight);
  if (!check_defaults(L, OPTIONS, &opening, host, &problems)) {
    return tw_reply_push_invalid(L, &opening, &problems);
  }
  lua_settop(L, HOST);
  push_defaults(L, OPTIONS);
  if (!tw_credentials_keep(L, OPTIONS, &host->credentials)) luaL_error(L, "not enough memory");
  first = push_upvalues(L, HOST, lua_upvalueindex(OPEN_AGENT), DEFAULTS, lua_upvalueindex(OPEN_DECODER));
  push_functions(L, first);
  tw_engine_set_functions(L, first);
  tw_relay_set_functions(L, first);
  tw_host_push_function(L, close_client, first, 0);
  lua_setfield(L, -2, "close");
  return 1;
}


void tw_module_push(lua_State *L, int agent, int decoder) {
  const int host = lua_gettop(L) + 1;
  int first;
  tw_host_push(L, CONNECTIONS, IN_FLIGHT);
  first = push_upvalues(L, host, agent, 0, decoder);
  push_functions(L, first);
  lua_pushvalue(L, agent);
  lua_pushvalue(L, decoder);
  lua_pushcclosure(L, open_client, OPEN_DECODER);
  lua_setfield(L, -2, "open");
  lua_replace(L, host);
  lua_settop(L, host);
}
