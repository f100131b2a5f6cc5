/*
** Grows by doubling, so n appends cost O(n), and never beyond the cap, so that no answer can
** take all of the host's memory.
*/
#include "buffer.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_CAPACITY 256 /* holds an ordinary form */
#define KEPT_CAPACITY (64 * 1024) /* a reset frees what is larger */


void tw_buffer_init(tw_Buffer *b, size_t limit) {
  b->data = NULL;
  b->length = 0;
  b->capacity = 0;
  b->limit = limit;
  b->state = TW_BUFFER_OK;
}


static bool fail(tw_Buffer *b, tw_BufferState state) {
  b->state = state;
  return false;
}


/* Makes room for n more bytes and the NUL after them. */
static bool grow(tw_Buffer *b, size_t n) {
  size_t capacity = b->capacity ? b->capacity : FIRST_CAPACITY;
  char *data;
  if (b->state != TW_BUFFER_OK) return false;
  if (n > b->limit - b->length) return fail(b, TW_BUFFER_FULL);
  if (b->capacity > b->length + n) return true;
  while (capacity <= b->length + n) capacity *= 2; /* ends: limits are far below SIZE_MAX/2 */
  data = realloc(b->data, capacity);
  if (data == NULL) return fail(b, TW_BUFFER_NOMEM);
  b->data = data;
  b->capacity = capacity;
  return true;
}


char *tw_buffer_reserve(tw_Buffer *b, size_t n) {
  return grow(b, n) ? b->data + b->length : NULL;
}


void tw_buffer_added(tw_Buffer *b, size_t n) {
  b->length += n;
  b->data[b->length] = '\0';
}


bool tw_buffer_append(tw_Buffer *b, const void *bytes, size_t n) {
  char *end = tw_buffer_reserve(b, n);
  if (end == NULL) return false;
  if (n > 0) memcpy(end, bytes, n); /* bytes may be NULL when there are none */
  tw_buffer_added(b, n);
  return true;
}


bool tw_buffer_text(tw_Buffer *b, const char *text) {
  return tw_buffer_append(b, text, strlen(text));
}


bool tw_buffer_char(tw_Buffer *b, char c) {
  return tw_buffer_append(b, &c, 1);
}


void tw_buffer_reset(tw_Buffer *b) {
  if (b->capacity > KEPT_CAPACITY) tw_buffer_free(b);
  b->length = 0;
  b->state = TW_BUFFER_OK;
  if (b->data != NULL) b->data[0] = '\0';
}


void tw_buffer_wipe(tw_Buffer *b) {
  /* called through a volatile pointer, or a compiler might see it as useless */
  static void *(*const volatile overwrite)(void *, int, size_t) = memset;
  if (b->capacity > 0) overwrite(b->data, 0, b->capacity);
  tw_buffer_reset(b);
}


void tw_buffer_free(tw_Buffer *b) {
  free(b->data);
  tw_buffer_init(b, b->limit);
}
