/*
** Makes the request of a call, and its results. Joins the pages of a list, so that the caller
** gets the whole list. Neither sends nor waits: see drive and relay.
*/
#include "lua/call.h"

#include <string.h>

#include "answer/reply.h"
#include "api/aim.h"
#include "api/endpoint.h"
#include "lua/finalizer.h"
#include "lua/relay.h"

#define CALL_TYPE "twilio.webhooks.core.call"

/* Pages of one list. A channel has at most five webhooks, so one page. A caller can ask for the
** pages of longer lists one by one. */
#define PAGES_MAX 16


/* ---- close ---- */

const tw_Operation *tw_call_check_operation(lua_State *L, int index) {
  const char *name = luaL_checkstring(L, index);
  int i;
  for (i = 0; i < tw_operation_count; i++) {
    if (strcmp(tw_operations[i].name, name) == 0) return &tw_operations[i];
  }
  luaL_argerror(L, index, "no such operation");
  return NULL;
}


tw_Call *tw_call_check(lua_State *L, int index) {
  return luaL_checkudata(L, index, CALL_TYPE);
}


void tw_call_end(lua_State *L, tw_Call *call) {
  if (call->exchange != NULL) tw_exchange_release(call->exchange);
  call->exchange = NULL;
  tw_buffer_free(&call->next);
  tw_buffer_free(&call->first);
  luaL_unref(L, LUA_REGISTRYINDEX, call->list);
  call->list = LUA_NOREF;
}


static int collect(lua_State *L) {
  tw_call_end(L, tw_call_check(L, 1));
  return 0;
}


static int cancel(lua_State *L) {
  const tw_Call *call = tw_call_check(L, 1);
  if (call->exchange != NULL) tw_exchange_cancel(call->exchange, "it was canceled");
  return 0;
}


/* ---- the request ---- */

/* Cancels a call whose client was closed while its request was being made. */
static void cancel_closed(tw_Call *call) {
  if (call->pages > 0) call->exchange->response.requests = 1;
  tw_exchange_cancel(call->exchange, "the client was closed meanwhile");
}


static void set_user_agent(lua_State *L, int client, tw_Buffer *line) {
  size_t n;
  const char *agent;
  if (line->length > 0) return;
  tw_client_push_value(L, client, TW_CLIENT_AGENT);
  agent = lua_tolstring(L, -1, &n);
  tw_buffer_append(line, agent, n);
  lua_pop(L, 1);
}


/* Shortens the next attempt to so many seconds, if they are positive. */
static void limit(tw_Request *request, double seconds) {
  request->limit_ms = seconds > 0 && seconds * 1000 < (double)request->timeout_ms
                        ? (long)(seconds * 1000) + 1 : 0;
}


bool tw_call_prepare(lua_State *L, int client, tw_Call *call, int params, double seconds,
                     bool skip_unknown, tw_Problems *problems) {
  tw_Client *self = lua_touserdata(L, client);
  tw_Request *request = &call->exchange->request;
  tw_Defaults defaults = {.credentials = &self->credentials, .skip_unknown = skip_unknown};
  tw_client_push_value(L, client, TW_CLIENT_DEFAULTS);
  if (lua_istable(L, -1)) defaults.table = lua_gettop(L);
  tw_problems_open(problems);
  call->resource = tw_params_resource(L, params, &defaults, call->operation);
  if (!tw_params_request(L, params, &defaults, call->operation, call->resource, request, &call->one_page,
                         problems)) {
    if (self->closed) cancel_closed(call); /* the refusal may come from its lost credentials */
    return self->closed;
  }
  set_user_agent(L, client, &request->user_agent);
  limit(request, seconds);
  if (tw_request_lacks_memory(request)) luaL_error(L, "not enough memory");
  if (self->closed) cancel_closed(call);
  return true;
}


