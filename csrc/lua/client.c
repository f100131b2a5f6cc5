/*
** Opens and closes clients, and has their table of methods, which other files also fill.
*/
#include "lua/client.h"

#include "answer/head.h"
#include "answer/reply.h"
#include "lua/call.h"
#include "lua/drive.h"
#include "lua/finalizer.h"
#include "lua/launch.h"
#include "lua/relay.h"

#define CLIENT_TYPE "twilio.webhooks.core.client"

/* Idle connections that are kept, and requests in flight, by default. */
#define CONNECTIONS 16
#define IN_FLIGHT 16


tw_Client *tw_client_check(lua_State *L, int index) {
  return luaL_checkudata(L, index, CLIENT_TYPE);
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


/* ---- requests as plain data ---- */

static int request(lua_State *L) {
  enum { CLIENT = 1, OPERATION, PARAMS, NAME, CALL };
  const tw_Operation *operation;
  tw_Problems problems = {.L = L};
  tw_Call *call;
  int results = 1;
  (void)tw_client_check(L, CLIENT);
  operation = tw_call_check_operation(L, OPERATION);
  luaL_checktype(L, PARAMS, LUA_TTABLE);
  problems.name = luaL_optstring(L, NAME, operation->name);
  lua_settop(L, NAME);
  call = tw_call_push(L, CLIENT, operation);
  if (!tw_call_prepare(L, CLIENT, call, PARAMS, 0, false, &problems)) {
    results = tw_reply_push_invalid(L, &problems);
  } else if (call->exchange->done) {
    results = tw_call_results(L, call, CALL);
  } else {
    tw_call_push_request(L, call);
  }
  tw_call_end(L, call);
  return results;
}


int tw_client_request(lua_State *L) {
  (void)tw_call_check_operation(L, 1);
  luaL_checktype(L, 2, LUA_TTABLE);
  lua_settop(L, 2);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  return request(L);
}


static int set_access_token(lua_State *L) {
  tw_Client *client = tw_client_check(L, 1);
  size_t n;
  const char *token = luaL_checklstring(L, 2, &n);
  if (client->closed) return 0;
  if (!tw_credentials_set_token(&client->credentials, token, n)) {
    return luaL_error(L, "an access token of more than 4096 bytes, or not enough memory");
  }
  return 0;
}


/* ---- close ---- */

/* Other C may be reading the credentials, so their memory is only wiped; it is freed with the client. */
static int close_client(lua_State *L) {
  tw_Client *client = tw_client_check(L, 1);
  client->closed = true;
  tw_session_close(&client->session, lua_toboolean(L, 2));
  tw_credentials_wipe(&client->credentials);
  return 0;
}


static int collect(lua_State *L) {
  tw_Client *client = tw_client_check(L, 1);
  client->closed = true;
  tw_session_close(&client->session, false);
  tw_credentials_free(&client->credentials);
  return 0;
}


/* ---- open ---- */

static void set_methods(lua_State *L) {
  static const luaL_Reg methods[] = {
    {"announce", tw_drive_announce}, {"awaited", tw_drive_awaited}, {"close", close_client},
    {"draft", tw_call_draft},        {"launch", tw_launch},          {"list", tw_call_list},
    {"perform", tw_drive_perform},   {"pollfd", tw_drive_pollfd},     {"prepare", tw_relay_prepare}, {"request", request},
    {"set_access_token", set_access_token}, {"step", tw_drive_step}, {"submit", tw_drive_submit},
    {"timeout", tw_drive_timeout},   {NULL, NULL},
  };
  luaL_setfuncs(L, methods, 0);
  tw_drive_set_operations(L);
}


/* Pushes a new client without values. */
static tw_Client *push_client(lua_State *L, long connections_max, long in_flight_max) {
  tw_Client *client = lua_newuserdata(L, sizeof *client);
  tw_session_open(&client->session, connections_max, in_flight_max);
  tw_credentials_init(&client->credentials);
  client->closed = false;
  tw_finalizer_set(L, CLIENT_TYPE, collect, set_methods);
  return client;
}


/* Pops the value on top into that place of the array below it. */
static void set_value(lua_State *L, int value) {
  lua_rawseti(L, -2, value);
}


void tw_client_push_own(lua_State *L) {
  const int agent = lua_gettop(L) - 1, decoder = agent + 1;
  push_client(L, CONNECTIONS, IN_FLIGHT);
  lua_createtable(L, TW_CLIENT_VALUES, 0);
  lua_pushvalue(L, agent);
  set_value(L, TW_CLIENT_AGENT);
  lua_pushvalue(L, decoder);
  set_value(L, TW_CLIENT_DECODER);
  lua_createtable(L, TW_HEAD_NAMES, 0);
  set_value(L, TW_CLIENT_NAMES);
  if (luaL_loadstring(L, "return") != 0) lua_error(L);
  set_value(L, TW_CLIENT_NOTHING);
  lua_setuservalue(L, -2);
  lua_replace(L, agent);
  lua_settop(L, agent);
}


/* Sets the values of the client on top: those of the module's own client, and the table at stack
** index `defaults` as parameters for every call. */
static void set_values(lua_State *L, int own, int defaults) {
  static const int shared[] = {TW_CLIENT_AGENT, TW_CLIENT_DECODER, TW_CLIENT_NAMES, TW_CLIENT_NOTHING};
  size_t i;
  lua_createtable(L, TW_CLIENT_VALUES, 0);
  for (i = 0; i < sizeof shared / sizeof *shared; i++) {
    tw_client_push_value(L, own, shared[i]);
    set_value(L, shared[i]);
  }
  lua_pushvalue(L, defaults);
  set_value(L, TW_CLIENT_DEFAULTS);
  lua_setuservalue(L, -2);
}


/* Pushes a copy of the table at `index`, without credentials (only C memory holds those) and
** without the options of the Lua code. */
static void push_defaults(lua_State *L, int index) {
  lua_newtable(L);
  lua_pushnil(L);
  while (lua_next(L, index)) {
    size_t n;
    const char *name = lua_type(L, -2) == LUA_TSTRING ? lua_tolstring(L, -2, &n) : NULL;
    if (name != NULL && (tw_credentials_has(name, n) || tw_option_is_clients(name))) {
      lua_pop(L, 1);
      continue;
    }
    lua_pushvalue(L, -2);
    lua_insert(L, -2);
    lua_rawset(L, -4);
  }
}


int tw_client_open(lua_State *L) {
  enum { OPTIONS = 1, OWN, DEFAULTS, OPENED };
  static const tw_Operation opening = {.name = "new", .method = "", .shape = TW_SHAPE_NONE};
  const long connections = (long)luaL_optinteger(L, 2, CONNECTIONS);
  const long in_flight = (long)luaL_optinteger(L, 3, IN_FLIGHT);
  tw_Problems problems = {.L = L, .name = opening.name};
  tw_Client *client;
  tw_Call *call;
  luaL_checktype(L, OPTIONS, LUA_TTABLE);
  lua_settop(L, OPTIONS);
  lua_pushvalue(L, lua_upvalueindex(1));
  push_defaults(L, OPTIONS);
  client = push_client(L, connections, in_flight);
  set_values(L, OWN, DEFAULTS);
  call = tw_call_push(L, OPENED, &opening); /* for its request, which the check fills */
  tw_problems_open(&problems);
  if (!tw_params_check(L, OPTIONS, &call->exchange->request, &problems)) {
    tw_call_end(L, call);
    return tw_reply_push_invalid(L, &problems);
  }
  tw_call_end(L, call);
  if (!tw_credentials_keep(L, OPTIONS, &client->credentials)) luaL_error(L, "not enough memory");
  lua_settop(L, OPENED);
  return 1;
}
