/*
** Asks the system once, and again in each forked process, by pthread_atfork. It does not notice
** a process made by clone or vfork; such a process may only exec.
*/
#define _POSIX_C_SOURCE 199506L /* NOLINT(bugprone-reserved-identifier): POSIX names it so */

#include "net/process.h"

#include <pthread.h>
#include <stdbool.h>
#include <unistd.h>

static long id;
static bool notices_forks;


static void ask(void) {
  id = (long)getpid();
}


static void begin(void) {
  ask();
  notices_forks = pthread_atfork(NULL, NULL, ask) == 0;
}


long tw_process_id(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, begin);
  return notices_forks ? id : (long)getpid();
}