/* Pushes a new call whose request is ready, or pushes `*results` values. */
static tw_Call *begin_new(lua_State *L, int *results) {
  enum { CLIENT = 1, OPERATION, PARAMS, SECONDS, SKIP_UNKNOWN, NAME, BEGUN };
  const double seconds = (double)luaL_optnumber(L, SECONDS, 0);
  const tw_Operation *operation = tw_call_check_operation(L, OPERATION);
  tw_Problems problems = {.L = L, .name = luaL_optstring(L, NAME, operation->name)};
  tw_Call *call;
  bool right;
  luaL_checktype(L, PARAMS, LUA_TTABLE);
  lua_settop(L, NAME);
  call = tw_call_push(L, CLIENT, operation);
  call->busy = true; /* stays true after an error, so that nobody can ask for results */
  right = tw_call_prepare(L, CLIENT, call, PARAMS, seconds, lua_toboolean(L, SKIP_UNKNOWN), &problems);
  if (right && !call->exchange->done) {
    lua_settop(L, BEGUN);
    call->busy = false;
    return call;
  }
  *results = right ? tw_call_results(L, call, BEGUN)
                   : tw_reply_push_invalid(L, &problems);
  tw_call_end(L, call);
  return NULL;
}


/* Sets the request's path to that of the next page; keeps the first page's. */
static void turn_to_next(lua_State *L, tw_Call *call) {
  tw_Buffer *path = &call->exchange->request.path;
  if (call->next.length == 0) return;
  if (call->first.length == 0) tw_buffer_append(&call->first, path->data, path->length);
  tw_buffer_reset(path);
  tw_buffer_append(path, call->next.data, call->next.length);
  if (call->first.state != TW_BUFFER_OK || path->state != TW_BUFFER_OK) luaL_error(L, "not enough memory");
}


void tw_call_go_on(lua_State *L, int client, tw_Call *call, double seconds) {
  const tw_Client *self = lua_touserdata(L, client);
  limit(&call->exchange->request, seconds);
  turn_to_next(L, call);
  if (self->closed && !call->exchange->done) cancel_closed(call);
}


/* Begins a call at rest: to send its request again, or that of its next page. */
static tw_Call *begin_again(lua_State *L, int *results) {
  enum { CLIENT = 1, CALL, SECONDS };
  const tw_Client *self = lua_touserdata(L, CLIENT);
  tw_Call *call = tw_call_check(L, CALL);
  tw_Problems problems = {.L = L, .name = call->operation->name};
  bool right;
  luaL_argcheck(L, call->exchange != NULL && !call->busy && !call->exchange->submitted &&
                     (self->closed || call->exchange->session == &self->session),
                CALL, "not a call that goes on");
  tw_call_go_on(L, CLIENT, call, (double)luaL_optnumber(L, SECONDS, 0));
  lua_settop(L, CALL);
  call->busy = true;
  tw_problems_open(&problems);
  right = call->exchange->done ||
          tw_credentials_renew(&self->credentials, &call->exchange->request, &problems);
  if (tw_request_lacks_memory(&call->exchange->request)) luaL_error(L, "not enough memory");
  if (right && !call->exchange->done) {
    lua_settop(L, CALL);
    call->busy = false;
    return call;
  }
  *results = right ? tw_call_results(L, call, CALL)
                   : tw_reply_push_invalid(L, &problems);
  call->busy = false;
  tw_call_settle(L, call, *results);
  return NULL;
}


tw_Call *tw_call_begin(lua_State *L, int *results) {
  (void)tw_client_check(L, 1);
  return lua_isuserdata(L, 2) ? begin_again(L, results) : begin_new(L, results);
}


void tw_call_push_aim(lua_State *L, const tw_Call *call) {
  const uint64_t aim = tw_aim(&call->exchange->request);
#if TW_LUA_INTEGERS
  lua_pushinteger(L, (lua_Integer)aim);
#else
  lua_pushnumber(L, (lua_Number)aim);
#endif
}


int tw_call_draft(lua_State *L) {
  int results;
  tw_Call *call;
  lua_settop(L, 5);
  lua_pushnil(L);
  lua_insert(L, 4); /* no seconds */
  call = tw_call_begin(L, &results);
  if (call == NULL) return results;
  call->kept = true;
  tw_call_push_aim(L, call);
  return 2;
}


/* The operation that lists a resource. */
static const tw_Operation *listing(const tw_Resource *resource) {
  int i;
  for (i = 0; i < tw_operation_count; i++) {
    if (tw_operations[i].shape == TW_SHAPE_PAGE && (tw_operations[i].bit & resource->operations) != 0) {
      return &tw_operations[i];
    }
  }
  return NULL;
}


