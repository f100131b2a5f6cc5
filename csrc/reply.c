/*
** Reads an answer. It is a success only if it is what the operation promises:
** the right status, a JSON object, a SID of the right kind. libcurl's own
** verdict does not suffice: a connection that closes amid the headers is no
** error to it.
*/
#include "reply.h"

#include <math.h>
#include <string.h>

#define BODY_SHOWN 256    /* bytes of a body that was not JSON */
#define MESSAGE_SHOWN 512 /* bytes of the server's or libcurl's words in a message */


/* ---- decoding ---- */

void tw_reply_push_decoder(lua_State *L) {
  lua_getglobal(L, "require");
  lua_pushliteral(L, "cjson");
  if (lua_pcall(L, 1, 1, 0) != 0) {
    luaL_error(L, "twilio.webhooks needs lua-cjson (luarocks install lua-cjson): %s",
               lua_tostring(L, -1));
  }
  lua_getfield(L, -1, "new");
  lua_call(L, 0, 1);
  lua_getfield(L, -1, "decode_invalid_numbers"); /* NaN, Infinity and hexadecimal are not JSON */
  lua_pushboolean(L, 0);
  lua_call(L, 1, 0);
  lua_getfield(L, -1, "decode_max_depth");
  lua_pushinteger(L, TW_JSON_DEPTH_MAX);
  lua_call(L, 1, 0);
  lua_getfield(L, -1, "decode");
  lua_replace(L, -3);
  lua_pop(L, 1);
}


/* The length of the UTF-8 sequence at s, or 0. RFC 3629: no overlong form, no
** surrogate, nothing above U+10FFFF. */
static size_t utf8_length(const unsigned char *s, size_t n) {
  unsigned char low = 0x80, high = 0xbf; /* of the second byte */
  size_t i, length;
  if (s[0] < 0x80) return 1;
  if (s[0] < 0xc2 || s[0] > 0xf4) return 0;
  length = s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
  if (s[0] == 0xe0) low = 0xa0;
  if (s[0] == 0xed) high = 0x9f;
  if (s[0] == 0xf0) low = 0x90;
  if (s[0] == 0xf4) high = 0x8f;
  if (n < length || s[1] < low || s[1] > high) return 0;
  for (i = 2; i < length; i++) {
    if ((s[i] & 0xc0) != 0x80) return 0;
  }
  return length;
}


static bool is_utf8(const char *s, size_t n) {
  const unsigned char *bytes = (const unsigned char *)s;
  size_t i = 0;
  while (i < n) {
    static const unsigned char ascii[8] = {0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80};
    unsigned long long word, mask;
    size_t length;
    if (n - i >= sizeof word) { /* eight at a time, as long as they are ASCII */
      memcpy(&word, bytes + i, sizeof word);
      memcpy(&mask, ascii, sizeof mask);
      if ((word & mask) == 0) {
        i += sizeof word;
        continue;
      }
    }
    length = utf8_length(bytes + i, n - i);
    if (length == 0) return false;
    i += length;
  }
  return true;
}


/* A value that cjson made, as this module promises it: null is nil, and a
** number without a fraction an integer where Lua has them. Pops it and pushes
** the other, or pops it and returns false if it is right already. */
static bool replace_value(lua_State *L) {
  if (lua_type(L, -1) == LUA_TLIGHTUSERDATA) {
    lua_pop(L, 1);
    lua_pushnil(L);
    return true;
  }
#if TW_LUA_INTEGERS
  if (lua_type(L, -1) == LUA_TNUMBER && !lua_isinteger(L, -1)) {
    lua_Number x = lua_tonumber(L, -1);
    if (x >= -9223372036854775808.0 && x < 9223372036854775808.0 && floor(x) == x) { /* 2^63 */
      lua_pop(L, 1);
      lua_pushinteger(L, (lua_Integer)x);
      return true;
    }
  }
#endif
  lua_pop(L, 1);
  return false;
}


