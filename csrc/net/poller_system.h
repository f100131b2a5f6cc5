/*
** The two ways to wait between which poller.c chooses: a list and the kernel's set. Only poller.c
** calls these.
*/
#ifndef TW_POLLER_SYSTEM_H
#define TW_POLLER_SYSTEM_H

#include "net/poller.h"

/* The list, for poll. tw_list_hand_over moves it to the kernel's set. */
bool tw_list_watch(tw_Poller *poller, int socket, int events);
int tw_list_wait(tw_Poller *poller, int ms, tw_Ready *ready, int max);
bool tw_list_hand_over(tw_Poller *poller);
void tw_list_free(tw_Poller *poller);

/* The kernel's set, poller->descriptor: by poller_epoll.c or poller_kqueue.c. */
bool tw_system_open(tw_Poller *poller);
bool tw_system_watch(tw_Poller *poller, int socket, int events);
int tw_system_wait(tw_Poller *poller, int ms, tw_Ready *ready, int max);

/* From then on the descriptor becomes readable at armed moments, too. */
bool tw_system_share(tw_Poller *poller);
bool tw_system_arm(tw_Poller *poller, double moment);

void tw_system_close(tw_Poller *poller);
void tw_system_forget(tw_Poller *poller); /* after a fork */

#endif
