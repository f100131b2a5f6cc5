/*
** Which connections a request may be written to. libcurl before 8.0 takes a kept one on
** which there is something to read for alive: an answer to nobody, or the end of TLS. 8.23
** does not look at one that was used a moment ago. And none knows that the peers of all may
** be gone once one has fallen silent. So every socket is opened here, close-on-exec, and is
** asked about before it is used again.
*/
#ifndef TW_TRUST_H
#define TW_TRUST_H

#include <stdbool.h>
#include <stddef.h>

typedef struct tw_Socket {
  int descriptor;
  int port;     /* its local one; 0 for not known yet */
  bool doubted; /* it was open when another one had fallen silent */
} tw_Socket;

typedef struct tw_Trust {
  tw_Socket *sockets;
  size_t count, size;
  double doubted; /* when one fell silent, of tw_clock_now; 0 for never */
} tw_Trust;

/* open: no memory until the first socket */
void tw_trust_init(tw_Trust *trust);

/* A new socket, or -1. */
int tw_trust_socket(tw_Trust *trust, int family, int type, int protocol);

/* Closes it. */
int tw_trust_close(tw_Trust *trust, int descriptor);

/* May a request be written to the kept connection of that local port? Not if anything can
** be read there, nor if it is in doubt or not known. */
bool tw_trust_holds(tw_Trust *trust, int port);

/* A kept connection was dead, though nothing had shown it: so may all others be. */
void tw_trust_doubt(tw_Trust *trust);

/* Was that less than so many seconds ago? For a libcurl that cannot ask about one. */
bool tw_trust_doubted(const tw_Trust *trust, double seconds);

/* close: the memory; libcurl has closed the sockets, or another process goes on with them */
void tw_trust_free(tw_Trust *trust);

#endif
