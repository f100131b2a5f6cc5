/*
** Spellings are compared in snake_case, whatever the user wrote, and both whole
** and without the table around them, so that a field in the wrong table is found.
*/
#include "api/suggest.h"

#include <string.h>

#include "api/options.h"

#define WORD_MAX 64 /* longest word that is compared; the API's longest has 25 bytes */


static size_t min(size_t a, size_t b) {
  return a < b ? a : b;
}


/* Damerau-Levenshtein distance (optimal string alignment), three rows at a time. */
static size_t distance_between(const char *a, const char *b) {
  size_t rows[3][WORD_MAX + 1];
  size_t *before = rows[0], *above = rows[1], *row = rows[2];
  size_t na = strlen(a), nb = strlen(b);
  size_t i, j;
  if (na > WORD_MAX || nb > WORD_MAX) return WORD_MAX;
  for (j = 0; j <= nb; j++) above[j] = before[j] = j;
  for (i = 1; i <= na; i++) {
    size_t *spare = before;
    row[0] = i;
    for (j = 1; j <= nb; j++) {
      bool same = a[i - 1] == b[j - 1];
      row[j] = min(above[j - 1] + !same, min(above[j], row[j - 1]) + 1);
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = min(row[j], before[j - 2] + 1);
      }
    }
    before = above;
    above = row;
    row = spare;
  }
  return above[nb];
}


typedef struct Nearest {
  tw_Name wanted; /* the unknown key, in snake_case */
  tw_Name best;
  size_t distance;
} Nearest;


static void open_nearest(Nearest *nearest, const char *word) {
  tw_form_snake(&nearest->wanted, word);
  nearest->distance = nearest->wanted.length / 3 + 1; /* further off is no likeness */
  nearest->best.length = 0;
}


static void consider(Nearest *nearest, const tw_Name *candidate) {
  const char *part = strrchr(candidate->text, '.');
  size_t distance = distance_between(nearest->wanted.text, candidate->text);
  if (part != NULL && strchr(nearest->wanted.text, '.') == NULL) { /* right field, wrong table? */
    size_t inner = distance_between(nearest->wanted.text, part + 1);
    if (inner < distance) distance = inner;
  }
  if (distance < nearest->distance) {
    nearest->distance = distance;
    nearest->best = *candidate;
  }
}


static void consider_wire(Nearest *nearest, const char *wire) {
  tw_Name name;
  tw_form_snake(&name, wire);
  consider(nearest, &name);
}


static void consider_resource(const tw_Operation *operation, const tw_Resource *resource,
                              Nearest *nearest) {
  int i;
  for (i = 0; i < resource->field_count; i++) {
    if ((resource->fields[i].operations & operation->bit) != 0) {
      consider_wire(nearest, resource->fields[i].wire);
    }
  }
  for (i = 0; i < resource->segment_count; i++) {
    const tw_Segment *segment = &resource->segments[i];
    if (segment->wire != NULL && tw_operation_has(operation, segment)) {
      consider_wire(nearest, segment->wire);
    }
  }
}


/* A client takes defaults for every call. */
static bool is_opening(const tw_Operation *operation) {
  return operation->bit == ~0u;
}


static void find_nearest(const tw_Operation *operation, const tw_Resource *resource,
                         Nearest *nearest) {
  int i;
  if (!is_opening(operation)) consider_resource(operation, resource, nearest);
  for (i = 0; is_opening(operation) && i < tw_resource_count; i++) {
    consider_resource(operation, &tw_resources[i], nearest);
  }
  for (i = 0; i < tw_option_count; i++) consider_wire(nearest, tw_option_name(i));
  for (i = 0; i < tw_client_option_count; i++) consider_wire(nearest, tw_client_options[i]);
  consider_wire(nearest, "extra");
}


static bool is_client_option(const char *name) {
  int i;
  for (i = 0; i < tw_client_option_count; i++) {
    if (strcmp(tw_client_options[i], name) == 0) return true;
  }
  return false;
}


static bool knows(const tw_Resource *resource, const tw_Name *name) {
  return tw_resource_field(resource, name->text, name->length) >= 0 ||
         tw_resource_segment(resource, name->text) >= 0;
}


/* Pushes where this parameter is known, if it is not here; else returns false. */
static bool push_elsewhere(lua_State *L, const tw_Operation *operation,
                           const tw_Resource *resource, const tw_Name *name) {
  tw_Name snake;
  int i;
  tw_form_snake(&snake, name->text);
  if (is_client_option(snake.text)) {
    lua_pushfstring(L, "is not a parameter of %s, but an option of webhooks.new", operation->name);
    return true;
  }
  if (knows(resource, name)) {
    lua_pushfstring(L, "is not a parameter of %s", operation->name);
    return true;
  }
  for (i = 0; i < tw_resource_count; i++) {
    if (knows(&tw_resources[i], name)) {
      lua_pushfstring(L, "is a parameter of %s webhooks, and these are %s", tw_resources[i].owner,
                      resource->owner);
      return true;
    }
  }
  return false;
}


void tw_suggest_refuse(tw_Problems *problems, const tw_Operation *operation,
                       const tw_Resource *resource, const tw_Walk *walk) {
  lua_State *L = problems->L;
  Nearest nearest;
  nearest.best.length = 0;
  if (!push_elsewhere(L, operation, resource, &walk->name)) {
    open_nearest(&nearest, walk->name.text);
    find_nearest(operation, resource, &nearest);
    lua_pushfstring(L, "is not a parameter of %s", operation->name);
    if (nearest.best.length > 0) lua_pushfstring(L, "; did you mean %s?", nearest.best.text);
    else lua_pushstring(L, is_opening(operation) ? "" : " (what this module does not know goes under extra)");
    lua_concat(L, 2);
  }
  tw_problem_add(problems, walk->path.text, lua_tostring(L, -1),
                 nearest.best.length > 0 ? nearest.best.text : NULL);
  lua_pop(L, 1);
}


int tw_suggest_nearest(lua_State *L) {
  const char *word = luaL_checkstring(L, 1);
  Nearest nearest;
  int i;
  luaL_checktype(L, 2, LUA_TTABLE);
  open_nearest(&nearest, word);
  for (i = 1; lua_rawgeti(L, 2, i), lua_type(L, -1) == LUA_TSTRING; i++) {
    consider_wire(&nearest, lua_tostring(L, -1));
    lua_pop(L, 1);
  }
  if (nearest.best.length == 0) lua_pushnil(L);
  else lua_pushstring(L, nearest.best.text);
  return 1;
}
