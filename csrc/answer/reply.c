/*
** An answer is a success only if it has what the operation promises: the right status, a JSON
** object, a SID of the right kind. libcurl's own verdict is not enough: it reports no error for
** a connection that closes within the headers.
*/
#include "answer/reply.h"

#include <string.h>
#include <time.h>

#include "ascii.h"
#include "api/form.h"
#include "answer/head.h"
#include "answer/json.h"

#define BODY_SHOWN 256    /* bytes of a body that was not JSON */
#define FOREIGN_SHOWN 96  /* the same, in a message: an HTML page's title */
#define MESSAGE_SHOWN 512 /* bytes of the server's or libcurl's words in a message */


/* ---- the verdict ---- */

typedef struct Verdict {
  const char *kind; /* of the failure; NULL for success */
  const char *sent; /* did the request leave? "no", "yes" (it was answered), "unknown" */
  bool retryable;   /* sending the request again does no harm, and may succeed */
} Verdict;


static const char *kind_of(const tw_Operation *operation, const tw_Response *response, bool right) {
  switch (response->fault) {
    case TW_FAULT_NETWORK:
    case TW_FAULT_SETTINGS:
      return "network";
    case TW_FAULT_TIMEOUT:
      return "timeout";
    case TW_FAULT_TLS:
    case TW_FAULT_CERTIFICATE:
      return "tls";
    case TW_FAULT_OVERFLOW:
    case TW_FAULT_MALFORMED:
      return "parse";
    case TW_FAULT_CANCELED:
      return "canceled";
    default:
      if (right && response->status == operation->status) return NULL;
      return response->status >= 300 ? "http" : "parse";
  }
}


/* Judges an outcome; no other code does. `right`: the body is what the operation promises. A
** request that was not sent may be sent again, and so may one that 429 refused, since the API has
** not processed it. Any other may only if that does no harm. */
static Verdict classify(const tw_Operation *operation, const tw_Response *response, bool right) {
  const int status = response->status;
  const bool unsent = response->requests == 0;
  Verdict verdict;
  verdict.kind = kind_of(operation, response, right);
  verdict.sent = unsent ? "no" : response->lines > 0 ? "yes" : "unknown";
  if (response->fault != TW_FAULT_NONE) {
    const bool transient = response->fault == TW_FAULT_NETWORK ||
                           response->fault == TW_FAULT_TIMEOUT || response->fault == TW_FAULT_TLS;
    verdict.retryable = transient && (unsent || operation->repeatable);
  } else {
    verdict.retryable = status == 429 || (operation->repeatable && (status == 408 || status >= 500));
  }
  return verdict;
}


/* ---- results ---- */

/* Adds what info and err have in common: status, headers, request_id, attempts. `names`: see
** tw_head_push. */
static void add_common(lua_State *L, int table, const tw_Response *response, int names) {
  if (response->status != 0) {
    lua_pushinteger(L, response->status);
    lua_setfield(L, table, "status");
  }
  if (response->lines > 0) { /* else the head is a proxy's */
    tw_head_push(L, &response->head, names);
    lua_getfield(L, -1, "twilio-request-id");
    if (lua_isnil(L, -1)) {
      lua_pop(L, 1);
      lua_getfield(L, -1, "x-twilio-request-id");
    }
    lua_setfield(L, table, "request_id"); /* nil adds no field */
    lua_setfield(L, table, "headers");
  }
  lua_pushinteger(L, 1);
  lua_setfield(L, table, "attempts");
}


/* Pushes nil, message and err, from the message on top. */
static int push_failure(lua_State *L, const char *name, const Verdict *verdict, int err) {
  lua_pushfstring(L, "%s: %s", name, lua_tostring(L, -1));
  lua_pushvalue(L, -1);
  lua_setfield(L, err, "message");
  lua_pushstring(L, name);
  lua_setfield(L, err, "operation");
  lua_pushstring(L, verdict->kind);
  lua_setfield(L, err, "kind");
  lua_pushstring(L, verdict->sent);
  lua_setfield(L, err, "sent");
  lua_pushboolean(L, verdict->retryable);
  lua_setfield(L, err, "retryable");
  lua_pushnil(L);
  lua_insert(L, -2);
  lua_pushvalue(L, err);
  return 3;
}


