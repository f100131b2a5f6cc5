/*
** Registers a metatable once it is complete. luaL_newmetatable registers an empty one: if memory
** fails just after that, no userdata of that name ever gets a finalizer.
*/
#include "lua/finalizer.h"


static void push_metatable(lua_State *L, const char *name, lua_CFunction finalizer,
                           void (*set_methods)(lua_State *L)) {
  lua_createtable(L, 0, 3);
  lua_pushcfunction(L, finalizer);
  lua_setfield(L, -2, "__gc");
  lua_pushstring(L, name);
  lua_setfield(L, -2, "__name");
  if (set_methods != NULL) {
    lua_newtable(L);
    set_methods(L);
    lua_setfield(L, -2, "__index");
  }
  lua_pushvalue(L, -1);
  lua_setfield(L, LUA_REGISTRYINDEX, name);
}


void tw_finalizer_set(lua_State *L, const char *name, lua_CFunction finalizer,
                      void (*set_methods)(lua_State *L)) {
  luaL_getmetatable(L, name);
  if (lua_isnil(L, -1)) {
    lua_pop(L, 1);
    push_metatable(L, name, finalizer, set_methods);
  }
  lua_setmetatable(L, -2);
}
