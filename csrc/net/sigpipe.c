/*
** Blocks SIGPIPE in this thread, and removes one that became pending meanwhile. Does nothing if
** libcurl raises none.
*/
#define _POSIX_C_SOURCE 199506L /* NOLINT(bugprone-reserved-identifier): POSIX names it so */

#include "net/sigpipe.h"

#include "compat.h"

#if TW_CURL_SIGPIPE

static bool is_pending(void) {
  sigset_t waiting;
  sigemptyset(&waiting);
  sigpending(&waiting);
  return sigismember(&waiting, SIGPIPE) == 1;
}


static void only_sigpipe(sigset_t *set) {
  sigemptyset(set);
  sigaddset(set, SIGPIPE);
}


void tw_sigpipe_hold(tw_Sigpipe *state) {
  sigset_t held;
  only_sigpipe(&held);
  state->pending = is_pending();
  pthread_sigmask(SIG_BLOCK, &held, &state->before);
}


void tw_sigpipe_release(const tw_Sigpipe *state) {
  if (!state->pending && is_pending()) {
    sigset_t held;
    int signal;
    only_sigpipe(&held);
    sigwait(&held, &signal); /* the signal is pending already, so this does not wait */
  }
  pthread_sigmask(SIG_SETMASK, &state->before, NULL);
}

#else

void tw_sigpipe_hold(tw_Sigpipe *state) {
  (void)state;
}


void tw_sigpipe_release(const tw_Sigpipe *state) {
  (void)state;
}

#endif