int tw_reply_push_invalid(lua_State *L, tw_Problems *problems) {
  static const Verdict refused = {.kind = "invalid", .sent = "no"};
  int err;
  luaL_checkstack(L, 8, "results");
  lua_createtable(L, 0, 8);
  err = lua_gettop(L);
  lua_pushinteger(L, 0);
  lua_setfield(L, err, "attempts");
  lua_pushvalue(L, problems->list);
  lua_setfield(L, err, "problems");
  tw_problems_message(problems);
  return push_failure(L, problems->name, &refused, err);
}


int tw_reply_invalid(lua_State *L) {
  enum { NAME = 1, PROBLEMS };
  tw_Problems problems = {.L = L, .name = luaL_checkstring(L, NAME), .list = PROBLEMS};
  luaL_checktype(L, PROBLEMS, LUA_TTABLE);
  problems.count = (int)lua_rawlen(L, PROBLEMS);
  return tw_reply_push_invalid(L, &problems);
}


/* ---- failures ---- */

/* Pushes the value of a header, or nil, from the table at `headers`. */
static const char *push_header(lua_State *L, int headers, const char *name) {
  lua_getfield(L, headers, name);
  return lua_tostring(L, -1);
}


static void add_retry_after(lua_State *L, int err, int headers) {
  const char *date = push_header(L, headers, "date");
  const char *value = push_header(L, headers, "retry-after");
  const time_t now = date != NULL ? curl_getdate(date, NULL) : -1; /* by the server's own clock */
  double seconds;
  if (value != NULL && tw_head_retry_after(value, (double)(now != -1 ? now : time(NULL)), &seconds)) {
    lua_pushnumber(L, seconds);
    lua_setfield(L, err, "retry_after");
  }
  lua_pop(L, 2);
}


/* Each of these pushes a message. For the first two the decoded body, or the reason
** why there is none, is on top. */

static void push_fault_message(lua_State *L, const tw_Response *response, int err) {
  if (response->lines == 0 && response->head.length > 0) { /* the answer of a proxy that refused */
    tw_head_push(L, &response->head, 0);
    add_retry_after(L, err, lua_gettop(L));
    lua_pop(L, 1);
  }
  if (response->curl_code != 0) {
    lua_pushinteger(L, response->curl_code);
    lua_setfield(L, err, "curl_code");
  }
  tw_push_printable(L, response->error, strlen(response->error), MESSAGE_SHOWN);
}


/* May a text with this beginning be JSON? */
static bool begins_json(const char *s) {
  return *s == '{' || *s == '[' || *s == '"' || *s == '-' || tw_ascii_is_digit(*s) ||
         strncmp(s, "true", 4) == 0 || strncmp(s, "false", 5) == 0 || strncmp(s, "null", 4) == 0;
}


/* Pushes "not JSON, it begins with <html> <title>Sorry</title>", with runs of spaces as one; nil if
** the body is empty, or begins like JSON. */
static void push_foreign(lua_State *L, const tw_Response *response) {
  const char *s = response->body.length > 0 ? response->body.data : "";
  const char *end = s + response->body.length;
  char shown[FOREIGN_SHOWN + 1];
  size_t n = 0;
  while (s < end && tw_ascii_is_space(*s)) s++;
  while (end > s && tw_ascii_is_space(end[-1])) end--;
  if (s == end || begins_json(s)) {
    lua_pushnil(L);
    return;
  }
  for (; s < end && n < sizeof shown; s++) {
    if (!tw_ascii_is_space(*s)) shown[n++] = *s;
    else if (!tw_ascii_is_space(s[1])) shown[n++] = ' ';
  }
  lua_pushliteral(L, "not JSON, it begins with ");
  tw_push_printable(L, shown, n, FOREIGN_SHOWN);
  lua_concat(L, 2);
}


static void push_unusable_message(lua_State *L, const tw_Operation *operation,
                                  const tw_Response *response, const char *why) {
  if (response->status != operation->status) {
    lua_pushfstring(L, "HTTP %d, where %d was expected", response->status, operation->status);
  } else {
    lua_pushfstring(L, "HTTP %d, but the answer cannot be used: ", response->status);
    push_foreign(L, response);
    if (lua_isnil(L, -1)) {
      lua_pop(L, 1);
      tw_push_printable(L, why, strlen(why), MESSAGE_SHOWN);
    }
    lua_concat(L, 2);
  }
}


