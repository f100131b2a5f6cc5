/*
** See the header. The pages of a list are put together here, so that one attempt
** is the whole list for everyone above.
*/
#include "lua/call.h"

#include <string.h>

#include "answer/reply.h"
#include "lua/engine.h"
#include "lua/finalizer.h"
#include "lua/relay.h"

#define CALL "twilio.webhooks.call"

/* Pages of one list. A channel has at most five webhooks, so there is one. */
#define PAGES_MAX 16


/* ---- life ---- */

void tw_call_end(lua_State *L, tw_Call *call) {
  if (call->holder.transfer != NULL) tw_session_give(call->session, &call->holder);
  luaL_unref(L, LUA_REGISTRYINDEX, call->list);
  call->list = LUA_NOREF;
  tw_buffer_free(&call->next);
}


static int call_gc(lua_State *L) {
  tw_call_end(L, lua_touserdata(L, 1));
  return 0;
}


const tw_Operation *tw_call_check_operation(lua_State *L, int index) {
  const char *name = luaL_checkstring(L, index);
  int i;
  for (i = 0; i < tw_operation_count; i++) {
    if (strcmp(tw_operations[i].name, name) == 0) return &tw_operations[i];
  }
  luaL_argerror(L, index, "no such operation");
  return NULL;
}


static void set_methods(lua_State *L) {
  tw_engine_set_call_methods(L);
  tw_relay_set_call_methods(L);
}


tw_Call *tw_call_push(lua_State *L, tw_Client *client, int index, const tw_Operation *operation) {
  tw_Call *call = lua_newuserdata(L, sizeof *call);
  call->session = &client->session;
  call->holder.transfer = NULL;
  call->operation = operation;
  call->canceled = false;
  call->pages = 0;
  call->list = LUA_NOREF;
  tw_buffer_init(&call->next, TW_PATH_MAX);
  tw_finalizer_set(L, CALL, call_gc, set_methods);
  lua_getuservalue(L, index);
  lua_setuservalue(L, -2);
  if (!tw_session_take(call->session, &call->holder)) luaL_error(L, "not enough memory");
  return call;
}


tw_Call *tw_call_check(lua_State *L, int index) {
  return luaL_checkudata(L, index, CALL);
}


/* The call at stack index `index`, or, where that is nil, a new one put there. */
static tw_Call *obtain(lua_State *L, tw_Client *client, int at, int operation, int index) {
  const tw_Operation *wanted = tw_call_check_operation(L, operation);
  tw_Call *call;
  if (lua_isnil(L, index)) {
    call = tw_call_push(L, client, at, wanted);
    lua_replace(L, index);
    return call;
  }
  call = tw_call_check(L, index);
  luaL_argcheck(L, call->operation == wanted && call->holder.transfer != NULL, index,
                "not a call that goes on");
  return call;
}


/* ---- the request ---- */

bool tw_call_prepare(lua_State *L, int client, tw_Call *call, int params, double seconds,
                     bool skip_unknown, tw_Problems *problems) {
  tw_Request *request = &call->holder.transfer->request;
  tw_Defaults defaults = {0, &tw_client_check(L, client)->credentials, skip_unknown};
  tw_client_push_value(L, client, TW_CLIENT_DEFAULTS);
  if (lua_istable(L, -1)) defaults.table = lua_gettop(L);
  tw_problems_open(problems, L);
  if (!tw_params_request(L, params, &defaults, call->operation, request, problems)) return false;
  if (request->user_agent == NULL) {
    tw_client_push_value(L, client, TW_CLIENT_AGENT);
    request->user_agent = lua_tostring(L, -1);
  }
  if (seconds > 0 && seconds * 1000 < (double)request->timeout_ms) {
    request->timeout_ms = (long)(seconds * 1000) + 1;
  }
  if (call->next.length > 0) {
    tw_buffer_reset(&request->path);
    if (!tw_buffer_append(&request->path, call->next.data, call->next.length)) {
      luaL_error(L, "not enough memory");
    }
  }
  return true;
}


tw_Call *tw_call_begin(lua_State *L, int *results) {
  enum { CLIENT = 1, OPERATION, PARAMS, SECONDS, SKIP_UNKNOWN };
  tw_Client *client = tw_client_check_open(L, CLIENT);
  const double seconds = (double)luaL_optnumber(L, SECONDS, 0);
  tw_Problems problems;
  tw_Call *call;
  luaL_checktype(L, PARAMS, LUA_TTABLE);
  lua_settop(L, TW_CALL_ARGUMENT);
  call = obtain(L, client, CLIENT, OPERATION, TW_CALL_ARGUMENT);
  if (tw_call_prepare(L, CLIENT, call, PARAMS, seconds, lua_toboolean(L, SKIP_UNKNOWN), &problems)) {
    return call;
  }
  tw_call_end(L, call);
  *results = tw_reply_push_invalid(L, call->operation, &problems);
  return NULL;
}


