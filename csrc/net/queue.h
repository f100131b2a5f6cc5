/*
** First in, first out, with removal from the middle. The links are members of the queued
** structs, so nothing here allocates or fails.
*/
#ifndef TW_QUEUE_H
#define TW_QUEUE_H

#include <stdbool.h>

typedef struct tw_Link {
  struct tw_Link *previous, *next; /* NULL while it is in no queue */
  void *item;                      /* what it is a part of */
} tw_Link;

typedef struct tw_Queue {
  tw_Link ends; /* the ring's fixed point */
} tw_Queue;

/* open */
void tw_queue_init(tw_Queue *queue);
void tw_link_init(tw_Link *link, void *item);

/* The link must be in no queue. */
void tw_queue_append(tw_Queue *queue, tw_Link *link);

/* Takes it out of whatever queue it is in, if any. */
void tw_queue_remove(tw_Link *link);

/* The item that was appended first, or NULL. */
void *tw_queue_first(const tw_Queue *queue);

#endif