/* Copies a field of the table on top into err, if it has the type. */
static bool copy(lua_State *L, const char *from, int type, int err, const char *to) {
  lua_getfield(L, -1, from);
  if (lua_type(L, -1) == type) {
    lua_setfield(L, err, to);
    return true;
  }
  lua_pop(L, 1);
  return false;
}


/* Pushes the message of a decoded error: {code, message, more_info, details}, or
** RFC 9457's {title, detail, code, errors}. Nil if it has none. */
static void push_words(lua_State *L, int err) {
  static const char *const names[] = {"message", "detail", "title"};
  int body = lua_gettop(L);
  size_t i, n;
  copy(L, "code", LUA_TNUMBER, err, "code");
  copy(L, "more_info", LUA_TSTRING, err, "more_info");
  if (!copy(L, "details", LUA_TTABLE, err, "details")) copy(L, "errors", LUA_TTABLE, err, "details");
  for (i = 0; i < sizeof names / sizeof *names; i++) {
    const char *words;
    lua_getfield(L, body, names[i]);
    words = lua_type(L, -1) == LUA_TSTRING ? lua_tolstring(L, -1, &n) : NULL;
    if (words != NULL) {
      tw_push_printable(L, words, n, MESSAGE_SHOWN);
      lua_remove(L, -2);
      return;
    }
    lua_pop(L, 1);
  }
  lua_pushnil(L);
}


/* Pushes "redirect to https://host, not followed". Scheme and host only: the
** rest may hold a secret, which must not get into a log. */
static void push_redirect(lua_State *L, int headers) {
  const char *value = push_header(L, headers, "location");
  tw_Location location;
  if (value == NULL || !tw_head_location(value, &location)) {
    lua_pushliteral(L, "redirect, not followed");
  } else {
    lua_pushliteral(L, "redirect to ");
    tw_push_printable(L, value, location.scheme_length, 16);
    tw_push_printable(L, location.host, location.host_length, 256);
    lua_pushliteral(L, ", not followed");
    lua_concat(L, 4);
  }
  lua_remove(L, -2);
}


/* Pushes what a failed answer says, or nil. The decoded body, or the reason why there is none, is on top. */
static void push_http_words(lua_State *L, const tw_Response *response, bool decoded, int err) {
  const int body = lua_gettop(L);
  lua_getfield(L, err, "headers");
  add_retry_after(L, err, body + 1);
  if (response->status < 400) {
    push_redirect(L, body + 1);
  } else if (decoded) {
    lua_pushvalue(L, body);
    push_words(L, err);
  } else if (response->status == 407) {
    lua_pushliteral(L, "a proxy on the way wants a user name and password");
  } else {
    push_foreign(L, response);
  }
}


/* Pushes "HTTP 400: message (code 50321, request RQ...)". */
static void push_http_message(lua_State *L, const tw_Response *response, bool decoded, int err) {
  const char *words, *code, *id;
  int first;
  push_http_words(L, response, decoded, err);
  first = lua_gettop(L) + 1;
  words = lua_tostring(L, -1);
  lua_getfield(L, err, "code");
  lua_getfield(L, err, "request_id");
  code = lua_tostring(L, -2);
  id = lua_tostring(L, -1);
  lua_pushfstring(L, "HTTP %d%s%s", response->status, words != NULL ? ": " : "",
                  words != NULL ? words : "");
  lua_pushfstring(L, "%s%s", code != NULL ? " (code " : "", code != NULL ? code : "");
  if (id != NULL) {
    lua_pushstring(L, code != NULL ? ", request " : " (request ");
    tw_push_printable(L, id, strlen(id), 64);
    lua_concat(L, 2);
  } else {
    lua_pushliteral(L, "");
  }
  lua_pushstring(L, code != NULL || id != NULL ? ")" : "");
  lua_concat(L, 4);
  lua_replace(L, first);
  lua_settop(L, first);
}


static void add_body(lua_State *L, const tw_Response *response, int err) {
  if (response->body.length == 0) return;
  tw_push_printable(L, response->body.data, response->body.length, BODY_SHOWN);
  lua_setfield(L, err, "body");
}


