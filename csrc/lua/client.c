/*
** The life of a client, and its table of methods.
*/
#include "lua/client.h"

#include "answer/reply.h"
#include "lua/blocking.h"
#include "lua/call.h"
#include "lua/engine.h"
#include "lua/finalizer.h"
#include "lua/relay.h"

#define CLIENT "twilio.webhooks.core.client"

/* Idle connections that are kept, and requests in flight, unless somebody says otherwise. */
#define CONNECTIONS 16
#define IN_FLIGHT 16


tw_Client *tw_client_check(lua_State *L, int index) {
  return luaL_checkudata(L, index, CLIENT);
}


tw_Client *tw_client_check_open(lua_State *L, int index) {
  tw_Client *client = tw_client_check(L, index);
  if (client->closed) luaL_error(L, "the client is closed");
  return client;
}


void tw_client_push_value(lua_State *L, int index, int value) {
  lua_getuservalue(L, index);
  lua_rawgeti(L, -1, value);
  lua_remove(L, -2);
}


void tw_client_run_debug_hook(lua_State *L, int index) {
  tw_client_push_value(L, index, TW_CLIENT_NOTHING);
  lua_call(L, 0, 0);
}


/* ---- close ---- */

static void close_client(tw_Client *client, bool leave_descriptor) {
  tw_session_close(&client->session, leave_descriptor);
  tw_credentials_wipe(&client->credentials);
  client->closed = true;
}


/* client:close([leave_descriptor]): see tw_session_close */
static int close_method(lua_State *L) {
  close_client(tw_client_check(L, 1), lua_toboolean(L, 2));
  return 0;
}


static int collect(lua_State *L) {
  close_client(tw_client_check(L, 1), false);
  return 0;
}


/* ---- open ---- */

static void set_methods(lua_State *L) {
  tw_blocking_set_methods(L);
  tw_engine_set_methods(L);
  tw_relay_set_methods(L);
  lua_pushcfunction(L, close_method);
  lua_setfield(L, -2, "close");
}


/* Pushes a new one, whose values are not set. */
static tw_Client *push_client(lua_State *L, long connections_max, long in_flight_max) {
  tw_Client *client = lua_newuserdata(L, sizeof *client);
  tw_session_open(&client->session, connections_max, in_flight_max);
  tw_credentials_init(&client->credentials);
  client->closed = false;
  tw_finalizer_set(L, CLIENT, collect, set_methods);
  return client;
}


/* Pops the value on top into that place of the array below it. */
static void set_value(lua_State *L, int value) {
  lua_rawseti(L, -2, value);
}


void tw_client_push_own(lua_State *L) {
  const int agent = lua_gettop(L) - 1, decoder = agent + 1;
  push_client(L, CONNECTIONS, IN_FLIGHT);
  lua_createtable(L, TW_CLIENT_DEFAULTS, 0);
  lua_pushvalue(L, agent);
  set_value(L, TW_CLIENT_AGENT);
  lua_pushvalue(L, decoder);
  set_value(L, TW_CLIENT_DECODER);
  if (luaL_loadstring(L, "return") != 0) lua_error(L);
  set_value(L, TW_CLIENT_NOTHING);
  lua_setuservalue(L, -2);
  lua_replace(L, agent);
  lua_settop(L, agent);
}


/* Sets the values of the client on top: those of the module's own, and parameters for
** every call, the table at stack index `defaults`. */
static void set_values(lua_State *L, int own, int defaults) {
  static const int shared[] = {TW_CLIENT_AGENT, TW_CLIENT_DECODER, TW_CLIENT_NOTHING};
  size_t i;
  lua_createtable(L, TW_CLIENT_DEFAULTS, 0);
  for (i = 0; i < sizeof shared / sizeof *shared; i++) {
    tw_client_push_value(L, own, shared[i]);
    set_value(L, shared[i]);
  }
  lua_pushvalue(L, defaults);
  set_value(L, TW_CLIENT_DEFAULTS);
  lua_setuservalue(L, -2);
}


/* Pushes a copy of the table at `index` without what only C memory may hold. */
static void push_defaults(lua_State *L, int index) {
  lua_newtable(L);
  lua_pushnil(L);
  while (lua_next(L, index)) {
    size_t n;
    const char *name = lua_type(L, -2) == LUA_TSTRING ? lua_tolstring(L, -2, &n) : NULL;
    if (name != NULL && tw_credentials_has(name, n)) {
      lua_pop(L, 1);
      continue;
    }
    lua_pushvalue(L, -2);
    lua_insert(L, -2);
    lua_rawset(L, -4);
  }
}


/* Leaves what it needs on the stack. */
static bool check_defaults(lua_State *L, int options, const tw_Operation *opening,
                           tw_Client *client, tw_Problems *problems) {
  tw_Call *call = tw_call_push(L, client, lua_gettop(L), opening);
  bool right;
  tw_problems_open(problems, L);
  right = tw_params_check(L, options, &call->holder.transfer->request, problems);
  tw_call_end(L, call);
  return right;
}


int tw_client_open(lua_State *L) {
  enum { OPTIONS = 1, OWN, DEFAULTS, OPENED };
  static const tw_Operation opening = {"new", 0, "", false, false, 0, TW_SHAPE_NONE};
  const long connections = (long)luaL_optinteger(L, 2, CONNECTIONS);
  const long in_flight = (long)luaL_optinteger(L, 3, IN_FLIGHT);
  tw_Problems problems;
  tw_Client *client;
  luaL_checktype(L, OPTIONS, LUA_TTABLE);
  lua_settop(L, OPTIONS);
  lua_pushvalue(L, lua_upvalueindex(1));
  push_defaults(L, OPTIONS);
  client = push_client(L, connections, in_flight);
  set_values(L, OWN, DEFAULTS);
  if (!check_defaults(L, OPTIONS, &opening, client, &problems)) {
    return tw_reply_push_invalid(L, &opening, &problems);
  }
  if (!tw_credentials_keep(L, OPTIONS, &client->credentials)) luaL_error(L, "not enough memory");
  lua_settop(L, OPENED);
  return 1;
}