void tw_call_push_request(lua_State *L, const tw_Call *call) {
  const tw_Request *request = &call->holder.transfer->request;
  lua_createtable(L, 0, 8);
  lua_pushstring(L, request->method);
  lua_setfield(L, -2, "method");
  lua_pushlstring(L, request->base.data, request->base.length);
  lua_pushlstring(L, request->path.data, request->path.length);
  lua_concat(L, 2);
  lua_setfield(L, -2, "url");
  lua_pushlstring(L, request->body.data, request->body.length);
  lua_setfield(L, -2, "body");
}


/* ---- a list in several pages ---- */

/* Takes the path of the next page. False if that is elsewhere: the credentials go to
** the origin that the caller chose and to no other. */
static bool turn_page(tw_Call *call, const char *url, size_t n) {
  const tw_Buffer *base = &call->holder.transfer->request.base;
  size_t i;
  if (n <= base->length || memcmp(url, base->data, base->length) != 0 || url[base->length] != '/') {
    return false;
  }
  for (i = base->length; i < n; i++) {
    if (url[i] <= ' ' || url[i] > '~') return false;
  }
  tw_buffer_reset(&call->next);
  return tw_buffer_append(&call->next, url + base->length, n - base->length);
}


/* Appends the webhooks of the page on top to the list at `all`. */
static void append_page(lua_State *L, int all) {
  int n = (int)lua_rawlen(L, all);
  int i, count;
  lua_getfield(L, -1, "webhooks");
  count = (int)lua_rawlen(L, -1);
  for (i = 1; i <= count; i++) {
    lua_rawgeti(L, -1, i);
    lua_rawseti(L, all, n + i);
  }
  lua_pop(L, 1);
}


/* Pushes meta.next_page_url of the page on top, nil where there is none. */
static const char *push_next_page(lua_State *L, size_t *n) {
  lua_getfield(L, -1, "meta");
  if (lua_type(L, -1) == LUA_TTABLE) lua_getfield(L, -1, "next_page_url");
  else lua_pushnil(L);
  lua_remove(L, -2);
  return lua_tolstring(L, -1, n);
}


/* Pushes the webhooks so far and the info of the first page, which is `info` now. */
static void push_list(lua_State *L, tw_Call *call, int info) {
  if (call->list == LUA_NOREF) {
    lua_createtable(L, 2, 0);
    lua_newtable(L);
    lua_rawseti(L, -2, 1);
    lua_pushvalue(L, info);
    lua_rawseti(L, -2, 2);
    call->list = luaL_ref(L, LUA_REGISTRYINDEX);
  }
  lua_rawgeti(L, LUA_REGISTRYINDEX, call->list);
  lua_rawgeti(L, -1, 1);
  lua_rawgeti(L, -2, 2);
  lua_remove(L, -3);
}


/* From a page and its info, on top: the whole list and the first page's info, or 0 for
** another page. */
static int follow_pages(lua_State *L, tw_Call *call) {
  const int page = lua_gettop(L) - 1;
  const char *next;
  size_t n;
  luaL_checkstack(L, 12, "pages");
  push_list(L, call, page + 1); /* page, info, all, first info */
  lua_pushvalue(L, page);
  append_page(L, page + 2);
  next = push_next_page(L, &n);
  call->pages++;
  if (next == NULL) {
    lua_settop(L, page + 3);
    return 2;
  }
  if (call->pages == PAGES_MAX) {
    return tw_reply_push_unusable(L, call->operation, &call->holder.transfer->response,
                                  "its pages do not end");
  }
  if (!turn_page(call, next, n)) {
    return tw_reply_push_unusable(L, call->operation, &call->holder.transfer->response,
                                  "its next page is elsewhere");
  }
  lua_settop(L, page - 1);
  tw_transfer_reset(call->holder.transfer);
  return 0;
}


/* ---- the results ---- */

/* Its transfer is gone: canceled, or closed with the client. */
static int push_canceled(lua_State *L, const tw_Call *call) {
  tw_Response response; /* never has memory of its own */
  tw_response_init(&response);
  tw_response_cancel(&response, call->holder.begun,
                     call->canceled ? "it was canceled" : "the client was closed meanwhile");
  return tw_reply_push(L, call->operation, &response, 0);
}


int tw_call_results(lua_State *L, tw_Call *call, int index) {
  int results;
  if (call->holder.transfer == NULL) return push_canceled(L, call);
  tw_client_push_value(L, index, TW_CLIENT_DECODER);
  results = tw_reply_push(L, call->operation, &call->holder.transfer->response, lua_gettop(L));
  if (results == 2 && call->operation->shape == TW_SHAPE_PAGE) results = follow_pages(L, call);
  return results;
}