/* Mends the table on top, and those in it, in place. */
static void mend(lua_State *L) {
  int table = lua_gettop(L);
  luaL_checkstack(L, 4, "answer"); /* as deep as the decoder allows: TW_JSON_DEPTH_MAX */
  lua_pushnil(L);
  while (lua_next(L, table)) {
    if (lua_type(L, -1) == LUA_TTABLE) {
      mend(L);
      lua_pop(L, 1);
    } else if (replace_value(L)) { /* an existing field may change while it is traversed */
      lua_pushvalue(L, -2);
      lua_insert(L, -2);
      lua_rawset(L, table);
    }
  }
}


/* Decodes the body and pushes the object; else pushes why it is none. */
static bool push_decoded(lua_State *L, const tw_Buffer *body, int decoder) {
  int status;
  if (body->length == 0) {
    lua_pushliteral(L, "it is empty");
    return false;
  }
  if (!is_utf8(body->data, body->length)) {
    lua_pushliteral(L, "it is not UTF-8");
    return false;
  }
  lua_pushvalue(L, decoder);
  lua_pushlstring(L, body->data, body->length);
  status = lua_pcall(L, 1, 1, 0);
  if (status == LUA_ERRMEM) lua_error(L);
  if (status != 0) return false; /* cjson's words are on top */
  if (lua_type(L, -1) != LUA_TTABLE) {
    lua_pop(L, 1);
    lua_pushliteral(L, "it is not a JSON object");
    return false;
  }
  mend(L);
  return true;
}


/* ---- headers ---- */

static bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}


/* Pushes the name in lower case. */
static void push_name(lua_State *L, const char *s, size_t n) {
  luaL_Buffer name;
  size_t i;
  luaL_buffinit(L, &name);
  for (i = 0; i < n; i++) {
    luaL_addchar(&name, (char)(s[i] >= 'A' && s[i] <= 'Z' ? s[i] - 'A' + 'a' : s[i]));
  }
  luaL_pushresult(&name);
}


/* Adds one header line to the table on top. A repeated name's values are
** joined with ", " (RFC 9110, 5.3). */
static void add_header(lua_State *L, const char *line, const char *end) {
  const char *colon = memchr(line, ':', (size_t)(end - line));
  const char *value;
  if (colon == NULL) return;
  for (value = colon + 1; value < end && is_space(*value); value++) continue;
  while (end > value && is_space(end[-1])) end--;
  push_name(L, line, (size_t)(colon - line));
  lua_pushvalue(L, -1);
  lua_rawget(L, -3);
  if (lua_isnil(L, -1)) {
    lua_pop(L, 1);
    lua_pushlstring(L, value, (size_t)(end - value));
  } else {
    lua_pushliteral(L, ", ");
    lua_pushlstring(L, value, (size_t)(end - value));
    lua_concat(L, 3);
  }
  lua_rawset(L, -3);
}


static void push_headers(lua_State *L, const tw_Buffer *head) {
  const char *line = head->data;
  const char *end = line + head->length;
  lua_createtable(L, 0, 16);
  while (line < end) {
    const char *newline = memchr(line, '\n', (size_t)(end - line));
    const char *stop = newline != NULL ? newline : end;
    add_header(L, line, stop);
    line = stop + 1;
  }
}


/* ---- results ---- */

/* Pops the value on top into a field of the table at `table`; nil is no field. */
static void set(lua_State *L, int table, const char *name) {
  lua_setfield(L, table, name);
}


/* What info and err have in common: status, headers, request_id, attempts. */
static void add_common(lua_State *L, int table, const tw_Response *response) {
  if (response->status != 0) {
    lua_pushinteger(L, response->status);
    set(L, table, "status");
  }
  if (response->head.length > 0) {
    push_headers(L, &response->head);
    lua_getfield(L, -1, "twilio-request-id");
    if (lua_isnil(L, -1)) {
      lua_pop(L, 1);
      lua_getfield(L, -1, "x-twilio-request-id");
    }
    set(L, table, "request_id");
    set(L, table, "headers");
  }
  lua_pushinteger(L, 1);
  set(L, table, "attempts");
}


