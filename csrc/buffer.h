/*
** A byte buffer with a cap that is fixed at its birth. Knows neither Lua nor
** libcurl, so a libcurl callback may append to it.
*/
#ifndef TW_BUFFER_H
#define TW_BUFFER_H

#include <stdbool.h>
#include <stddef.h>

typedef enum tw_BufferState {
  TW_BUFFER_OK,
  TW_BUFFER_FULL,  /* the cap was reached */
  TW_BUFFER_NOMEM  /* realloc failed */
} tw_BufferState;

typedef struct tw_Buffer {
  char *data;           /* NUL-terminated once anything was appended; else NULL */
  size_t length;        /* without that NUL */
  size_t capacity;
  size_t limit;         /* the most bytes that it will ever hold */
  tw_BufferState state; /* the first failure stays until the next reset */
} tw_Buffer;

/* open */
void tw_buffer_init(tw_Buffer *b, size_t limit);

/* use: after the first failure each append appends nothing and returns false, so a
** sequence of appends needs one check, at its end */
bool tw_buffer_append(tw_Buffer *b, const void *bytes, size_t n);
bool tw_buffer_text(tw_Buffer *b, const char *text);
bool tw_buffer_char(tw_Buffer *b, char c);
char *tw_buffer_reserve(tw_Buffer *b, size_t n); /* room for n bytes at the end, or NULL */
void tw_buffer_added(tw_Buffer *b, size_t n);    /* n reserved bytes were written */
void tw_buffer_reset(tw_Buffer *b);              /* empties it; keeps at most 64 KiB of memory */
void tw_buffer_wipe(tw_Buffer *b);               /* empties it and overwrites its memory */

/* close */
void tw_buffer_free(tw_Buffer *b);

#endif
