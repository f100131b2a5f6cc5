/*
** Blocking calls. Everything that may raise a Lua error (building the request,
** reading the answer) happens while a userdata owns the transfer, so an error
** there, out of memory too, loses nothing.
*/
#include "call.h"

#include <string.h>

#include "params.h"
#include "reply.h"
#include "session.h"

#define HOST "twilio.webhooks.session"
#define TRANSFER "twilio.webhooks.transfer"

/* How long an interrupt (Ctrl-C) may go unnoticed. */
#define TICK_MS 100
/* Pages of one list. A channel has at most five webhooks, so there is one. */
#define PAGES_MAX 16

/* Upvalues of the functions here, as far as each needs them. */
enum { UP_HOST = 1, UP_AGENT, UP_DEFAULTS, UP_OPERATION, UP_DECODER, UP_TICK };
enum { OPEN_AGENT = 1, OPEN_DECODER };

/* What the functions of the module, or of one client, have in common. */
typedef struct Host {
  tw_Session session;
  tw_Credentials credentials;
  bool closed;
} Host;


/* ---- userdata ---- */

static void close_host(Host *host) {
  tw_session_close(&host->session);
  tw_credentials_wipe(&host->credentials);
  host->closed = true;
}


static int host_gc(lua_State *L) {
  close_host(lua_touserdata(L, 1));
  return 0;
}


static Host *push_host(lua_State *L, long connections_max) {
  Host *host = lua_newuserdata(L, sizeof *host);
  tw_session_open(&host->session, connections_max);
  tw_credentials_init(&host->credentials);
  host->closed = false;
  if (luaL_newmetatable(L, HOST)) {
    lua_pushcfunction(L, host_gc);
    lua_setfield(L, -2, "__gc");
  }
  lua_setmetatable(L, -2);
  return host;
}


/* Holds a transfer while Lua works on it; collected, it gives it back. */
typedef struct Owner {
  tw_Session *session;
  tw_Transfer *transfer; /* NULL once given back, and when the session was closed */
} Owner;


static int owner_gc(lua_State *L) {
  Owner *owner = lua_touserdata(L, 1);
  if (owner->transfer != NULL) tw_session_give(owner->session, owner->transfer);
  return 0;
}


static Owner *push_owner(lua_State *L, Host *host) {
  Owner *owner = lua_newuserdata(L, sizeof *owner);
  owner->session = &host->session;
  owner->transfer = NULL;
  if (luaL_newmetatable(L, TRANSFER)) {
    lua_pushcfunction(L, owner_gc);
    lua_setfield(L, -2, "__gc");
  }
  lua_setmetatable(L, -2);
  if (tw_session_take(owner->session, &owner->transfer) == NULL) {
    luaL_error(L, "not enough memory");
  }
  return owner;
}


/* ---- the call ---- */

/* Lets the interpreter's hook run, where a host's signal handler may have put
** an error: a hook is only called for Lua code. */
static void notice_interrupt(lua_State *L, Owner *owner) {
  lua_pushvalue(L, lua_upvalueindex(UP_TICK));
  if (lua_pcall(L, 0, 0, 0) != 0) {
    if (owner->transfer != NULL) tw_session_give(owner->session, owner->transfer);
    lua_error(L);
  }
  if (owner->transfer == NULL) luaL_error(L, "the client was closed during a call");
}


static void perform(lua_State *L, Owner *owner) {
  tw_session_submit(owner->session, owner->transfer);
  while (!owner->transfer->done) {
    tw_session_step(owner->session, TICK_MS);
    if (!owner->transfer->done) notice_interrupt(L, owner);
  }
}


/* Fills the owner's request from the table at stack index `params`. */
static bool make_request(lua_State *L, int params, bool lenient, const tw_Operation *operation,
                         Owner *owner, tw_Problems *problems) {
  const Host *host = lua_touserdata(L, lua_upvalueindex(UP_HOST));
  tw_Request *request = &owner->transfer->request;
  tw_Defaults defaults = {0, &host->credentials, lenient};
  if (lua_istable(L, lua_upvalueindex(UP_DEFAULTS))) {
    lua_pushvalue(L, lua_upvalueindex(UP_DEFAULTS));
    defaults.table = lua_gettop(L);
  }
  tw_problems_open(problems, L);
  if (!tw_params_request(L, params, &defaults, operation, request, problems)) return false;
  if (request->user_agent == NULL) {
    request->user_agent = lua_tostring(L, lua_upvalueindex(UP_AGENT));
  }
  return true;
}


