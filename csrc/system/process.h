/*
** A command line's access to its process: signals as a flag, the terminal, the wall clock.
** Nothing here happens by itself: only `catch` installs a signal handler.
*/
#ifndef TW_SYSTEM_PROCESS_H
#define TW_SYSTEM_PROCESS_H

#include <lua.h>

/* catch(): from now on the first SIGINT or SIGTERM sets a flag, and the second has its usual
** effect. Each SIGHUP sets the flag, unless the process ignores SIGHUP, as under nohup. */
int tw_process_catch(lua_State *L);

/* caught(): "INT", "TERM" or "HUP" and its number; nil before one came. */
int tw_process_caught(lua_State *L);

/* release(): restores the handlers from before catch, and clears the flag. */
int tw_process_release(lua_State *L);

/* ignore_pipe(): a write to a pipe that nobody reads gives an error, and no signal. */
int tw_process_ignore_pipe(lua_State *L);

/* heed_pipe(): enables the signal again, as programs that are started next expect it. */
int tw_process_heed_pipe(lua_State *L);

/* hold_streams(): occupies the number of each closed standard stream, so that no file or socket
** that is opened later gets what is written to that stream. */
int tw_process_hold_streams(lua_State *L);

/* exec(path, ...): replaces this process by that program, with these arguments; or gives nil,
** message, the name of the error. */
int tw_process_exec(lua_State *L);

/* is_terminal(descriptor) */
int tw_process_is_terminal(lua_State *L);

/* width(descriptor): columns of the terminal; nil where it is not one. */
int tw_process_width(lua_State *L);

/* time(): seconds since 1970, with a fraction; the clock may be set back. */
int tw_process_time(lua_State *L);

/* boot(): a text that changes with each start of the machine; nil if the system has none. While it
** stays the same, core.now() goes on from process to process. */
int tw_process_boot(lua_State *L);

#endif
