/*
** The problems of one call: every field that was refused, each with what was
** given and what would be right, so that the caller can fix all of them at
** once. Also makes foreign bytes printable, for all messages.
*/
#ifndef TW_PROBLEM_H
#define TW_PROBLEM_H

#include <stdbool.h>
#include <stddef.h>

#include "compat.h"

/* Problems that are listed; more are only counted. */
#define TW_PROBLEMS_MAX 32

typedef struct tw_Problems {
  lua_State *L;
  const char *name; /* of the function that was called, of which messages speak */
  int list;  /* stack index: nil, or an array of {field, message, expected, given} */
  int count; /* all of them, unlisted ones included */
} tw_Problems;

/* Opens an empty list, once L and name are set; pushes one value, which has to stay. */
void tw_problems_open(tw_Problems *p);

/* Adds "FIELD: must be EXPECTED, not GIVEN". `given` is a stack index, or 0 if there is no
** value or it must not be shown. Leaves the stack as it was. */
void tw_problem_must(tw_Problems *p, const char *field, const char *expected, int given);

/* Adds "FIELD: MESSAGE". `expected` may be NULL. */
void tw_problem_add(tw_Problems *p, const char *field, const char *message, const char *expected);

/* Marks the last one, if it is listed: the field is no parameter of what was called. */
void tw_problem_mark_unknown(const tw_Problems *p);

/* Counts n more without listing them. */
void tw_problems_count(tw_Problems *p, int n);

/* Pushes "field: message; field: message", one printable line. */
void tw_problems_message(tw_Problems *p);

/* problem(field, expected, given): a problem as a Lua table, for reply's `invalid`. */
int tw_problem_new(lua_State *L);

/* Pushes the bytes as at most `max` bytes of printable ASCII: others as \xNN, a cut as "...". */
void tw_push_printable(lua_State *L, const char *bytes, size_t n, size_t max);

#endif
