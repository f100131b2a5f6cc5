/*
** A host's life, and its functions' upvalues.
*/
#include "lua/host.h"

#include "lua/finalizer.h"

#define HOST "twilio.webhooks.session"


void tw_host_close(tw_Host *host, bool leave_descriptor) {
  tw_session_close(&host->session, leave_descriptor);
  tw_credentials_wipe(&host->credentials);
  host->closed = true;
}


static int host_gc(lua_State *L) {
  tw_host_close(lua_touserdata(L, 1), false);
  return 0;
}


tw_Host *tw_host_push(lua_State *L, long connections_max, long in_flight_max) {
  tw_Host *host = lua_newuserdata(L, sizeof *host);
  tw_session_open(&host->session, connections_max, in_flight_max);
  tw_credentials_init(&host->credentials);
  host->closed = false;
  tw_finalizer_set(L, HOST, host_gc);
  return host;
}


void tw_host_push_function(lua_State *L, lua_CFunction f, int first, int own) {
  const int top = lua_gettop(L) - own;
  int i;
  luaL_checkstack(L, TW_UP_OWN, "functions");
  for (i = TW_UP_HOST; i < TW_UP_OWN; i++) lua_pushvalue(L, first + i - 1);
  for (i = 1; i <= own; i++) lua_pushvalue(L, top + i);
  lua_pushcclosure(L, f, TW_UP_OWN - 1 + own);
  lua_insert(L, top + 1);
  lua_settop(L, top + 1);
}


tw_Host *tw_host_check(lua_State *L) {
  tw_Host *host = lua_touserdata(L, lua_upvalueindex(TW_UP_HOST));
  if (host->closed) luaL_error(L, "the client is closed");
  return host;
}


void tw_host_notice(lua_State *L) {
  lua_pushvalue(L, lua_upvalueindex(TW_UP_TICK));
  lua_call(L, 0, 0);
}