/* Pushes nil, message and err, from the message on top. */
static int push_failure(lua_State *L, const tw_Operation *operation, const char *kind, int err) {
  lua_pushfstring(L, "%s: %s", operation->name, lua_tostring(L, -1));
  lua_pushvalue(L, -1);
  set(L, err, "message");
  lua_pushstring(L, kind);
  set(L, err, "kind");
  lua_pushstring(L, operation->name);
  set(L, err, "operation");
  lua_pushnil(L);
  lua_insert(L, -2);
  lua_pushvalue(L, err);
  return 3;
}


static void set_sent(lua_State *L, int err, const char *sent, bool retryable) {
  lua_pushstring(L, sent);
  set(L, err, "sent");
  lua_pushboolean(L, retryable);
  set(L, err, "retryable");
}


int tw_reply_push_invalid(lua_State *L, const tw_Operation *operation, tw_Problems *problems) {
  int err;
  lua_createtable(L, 0, 8);
  err = lua_gettop(L);
  set_sent(L, err, "no", false);
  lua_pushinteger(L, 0);
  set(L, err, "attempts");
  lua_pushvalue(L, problems->list);
  set(L, err, "problems");
  tw_problems_message(problems);
  return push_failure(L, operation, "invalid", err);
}


static const char *kind_of(tw_Fault fault) {
  switch (fault) {
    case TW_FAULT_TIMEOUT:
      return "timeout";
    case TW_FAULT_TLS:
      return "tls";
    case TW_FAULT_OVERFLOW:
    case TW_FAULT_MALFORMED:
      return "parse";
    default:
      return "network";
  }
}


/* No whole answer came. */
static int push_fault(lua_State *L, const tw_Operation *operation, const tw_Response *response,
                      int err) {
  const bool unsent = response->requests == 0;
  const char *sent = unsent ? "no" : response->head.length > 0 ? "yes" : "unknown";
  set_sent(L, err, sent,
           (unsent && response->fault != TW_FAULT_TLS) || /* a certificate mends not by itself */
             (operation->repeatable &&
              (response->fault == TW_FAULT_NETWORK || response->fault == TW_FAULT_TIMEOUT)));
  lua_pushinteger(L, response->curl_code);
  set(L, err, "curl_code");
  tw_push_printable(L, response->error, strlen(response->error), MESSAGE_SHOWN);
  return push_failure(L, operation, kind_of(response->fault), err);
}


/* Copies a field of the decoded error on top, where it has the type, into err. */
static bool copy(lua_State *L, const char *from, int type, int err, const char *to) {
  lua_getfield(L, -1, from);
  if (lua_type(L, -1) == type) {
    set(L, err, to);
    return true;
  }
  lua_pop(L, 1);
  return false;
}


