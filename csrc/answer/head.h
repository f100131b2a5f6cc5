/*
** Reads an answer's header block: into a Lua table, and those of its values that have a
** grammar of their own.
*/
#ifndef TW_HEAD_H
#define TW_HEAD_H

#include <stdbool.h>

#include "buffer.h"
#include "compat.h"

/* Headers whose names are kept, in their order. */
#define TW_HEAD_NAMES 16

/* Pushes a table of the headers after the status line: names in lower case, values
** trimmed and unfolded, repeated ones joined with ", ". `kept` is the stack index of an array
** with room for TW_HEAD_NAMES, or 0. It keeps the names of the last head, since the next one
** usually has the same. */
void tw_head_push(lua_State *L, const tw_Buffer *head, int kept);

/* What a message may show of a Location. */
typedef struct tw_Location {
  size_t scheme_length; /* of "https://" or "//", at the beginning of the value */
  const char *host;     /* in the value: host[:port] */
  size_t host_length;
} tw_Location;

/* Reads a Location value. False if it names no host. */
bool tw_head_location(const char *value, tw_Location *location);

/* Reads a Retry-After value: seconds, or an HTTP date minus `now`; never below 0. False if it is
** neither. */
bool tw_head_retry_after(const char *value, double now, double *seconds);

#endif
