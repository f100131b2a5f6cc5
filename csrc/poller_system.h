/*
** What a system has to offer for poller.c, which is all that calls these. Each is
** defined in one of poller_epoll.c, poller_kqueue.c and poller_poll.c.
*/
#ifndef TW_POLLER_SYSTEM_H
#define TW_POLLER_SYSTEM_H

#include "poller.h"

bool tw_system_open(tw_Poller *poller);
bool tw_system_watch(tw_Poller *poller, int socket, int events);
int tw_system_wait(tw_Poller *poller, int ms, tw_Ready *ready, int max);

/* Makes `descriptor` one that tells the time too. */
bool tw_system_share(tw_Poller *poller);
bool tw_system_arm(tw_Poller *poller, double moment);

void tw_system_close(tw_Poller *poller);
void tw_system_forget(tw_Poller *poller); /* after a fork */

#endif
