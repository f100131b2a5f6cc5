/*
** A ring of links. It begins and ends at a link without an item.
*/
#include "net/queue.h"

#include <stddef.h>


void tw_queue_init(tw_Queue *queue) {
  tw_link_init(&queue->ends, NULL);
  queue->ends.previous = queue->ends.next = &queue->ends;
}


void tw_link_init(tw_Link *link, void *item) {
  link->previous = link->next = NULL;
  link->item = item;
}


void tw_queue_append(tw_Queue *queue, tw_Link *link) {
  link->next = &queue->ends;
  link->previous = queue->ends.previous;
  link->previous->next = link;
  link->next->previous = link;
}


void tw_queue_remove(tw_Link *link) {
  if (link->next == NULL) return;
  link->previous->next = link->next;
  link->next->previous = link->previous;
  link->previous = link->next = NULL;
}


void *tw_queue_first(const tw_Queue *queue) {
  return queue->ends.next->item;
}
