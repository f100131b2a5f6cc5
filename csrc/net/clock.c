/*
** By POSIX's CLOCK_MONOTONIC.
*/
#define _POSIX_C_SOURCE 199506L /* NOLINT(bugprone-reserved-identifier): POSIX names it so */

#include "net/clock.h"

#include <time.h>


double tw_clock_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}


void tw_clock_sleep(long ms) {
  struct timespec wait;
  wait.tv_sec = ms / 1000;
  wait.tv_nsec = ms % 1000 * 1000000;
  nanosleep(&wait, NULL);
}
