/*
** The kept connections that a request may be written to. libcurl before 8.0 takes one that has
** something to read (an answer to no request, or the end of TLS) for alive, and 8.23 does not
** check one that was used a moment ago. No version knows that all others may be dead when one
** has fallen silent. So this file opens every socket, close-on-exec, and checks it before it is
** used again.
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

/* Requests that connect at a time: see tw_trust_room. */
#define TW_CONNECTING_MAX 16

typedef struct tw_Trust {
  tw_Socket *sockets;
  size_t count, size;
  unsigned connecting; /* requests whose new connection is not ready yet */
  double begun[TW_CONNECTING_MAX]; /* the moments at which the last ones began to connect */
  unsigned oldest;                 /* the place of the oldest of these, which the next one takes */
  double second_try; /* the last moment that tw_trust_second_try gave */
  double doubted; /* when one last fell silent, of tw_clock_now; 0 for never */
} tw_Trust;

/* open: allocates nothing until the first socket */
void tw_trust_init(tw_Trust *trust);

/* A new socket, or -1. */
int tw_trust_socket(tw_Trust *trust, int family, int type, int protocol);

/* Closes it. */
int tw_trust_close(tw_Trust *trust, int descriptor);

/* Counts a request that connects, or one that no longer does. */
void tw_trust_connect(tw_Trust *trust);
void tw_trust_connected(tw_Trust *trust);

/* The moment from which one more may connect; 0 for any. */
double tw_trust_room(const tw_Trust *trust);

/* Milliseconds after which a connection that begins now tries a second address beside its first.
** Each has its own moment, between `least` and `most`. */
long tw_trust_second_try(tw_Trust *trust, long least, long most);

/* May a request be written to the kept connection from that local port to that address? Not if anything
** can be read there, nor if it is in doubt or not known. */
bool tw_trust_holds(tw_Trust *trust, int port, const char *server, int server_port);

/* A kept connection was dead without a sign, so all others may be, too. */
void tw_trust_doubt(tw_Trust *trust);

/* Was the last doubt less than so many seconds ago? For a libcurl that cannot ask about a connection. */
bool tw_trust_doubted(const tw_Trust *trust, double seconds);

/* close: frees the memory; libcurl has closed the sockets, or the parent process goes on with
** them */
void tw_trust_free(tw_Trust *trust);

#endif
