/*
** Checks one value against its field's row and writes it to the form.
*/
#include "api/field.h"

#include <stdlib.h>
#include <string.h>

#include "ascii.h"
#include "api/form.h"

#define INTEGER_DIGITS 18 /* of any 64-bit number */

/* A value that is being written. */
typedef struct Writing {
  const tw_Field *field; /* NULL: unchecked */
  const char *before;    /* of the name in problems: "" or "extra." */
  const char *wire;
  size_t length;         /* of wire */
  int position;          /* in a list; 0 for none */
  bool clears;
  tw_Buffer *form;
  tw_Problems *problems;
} Writing;


bool tw_field_is_sid(const char *s, size_t n, const char *kind) {
  uint64_t words[4];
  if (n != 2 + sizeof words || memcmp(s, kind, 2) != 0) return false;
  memcpy(words, s + 2, sizeof words);
  return tw_ascii_word_is_alnum(words[0], 'f') && tw_ascii_word_is_alnum(words[1], 'f') &&
         tw_ascii_word_is_alnum(words[2], 'f') && tw_ascii_word_is_alnum(words[3], 'f');
}


/* The enum's own spelling of the text, or NULL. */
static const char *find_value(const tw_Field *field, const char *text) {
  const char *const *value;
  for (value = field->values; *value != NULL; value++) {
    if (field->type == TW_ENUM_ANY_CASE ? tw_ascii_equal(text, *value)
                                        : strcmp(text, *value) == 0) {
      return *value;
    }
  }
  return NULL;
}


static bool is_integer(const tw_Text *text) {
  size_t i = text->data[0] == '-' ? 1 : 0;
  if (text->length == i || text->length - i > INTEGER_DIGITS) return false;
  for (; i < text->length; i++) {
    if (!tw_ascii_is_digit(text->data[i])) return false;
  }
  return true;
}


static bool is_in_range(const tw_Text *text, const char *const *bounds) {
  long long n;
  if (!is_integer(text)) return false;
  n = strtoll(text->data, NULL, 10);
  return n >= strtoll(bounds[0], NULL, 10) && n <= strtoll(bounds[1], NULL, 10);
}


/* A control character in a URL, an event's name or a keyword comes from a file with other line
** ends, or from a terminal. A webhook with one never fires. */
static const char *text_refusal(const tw_Field *field, const tw_Text *text) {
  if (tw_ascii_has_control(text->data, text->length)) return "a string without control characters";
  if (field->type == TW_NAMES && memchr(text->data, ',', text->length) != NULL) {
    return "a list, one name each";
  }
  return NULL;
}


/* What the text must be instead; NULL if the field takes it. May replace the text by the API's
** spelling. */
static const char *refusal_of(const tw_Field *field, tw_Text *text) {
  switch (field->type) {
    case TW_ENUM:
    case TW_ENUM_ANY_CASE:
    case TW_ENUMS:
    case TW_BOOLEAN: {
      const char *value = find_value(field, text->data);
      if (value == NULL) return field->expected;
      text->data = value;
      return NULL;
    }
    case TW_SID:
      return tw_field_is_sid(text->data, text->length, field->values[0]) ? NULL : field->expected;
    case TW_INTEGER:
      return is_integer(text) ? NULL : field->expected;
    case TW_RANGE:
      return is_in_range(text, field->values) ? NULL : field->expected;
    default:
      return text_refusal(field, text);
  }
}


/* "configuration.filters[2]: must be ..." */
static void refuse(const Writing *w, const char *expected, int given) {
  lua_State *L = w->problems->L;
  tw_Name name;
  tw_form_snake(&name, w->wire);
  if (w->position > 0) lua_pushfstring(L, "%s%s[%d]", w->before, name.text, w->position);
  else lua_pushfstring(L, "%s%s", w->before, name.text);
  tw_problem_must(w->problems, lua_tostring(L, -1), expected, given);
  lua_pop(L, 1);
}


static bool is_cleared(const Writing *w, const tw_Text *text) {
  return w->clears && w->field->type == TW_SID && text->length == 0;
}


static bool has_type(const tw_Field *field, int type) {
  if (field->type == TW_BOOLEAN && type == LUA_TBOOLEAN) return true;
  return type == LUA_TSTRING || type == LUA_TNUMBER;
}


static void write_scalar(const Writing *w, int value) {
  lua_State *L = w->problems->L;
  tw_Text text;
  const char *refusal = tw_form_text(L, value, &text);
  if (w->field != NULL) {
    if (!has_type(w->field, lua_type(L, value))) refusal = w->field->expected;
    else if (refusal == NULL && !is_cleared(w, &text)) refusal = refusal_of(w->field, &text);
  }
  if (refusal != NULL) refuse(w, refusal, value);
  else tw_form_pair(w->form, w->wire, w->length, w->field != NULL, &text);
}


/* May the metatable of an empty table show elements? Such a list must not clear the field. */
static bool may_show_more(lua_State *L, int index) {
  if (luaL_getmetafield(L, index, "__index") == 0 && luaL_getmetafield(L, index, "__pairs") == 0) {
    return false;
  }
  lua_pop(L, 1);
  return true;
}


static void write_list(Writing *w, int value) {
  static const tw_Text nothing = {.data = ""};
  lua_State *L = w->problems->L;
  int n = tw_form_length(L, value);
  int element = lua_gettop(L) + 1;
  if (n < 0) refuse(w, "a list without holes, and without names", 0);
  if (n == 0 && may_show_more(L, value)) refuse(w, "a plain table, without __index or __pairs", 0);
  else if (n == 0 && w->clears) tw_form_pair(w->form, w->wire, w->length, w->field != NULL, &nothing);
  else if (n == 0) refuse(w, "a list of one value or more: a form has no empty list", 0);
  for (w->position = 1; w->position <= n && w->form->state == TW_BUFFER_OK; w->position++) {
    lua_rawgeti(L, value, w->position);
    write_scalar(w, element);
    lua_pop(L, 1);
  }
}


void tw_field_write(const tw_Field *field, int value, bool clears, tw_Buffer *form,
                    tw_Problems *problems) {
  Writing w = {.field = field, .before = "", .wire = field->wire, .length = strlen(field->wire),
               .clears = clears, .form = form, .problems = problems};
  const bool list = field->type == TW_LIST || field->type == TW_NAMES || field->type == TW_ENUMS;
  if (list && lua_type(problems->L, value) == LUA_TTABLE) write_list(&w, value);
  else write_scalar(&w, value);
}


void tw_field_write_unchecked(const char *before, const char *wire, int value, tw_Buffer *form,
                              tw_Problems *problems) {
  Writing w = {.before = before, .wire = wire, .length = strlen(wire), .form = form,
               .problems = problems};
  if (lua_type(problems->L, value) == LUA_TTABLE) write_list(&w, value);
  else write_scalar(&w, value);
}
