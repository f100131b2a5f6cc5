/*
** twilio.webhooks.signature: HMAC by libcrypto over an incoming request's URL and parameters.
** It is a separate module, so that the core links only libcurl. lua/twilio/webhooks/incoming
** chooses the key, the algorithm and the parameters, and has the messages for people.
**
** All memory of a call is one userdata, whose size follows from the arguments. So nothing has to
** be freed, and no Lua runs while C points into it or into a string.
*/
#include <lauxlib.h>
#include <lua.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "ascii.h"
#include "compat.h"
#include "urlencoded.h"

#define URL_MAX 16384    /* bytes */
#define PORT_MAX 4       /* bytes of ":443" */
#define BASE64_MAX 48    /* bytes of an encoded SHA-256, and a NUL */

/* Words for a program; incoming/refusal.lua has a line for each. */
#define MALFORMED_URL "malformed_url"
#define MALFORMED_FORM "malformed_form"
#define MALFORMED_SIGNATURE "malformed_signature"
#define MISMATCH "mismatch"
#define TOO_LARGE "too_large"
#define FAILED "failed"

typedef tw_Slice Slice;
typedef tw_Pair Pair;

typedef struct Url {
  Slice all;        /* without a fragment */
  size_t host_end;  /* where the port begins, or would begin */
  size_t port_end;  /* where the port ends; the same place if there is none */
  Slice standard;   /* the scheme's own port, with its colon */
} Url;

/* The parameters as they are signed, with room for the URL before them. */
typedef struct Message {
  Url url;
  char *parameters;
  size_t length;
} Message;

typedef struct Algorithm {
  const EVP_MD *(*digest)(void);
  size_t base64_length;
} Algorithm;

typedef enum Verdict { UNSIGNED, SIGNED, UNKNOWN } Verdict; /* unknown: libcrypto failed */

static const char *const algorithm_names[] = {"HMAC_SHA1", "HMAC_SHA256", NULL};
static const Algorithm algorithms[] = {{EVP_sha1, 28}, {EVP_sha256, 44}};


/* ---- the URL ---- */

static bool is_scheme(Slice scheme, const char *name) {
  size_t i;
  if (scheme.length != strlen(name)) return false;
  for (i = 0; i < scheme.length; i++) {
    if (tw_ascii_lower(scheme.text[i]) != name[i]) return false;
  }
  return true;
}


static bool find_standard_port(Slice scheme, Slice *port) {
  static const struct { const char *scheme, *port; } rows[] = {
    {"https", ":443"}, {"http", ":80"}, {"wss", ":443"}, {"ws", ":80"}
  };
  size_t i;
  for (i = 0; i < sizeof rows / sizeof *rows; i++) {
    if (!is_scheme(scheme, rows[i].scheme)) continue;
    port->text = rows[i].port;
    port->length = strlen(rows[i].port);
    return true;
  }
  return false;
}


/* The place of the first byte of `set` from `start` on, or `end`. */
static size_t find_any(const char *text, size_t start, size_t end, const char *set) {
  while (start < end && strchr(set, text[start]) == NULL) start++;
  return start;
}


static bool is_printable(Slice text) {
  size_t i;
  for (i = 0; i < text.length; i++) {
    const unsigned char c = (unsigned char)text.text[i];
    if (c <= ' ' || c == 0x7f) return false;
  }
  return true;
}


/* Finds the port in the authority. An IPv6 address in brackets may come before it. */
static bool find_port(Url *url, size_t start, size_t end) {
  const char *text = url->all.text;
  size_t i;
  for (i = start; i < end; i++) {
    if (text[i] == '@') start = i + 1; /* the last one ends the user info */
  }
  i = start < end && text[start] == '[' ? find_any(text, start, end, "]") : start;
  url->host_end = find_any(text, i, end, ":");
  url->port_end = end;
  if (i > start && url->host_end != i + 1) return false; /* no ']', or more than a port follows it */
  for (i = url->host_end + 1; i < end; i++) {
    if (!tw_ascii_is_digit(text[i])) return false;
  }
  return url->host_end > start;
}


static bool read_url(Slice text, Url *url) {
  Slice scheme = {text.text, 0};
  size_t authority;
  if (!is_printable(text)) return false; /* so that it holds no NUL, which strchr would find */
  text.length = find_any(text.text, 0, text.length, "#");
  url->all = text;
  scheme.length = find_any(text.text, 0, text.length, ":/?");
  authority = scheme.length + 3;
  if (authority > text.length || memcmp(text.text + scheme.length, "://", 3) != 0) return false;
  if (!find_standard_port(scheme, &url->standard)) return false;
  return find_port(url, authority, find_any(text.text, authority, text.length, "/?"));
}


