/*
** What a create costs without this module: a ready-made body over one easy
** handle, as a C program would do it, and the answer through lua-cjson.
**
**   bare COUNT BASE_URL [decode] [handle] [header] [target]
**
** decode: each answer is decoded, in an embedded Lua 5.4. handle: the URL is
** given as a parsed CURLU. header: the Authorization and User-Agent lines are
** given ready-made. target: the URL is the base alone, and the path goes into
** the request line as it is. Every answer is checked.
*/
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
#define AGENT "twilio-webhooks/0.1.0 Lua/5.4 libcurl/7.88.1"
/* base64 of ACCOUNT ":" TOKEN */
#define BASIC                                                                            \
  "QUNhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYTowMTIzNDU2Nzg5YWJjZGVmMDEyMzQ1Njc4OWFiY2RlZg=="
/* How the answer of nginx.conf begins. */
#define SID "{\"sid\":\"WH"

static char answer[8192];
static size_t length;


static size_t on_body(char *bytes, size_t size, size_t n, void *unused) {
  (void)size;
  (void)unused;
  if (n > sizeof answer - length) return 0;
  memcpy(answer + length, bytes, n);
  length += n;
  return n;
}


static void fail(const char *what) {
  fprintf(stderr, "bare: %s\n", what);
  exit(1);
}


static int has(int argc, char **argv, const char *word) {
  for (argc--; argc > 2; argc--) {
    if (strcmp(argv[argc], word) == 0) return 1;
  }
  return 0;
}


static CURL *open_handle(const char *base, int parsed, int ready, int apart) {
  CURL *easy = curl_easy_init();
  struct curl_slist *headers = curl_slist_append(NULL, "Accept: application/json");
  char url[512];
  snprintf(url, sizeof url, "%s%s", base, apart ? "" : PATH);
  headers = curl_slist_append(headers, "Expect:");
  if (apart) curl_easy_setopt(easy, CURLOPT_REQUEST_TARGET, PATH);
  if (parsed) {
    CURLU *u = curl_url();
    curl_url_set(u, CURLUPART_URL, url, 0);
    curl_easy_setopt(easy, CURLOPT_CURLU, u);
  } else {
    curl_easy_setopt(easy, CURLOPT_URL, url);
  }
  if (ready) {
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
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_PROXY, "");
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, 30000L);
  return easy;
}


/* Leaves cjson.decode at index 1. */
static lua_State *open_lua(void) {
  lua_State *L = luaL_newstate();
  luaL_openlibs(L);
  if (luaL_dostring(L, "return require('cjson').new().decode") != 0) fail(lua_tostring(L, -1));
  return L;
}


static void decode(lua_State *L) {
  lua_pushvalue(L, 1);
  lua_pushlstring(L, answer, length);
  lua_call(L, 1, 1);
  lua_getfield(L, -1, "sid");
  if (lua_tostring(L, -1) == NULL) fail("an answer has no sid");
  lua_settop(L, 1);
}


int main(int argc, char **argv) {
  long count = argc > 2 ? strtol(argv[1], NULL, 10) : 0;
  int decoding = has(argc, argv, "decode");
  lua_State *L = open_lua();
  CURL *easy;
  if (count == 0) fail("usage: bare COUNT BASE_URL [decode] [handle] [header] [target]");
  curl_global_init(CURL_GLOBAL_DEFAULT);
  easy = open_handle(argv[2], has(argc, argv, "handle"), has(argc, argv, "header"),
                     has(argc, argv, "target"));
  while (count-- > 0) {
    long status = 0;
    length = 0;
    if (curl_easy_perform(easy) != CURLE_OK) fail("a request failed");
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    if (status != 201) fail("an answer is not 201");
    if (length < sizeof SID - 1 || memcmp(answer, SID, sizeof SID - 1) != 0) fail("an answer has no sid");
    if (decoding) decode(L);
  }
  curl_easy_cleanup(easy);
  lua_close(L);
  return 0;
}
