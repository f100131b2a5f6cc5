/*
** measure COMMAND...: runs it and prints what it took: nanoseconds of wall time,
** microseconds of processor time (user and system), and KiB of resident memory at most.
*/
#define _DEFAULT_SOURCE

#include <stdio.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>


static long long now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (long long)t.tv_sec * 1000000000 + t.tv_nsec;
}


static long long microseconds(struct timeval t) {
  return (long long)t.tv_sec * 1000000 + t.tv_usec;
}


int main(int argc, char **argv) {
  const long long begin = now();
  struct rusage usage;
  int status;
  const pid_t child = argc > 1 ? fork() : -1;
  if (child < 0) return 2;
  if (child == 0) {
    dup2(STDERR_FILENO, STDOUT_FILENO);
    execvp(argv[1], argv + 1);
    _exit(127);
  }
  if (wait4(child, &status, 0, &usage) != child || status != 0) return 1;
  printf("%lld %lld %ld\n", now() - begin,
         microseconds(usage.ru_utime) + microseconds(usage.ru_stime), usage.ru_maxrss);
  return 0;
}
