/*
** What a create costs without this module: a ready-made body over one easy
** handle, as a C program would do it, and the answer through lua-cjson.
**
**   bare COUNT BASE_URL [decode] [handle] [header] [target] [cached]
**   bare version
**
** decode: each answer is decoded, in an embedded Lua 5.4. handle: the URL is
** given as a parsed CURLU. header: the Authorization and User-Agent lines are
** given ready-made. target: the URL is the base alone, and the path goes into
** the request line as it is. cached: libcurl may keep the certificates that it
** trusts. Every answer is checked. version: prints libcurl's.
*/
#include "bare.h"

static int has(int argc, char **argv, const char *word) {
  for (argc--; argc > 2; argc--) {
    if (strcmp(argv[argc], word) == 0) return 1;
  }
  return 0;
}


int main(int argc, char **argv) {
  static Answer answer;
  long count = argc > 2 ? strtol(argv[1], NULL, 10) : 0;
  int decoding = has(argc, argv, "decode");
  lua_State *L = open_lua();
  CURL *easy;
  if (argc == 2 && strcmp(argv[1], "version") == 0) {
    return puts(curl_version_info(CURLVERSION_NOW)->version) < 0;
  }
  if (count == 0) fail("usage: bare COUNT BASE_URL [decode] [handle] [header] [target] [cached]");
  curl_global_init(CURL_GLOBAL_DEFAULT);
  easy = open_handle(argv[2],
                     (has(argc, argv, "handle") ? BARE_PARSED : 0) |
                       (has(argc, argv, "header") ? BARE_HEADERS : 0) |
                       (has(argc, argv, "target") ? BARE_TARGET : 0) |
                       (has(argc, argv, "cached") ? BARE_CACHED : 0),
                     &answer);
  while (count-- > 0) {
    answer.length = 0;
    if (curl_easy_perform(easy) != CURLE_OK) fail("a request failed");
    check(easy, &answer);
    if (decoding) decode(L, &answer);
  }
  curl_easy_cleanup(easy);
  lua_close(L);
  return 0;
}
