/*
** Turns a transport's answer into a response as libcurl would have left it, so that the same
** code judges it as strictly. Reads it into a response of its own, since reading may run
** Lua, which may cancel the call; only a call that is not done by then gets it.
*/
#include "lua/relay.h"

#include <string.h>

#include "lua/call.h"
#include "lua/finalizer.h"

#define RESPONSE_TYPE "twilio.webhooks.core.response"


/* ---- out ---- */

/* Sets a header from its line, "Name: value", where that was given. */
static void set_header(lua_State *L, const char *name, const tw_Buffer *line) {
  lua_pushstring(L, line->data + strlen(name) + 2);
  lua_setfield(L, -2, name);
}


/* Sets the user's own headers in the table on top. */
static void set_own_headers(lua_State *L, const tw_Buffer *lines) {
  size_t at, n;
  for (at = 0; at < lines->length; at += n + 1) {
    const char *line = lines->data + at;
    const char *colon = strchr(line, ':');
    n = strlen(line);
    lua_pushlstring(L, line, (size_t)(colon - line));
    lua_pushstring(L, colon + 2);
    lua_rawset(L, -3);
  }
}


static void push_headers(lua_State *L, const tw_Request *request) {
  lua_createtable(L, 0, 4);
  lua_pushliteral(L, "application/json");
  lua_setfield(L, -2, "Accept");
  if (strcmp(request->method, "POST") == 0) {
    lua_pushliteral(L, "application/x-www-form-urlencoded");
    lua_setfield(L, -2, "Content-Type");
  }
  set_header(L, "User-Agent", &request->user_agent);
  set_header(L, "Authorization", &request->authorization);
  set_own_headers(L, &request->headers);
}


static void set_seconds(lua_State *L, const char *name, long ms) {
  lua_pushnumber(L, (lua_Number)ms / 1000);
  lua_setfield(L, -2, name);
}


/* Pushes the request with all that a transport has to know. */
static void push_request(lua_State *L, const tw_Call *call) {
  const tw_Request *request = &call->exchange->request;
  tw_call_push_request(L, call);
  push_headers(L, request);
  lua_setfield(L, -2, "headers");
  set_seconds(L, "timeout", tw_request_time(request));
  set_seconds(L, "connect_timeout", request->connect_timeout_ms);
  lua_pushnumber(L, (lua_Number)request->response_max);
  lua_setfield(L, -2, "max_response_bytes");
}


int tw_relay_prepare(lua_State *L) {
  int results;
  tw_Call *call = tw_call_begin(L, &results);
  const int index = lua_gettop(L);
  if (call == NULL) return results;
  call->busy = true; /* stays so after an error */
  push_request(L, call);
  results = tw_call_end_canceled(L, 1, call, index); /* by a finalizer, perhaps just now */
  call->busy = false;
  if (results > 0) return results;
  call->exchange->response.requests = 1; /* it may be sent from now on */
  return 2;
}


/* ---- back ---- */

static int response_collect(lua_State *L) {
  tw_response_free(luaL_checkudata(L, 1, RESPONSE_TYPE));
  return 0;
}


/* Pushes an empty response, to be filled. */
static tw_Response *push_response(lua_State *L, size_t response_max) {
  tw_Response *response = lua_newuserdata(L, sizeof *response);
  tw_response_init(response);
  response->body.limit = response_max;
  tw_finalizer_set(L, RESPONSE_TYPE, response_collect, NULL);
  return response;
}


/* May these bytes be in one header line? */
static bool is_clean(const char *s, size_t n) {
  return memchr(s, '\r', n) == NULL && memchr(s, '\n', n) == NULL && memchr(s, '\0', n) == NULL;
}


/* Appends a header line. False: these bytes are not one, or there is no room. */
static bool append_text(tw_Response *response, const char *name, size_t name_length,
                        const char *value, size_t value_length) {
  tw_Buffer *head = &response->head;
  if (name_length == 0 || memchr(name, ':', name_length) != NULL || !is_clean(name, name_length) ||
      !is_clean(value, value_length)) {
    tw_response_fail(response, TW_FAULT_MALFORMED, "a header of the transport's response is none");
    return false;
  }
  tw_buffer_append(head, name, name_length);
  tw_buffer_text(head, ": ");
  tw_buffer_append(head, value, value_length);
  if (++response->lines <= TW_HEAD_LINES_MAX && tw_buffer_text(head, "\r\n")) return true;
  tw_response_fail(response, TW_FAULT_OVERFLOW, "the answer's header is too large");
  return false;
}


/* Appends the line of the name and the value on top. Skips a value that is neither text nor number. */
static bool append_line(lua_State *L, tw_Response *response) {
  size_t name_length, value_length;
  const char *name = lua_type(L, -2) == LUA_TSTRING ? lua_tolstring(L, -2, &name_length) : NULL;
  const char *value;
  bool added = true;
  lua_pushvalue(L, -1); /* a copy, since tolstring changes a number into a string */
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


/* Writes the table at `headers` as a header block. */
static bool read_headers(lua_State *L, int headers, tw_Response *response) {
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


/* Reads the response table at stack index `index`. */
static void read_response(lua_State *L, int index, tw_Response *response) {
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
    tw_response_fail(response, TW_FAULT_MALFORMED, "the transport's response has no status from 100 to 599");
    return;
  }
  response->status = (int)status;
  if (!read_headers(L, lua_gettop(L), response)) return;
  if (body != NULL && !tw_buffer_append(&response->body, body, n)) {
    tw_response_fail(response, TW_FAULT_OVERFLOW, "the answer's body is too large");
  }
}


static void read_failure(lua_State *L, int message, int sent, tw_Response *response) {
  const char *why = lua_tostring(L, message);
  const char *said = lua_tostring(L, sent);
  if (why == NULL) why = "the transport gave no response";
  tw_response_fail(response, strcmp(why, "timeout") == 0 ? TW_FAULT_TIMEOUT : TW_FAULT_NETWORK, why);
  response->requests = said != NULL && strcmp(said, "no") == 0 ? 0 : 1;
}


int tw_relay_answer(lua_State *L) {
  enum { CALL = 1, RESPONSE_GIVEN, MESSAGE, SENT };
  const tw_Call *call = tw_call_check(L, CALL);
  tw_Exchange *exchange;
  tw_Response *response;
  lua_settop(L, SENT);
  response = push_response(L, call->exchange != NULL ? call->exchange->request.response_max : 0);
  if (lua_istable(L, RESPONSE_GIVEN)) read_response(L, RESPONSE_GIVEN, response);
  else read_failure(L, MESSAGE, SENT, response);
  if (tw_response_lacks_memory(response)) luaL_error(L, "not enough memory");
  exchange = call->exchange;
  if (exchange == NULL || exchange->done || exchange->submitted) return 0; /* canceled meanwhile */
  tw_response_free(&exchange->response);
  exchange->response = *response;
  tw_response_init(response);
  exchange->done = true;
  return 0;
}
