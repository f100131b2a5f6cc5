/*
** A user's table, flattened: no later code sees nested tables or spellings. The value of each
** parameter that the operation takes has a stack slot. The fields of `extra` are listed apart,
** and so is everything left over, which is a mistake. Checks no value.
*/
#ifndef TW_GIVEN_H
#define TW_GIVEN_H

#include "api/operation.h"
#include "api/problem.h"

/* Fields that `extra` may have. */
#define TW_EXTRA_MAX 64

typedef struct tw_Entry {
  const char *name;     /* on the wire, of an extra field; else as problems show it */
  int place;            /* in `kept`: of the name; the value's is the next */
  bool has_value;       /* a problem may show it */
  const char *expected; /* of what is left: "must be ..."; or */
  const char *message;  /* what is wrong; neither: the name is not known */
} tw_Entry;

typedef struct tw_Given {
  lua_State *L;
  const tw_Operation *operation;
  const tw_Resource *resource; /* NULL: any of them, as for a client's options */
  bool skip_unknown;
  int fields, segments, options; /* the first stack slot of each; nil: not given */
  int extra;      /* the slot of the table itself */
  int kept;       /* the slot of an array that holds names and values of the entries, or of nil */
  int kept_count;
  int extra_count; /* all; the first TW_EXTRA_MAX by byte order are listed */
  int left_count;  /* all; the first TW_PROBLEMS_MAX by byte order are listed */
  tw_Entry extras[TW_EXTRA_MAX];
  tw_Entry left[TW_PROBLEMS_MAX];
} tw_Given;

/* open: reserves the slots on top of the stack; they have to stay there */
void tw_given_open(tw_Given *given, lua_State *L, const tw_Operation *operation,
                   const tw_Resource *resource, bool skip_unknown);

/* use: reads the call's table at stack index `params`, then takes missing values from the one
** at `defaults` (0: none). Reads both raw, and changes neither. */
void tw_given_read(tw_Given *given, int params, int defaults);

/* The field of `extra` with that wire name, or NULL. */
const tw_Entry *tw_given_extra(const tw_Given *given, const char *wire);

/* Pushes an entry's value. */
void tw_given_push(const tw_Given *given, const tw_Entry *entry);

#endif
