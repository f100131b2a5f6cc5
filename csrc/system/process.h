/*
** What a command line asks of its process: signals as a flag, the terminal, the clock on the
** wall. Nothing here happens by itself: a handler is installed where `catch` is called.
*/
#ifndef TW_SYSTEM_PROCESS_H
#define TW_SYSTEM_PROCESS_H

#include <lua.h>

/* catch(): from now on the first SIGINT or SIGTERM sets a flag, and the second does what it would
** have done. Each SIGHUP sets it, unless the process ignores that, as under nohup. */
int tw_process_catch(lua_State *L);

/* caught(): "INT", "TERM" or "HUP" and its number; nil before one came. */
int tw_process_caught(lua_State *L);

/* release(): puts back what was there before catch, and clears the flag. */
int tw_process_release(lua_State *L);

/* ignore_pipe(): who writes to a pipe that nobody reads gets an error, and no signal. */
int tw_process_ignore_pipe(lua_State *L);

/* heed_pipe(): the signal again, as the programs that are started next expect it. */
int tw_process_heed_pipe(lua_State *L);

/* hold_streams(): a standard stream that is closed has its number taken, so that no file or
** socket that is opened later gets what is written to it. */
int tw_process_hold_streams(lua_State *L);

/* exec(path, ...): that program, with these arguments, in the place of this process; nil, message,
** the name of the error where that failed. */
int tw_process_exec(lua_State *L);

/* is_terminal(descriptor) */
int tw_process_is_terminal(lua_State *L);

/* width(descriptor): columns of the terminal; nil where it is not one. */
int tw_process_width(lua_State *L);

/* time(): seconds since 1970, with a fraction; the clock may be set back. */
int tw_process_time(lua_State *L);

/* boot(): a text that is another after each start of the machine; nil where it has none.
** Between two equal ones core.now() goes on, from process to process. */
int tw_process_boot(lua_State *L);

#endif
