/*
** Answers of any kind, through the ends of the module that serve other people's
** transports: what comes in there is checked by the same code as what libcurl brings,
** and needs no network. All of it is in reply.lua.
*/
#include "state.h"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static lua_State *L;
  if (L == NULL) L = fuzz_open("spec/fuzz/reply.lua", NULL);
  lua_pushlstring(L, (const char *)data, size);
  fuzz_judge(L, 1);
  return 0;
}
