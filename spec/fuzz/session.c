/*
** Whole sessions: real connections to a server on loopback that does what the input
** says. All of it is in session.lua.
*/
#include "loopback.h"
#include "state.h"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static lua_State *L;
  if (L == NULL) L = fuzz_open("spec/fuzz/session.lua", fuzz_loopback);
  lua_pushlstring(L, (const char *)data, size);
  fuzz_judge(L, 1);
  return 0;
}