/* The decoded body, or the reason why there is none, is on top. */
static int push_err(lua_State *L, const tw_Operation *operation, const tw_Response *response,
                    bool decoded, int err) {
  const Verdict verdict = classify(operation, response, false);
  if (response->fault != TW_FAULT_NONE) {
    push_fault_message(L, response, err);
  } else if (response->status >= 300) {
    if (!decoded) add_body(L, response, err);
    push_http_message(L, response, decoded, err);
  } else {
    add_body(L, response, err);
    push_unusable_message(L, operation, response,
                          decoded ? "it is not what was asked for" : lua_tostring(L, -1));
  }
  return push_failure(L, operation->name, &verdict, err);
}


int tw_reply_push_unusable(lua_State *L, const tw_Operation *operation, const tw_Response *response,
                           const char *why) {
  const Verdict verdict = classify(operation, response, false);
  int err;
  luaL_checkstack(L, 16, "results");
  lua_createtable(L, 0, 8);
  err = lua_gettop(L);
  add_common(L, err, response, 0);
  add_body(L, response, err);
  push_unusable_message(L, operation, response, why);
  return push_failure(L, operation->name, &verdict, err);
}


/* ---- successes ---- */

/* Has the table on top a named field? An empty list of JSON is the same table as an empty object. */
static bool has_names(lua_State *L) {
  bool named;
  lua_pushnil(L);
  if (!lua_next(L, -2)) return false;
  named = lua_type(L, -2) == LUA_TSTRING;
  lua_pop(L, 2);
  return named;
}


/* Has the table on top a SID of that kind? If the kind is NULL, has it any field? See tw_Resource. */
static bool has_sid(lua_State *L, const char *kind) {
  size_t n;
  const char *sid;
  bool right;
  if (kind == NULL) return has_names(L);
  lua_getfield(L, -1, "sid");
  sid = lua_type(L, -1) == LUA_TSTRING ? lua_tolstring(L, -1, &n) : NULL;
  right = sid != NULL && tw_field_is_sid(sid, n, kind);
  lua_pop(L, 1);
  return right;
}


/* Has the table on top a list of the resource's items? An object, or a list with a null, is
** refused, since its length would be too small. */
static bool has_items(lua_State *L, const tw_Resource *resource) {
  bool right;
  int i, n = -1;
  lua_getfield(L, -1, resource->list);
  if (lua_type(L, -1) == LUA_TTABLE) n = tw_form_length(L, lua_gettop(L));
  right = n >= 0;
  for (i = 1; i <= n && right; i++) {
    lua_rawgeti(L, -1, i);
    right = lua_type(L, -1) == LUA_TTABLE && has_sid(L, resource->kind);
    lua_pop(L, 1);
  }
  lua_pop(L, 1);
  return right;
}


/* Decodes the body if the operation promises one, and pushes the result, or the reason why there is
** none. `*right`: is it what was promised? */
static bool push_result(lua_State *L, const tw_Operation *operation, const tw_Resource *resource,
                        const tw_Response *response, int decoder, bool *right) {
  bool decoded;
  if (operation->shape == TW_SHAPE_NONE && response->status == operation->status) {
    lua_pushboolean(L, 1);
    *right = true;
    return true;
  }
  decoded = tw_json_decode(L, &response->body, decoder);
  *right = decoded && (operation->shape == TW_SHAPE_PAGE ? has_items(L, resource)
                                                         : has_sid(L, resource->kind));
  if (decoded && !tw_json_mend(L)) decoded = *right = false;
  return decoded;
}


int tw_reply_push(lua_State *L, const tw_Operation *operation, const tw_Resource *resource,
                  const tw_Response *response, int decoder, int names) {
  bool decoded = false, right = false;
  int common;
  luaL_checkstack(L, 16, "results");
  lua_createtable(L, 0, 8); /* info or err */
  common = lua_gettop(L);
  add_common(L, common, response, names);
  if (response->fault == TW_FAULT_NONE) {
    decoded = push_result(L, operation, resource, response, decoder, &right);
  }
  if (classify(operation, response, right).kind == NULL) {
    lua_insert(L, common); /* result, info */
    return 2;
  }
  return push_err(L, operation, response, decoded, common);
}