/* Pushes "HTTP 400: words (code 50321, request RQ...)". The error, decoded or
** not, is on top: {code, message, more_info, details} or RFC 9457's {title,
** detail, code, errors}. */
static void push_http_message(lua_State *L, const tw_Response *response, bool decoded, int err) {
  const char *words = NULL;
  int parts;
  if (decoded) {
    copy(L, "code", LUA_TNUMBER, err, "code");
    copy(L, "more_info", LUA_TSTRING, err, "more_info");
    if (!copy(L, "details", LUA_TTABLE, err, "details")) copy(L, "errors", LUA_TTABLE, err, "details");
    lua_getfield(L, -1, "message");
    if (lua_type(L, -1) != LUA_TSTRING) lua_getfield(L, -2, "detail");
    if (lua_type(L, -1) != LUA_TSTRING) lua_getfield(L, -3, "title");
    words = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : NULL;
  }
  parts = lua_gettop(L);
  lua_pushfstring(L, "HTTP %d", response->status);
  if (words != NULL) {
    lua_pushliteral(L, ": ");
    tw_push_printable(L, words, strlen(words), MESSAGE_SHOWN);
  }
  lua_getfield(L, err, "code");
  lua_getfield(L, err, "request_id");
  if (lua_tostring(L, -1) != NULL && lua_tostring(L, -2) != NULL) {
    lua_pushfstring(L, " (code %s, request %s)", lua_tostring(L, -2), lua_tostring(L, -1));
  } else if (lua_tostring(L, -1) != NULL) {
    lua_pushfstring(L, " (request %s)", lua_tostring(L, -1));
  } else if (lua_tostring(L, -2) != NULL) {
    lua_pushfstring(L, " (code %s)", lua_tostring(L, -2));
  } else {
    lua_pushliteral(L, "");
  }
  lua_replace(L, -3);
  lua_pop(L, 1);
  lua_concat(L, lua_gettop(L) - parts);
}


static void add_body(lua_State *L, const tw_Buffer *body, int err) {
  if (body->length == 0) return;
  tw_push_printable(L, body->data, body->length, BODY_SHOWN);
  set(L, err, "body");
}


/* The server refused. The decoded error, or why there is none, is on top. */
static int push_refusal(lua_State *L, const tw_Operation *operation, const tw_Response *response,
                        bool decoded, int err) {
  const int status = response->status;
  const bool transient = status == 408 || status >= 500;
  set_sent(L, err, "yes", status == 429 || (operation->repeatable && transient));
  if (!decoded) add_body(L, &response->body, err);
  push_http_message(L, response, decoded, err);
  return push_failure(L, operation, "http", err);
}


/* The answer's status is of success, but it is not what was promised. */
static int push_unreadable(lua_State *L, const tw_Operation *operation,
                           const tw_Response *response, bool decoded, int err) {
  const char *why = decoded ? "it has no webhook's sid" : lua_tostring(L, -1);
  set_sent(L, err, "yes", operation->repeatable);
  add_body(L, &response->body, err);
  if (response->status != operation->status) {
    lua_pushfstring(L, "HTTP %d, where %d was expected", response->status, operation->status);
  } else {
    lua_pushfstring(L, "HTTP %d, but the answer cannot be used: ", response->status);
    tw_push_printable(L, why, strlen(why), MESSAGE_SHOWN);
    lua_concat(L, 2);
  }
  return push_failure(L, operation, "parse", err);
}


/* Is the decoded table on top what the operation promises? */
static bool has_shape(lua_State *L, tw_Shape shape) {
  size_t n;
  const char *sid;
  bool right = false;
  switch (shape) {
    case TW_SHAPE_WEBHOOK:
      lua_getfield(L, -1, "sid");
      sid = lua_type(L, -1) == LUA_TSTRING ? lua_tolstring(L, -1, &n) : NULL;
      right = sid != NULL && tw_field_is_sid(sid, n, "WH");
      lua_pop(L, 1);
  }
  return right;
}


int tw_reply_push(lua_State *L, const tw_Operation *operation, const tw_Response *response,
                  int decoder) {
  int common;
  bool decoded;
  luaL_checkstack(L, 16, "results");
  lua_createtable(L, 0, 8); /* info or err */
  common = lua_gettop(L);
  add_common(L, common, response);
  if (response->fault != TW_FAULT_NONE) return push_fault(L, operation, response, common);
  decoded = push_decoded(L, &response->body, decoder);
  if (decoded && response->status == operation->status && has_shape(L, operation->shape)) {
    lua_insert(L, common); /* result, info */
    return 2;
  }
  if (response->status >= 200 && response->status < 300) {
    return push_unreadable(L, operation, response, decoded, common);
  }
  return push_refusal(L, operation, response, decoded, common);
}
