/*
** A program that has the module linked in and notes what the process is like before and
** after its use: dispositions and mask of all signals, locale, environment, umask,
** working directory, and open descriptors.
**
**   embed SCRIPT [ARGUMENTS]    runs the Lua script; prints "untouched", or what is not
*/
#define _GNU_SOURCE /* environ; NOLINT(bugprone-reserved-identifier): glibc names it so */

#include <dirent.h>
#include <lauxlib.h>
#include <lualib.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core.h"

typedef struct Process {
  struct sigaction signals[NSIG];
  sigset_t mask;
  char locale[256];
  char environment[262144];
  char directory[4096];
  mode_t umask;
  int descriptors;
} Process;


static void append(char *to, size_t size, const char *text) {
  const size_t used = strlen(to);
  if (used + strlen(text) + 2 > size) {
    fprintf(stderr, "embed: the environment is too large\n");
    exit(2);
  }
  snprintf(to + used, size - used, "%s\n", text);
}


static int count_descriptors(void) {
  DIR *all = opendir("/proc/self/fd");
  int n = 0;
  if (all == NULL) return -1;
  while (readdir(all) != NULL) n++;
  closedir(all);
  return n;
}


static void note(Process *p) {
  char **variable;
  int i;
  memset(p, 0, sizeof *p);
  for (i = 1; i < NSIG; i++) sigaction(i, NULL, &p->signals[i]);
  sigprocmask(SIG_BLOCK, NULL, &p->mask);
  snprintf(p->locale, sizeof p->locale, "%s", setlocale(LC_ALL, NULL));
  for (variable = environ; *variable != NULL; variable++) {
    append(p->environment, sizeof p->environment, *variable);
  }
  if (getcwd(p->directory, sizeof p->directory) == NULL) exit(2);
  p->umask = umask(0);
  umask(p->umask);
  p->descriptors = count_descriptors();
}


static int differs(int different, const char *what) {
  if (different) printf("changed: %s\n", what);
  return different;
}


static int compare(const Process *a, const Process *b) {
  char name[32];
  int i, changes = 0;
  for (i = 1; i < NSIG; i++) {
    snprintf(name, sizeof name, "signal %d", i);
    changes += differs(a->signals[i].sa_handler != b->signals[i].sa_handler ||
                       a->signals[i].sa_flags != b->signals[i].sa_flags, name);
    changes += differs(sigismember(&a->mask, i) != sigismember(&b->mask, i), "signal mask");
  }
  changes += differs(strcmp(a->locale, b->locale) != 0, "locale");
  changes += differs(strcmp(a->environment, b->environment) != 0, "environment");
  changes += differs(strcmp(a->directory, b->directory) != 0, "directory");
  changes += differs(a->umask != b->umask, "umask");
  return changes + differs(a->descriptors != b->descriptors, "open descriptors");
}


static int run(char **argv) {
  lua_State *L = luaL_newstate();
  int failed;
  if (L == NULL) return 1;
  luaL_openlibs(L);
  luaL_requiref(L, "twilio.webhooks.core", luaopen_twilio_webhooks_core, 0);
  lua_settop(L, 0);
  failed = luaL_loadfile(L, *argv++) != LUA_OK;
  while (!failed && *argv != NULL) lua_pushstring(L, *argv++);
  failed = failed || lua_pcall(L, lua_gettop(L) - 1, 0, 0) != LUA_OK;
  if (failed) printf("%s\n", lua_tostring(L, -1));
  lua_close(L);
  return failed;
}


static void on_signal(int number) {
  (void)number;
}


int main(int argc, char **argv) {
  static Process before, after;
  sigset_t blocked;
  if (argc < 2) return 2;
  /* Not all as a process is born with it: a reset would be no change. */
  signal(SIGHUP, on_signal);
  signal(SIGPIPE, on_signal);
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGUSR1);
  sigprocmask(SIG_BLOCK, &blocked, NULL);
  umask(027);
  setlocale(LC_ALL, "");
  note(&before);
  if (run(argv + 1) != 0) return 1;
  note(&after);
  if (compare(&before, &after) != 0) return 1;
  puts("untouched");
  return 0;
}
