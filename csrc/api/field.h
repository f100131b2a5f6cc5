/*
** A field of the API: what it takes, and its value as form pairs. operation.c has the rows.
*/
#ifndef TW_FIELD_H
#define TW_FIELD_H

#include "buffer.h"
#include "api/problem.h"

typedef enum tw_FieldType {
  TW_STRING,        /* without control characters; numbers too, as Lua has it */
  TW_ENUM,          /* one of `values`, as spelt there */
  TW_ENUM_ANY_CASE, /* the same in any case, sent as spelt there */
  TW_SID,           /* of the kind values[0] */
  TW_INTEGER,
  TW_RANGE,         /* an integer from values[0] to values[1] */
  TW_BOOLEAN,
  TW_LIST,          /* of such strings: the name is repeated; one string is a list of one */
  TW_NAMES,         /* the same, without commas: a comma tells that a whole list was written as one text */
  TW_ENUMS,         /* a list of `values` */
  TW_PAGE           /* "first", or where a list goes on: not of the form, see params.c */
} tw_FieldType;

typedef struct tw_Field {
  const char *wire;     /* dotted name: "Configuration.FlowSid" */
  tw_FieldType type;
  const char *expected; /* for people: "must be ..." */
  const char *const *values; /* ends with NULL */
  unsigned operations;  /* bits of those that take it */
  unsigned required;    /* bits of those that need it */
} tw_Field;

/* Appends the value at stack index `value` (absolute) to the form, or adds problems under the
** field's name in snake_case. `clears`: an empty list, and an empty text for a SID, become an
** empty value, with which an update clears the field. */
void tw_field_write(const tw_Field *field, int value, bool clears, tw_Buffer *form,
                    tw_Problems *problems);

/* The same for a field of which only the name is known. Problems are named `before` plus that
** name. */
void tw_field_write_unchecked(const char *before, const char *wire, int value, tw_Buffer *form,
                              tw_Problems *problems);

/* A SID: two letters that name its kind, then 32 hexadecimal digits. */
bool tw_field_is_sid(const char *s, size_t n, const char *kind);

#endif
