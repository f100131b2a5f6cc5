/*
** What poller.c waits with, which is all that calls these.
*/
#ifndef TW_POLLER_SYSTEM_H
#define TW_POLLER_SYSTEM_H

#include "net/poller.h"

/* A list, for poll. Handing it over to what the system has empties it. */
bool tw_list_watch(tw_Poller *poller, int socket, int events);
int tw_list_wait(tw_Poller *poller, int ms, tw_Ready *ready, int max);
bool tw_list_hand_over(tw_Poller *poller);
void tw_list_free(tw_Poller *poller);

/* What the system has for many sockets, as poller->descriptor. Each of these is defined in
** one of poller_epoll.c and poller_kqueue.c. */
bool tw_system_open(tw_Poller *poller);
bool tw_system_watch(tw_Poller *poller, int socket, int events);
int tw_system_wait(tw_Poller *poller, int ms, tw_Ready *ready, int max);

/* Makes `descriptor` one that tells the time too. */
bool tw_system_share(tw_Poller *poller);
bool tw_system_arm(tw_Poller *poller, double moment);

void tw_system_close(tw_Poller *poller);
void tw_system_forget(tw_Poller *poller); /* after a fork */

#endif