/* ---- the parameters ---- */

static Slice slice_at(lua_State *L, int list, size_t i) {
  Slice slice;
  lua_rawgeti(L, list, (int)i);
  slice.text = luaL_checklstring(L, -1, &slice.length); /* the list still holds it */
  lua_pop(L, 1);
  return slice;
}


/* Reads a list of names and values in turn. */
static void read_list(lua_State *L, int list, Pair *pairs, size_t count) {
  size_t i;
  for (i = 0; i < count; i++) {
    pairs[i].name = slice_at(L, list, 2 * i + 1);
    pairs[i].value = slice_at(L, list, 2 * i + 2);
  }
}


static int compare_slices(Slice a, Slice b) {
  const int order = memcmp(a.text, b.text, a.length < b.length ? a.length : b.length);
  return order != 0 ? order : (a.length > b.length) - (a.length < b.length);
}


static int compare_pairs(const void *a, const void *b) {
  const Pair *one = a, *other = b;
  const int order = compare_slices(one->name, other->name);
  return order != 0 ? order : compare_slices(one->value, other->value);
}


static void append(Message *m, Slice text) {
  if (text.length > 0) memcpy(m->parameters + m->length, text.text, text.length);
  m->length += text.length;
}


/* Appends all pairs, sorted, each once. */
static void append_pairs(Message *m, Pair *pairs, size_t count) {
  size_t i;
  if (count > 0) qsort(pairs, count, sizeof *pairs, compare_pairs);
  for (i = 0; i < count; i++) {
    if (i > 0 && compare_pairs(&pairs[i - 1], &pairs[i]) == 0) continue;
    append(m, pairs[i].name);
    append(m, pairs[i].value);
  }
}


/* ---- the message ---- */

/* Counts the pairs and the bytes of the form, list or nil at `index`. */
static void measure(lua_State *L, int index, size_t *count, size_t *length) {
  *count = *length = 0;
  if (lua_istable(L, index)) {
    size_t i;
    *count = lua_rawlen(L, index) / 2;
    for (i = 1; i <= 2 * *count && *length <= TW_FORM_BYTES; i++) *length += slice_at(L, index, i).length;
  }
  else if (!lua_isnoneornil(L, index)) {
    Slice form;
    form.text = luaL_checklstring(L, index, &form.length);
    *length = form.length;
    if (form.length <= TW_FORM_BYTES) *count = tw_urlencoded_count(form);
  }
}


/* Reads the URL at `index` and the parameters after it, and leaves the userdata that holds
** the message on the stack. Returns NULL, or a word for what is wrong. */
static const char *read_message(lua_State *L, int index, Message *m) {
  size_t count, length;
  Slice url;
  Pair *pairs;
  char *decoded;
  url.text = luaL_checklstring(L, index, &url.length);
  measure(L, index + 1, &count, &length);
  if (url.length > URL_MAX || length > TW_FORM_BYTES || count > TW_FORM_PAIRS) return TOO_LARGE;
  if (!read_url(url, &m->url)) return MALFORMED_URL;
  pairs = lua_newuserdata(L, count * sizeof *pairs + 2 * length + url.length + PORT_MAX);
  decoded = (char *)(pairs + count);
  if (lua_istable(L, index + 1)) read_list(L, index + 1, pairs, count);
  else if (count > 0) {
    const Slice form = {lua_tostring(L, index + 1), length};
    if (!tw_urlencoded_decode(form, pairs, decoded)) return MALFORMED_FORM;
  }
  m->parameters = decoded + length + url.length + PORT_MAX;
  m->length = 0;
  append_pairs(m, pairs, count);
  return NULL;
}


/* Writes the URL before the parameters, with that port or none. Returns the signed text. */
static Slice compose(const Message *m, Slice port) {
  const Url *url = &m->url;
  const size_t rest = url->all.length - url->port_end;
  char *start = m->parameters - rest - port.length - url->host_end;
  Slice text;
  text.text = start;
  text.length = url->host_end + port.length + rest + m->length;
  memcpy(start, url->all.text, url->host_end);
  if (port.length > 0) memcpy(start + url->host_end, port.text, port.length);
  if (rest > 0) memcpy(start + url->host_end + port.length, url->all.text + url->port_end, rest);
  return text;
}


/* The port that the URL has, which may be none. */
static Slice own_port(const Url *url) {
  const Slice port = {url->all.text + url->host_end, url->port_end - url->host_end};
  return port;
}


/* The other port that Twilio may have signed: the standard one if the URL has none, else
** none. */
static Slice other_port(const Url *url) {
  static const Slice none = {"", 0};
  return url->port_end > url->host_end ? none : url->standard;
}


