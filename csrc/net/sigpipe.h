/*
** Keeps a broken connection from killing the host. libcurl below 7.87 lets
** OpenSSL write to the socket itself. A write to a connection that the server
** has reset raises SIGPIPE, which by default ends the process. The host's
** handler stays as it is: this thread blocks the signal around libcurl's work,
** and drops one that this work has raised.
*/
#ifndef TW_SIGPIPE_H
#define TW_SIGPIPE_H

#include <signal.h>
#include <stdbool.h>

typedef struct tw_Sigpipe {
  sigset_t before; /* the thread's mask */
  bool pending;    /* one was pending before; it is the host's */
} tw_Sigpipe;

void tw_sigpipe_hold(tw_Sigpipe *state);
void tw_sigpipe_release(const tw_Sigpipe *state);

#endif
