/*
** Encodes Lua values as application/x-www-form-urlencoded: nested snake_case keys
** become dotted PascalCase names, a list repeats its name, text is
** percent-encoded. Knows no field of the API, and no HTTP.
*/
#ifndef TW_FORM_H
#define TW_FORM_H

#include "buffer.h"
#include "api/problem.h"

/* Bytes of a dotted name. The API's longest has 25. */
#define TW_NAME_MAX 128

typedef struct tw_Name {
  char text[TW_NAME_MAX + 1];
  size_t length;
} tw_Name;

/* A scalar as text; `data` points into the Lua string or into `number`. */
typedef struct tw_Text {
  const char *data;
  size_t length;
  char number[32];
} tw_Text;


/* ---- names ---- */

/* Appends bytes unchanged. If there is no room, appends nothing and returns false. */
bool tw_form_append(tw_Name *name, const char *s, size_t n);

/* Cuts the name to a length that it had before. */
void tw_form_truncate(tw_Name *name, size_t length);

/* Appends a key of at most TW_NAME_MAX bytes, dotted or not, in the API's spelling, which is no
** longer: "flow_sid" and "FlowSid" give "FlowSid", "configuration.url" gives "Configuration.Url".
** A part with a capital letter stays as it is. A part that does not fit is left out. */
void tw_form_wire(tw_Name *name, const char *key, size_t n);

/* Sets `name` to the snake_case spelling of a wire name. */
void tw_form_snake(tw_Name *name, const char *wire);


/* ---- values ---- */

/* Sets `text` from the scalar at `index`. Returns NULL, or what the value must be. */
const char *tw_form_text(lua_State *L, int index, tw_Text *text);

/* The length of the list at `index`, a table whose keys are exactly 1..n; -1 if it is not a list. */
int tw_form_length(lua_State *L, int index);

/* Appends the bytes, percent-encoded except RFC 3986's unreserved characters: for a form's
** names and values, and for segments of a URL's path. */
void tw_form_escape(tw_Buffer *out, const char *bytes, size_t n);

/* Appends "name=value", after "&" unless it is the first. `plain`: the name needs no encoding. */
void tw_form_pair(tw_Buffer *form, const char *name, size_t n, bool plain, const tw_Text *value);


#endif