static bool sign_text(const Algorithm *algorithm, Slice key, Slice text, char *base64) {
  unsigned char mac[EVP_MAX_MD_SIZE];
  unsigned int length = 0;
  if (HMAC(algorithm->digest(), key.text, (int)key.length, (const unsigned char *)text.text, text.length,
           mac, &length) == NULL) return false;
  EVP_EncodeBlock((unsigned char *)base64, mac, (int)length);
  return true;
}


/* ---- functions ---- */

static int refuse(lua_State *L, const char *reason) {
  lua_pushnil(L);
  lua_pushstring(L, reason);
  return 2;
}


/* sign(algorithm, url, parameters, key): the signature, or nil and a word. `parameters` is a
** form, a list of names and values in turn, or nil. */
static int sign(lua_State *L) {
  const Algorithm *algorithm = &algorithms[luaL_checkoption(L, 1, NULL, algorithm_names)];
  char base64[BASE64_MAX];
  Message m;
  Slice key;
  const char *reason;
  key.text = luaL_checklstring(L, 4, &key.length);
  lua_settop(L, 4);
  reason = read_message(L, 2, &m);
  if (reason == NULL && !sign_text(algorithm, key, compose(&m, own_port(&m.url)), base64)) reason = FAILED;
  if (reason != NULL) return refuse(L, reason);
  lua_pushlstring(L, base64, algorithm->base64_length);
  return 1;
}


/* Is the text signed with one of the keys? It tries every key, so a sender who has none of them
** learns nothing from the time. */
static Verdict judge(lua_State *L, const Algorithm *algorithm, int keys, Slice text, Slice signature) {
  const size_t count = lua_rawlen(L, keys);
  char base64[BASE64_MAX];
  size_t i;
  for (i = 1; i <= count; i++) {
    if (!sign_text(algorithm, slice_at(L, keys, i), text, base64)) return UNKNOWN;
    if (CRYPTO_memcmp(base64, signature.text, signature.length) == 0) return SIGNED;
  }
  return UNSIGNED;
}


/* verify(algorithm, url, parameters, keys, signature): true, or nil and a word. `keys` is a
** list of strings. */
static int verify(lua_State *L) {
  const Algorithm *algorithm = &algorithms[luaL_checkoption(L, 1, NULL, algorithm_names)];
  Message m;
  Slice signature;
  const char *reason;
  Verdict verdict;
  luaL_checktype(L, 4, LUA_TTABLE);
  signature.text = luaL_checklstring(L, 5, &signature.length);
  if (signature.length != algorithm->base64_length) return refuse(L, MALFORMED_SIGNATURE);
  lua_settop(L, 5);
  reason = read_message(L, 2, &m);
  if (reason != NULL) return refuse(L, reason);
  verdict = judge(L, algorithm, 4, compose(&m, own_port(&m.url)), signature);
  if (verdict == UNSIGNED) verdict = judge(L, algorithm, 4, compose(&m, other_port(&m.url)), signature);
  if (verdict != SIGNED) return refuse(L, verdict == UNSIGNED ? MISMATCH : FAILED);
  lua_pushboolean(L, 1);
  return 1;
}


/* sha256(text): in hexadecimal digits. */
static int sha256(lua_State *L) {
  static const char digits[] = "0123456789abcdef";
  unsigned char hash[SHA256_DIGEST_LENGTH];
  char hex[2 * SHA256_DIGEST_LENGTH];
  Slice text;
  size_t i;
  text.text = luaL_checklstring(L, 1, &text.length);
  if (SHA256((const unsigned char *)text.text, text.length, hash) == NULL) return refuse(L, FAILED);
  for (i = 0; i < sizeof hash; i++) {
    hex[2 * i] = digits[hash[i] >> 4];
    hex[2 * i + 1] = digits[hash[i] & 15];
  }
  lua_pushlstring(L, hex, sizeof hex);
  return 1;
}


/* equal(a, b): are the strings equal? The time depends only on their lengths. */
static int equal(lua_State *L) {
  Slice a, b;
  a.text = luaL_checklstring(L, 1, &a.length);
  b.text = luaL_checklstring(L, 2, &b.length);
  lua_pushboolean(L, a.length == b.length && CRYPTO_memcmp(a.text, b.text, a.length) == 0);
  return 1;
}


TW_EXPORT int luaopen_twilio_webhooks_signature(lua_State *L) {
  static const luaL_Reg functions[] = {
    {"equal", equal}, {"sha256", sha256}, {"sign", sign}, {"verify", verify}, {NULL, NULL}
  };
  lua_newtable(L);
  luaL_setfuncs(L, functions, 0);
  lua_pushinteger(L, URL_MAX);
  lua_setfield(L, -2, "url_bytes");
  return 1;
}
