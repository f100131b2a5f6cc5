/*
** The signal handler only sets a flag. Signals belong to the whole process, and so does the flag.
*/
#if defined(__linux__)
#define _GNU_SOURCE /* struct winsize; NOLINT(bugprone-reserved-identifier): glibc names it so */
#endif

#include "system/process.h"

#include <errno.h>
#include <fcntl.h>
#include <lauxlib.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "system/failure.h"

/* SIGHUP may come twice when a terminal closes: from the system, and from the shell. */
static const struct { int number; int flags; const char *name; } caught_signals[] = {
  {SIGINT, (int)SA_RESETHAND, "INT"}, {SIGTERM, (int)SA_RESETHAND, "TERM"}, {SIGHUP, 0, "HUP"}
};

#define CAUGHT (sizeof caught_signals / sizeof *caught_signals)

static volatile sig_atomic_t caught;
static struct sigaction before[CAUGHT];
static bool catching;


/* ---- signals ---- */

static void note(int number) {
  caught = number;
}


static void set_action(struct sigaction *action, void (*handler)(int), int flags) {
  memset(action, 0, sizeof *action);
  action->sa_handler = handler;
  action->sa_flags = flags;
  sigemptyset(&action->sa_mask);
}


/* What nohup has made the process ignore stays ignored. (sigaction fails only for a signal that
** cannot be caught.) */
static void catch_one(size_t i) {
  const int number = caught_signals[i].number;
  struct sigaction action;
  (void)sigaction(number, NULL, &before[i]);
  if (number == SIGHUP && before[i].sa_handler == SIG_IGN) return;
  set_action(&action, note, caught_signals[i].flags);
  (void)sigaction(number, &action, NULL);
}


int tw_process_catch(lua_State *L) {
  size_t i;
  for (i = 0; !catching && i < CAUGHT; i++) catch_one(i);
  catching = true;
  lua_pushboolean(L, 1);
  return 1;
}


int tw_process_caught(lua_State *L) {
  size_t i;
  for (i = 0; i < CAUGHT; i++) {
    if (caught_signals[i].number != caught) continue;
    lua_pushstring(L, caught_signals[i].name);
    lua_pushinteger(L, caught);
    return 2;
  }
  lua_pushnil(L);
  return 1;
}


int tw_process_release(lua_State *L) {
  size_t i;
  (void)L;
  for (i = 0; catching && i < CAUGHT; i++) (void)sigaction(caught_signals[i].number, &before[i], NULL);
  catching = false;
  caught = 0;
  return 0;
}


static int set_pipe(lua_State *L, void (*handler)(int)) {
  struct sigaction action;
  set_action(&action, handler, 0);
  (void)sigaction(SIGPIPE, &action, NULL);
  lua_pushboolean(L, 1);
  return 1;
}


int tw_process_ignore_pipe(lua_State *L) {
  return set_pipe(L, SIG_IGN);
}


int tw_process_heed_pipe(lua_State *L) {
  return set_pipe(L, SIG_DFL);
}


/* ---- standard streams ---- */

/* Each is opened for the direction that it is not used in, so that its use stays an error. */
int tw_process_hold_streams(lua_State *L) {
  int descriptor;
  for (descriptor = STDIN_FILENO; descriptor <= STDERR_FILENO; descriptor++) {
    const int flags = descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY;
    if (fcntl(descriptor, F_GETFD) >= 0) continue;
    if (open("/dev/null", flags) < 0) return tw_failure_push(L, "/dev/null", errno);
  }
  lua_pushboolean(L, 1);
  return 1;
}


/* ---- another program ---- */

#define ARGUMENTS_MAX 64

int tw_process_exec(lua_State *L) {
  const char *path = luaL_checkstring(L, 1);
  const int n = lua_gettop(L);
  char *arguments[ARGUMENTS_MAX + 1];
  int i;
  luaL_argcheck(L, n <= ARGUMENTS_MAX, ARGUMENTS_MAX, "too many arguments");
  for (i = 0; i < n; i++) arguments[i] = (char *)luaL_checkstring(L, i + 1); /* execv changes none */
  arguments[n] = NULL;
  (void)fflush(NULL);
  (void)execv(path, arguments);
  return tw_failure_push(L, path, errno);
}


/* ---- the terminal ---- */

int tw_process_is_terminal(lua_State *L) {
  lua_pushboolean(L, isatty((int)luaL_checkinteger(L, 1)));
  return 1;
}


int tw_process_width(lua_State *L) {
  struct winsize size;
  if (ioctl((int)luaL_checkinteger(L, 1), TIOCGWINSZ, &size) != 0 || size.ws_col == 0) lua_pushnil(L);
  else lua_pushinteger(L, size.ws_col);
  return 1;
}


/* ---- clocks ---- */

int tw_process_time(lua_State *L) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  lua_pushnumber(L, (lua_Number)now.tv_sec + (lua_Number)now.tv_nsec / 1e9);
  return 1;
}


int tw_process_boot(lua_State *L) {
  char id[64];
  const int descriptor = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
  const ssize_t n = descriptor < 0 ? -1 : read(descriptor, id, sizeof id);
  if (descriptor >= 0) (void)close(descriptor);
  if (n < 36) lua_pushnil(L);
  else lua_pushlstring(L, id, 36); /* without the end of its line */
  return 1;
}
