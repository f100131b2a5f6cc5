/*
** See the header. What a transport brings is checked as strictly as what a server
** sends, by the same code: it becomes a response as libcurl would have left it.
*/
#include "lua/relay.h"

#include <string.h>

#include "net/authorization.h"
#include "lua/call.h"


/* ---- out ---- */

static void set_header(lua_State *L, const char *name, const char *value) {
  lua_pushstring(L, value);
  lua_setfield(L, -2, name);
}


/* Pushes the headers as a table. */
static void push_headers(lua_State *L, tw_Transfer *t) {
  const tw_Request *request = &t->request;
  lua_createtable(L, 0, 4);
  set_header(L, "Accept", "application/json");
  set_header(L, "User-Agent", request->user_agent);
  if (strcmp(request->method, "POST") == 0) {
    set_header(L, "Content-Type", "application/x-www-form-urlencoded");
  }
  if (!tw_authorization_set(&t->authorization, request->username, request->password)) {
    luaL_error(L, "not enough memory");
  }
  set_header(L, "Authorization", strchr(t->authorization.data, ' ') + 1);
  tw_buffer_wipe(&t->authorization);
}


static void set_seconds(lua_State *L, const char *name, long ms) {
  lua_pushnumber(L, (lua_Number)ms / 1000);
  lua_setfield(L, -2, name);
}


static int prepare(lua_State *L) {
  int results;
  const tw_Call *call = tw_call_begin(L, &results);
  tw_Transfer *t;
  if (call == NULL) return results;
  t = call->holder.transfer;
  lua_pushvalue(L, TW_CALL_ARGUMENT);
  tw_call_push_request(L, call);
  push_headers(L, t);
  lua_setfield(L, -2, "headers");
  set_seconds(L, "timeout", t->request.timeout_ms);
  set_seconds(L, "connect_timeout", t->request.connect_timeout_ms);
  lua_pushnumber(L, (lua_Number)t->request.response_max);
  lua_setfield(L, -2, "max_response_bytes");
  return 2;
}


/* ---- back ---- */

static void malformed(tw_Response *response, const char *why) {
  response->fault = TW_FAULT_MALFORMED;
  response->error = why;
}


static void overflow(tw_Response *response, const char *why) {
  response->fault = TW_FAULT_OVERFLOW;
  response->error = why;
}


/* May these bytes be in a header line? As libcurl has it, and no second line. */
static bool is_clean(const char *s, size_t n) {
  return memchr(s, '\r', n) == NULL && memchr(s, '\n', n) == NULL && memchr(s, '\0', n) == NULL;
}


/* Appends a header line. False: it cannot be one, or there is no more room. */
static bool append_text(tw_Response *response, const char *name, size_t name_length,
                        const char *value, size_t value_length) {
  tw_Buffer *head = &response->head;
  if (name_length == 0 || memchr(name, ':', name_length) != NULL || !is_clean(name, name_length) ||
      !is_clean(value, value_length)) {
    malformed(response, "a header of the transport's response is none");
    return false;
  }
  tw_buffer_append(head, name, name_length);
  tw_buffer_text(head, ": ");
  tw_buffer_append(head, value, value_length);
  if (++response->lines <= TW_HEAD_LINES_MAX && tw_buffer_text(head, "\r\n")) return true;
  overflow(response, "the answer's header is too large");
  return false;
}


/* The same from the name and the value on top, where both are texts or numbers. */
static bool append_line(lua_State *L, tw_Response *response) {
  size_t name_length, value_length;
  const char *name = lua_type(L, -2) == LUA_TSTRING ? lua_tolstring(L, -2, &name_length) : NULL;
  const char *value;
  bool added = true;
  lua_pushvalue(L, -1); /* tolstring changes a number into a string, here a copy */
  value = lua_tolstring(L, -1, &value_length);
  if (name != NULL && value != NULL) {
    added = append_text(response, name, name_length, value, value_length);
  }
  lua_pop(L, 1);
  return added;
}


/* Appends the lines of a header whose value, on top, is a text or a list of them. */
static bool append_header(lua_State *L, tw_Response *response) {
  size_t i, n;
  if (lua_type(L, -1) != LUA_TTABLE) return append_line(L, response);
  n = lua_rawlen(L, -1);
  for (i = 1; i <= n; i++) {
    bool added;
    lua_pushvalue(L, -2);
    lua_rawgeti(L, -2, (int)i);
    added = append_line(L, response);
    lua_pop(L, 2);
    if (!added) return false;
  }
  return true;
}


/* From the table at `headers` to a header block. */
static bool take_headers(lua_State *L, int headers, tw_Response *response) {
  response->lines = 1;
  tw_buffer_text(&response->head, "HTTP/1.1\r\n");
  if (!lua_istable(L, headers)) return true;
  lua_pushnil(L);
  while (lua_next(L, headers)) {
    if (!append_header(L, response)) {
      lua_pop(L, 2);
      return false;
    }
    lua_pop(L, 1);
  }
  return true;
}


/* From the response table at stack index `index`. */
static void take_response(lua_State *L, int index, tw_Response *response) {
  const char *body;
  size_t n = 0;
  lua_Number status;
  lua_getfield(L, index, "status");
  lua_getfield(L, index, "body");
  lua_getfield(L, index, "headers");
  status = lua_tonumber(L, -3);
  body = lua_tolstring(L, -2, &n);
  response->requests = 1;
  if (!(status >= 100 && status <= 599 && status == (int)status)) {
    malformed(response, "the transport's response has no status from 100 to 599");
    return;
  }
  response->status = (int)status;
  if (!take_headers(L, lua_gettop(L), response)) return;
  if (body != NULL && !tw_buffer_append(&response->body, body, n)) {
    overflow(response, "the answer's body is too large");
  }
}


/* A transport's words end up in a message, and in the transfer for as long as it lives. */
static void take_failure(lua_State *L, int message, int sent, tw_Transfer *t) {
  tw_Response *response = &t->response;
  const char *why = lua_tostring(L, message);
  const char *said = lua_tostring(L, sent);
  size_t n;
  if (why == NULL) why = "the transport gave no response";
  n = strlen(why);
  if (n >= sizeof t->error) n = sizeof t->error - 1;
  memcpy(t->error, why, n);
  t->error[n] = '\0';
  response->fault = strcmp(why, "timeout") == 0 ? TW_FAULT_TIMEOUT : TW_FAULT_NETWORK;
  response->error = t->error;
  response->requests = said != NULL && strcmp(said, "no") == 0 ? 0 : 1;
}


static int answer(lua_State *L) {
  enum { CALL = 1, RESPONSE, MESSAGE, SENT };
  tw_Transfer *t = tw_call_check(L, CALL)->holder.transfer;
  lua_settop(L, SENT);
  if (t == NULL) return 0; /* canceled, or closed, which is what its results will say */
  tw_response_reset(&t->response, t->request.response_max);
  if (lua_istable(L, RESPONSE)) take_response(L, RESPONSE, &t->response);
  else take_failure(L, MESSAGE, SENT, t);
  if (tw_response_lacks_memory(&t->response)) luaL_error(L, "not enough memory");
  t->done = true;
  return 0;
}


void tw_relay_set_methods(lua_State *L) {
  lua_pushcfunction(L, prepare);
  lua_setfield(L, -2, "prepare");
}


void tw_relay_set_call_methods(lua_State *L) {
  lua_pushcfunction(L, answer);
  lua_setfield(L, -2, "answer");
}
