/*
** What every target shares: a Lua state that holds the module, built into this
** program with the sanitizers and the fuzzer's counters in it, and a script beside
** the target that says what has to hold.
*/
#ifndef FUZZ_STATE_H
#define FUZZ_STATE_H

#include <lauxlib.h>
#include <lua.h>
#include <stddef.h>
#include <stdint.h>

/* The fuzzer's entries: each target defines the first, state.c the second. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

/* Opens a state and runs the script, which gets a table with `functions` (may be NULL)
** and returns a function to judge with. For the life of the process. */
lua_State *fuzz_open(const char *script, const luaL_Reg *functions);

/* Calls that function with the `arguments` values on top, which it pops. An error there
** is a finding: it is printed and ends the process. */
void fuzz_judge(lua_State *L, int arguments);

/* Ends the process with words about a finding. */
#if defined(__GNUC__)
__attribute__((noreturn))
#endif
void fuzz_fail(const char *what);

#endif
