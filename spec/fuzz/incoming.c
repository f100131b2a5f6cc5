/*
** Incoming requests, as anybody may send them, to those who verify them. All of it is in
** spec/fuzz/incoming.lua.
*/
#include "state.h"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static lua_State *L;
  if (L == NULL) L = fuzz_open("spec/fuzz/incoming.lua", NULL);
  lua_pushlstring(L, (const char *)data, size);
  fuzz_judge(L, 1);
  return 0;
}
