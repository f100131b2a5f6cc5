/*
** Reads an answer. It is a success only if it is what the operation promises:
** the right status, a JSON object, a SID of the right kind. libcurl's own
** verdict does not suffice: a connection that closes amid the headers is no
** error to it.
*/
#include "answer/reply.h"

#include <string.h>
#include <time.h>

#include "api/form.h"
#include "answer/head.h"
#include "answer/json.h"

#define BODY_SHOWN 256    /* bytes of a body that was not JSON */
#define MESSAGE_SHOWN 512 /* bytes of the server's or libcurl's words in a message */


/* ---- the verdict ---- */

typedef struct Verdict {
  const char *kind; /* of the failure; NULL for success */
  const char *sent; /* had the request left? "no", "yes" (it was answered), "unknown" */
  bool retryable;   /* may the same request be sent again, without harm and with hope? */
} Verdict;


static const char *kind_of(const tw_Operation *operation, const tw_Response *response, bool right) {
  switch (response->fault) {
    case TW_FAULT_NETWORK:
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


/* The one place that judges an outcome. `right`: the body is what the operation
** promises. Unsent requests may be sent again, and so may 429, which the API
** has not processed; what may have been processed only if that does no harm. */
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

/* What info and err have in common: status, headers, request_id, attempts. */
static void add_common(lua_State *L, int table, const tw_Response *response) {
  if (response->status != 0) {
    lua_pushinteger(L, response->status);
    lua_setfield(L, table, "status");
  }
  if (response->head.length > 0) {
    tw_head_push(L, &response->head);
    lua_getfield(L, -1, "twilio-request-id");
    if (lua_isnil(L, -1)) {
      lua_pop(L, 1);
      lua_getfield(L, -1, "x-twilio-request-id");
    }
    lua_setfield(L, table, "request_id"); /* nil, where there is none, adds no field */
    lua_setfield(L, table, "headers");
  }
  lua_pushinteger(L, 1);
  lua_setfield(L, table, "attempts");
}


/* Pushes nil, message and err, from the message on top. */
static int push_failure(lua_State *L, const tw_Operation *operation, const Verdict *verdict, int err) {
  lua_pushfstring(L, "%s: %s", operation->name, lua_tostring(L, -1));
  lua_pushvalue(L, -1);
  lua_setfield(L, err, "message");
  lua_pushstring(L, operation->name);
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


int tw_reply_push_invalid(lua_State *L, const tw_Operation *operation, tw_Problems *problems) {
  static const Verdict refused = {"invalid", "no", false};
  int err;
  luaL_checkstack(L, 8, "results");
  lua_createtable(L, 0, 8);
  err = lua_gettop(L);
  lua_pushinteger(L, 0);
  lua_setfield(L, err, "attempts");
  lua_pushvalue(L, problems->list);
  lua_setfield(L, err, "problems");
  tw_problems_message(problems);
  return push_failure(L, operation, &refused, err);
}


/* ---- what is told of a failure ---- */

/* Each of these pushes a message. In the first two the decoded body, or why
** there is none, is on top. */

static void push_fault_message(lua_State *L, const tw_Response *response, int err) {
  if (response->curl_code != 0) {
    lua_pushinteger(L, response->curl_code);
    lua_setfield(L, err, "curl_code");
  }
  tw_push_printable(L, response->error, strlen(response->error), MESSAGE_SHOWN);
}


static void push_unusable_message(lua_State *L, const tw_Operation *operation,
                                  const tw_Response *response, const char *why) {
  if (response->status != operation->status) {
    lua_pushfstring(L, "HTTP %d, where %d was expected", response->status, operation->status);
  } else {
    lua_pushfstring(L, "HTTP %d, but the answer cannot be used: ", response->status);
    tw_push_printable(L, why, strlen(why), MESSAGE_SHOWN);
    lua_concat(L, 2);
  }
}


/* Copies a field of the table on top, where it has the type, into err. */
static bool copy(lua_State *L, const char *from, int type, int err, const char *to) {
  lua_getfield(L, -1, from);
  if (lua_type(L, -1) == type) {
    lua_setfield(L, err, to);
    return true;
  }
  lua_pop(L, 1);
  return false;
}


/* Pushes the words of a decoded error: {code, message, more_info, details}, or
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


/* Pushes one of the answer's headers, or nil. */
static const char *push_header(lua_State *L, int err, const char *name) {
  lua_getfield(L, err, "headers");
  if (lua_type(L, -1) == LUA_TTABLE) {
    lua_getfield(L, -1, name);
    lua_remove(L, -2);
  }
  return lua_tostring(L, -1);
}


/* Pushes "redirect to https://host, not followed". Scheme and host only: the
** rest may hold what is nobody's business in a log. */
static void push_redirect(lua_State *L, int err) {
  const char *location = push_header(L, err, "location");
  const char *mark = location != NULL ? strstr(location, "://") : NULL;
  if (mark == NULL) {
    lua_pushliteral(L, "redirect, not followed");
  } else {
    size_t scheme = (size_t)(mark + 3 - location);
    size_t n = strcspn(mark + 3, "/?#");
    const char *at = memchr(mark + 3, '@', n);
    const char *host = at != NULL ? at + 1 : mark + 3;
    lua_pushliteral(L, "redirect to ");
    tw_push_printable(L, location, scheme, 16);
    tw_push_printable(L, host, (size_t)(mark + 3 + n - host), 256);
    lua_pushliteral(L, ", not followed");
    lua_concat(L, 4);
  }
  lua_remove(L, -2);
}


static void add_retry_after(lua_State *L, int err) {
  const char *date = push_header(L, err, "date");
  const char *value = push_header(L, err, "retry-after");
  const time_t now = date != NULL ? curl_getdate(date, NULL) : -1; /* by the server's own clock */
  double seconds;
  if (value != NULL && tw_head_retry_after(value, (double)(now != -1 ? now : time(NULL)), &seconds)) {
    lua_pushnumber(L, seconds);
    lua_setfield(L, err, "retry_after");
  }
  lua_pop(L, 2);
}


/* Pushes "HTTP 400: words (code 50321, request RQ...)". */
static void push_http_message(lua_State *L, const tw_Response *response, bool decoded, int err) {
  const char *words, *code, *id;
  int first;
  add_retry_after(L, err);
  if (response->status < 400) push_redirect(L, err);
  else if (decoded) push_words(L, err);
  else lua_pushnil(L);
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


/* The decoded body, or why there is none, is on top. */
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
  return push_failure(L, operation, &verdict, err);
}


int tw_reply_push_unusable(lua_State *L, const tw_Operation *operation, const tw_Response *response,
                           const char *why) {
  const Verdict verdict = classify(operation, response, false);
  int err;
  luaL_checkstack(L, 16, "results");
  lua_createtable(L, 0, 8);
  err = lua_gettop(L);
  add_common(L, err, response);
  add_body(L, response, err);
  push_unusable_message(L, operation, response, why);
  return push_failure(L, operation, &verdict, err);
}


/* ---- what is told of a success ---- */

static bool has_sid(lua_State *L) {
  size_t n;
  const char *sid;
  bool right;
  lua_getfield(L, -1, "sid");
  sid = lua_type(L, -1) == LUA_TSTRING ? lua_tolstring(L, -1, &n) : NULL;
  right = sid != NULL && tw_field_is_sid(sid, n, "WH");
  lua_pop(L, 1);
  return right;
}


/* Is the field "webhooks" of the table on top a list of webhooks? An object, or a null
** among them, would pass for fewer webhooks than there are. */
static bool has_webhooks(lua_State *L) {
  bool right;
  int i, n = -1;
  lua_getfield(L, -1, "webhooks");
  if (lua_type(L, -1) == LUA_TTABLE) n = tw_form_length(L, lua_gettop(L));
  right = n >= 0;
  for (i = 1; i <= n && right; i++) {
    lua_rawgeti(L, -1, i);
    right = lua_type(L, -1) == LUA_TTABLE && has_sid(L);
    lua_pop(L, 1);
  }
  lua_pop(L, 1);
  return right;
}


/* Decodes the body, as far as the operation promises one, and pushes the
** result, or what there is of it. `*right`: is it what was promised? */
static bool push_result(lua_State *L, const tw_Operation *operation, const tw_Response *response,
                        int decoder, bool *right) {
  bool decoded;
  if (operation->shape == TW_SHAPE_NONE && response->status == operation->status) {
    lua_pushboolean(L, 1);
    *right = true;
    return true;
  }
  decoded = tw_json_decode(L, &response->body, decoder);
  *right = decoded && (operation->shape == TW_SHAPE_PAGE ? has_webhooks(L) : has_sid(L));
  if (decoded && !tw_json_mend(L)) decoded = *right = false;
  return decoded;
}


int tw_reply_push(lua_State *L, const tw_Operation *operation, const tw_Response *response,
                  int decoder) {
  bool decoded = false, right = false;
  int common;
  luaL_checkstack(L, 16, "results");
  lua_createtable(L, 0, 8); /* info or err */
  common = lua_gettop(L);
  add_common(L, common, response);
  if (response->fault == TW_FAULT_NONE) {
    decoded = push_result(L, operation, response, decoder, &right);
  }
  if (classify(operation, response, right).kind == NULL) {
    lua_insert(L, common); /* result, info */
    return 2;
  }
  return push_err(L, operation, response, decoded, common);
}
