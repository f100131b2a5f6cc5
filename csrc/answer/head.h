/*
** An answer's header block: as a Lua table, and the one value in it that has a
** grammar of its own.
*/
#ifndef TW_HEAD_H
#define TW_HEAD_H

#include <stdbool.h>

#include "buffer.h"
#include "compat.h"

/* Pushes a table of the headers behind the status line: names in lower case, values
** trimmed, repeated ones joined with ", ". */
void tw_head_push(lua_State *L, const tw_Buffer *head);

/* Reads a Retry-After value: seconds, or an HTTP date, from which `now` is
** taken. False if it is neither. Never negative. */
bool tw_head_retry_after(const char *value, double now, double *seconds);

#endif
