/*
** What the programs without this module have in common: the request that create.lua
** makes, ready-made, and what is done with an answer.
*/
#ifndef BARE_H
#define BARE_H

#include <curl/curl.h>
#include <lauxlib.h>
#include <lualib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ACCOUNT "ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define TOKEN "0123456789abcdef0123456789abcdef"
#define PATH "/v2/Services/ISaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/Channels/CHaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/Webhooks"
#define FORM                                                                             \
  "Type=webhook&Configuration.Url=dummy&Configuration.Method=GET"                        \
  "&Configuration.Filters=onMessageSent&Configuration.Filters=onChannelDestroyed"        \
  "&Configuration.RetryCount=2"
#ifndef AGENT /* the module's, which run.lua gives: a line of the same length */
#define AGENT "twilio-webhooks/0.1.0 Lua/5.4 libcurl/7.88.1"
#endif
/* base64 of ACCOUNT ":" TOKEN */
#define BASIC                                                                            \
  "QUNhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYTowMTIzNDU2Nzg5YWJjZGVmMDEyMzQ1Njc4OWFiY2RlZg=="
/* How the answer of nginx.conf begins. */
#define SID "{\"sid\":\"WH"

/* What the handle is given in a form that costs libcurl less. CACHED: no directory of
** certificates beside the file, without which libcurl keeps what it has read of the file. */
enum { BARE_PARSED = 1, BARE_HEADERS = 2, BARE_TARGET = 4, BARE_CACHED = 8, BARE_LEANEST = 15 };

/* One request's answer; its handle's CURLOPT_WRITEDATA. */
typedef struct Answer {
  size_t length;
  char bytes[2048];
} Answer;


static void fail(const char *what) {
  fprintf(stderr, "bare: %s\n", what);
  exit(1);
}


static size_t on_body(char *bytes, size_t size, size_t n, void *self) {
  Answer *answer = self;
  (void)size;
  if (n > sizeof answer->bytes - answer->length) return 0;
  memcpy(answer->bytes + answer->length, bytes, n);
  answer->length += n;
  return n;
}


static void trust(CURL *easy, int ways) {
  const char *file = getenv("CURL_CA_BUNDLE"); /* libcurl reads no environment for this */
  if (file != NULL) curl_easy_setopt(easy, CURLOPT_CAINFO, file);
  if (ways & BARE_CACHED) curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
}


static CURL *open_handle(const char *base, int ways, Answer *answer) {
  CURL *easy = curl_easy_init();
  struct curl_slist *headers = curl_slist_append(NULL, "Accept: application/json");
  const char *prefix = base + strcspn(base, "/") + 2; /* of the path, behind the host */
  char url[512];
  snprintf(url, sizeof url, "%s" PATH, base);
  prefix += strcspn(prefix, "/");
  headers = curl_slist_append(headers, "Expect:");
  if (ways & BARE_TARGET) {
    curl_easy_setopt(easy, CURLOPT_REQUEST_TARGET, url + (prefix - base)); /* copied */
    url[prefix - base] = '\0';
  }
  if (ways & BARE_PARSED) {
    CURLU *u = curl_url();
    curl_url_set(u, CURLUPART_URL, url, 0);
    curl_easy_setopt(easy, CURLOPT_CURLU, u);
  } else {
    curl_easy_setopt(easy, CURLOPT_URL, url);
  }
  if (ways & BARE_HEADERS) {
    headers = curl_slist_append(headers, "User-Agent: " AGENT);
    headers = curl_slist_append(headers, "Authorization: Basic " BASIC);
  } else {
    curl_easy_setopt(easy, CURLOPT_USERAGENT, AGENT);
    curl_easy_setopt(easy, CURLOPT_USERNAME, ACCOUNT);
    curl_easy_setopt(easy, CURLOPT_PASSWORD, TOKEN);
  }
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(easy, CURLOPT_POSTFIELDS, FORM);
  curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, (long)strlen(FORM));
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, answer);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_PROXY, "");
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, 120000L);
  trust(easy, ways);
  return easy;
}


static void check(CURL *easy, const Answer *answer) {
  long status = 0;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  if (status != 201) fail("an answer is not 201");
  if (answer->length < sizeof SID - 1 || memcmp(answer->bytes, SID, sizeof SID - 1) != 0) {
    fail("an answer has no sid");
  }
}


/* Leaves cjson.decode at index 1. */
static lua_State *open_lua(void) {
  lua_State *L = luaL_newstate();
  luaL_openlibs(L);
  if (luaL_dostring(L, "return require('cjson').new().decode") != 0) fail(lua_tostring(L, -1));
  return L;
}


static void decode(lua_State *L, const Answer *answer) {
  lua_pushvalue(L, 1);
  lua_pushlstring(L, answer->bytes, answer->length);
  lua_call(L, 1, 1);
  lua_getfield(L, -1, "sid");
  if (lua_tostring(L, -1) == NULL) fail("an answer has no sid");
  lua_settop(L, 1);
}

#endif
