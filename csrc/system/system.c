/*
** twilio.webhooks.system: the few POSIX functions that Lua lacks, for bulk/ and the command
** line. It is a separate module, since managing one webhook does not need it.
*/
#include <lauxlib.h>
#include <lua.h>

#include "compat.h"
#include "system/digest.h"
#include "system/evaluate.h"
#include "system/file.h"
#include "system/keys.h"
#include "system/process.h"
#include "system/settings.h"
#include "system/sort.h"


TW_EXPORT int luaopen_twilio_webhooks_system(lua_State *L) {
  static const luaL_Reg functions[] = {
    {"boot", tw_process_boot},         {"catch", tw_process_catch},
    {"caught", tw_process_caught},     {"checksum", tw_digest_checksum},
    {"digest", tw_digest_of},          {"evaluate", tw_evaluate},         {"exec", tw_process_exec},
    {"heed_pipe", tw_process_heed_pipe}, {"hold_streams", tw_process_hold_streams},
    {"ignore_pipe", tw_process_ignore_pipe}, {"is_terminal", tw_process_is_terminal},
    {"open", tw_file_open},            {"release", tw_process_release},
    {"repeated_key", tw_repeated_key},
    {"settings", tw_settings},         {"sort", tw_sort},
    {"sync_name", tw_file_sync_name}, {"temporary", tw_file_temporary},
    {"time", tw_process_time},         {"width", tw_process_width},
    {NULL, NULL}
  };
  tw_file_register(L);
  tw_evaluate_register(L);
  lua_newtable(L);
  luaL_setfuncs(L, functions, 0);
  return 1;
}
