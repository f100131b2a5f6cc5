/*
** Reads incoming forms: application/x-www-form-urlencoded. Both verification (signature.c) and
** events use this one reader, so that both see the same. api/form writes forms.
*/
#ifndef TW_URLENCODED_H
#define TW_URLENCODED_H

#include <lua.h>
#include <stdbool.h>
#include <stddef.h>

#define TW_FORM_BYTES 524288  /* a message of 32 KiB takes a third of that, encoded */
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
** False if it is no form: it has a control character, or a percent sign without two digits. */
bool tw_urlencoded_decode(tw_Slice form, tw_Pair *pairs, char *out);

/* read_form(text): a list of names and values in turn; or nil and a word. */
int tw_urlencoded_read(lua_State *L);

#endif
