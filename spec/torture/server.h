/*
** As much of the API as the torture asks for, on loopback, without any memory of its own
** but what is here: each channel's name says what the server does, "kind-number", and
** the creates are counted by that number.
**
**   plain    what the API does
**   pages    lists in three pages
**   refused  refuses, with status 400
**   stray    makes the webhook, and closes the connection before it says so
*/
#ifndef SERVER_H
#define SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Numbers of channels. */
#define CHANNELS (1L << 21)

/* Creates by number of channel, and the most that may be: shared with every process that
** is forked off. */
extern unsigned char *server_creates, *server_limits;

/* Memory that the processes which are forked off share, all zeros; or NULL. */
void *server_share(size_t size);

/* Listens. Returns the port, or 0. */
int server_open(void);

/* Serves until the child has ended, and what it sent is read. Returns its wait status. */
int server_serve(pid_t child);

#endif
