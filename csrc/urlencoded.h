/*
** Forms as they come in: application/x-www-form-urlencoded, read. The one reader for what is
** verified (signature.c) and for events, so that both see the same. How forms are written is
** in api/form.
*/
#ifndef TW_URLENCODED_H
#define TW_URLENCODED_H

#include <lua.h>
#include <stdbool.h>
#include <stddef.h>

#define TW_FORM_BYTES 524288  /* a message of 32 KiB, encoded, takes a third of that */
#define TW_FORM_PAIRS 1000

typedef struct tw_Slice {
  const char *text;
  size_t length;
} tw_Slice;

typedef struct tw_Pair {
  tw_Slice name, value;
} tw_Pair;

/* How many pairs the form has. Empty ones, as between "&&", do not count. */
size_t tw_urlencoded_count(tw_Slice form);

/* Decodes all pairs of the form to `out`, which has room for as many bytes as the form has.
** False for what is not a form: a control character, or a percent sign without two digits. */
bool tw_urlencoded_decode(tw_Slice form, tw_Pair *pairs, char *out);

/* read_form(text): a list of names and values in turn; or nil and a word. */
int tw_urlencoded_read(lua_State *L);

#endif
