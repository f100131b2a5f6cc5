/*
** URLs that the module makes, against libcurl's own URL parser: what is read there is
** where the credentials go.
*/
#include "state.h"

#include <curl/curl.h>


static void set_part(lua_State *L, CURLU *url, CURLUPart part, const char *name) {
  char *text = NULL;
  if (curl_url_get(url, part, &text, 0) != CURLUE_OK) return;
  lua_pushstring(L, text);
  lua_setfield(L, -2, name);
  curl_free(text);
}


/* parse(url): its parts as libcurl sees them; or nil and why it sees none. */
static int parse(lua_State *L) {
  const char *text = luaL_checkstring(L, 1);
  CURLU *url = curl_url();
  const CURLUcode code = curl_url_set(url, CURLUPART_URL, text, 0);
  if (code == CURLUE_OK) {
    lua_newtable(L);
    set_part(L, url, CURLUPART_SCHEME, "scheme");
    set_part(L, url, CURLUPART_USER, "user");
    set_part(L, url, CURLUPART_PASSWORD, "password");
    set_part(L, url, CURLUPART_HOST, "host");
    set_part(L, url, CURLUPART_ZONEID, "zone");
    set_part(L, url, CURLUPART_PORT, "port");
    set_part(L, url, CURLUPART_PATH, "path");
    set_part(L, url, CURLUPART_QUERY, "query");
    set_part(L, url, CURLUPART_FRAGMENT, "fragment");
  }
  curl_url_cleanup(url);
  if (code == CURLUE_OK) return 1;
  lua_pushnil(L);
  lua_pushinteger(L, code);
  return 2;
}


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const luaL_Reg functions[] = {{"parse", parse}, {NULL, NULL}};
  static lua_State *L;
  if (L == NULL) L = fuzz_open("spec/fuzz/endpoint.lua", functions);
  lua_pushlstring(L, (const char *)data, size);
  fuzz_judge(L, 1);
  return 0;
}