int tw_call_list(lua_State *L) {
  enum { CLIENT = 1, CALL, LIST };
  tw_Call *call, *list;
  bool busy;
  (void)tw_client_check(L, CLIENT);
  call = tw_call_check(L, CALL);
  luaL_argcheck(L, call->exchange != NULL && !call->operation->on_item && listing(call->resource) != NULL,
                CALL, "not a create");
  lua_settop(L, CALL);
  busy = call->busy;
  call->busy = true;
  list = tw_call_push(L, CLIENT, listing(call->resource));
  call->busy = busy;
  list->kept = true;
  list->resource = call->resource;
  tw_request_copy(&list->exchange->request, &call->exchange->request);
  list->exchange->request.method = list->operation->method;
  list->exchange->request.resendable = list->operation->same_answer;
  if (tw_request_lacks_memory(&list->exchange->request)) luaL_error(L, "not enough memory");
  return 1;
}


void tw_call_push_request(lua_State *L, const tw_Call *call) {
  const tw_Request *request = &call->exchange->request;
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

/* Appends the items under `key` of the page on top to the list at `all`, after the `before`
** items of earlier pages, so it may be repeated after an error. Returns the new number of items. */
static int append_page(lua_State *L, const char *key, int all, int before) {
  int i, n;
  lua_getfield(L, -1, key);
  n = (int)lua_rawlen(L, -1);
  for (i = 1; i <= n; i++) {
    lua_rawgeti(L, -1, i);
    lua_rawseti(L, all, before + i);
  }
  lua_pop(L, 1);
  return before + n;
}


/* Pushes meta.next_page_url of the page on top, nil if there is none. False if it has another
** type. */
static bool push_next_page(lua_State *L) {
  lua_getfield(L, -1, "meta");
  if (lua_type(L, -1) == LUA_TTABLE) {
    lua_getfield(L, -1, "next_page_url");
    lua_remove(L, -2);
  } else if (!lua_isnil(L, -1)) {
    return false;
  }
  return lua_isnil(L, -1) || lua_type(L, -1) == LUA_TSTRING;
}


/* Pushes the items so far, the info of the first page (the first time, the one at `info`) and
** the set of the paths of all pages. */
static void push_list(lua_State *L, tw_Call *call, int info) {
  enum { ALL = 1, INFO, PATHS };
  if (call->list == LUA_NOREF) {
    lua_createtable(L, 3, 0);
    lua_newtable(L);
    lua_rawseti(L, -2, ALL);
    lua_pushvalue(L, info);
    lua_rawseti(L, -2, INFO);
    lua_newtable(L);
    lua_rawseti(L, -2, PATHS);
    call->list = luaL_ref(L, LUA_REGISTRYINDEX);
  }
  lua_rawgeti(L, LUA_REGISTRYINDEX, call->list);
  lua_rawgeti(L, -1, ALL);
  lua_rawgeti(L, -2, INFO);
  lua_rawgeti(L, -3, PATHS);
  lua_remove(L, -4);
}


/* Adds a path to the set at `paths`, with the number of its page. False if another page had it. */
static bool add_path(lua_State *L, int paths, const tw_Buffer *path, int page) {
  bool fresh;
  lua_pushlstring(L, path->data, path->length);
  lua_pushvalue(L, -1);
  lua_rawget(L, paths);
  fresh = lua_isnil(L, -1) || lua_tointeger(L, -1) == page;
  lua_pop(L, 1);
  lua_pushinteger(L, page);
  if (fresh) lua_rawset(L, paths);
  else lua_pop(L, 2);
  return fresh;
}


/* Sets call->next from the next page's URL, which is on top. Returns NULL, or why it cannot. */
static const char *find_next_page(lua_State *L, tw_Call *call) {
  size_t n;
  const char *url = lua_tolstring(L, -1, &n);
  tw_buffer_reset(&call->next);
  if (tw_endpoint_next_page(&call->exchange->request.path, url, n, &call->next)) return NULL;
  if (call->next.state == TW_BUFFER_NOMEM) luaL_error(L, "not enough memory");
  return "the URL of its next page is none";
}


/* The same, but refuses a page that was asked for before. */
static const char *turn_page(lua_State *L, tw_Call *call, int paths) {
  const char *refusal;
  if (call->pages + 1 == PAGES_MAX) return "its pages do not end, or are more than the 16 of one list";
  (void)add_path(L, paths, &call->exchange->request.path, call->pages);
  refusal = find_next_page(L, call);
  if (refusal != NULL) return refusal;
  return add_path(L, paths, &call->next, call->pages + 1) ? NULL : "its pages go round in a circle";
}


/* Takes a page and its info, on top, and sets the info's next_page, if there is one. Leaves both
** as results, or pushes why the page cannot be used. */
static int mark_next_page(lua_State *L, tw_Call *call) {
  const int page = lua_gettop(L) - 1, info = page + 1;
  const char *why = "the URL of its next page is none";
  luaL_checkstack(L, 4, "pages");
  lua_pushvalue(L, page);
  if (!push_next_page(L) || (!lua_isnil(L, -1) && (why = find_next_page(L, call)) != NULL)) {
    return tw_reply_push_unusable(L, call->operation, &call->exchange->response, why);
  }
  if (!lua_isnil(L, -1)) {
    lua_pushlstring(L, call->next.data, call->next.length);
    lua_setfield(L, info, "next_page");
  }
  lua_getfield(L, page, call->resource->list);
  lua_replace(L, page);
  lua_settop(L, info);
  return 2;
}


/* Takes a page and its info, on top. Pushes the whole list and the first page's info, or returns
** 0 if another page follows. Until then it changes only `next` of the call. */
static int follow_pages(lua_State *L, tw_Call *call) {
  const int page = lua_gettop(L) - 1;
  const char *refusal = NULL;
  int count;
  luaL_checkstack(L, 12, "pages");
  push_list(L, call, page + 1); /* page, info, all, first info, paths */
  lua_pushvalue(L, page);
  count = append_page(L, call->resource->list, page + 2, call->count);
  if (!push_next_page(L)) {
    refusal = "the URL of its next page is none";
  } else if (lua_isnil(L, -1)) {
    lua_settop(L, page + 3);
    return 2;
  } else {
    refusal = turn_page(L, call, page + 4);
  }
  if (refusal != NULL) {
    return tw_reply_push_unusable(L, call->operation, &call->exchange->response, refusal);
  }
  call->pages++;
  call->count = count;
  tw_exchange_renew(call->exchange);
  return 0;
}


/* ---- the results ---- */

int tw_call_results(lua_State *L, tw_Call *call, int index) {
  int results, decoder;
  lua_getuservalue(L, index);
  lua_rawgeti(L, -1, TW_CLIENT_DECODER);
  decoder = lua_gettop(L);
  lua_rawgeti(L, decoder - 1, TW_CLIENT_NAMES);
  results = tw_reply_push(L, call->operation, call->resource, &call->exchange->response, decoder, decoder + 1);
  if (results == 2 && call->operation->shape == TW_SHAPE_PAGE) {
    results = call->one_page ? mark_next_page(L, call) : follow_pages(L, call);
  }
  return results;
}


static int read_results(lua_State *L) {
  return tw_call_results(L, lua_touserdata(L, 1), 1);
}


/* Lets a call begin anew, with its first page. */
static void rest(lua_State *L, tw_Call *call) {
  tw_Buffer *path = &call->exchange->request.path;
  if (call->first.length > 0) {
    tw_buffer_reset(path);
    (void)tw_buffer_append(path, call->first.data, call->first.length); /* which it has had room for */
  }
  tw_buffer_reset(&call->next);
  tw_buffer_reset(&call->first);
  luaL_unref(L, LUA_REGISTRYINDEX, call->list);
  call->list = LUA_NOREF;
  call->pages = call->count = 0;
  tw_exchange_renew(call->exchange);
}


void tw_call_settle(lua_State *L, tw_Call *call, int results) {
  if (call->kept && (results > 2 || call->operation->shape == TW_SHAPE_PAGE)) rest(L, call);
  else tw_call_end(L, call);
}


int tw_call_end_canceled(lua_State *L, int client, tw_Call *call, int index) {
  const tw_Client *self = lua_touserdata(L, client);
  int results;
  if (self->closed && !call->exchange->done) cancel_closed(call);
  if (!call->exchange->done) return 0;
  results = tw_call_results(L, call, index);
  tw_call_settle(L, call, results);
  return results;
}


/* After a memory error, or a hook's, the caller can ask for the results again. */
static int result(lua_State *L) {
  tw_Call *call = tw_call_check(L, 1);
  int status;
  lua_settop(L, 1);
  if (call->exchange == NULL) return luaL_error(L, "the call's result was taken");
  if (!call->exchange->done || call->busy) return luaL_error(L, "the call has no result yet");
  lua_pushcfunction(L, read_results);
  lua_pushvalue(L, 1);
  call->busy = true;
  status = lua_pcall(L, 1, LUA_MULTRET, 0);
  call->busy = false;
  if (status != 0) return lua_error(L);
  if (lua_gettop(L) == 1) { /* another page */
    lua_pushboolean(L, 0);
    return 1;
  }
  tw_call_settle(L, call, lua_gettop(L) - 1);
  if (call->launched && call->exchange == NULL) tw_call_give_back(L, 1, 1);
  return lua_gettop(L) - 1;
}


/* ---- open ---- */

/* request(): {method, url, body}; nil once its results were taken. */
static int push_request(lua_State *L) {
  tw_Call *call = tw_call_check(L, 1);
  const bool busy = call->busy;
  lua_settop(L, 1);
  if (call->exchange == NULL) return 0;
  call->busy = true;
  tw_call_push_request(L, call);
  call->busy = busy;
  return 1;
}


/* may_meet(other): may both make equal webhooks in one list? Not once the results of one were taken. */
static int may_meet(lua_State *L) {
  const tw_Call *call = tw_call_check(L, 1), *other = tw_call_check(L, 2);
  lua_pushboolean(L, call->exchange != NULL && other->exchange != NULL
    && tw_aim_may_meet(&call->exchange->request, &other->exchange->request));
  return 1;
}


static void set_methods(lua_State *L) {
  static const luaL_Reg methods[] = {
    {"answer", tw_relay_answer}, {"cancel", cancel}, {"may_meet", may_meet}, {"request", push_request},
    {"result", result}, {NULL, NULL}
  };
  luaL_setfuncs(L, methods, 0);
}


/* Gives it an exchange, and clears everything else. The exchange of a closed client has no session:
** after the client's finalizer nobody would tell the exchange that the session is gone. */
static void open_call(lua_State *L, int client, tw_Call *call, const tw_Operation *operation) {
  tw_Client *self = lua_touserdata(L, client);
  call->operation = operation;
  call->resource = NULL;
  call->busy = call->kept = call->launched = call->one_page = false;
  call->pages = call->count = 0;
  call->exchange = tw_session_acquire(self->closed ? NULL : &self->session);
  if (call->exchange == NULL) luaL_error(L, "not enough memory");
}


tw_Call *tw_call_push(lua_State *L, int client, const tw_Operation *operation) {
  tw_Call *call = lua_newuserdata(L, sizeof *call);
  call->exchange = NULL;
  tw_buffer_init(&call->next, TW_PATH_MAX);
  tw_buffer_init(&call->first, TW_PATH_MAX);
  call->list = LUA_NOREF;
  tw_finalizer_set(L, CALL_TYPE, collect, set_methods);
  lua_getuservalue(L, client);
  lua_setuservalue(L, -2);
  open_call(L, client, call, operation);
  return call;
}


tw_Call *tw_call_take(lua_State *L, int client, const tw_Operation *operation) {
  tw_Call *call;
  lua_getuservalue(L, client);
  lua_rawgeti(L, -1, TW_CLIENT_CALL);
  call = lua_touserdata(L, -1);
  if (call == NULL) {
    lua_pop(L, 2);
    return tw_call_push(L, client, operation);
  }
  lua_pushboolean(L, 0);
  lua_rawseti(L, -3, TW_CLIENT_CALL);
  lua_remove(L, -2);
  open_call(L, client, call, operation);
  return call;
}


void tw_call_give_back(lua_State *L, int client, int index) {
  tw_call_end(L, lua_touserdata(L, index));
  lua_getuservalue(L, client);
  lua_pushvalue(L, index);
  lua_rawseti(L, -2, TW_CLIENT_CALL);
  lua_pop(L, 1);
}
