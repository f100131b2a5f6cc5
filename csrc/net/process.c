/*
** The number is asked for once, and again by each process that is forked off. (Not by what
** a program makes with clone or vfork alone, which then has no business but to exec.)
*/
#define _POSIX_C_SOURCE 199506L /* NOLINT(bugprone-reserved-identifier): POSIX names it so */

#include "net/process.h"

#include <pthread.h>
#include <stdbool.h>
#include <unistd.h>

static long id;
static bool is_told; /* of each fork */


static void ask(void) {
  id = (long)getpid();
}


static void begin(void) {
  ask();
  is_told = pthread_atfork(NULL, NULL, ask) == 0;
}


long tw_process_id(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, begin);
  return is_told ? id : (long)getpid();
}
