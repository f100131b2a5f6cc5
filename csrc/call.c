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

#define SESSION "twilio.webhooks.session"
#define TRANSFER "twilio.webhooks.transfer"

/* How long an interrupt (Ctrl-C) may go unnoticed. */
#define TICK_MS 100

/* Pages of one list. A channel has at most five webhooks, so there is one. */
#define PAGES_MAX 16

/* Upvalues of every function here. */
enum { UP_SESSION = 1, UP_AGENT, UP_OPERATION, UP_DECODER, UP_TICK };


/* ---- userdata ---- */

static int session_gc(lua_State *L) {
  tw_session_close(lua_touserdata(L, 1));
  return 0;
}


void tw_call_push_session(lua_State *L) {
  tw_Session *session = lua_newuserdata(L, sizeof *session);
  tw_session_open(session);
  if (luaL_newmetatable(L, SESSION)) {
    lua_pushcfunction(L, session_gc);
    lua_setfield(L, -2, "__gc");
  }
  lua_setmetatable(L, -2);
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


static Owner *push_owner(lua_State *L) {
  Owner *owner = lua_newuserdata(L, sizeof *owner);
  owner->session = lua_touserdata(L, lua_upvalueindex(UP_SESSION));
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
  if (lua_pcall(L, 0, 0, 0) == 0) return;
  if (owner->transfer != NULL) tw_session_give(owner->session, owner->transfer);
  lua_error(L);
}


static void perform(lua_State *L, Owner *owner) {
  tw_session_submit(owner->session, owner->transfer);
  while (!owner->transfer->done) {
    tw_session_step(owner->session, TICK_MS);
    if (!owner->transfer->done) notice_interrupt(L, owner);
  }
}


/* Fills the owner's request from the table at stack index `params`. */
static bool make_request(lua_State *L, int params, const tw_Operation *operation, Owner *owner,
                         tw_Problems *problems) {
  tw_Request *request = &owner->transfer->request;
  tw_problems_open(problems, L);
  if (!tw_params_request(L, params, operation, request, problems)) return false;
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


static int call(lua_State *L) {
  const tw_Operation *operation = &tw_operations[lua_tointeger(L, lua_upvalueindex(UP_OPERATION))];
  tw_Problems problems;
  Owner *owner;
  int results;
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  owner = push_owner(L);
  if (make_request(L, 1, operation, owner, &problems)) {
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


void tw_call_push(lua_State *L, int operation, int session, int decoder, int agent) {
  lua_pushvalue(L, session);
  lua_pushvalue(L, agent);
  lua_pushinteger(L, operation);
  lua_pushvalue(L, decoder);
  if (luaL_loadstring(L, "return") != 0) lua_error(L);
  lua_pushcclosure(L, call, UP_TICK);
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


static int request(lua_State *L) {
  const tw_Operation *operation = check_operation(L, 1);
  tw_Problems problems;
  Owner *owner;
  luaL_checktype(L, 2, LUA_TTABLE);
  lua_settop(L, 2);
  owner = push_owner(L);
  if (make_request(L, 2, operation, owner, &problems)) {
    const tw_Request *made = &owner->transfer->request;
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
  tw_session_give(owner->session, owner->transfer);
  return tw_reply_push_invalid(L, operation, &problems);
}


void tw_call_push_request(lua_State *L, int session, int agent) {
  lua_pushvalue(L, session);
  lua_pushvalue(L, agent);
  lua_pushcclosure(L, request, UP_AGENT);
}