/* ---- a list in several pages ---- */

/* Points the request to the next page. False if that is elsewhere: the
** credentials go to the origin that the caller chose and to no other. */
static bool turn_page(tw_Transfer *t, const char *url, size_t n) {
  const tw_Buffer *base = &t->request.base;
  size_t i;
  if (n <= base->length || memcmp(url, base->data, base->length) != 0 || url[base->length] != '/') {
    return false;
  }
  for (i = base->length; i < n; i++) {
    if (url[i] <= ' ' || url[i] > '~') return false;
  }
  tw_buffer_reset(&t->request.path);
  return tw_buffer_append(&t->request.path, url + base->length, n - base->length);
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
static void push_next_page(lua_State *L) {
  lua_getfield(L, -1, "meta");
  if (lua_type(L, -1) == LUA_TTABLE) lua_getfield(L, -1, "next_page_url");
  else lua_pushnil(L);
  lua_remove(L, -2);
}


/* From the first page and its info, on top, to the whole list. */
static int follow_pages(lua_State *L, const tw_Operation *operation, Owner *owner) {
  tw_Transfer *t = owner->transfer;
  int all, pages, results;
  luaL_checkstack(L, 8, "pages");
  lua_newtable(L);
  lua_insert(L, -3);
  all = lua_gettop(L) - 2;
  for (pages = 1;; pages++) {
    size_t n;
    const char *next;
    lua_insert(L, -2); /* all, info, page */
    append_page(L, all);
    push_next_page(L);
    next = lua_tolstring(L, -1, &n);
    if (next == NULL) break;
    if (pages == PAGES_MAX) {
      return tw_reply_push_unusable(L, operation, &t->response, "its pages do not end");
    }
    if (!turn_page(t, next, n)) {
      return tw_reply_push_unusable(L, operation, &t->response, "its next page is elsewhere");
    }
    lua_settop(L, all);
    tw_response_reset(&t->response, t->request.response_max);
    t->done = false;
    perform(L, owner);
    results = tw_reply_push(L, operation, &t->response, lua_upvalueindex(UP_DECODER));
    if (results != 2) return results;
  }
  lua_settop(L, all + 1); /* all, info */
  return 2;
}


/* The host of this function, for a call with parameters at stack index `params`. */
static Host *check_call(lua_State *L, int params) {
  Host *host = lua_touserdata(L, lua_upvalueindex(UP_HOST));
  luaL_checktype(L, params, LUA_TTABLE);
  if (host->closed) luaL_error(L, "the client is closed");
  return host;
}


/* f(params) of the module; f(params, [seconds, [lenient]]) of a client, which
** may cut an attempt shorter and make one operation of another's parameters. */
static int call(lua_State *L) {
  const tw_Operation *operation = &tw_operations[lua_tointeger(L, lua_upvalueindex(UP_OPERATION))];
  const bool client = lua_istable(L, lua_upvalueindex(UP_DEFAULTS));
  const double seconds = client ? (double)luaL_optnumber(L, 2, 0) : 0;
  const bool lenient = client && lua_toboolean(L, 3);
  Host *host = check_call(L, 1);
  tw_Problems problems;
  Owner *owner;
  int results;
  lua_settop(L, 1);
  owner = push_owner(L, host);
  if (make_request(L, 1, lenient, operation, owner, &problems)) {
    tw_Request *request = &owner->transfer->request;
    if (seconds > 0 && seconds * 1000 < (double)request->timeout_ms) {
      request->timeout_ms = (long)(seconds * 1000) + 1;
    }
    perform(L, owner);
    results = tw_reply_push(L, operation, &owner->transfer->response, lua_upvalueindex(UP_DECODER));
    if (results == 2 && operation->shape == TW_SHAPE_PAGE) {
      results = follow_pages(L, operation, owner);
    }
  } else {
    results = tw_reply_push_invalid(L, operation, &problems);
  }
  tw_session_give(owner->session, owner->transfer);
  return results;
}


/* ---- a request as plain data ---- */

static const tw_Operation *check_operation(lua_State *L, int index) {
  const char *name = luaL_checkstring(L, index);
  int i;
  for (i = 0; i < tw_operation_count; i++) {
    if (strcmp(tw_operations[i].name, name) == 0) return &tw_operations[i];
  }
  luaL_argerror(L, index, "no such operation");
  return NULL;
}


/* request(operation, params): {method, url, body}, and nothing sent. No
** credentials are in it. */
static int request(lua_State *L) {
  const tw_Operation *operation = check_operation(L, 1);
  Host *host = check_call(L, 2);
  const tw_Request *made;
  tw_Problems problems;
  Owner *owner;
  lua_settop(L, 2);
  owner = push_owner(L, host);
  if (!make_request(L, 2, false, operation, owner, &problems)) {
    tw_session_give(owner->session, owner->transfer);
    return tw_reply_push_invalid(L, operation, &problems);
  }
  made = &owner->transfer->request;
  lua_createtable(L, 0, 3);
  lua_pushstring(L, made->method);
  lua_setfield(L, -2, "method");
  lua_pushlstring(L, made->base.data, made->base.length);
  lua_pushlstring(L, made->path.data, made->path.length);
  lua_concat(L, 2);
  lua_setfield(L, -2, "url");
  lua_pushlstring(L, made->body.data, made->body.length);
  lua_setfield(L, -2, "body");
  tw_session_give(owner->session, owner->transfer);
  return 1;
}


/* ---- the functions of the module, and of a client ---- */

/* Sets the functions into the table on top. Host, agent, defaults (or nil) and
** decoder are at the stack indices from `first` on. */
static void set_functions(lua_State *L, int first) {
  int i;
  for (i = 0; i < tw_operation_count; i++) {
    lua_pushvalue(L, first);
    lua_pushvalue(L, first + 1);
    lua_pushvalue(L, first + 2);
    lua_pushinteger(L, i);
    lua_pushvalue(L, first + 3);
    if (luaL_loadstring(L, "return") != 0) lua_error(L);
    lua_pushcclosure(L, call, UP_TICK);
    lua_setfield(L, -2, tw_operations[i].name);
  }
  lua_pushvalue(L, first);
  lua_pushvalue(L, first + 1);
  lua_pushvalue(L, first + 2);
  lua_pushcclosure(L, request, UP_DEFAULTS);
  lua_setfield(L, -2, "request");
}


static int close_client(lua_State *L) {
  close_host(lua_touserdata(L, lua_upvalueindex(UP_HOST)));
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
static bool check_defaults(lua_State *L, int options, Host *host, tw_Problems *problems) {
  Owner *owner = push_owner(L, host);
  bool right;
  tw_problems_open(problems, L);
  right = tw_params_check(L, options, &owner->transfer->request, problems);
  tw_session_give(owner->session, owner->transfer);
  return right;
}


/* open(options, [connections]): a table with functions of a client's own: its
** session, its credentials, and parameters that serve for every call; or nil,
** message, err. */
static int open_client(lua_State *L) {
  static const tw_Operation opening = {"new", 0, "", false, false, 0, TW_SHAPE_NONE};
  tw_Problems problems;
  const long connections = (long)luaL_optinteger(L, 2, TW_CONNECTIONS_MAX);
  Host *host;
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  host = push_host(L, connections);
  if (!check_defaults(L, 1, host, &problems)) {
    return tw_reply_push_invalid(L, &opening, &problems);
  }
  lua_settop(L, 2); /* options, host */
  lua_pushvalue(L, lua_upvalueindex(OPEN_AGENT));
  push_defaults(L, 1);
  lua_pushvalue(L, lua_upvalueindex(OPEN_DECODER));
  if (!tw_credentials_keep(L, 1, &host->credentials)) luaL_error(L, "not enough memory");
  lua_newtable(L);
  set_functions(L, 2);
  lua_pushvalue(L, 2);
  lua_pushcclosure(L, close_client, UP_HOST);
  lua_setfield(L, -2, "close");
  return 1;
}


void tw_call_push_module(lua_State *L, int agent, int decoder) {
  int first = lua_gettop(L) + 1;
  push_host(L, TW_CONNECTIONS_MAX);
  lua_pushvalue(L, agent);
  lua_pushnil(L);
  lua_pushvalue(L, decoder);
  lua_newtable(L);
  set_functions(L, first);
  lua_pushvalue(L, agent);
  lua_pushvalue(L, decoder);
  lua_pushcclosure(L, open_client, OPEN_DECODER);
  lua_setfield(L, -2, "open");
  lua_replace(L, first);
  lua_settop(L, first);
}
