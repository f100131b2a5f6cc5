/*
** Compares names in snake_case, whatever the user wrote: whole names, abbreviations, and names
** without the table around them, so that it finds a field in the wrong table.
*/
#include "api/suggest.h"

#include <string.h>

#include "api/form.h"
#include "api/options.h"
#include "ascii.h"

#define WORD_MAX 64 /* the longest word that is compared; the API's longest has 25 bytes */
#define ABBREVIATION_MIN 3 /* shortest beginning of a name that stands for it */


static size_t min(size_t a, size_t b) {
  return a < b ? a : b;
}


/* Damerau-Levenshtein distance (optimal string alignment), three rows at a time. Gives `limit` or
** more at once if the lengths show that it is as large. */
static size_t distance_between(const char *a, const char *b, size_t limit) {
  size_t rows[3][WORD_MAX + 1];
  size_t *before = rows[0], *above = rows[1], *row = rows[2];
  size_t na = strlen(a), nb = strlen(b);
  size_t i, j;
  if (na > WORD_MAX || nb > WORD_MAX) return WORD_MAX;
  if (na >= nb + limit || nb >= na + limit) return limit;
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
  tw_Name wanted; /* the unknown name, in snake_case */
  tw_Name best;
  size_t distance;
} Nearest;


static const char *last_part(const tw_Name *name) {
  const char *dot = strrchr(name->text, '.');
  return dot != NULL ? dot + 1 : name->text;
}


/* "service_sid" for "chat_service_sid": the last words of the name? */
static bool is_end_of(const char *wanted, const char *name) {
  const size_t n = strlen(wanted), length = strlen(name);
  return n >= ABBREVIATION_MIN && length > n && name[length - n - 1] == '_' &&
         strcmp(name + length - n, wanted) == 0;
}


/* The distance of the name from the wanted one; 0 for the same. */
static size_t distance_to(const tw_Name *wanted, const tw_Name *name, size_t limit) {
  const bool inner = strchr(wanted->text, '.') == NULL; /* perhaps the table was left out */
  size_t distance = distance_between(wanted->text, name->text, limit);
  if (inner) distance = min(distance, distance_between(wanted->text, last_part(name), limit));
  if (strcmp(last_part(wanted), last_part(name)) == 0) distance = min(distance, 1);
  if (wanted->length >= ABBREVIATION_MIN && strncmp(name->text, wanted->text, wanted->length) == 0) {
    distance = min(distance, 1);
  }
  if (is_end_of(last_part(wanted), last_part(name))) distance = min(distance, 2);
  return distance;
}


static void consider_name(Nearest *nearest, const tw_Name *name) {
  const size_t distance = distance_to(&nearest->wanted, name, nearest->distance);
  if (distance < nearest->distance) {
    nearest->distance = distance;
    nearest->best = *name;
  }
}


static void consider(Nearest *nearest, const char *wire) {
  tw_Name name;
  tw_form_snake(&name, wire);
  consider_name(nearest, &name);
}


/* A field, and before it the group that it is in. */
static void consider_field(Nearest *nearest, const char *wire) {
  const char *dot;
  tw_Name group;
  tw_form_snake(&group, wire);
  dot = strchr(group.text, '.');
  if (dot != NULL) {
    tw_form_truncate(&group, (size_t)(dot - group.text));
    consider_name(nearest, &group);
  }
  consider(nearest, wire);
}


static void consider_resource(Nearest *nearest, const tw_Operation *operation,
                              const tw_Resource *resource) {
  int i;
  for (i = 0; i < resource->field_count; i++) {
    if ((resource->fields[i].operations & operation->bit) != 0) {
      consider_field(nearest, resource->fields[i].wire);
    }
  }
  for (i = 0; i < resource->segment_count; i++) {
    const tw_Segment *segment = &resource->segments[i];
    if (segment->wire != NULL && tw_operation_has(operation, segment)) {
      consider(nearest, segment->wire);
    }
  }
}


static void consider_options(Nearest *nearest, const tw_Operation *operation) {
  int i;
  for (i = 0; i < tw_option_count; i++) consider(nearest, tw_option_name(i));
  for (i = 0; i < tw_client_option_count; i++) consider(nearest, tw_client_options[i]);
  if (operation == &tw_operations[TW_CREATE_WEBHOOK]) consider(nearest, "baseline"); /* see push_owner */
  consider(nearest, "extra");
}


/* Names at this distance or more are not alike. The part before the dot counts little. */
static size_t limit_of(const tw_Name *wanted) {
  const size_t length = strlen(last_part(wanted));
  return length / 3 + (length < wanted->length ? 2 : 1);
}


static void consider_all(Nearest *nearest, const tw_Operation *operation,
                         const tw_Resource *resource) {
  int i;
  nearest->distance = limit_of(&nearest->wanted);
  if (resource != NULL) consider_resource(nearest, operation, resource);
  for (i = 0; resource == NULL && i < tw_resource_count; i++) {
    if (tw_resources[i].has_defaults) consider_resource(nearest, operation, &tw_resources[i]);
  }
  consider_options(nearest, operation);
}


/* "webhook_sid" for "sid": does it begin with the name of the resource's item? If so, cuts that. */
static bool drop_item(tw_Name *wanted, const char *item) {
  const size_t n = strlen(item);
  if (wanted->length <= n + 1 || strncmp(wanted->text, item, n) != 0 || wanted->text[n] != '_') {
    return false;
  }
  memmove(wanted->text, wanted->text + n + 1, wanted->length - n); /* with the NUL */
  wanted->length -= n + 1;
  return true;
}


static bool knows(const tw_Resource *resource, const char *wire) {
  return tw_resource_field(resource, wire, strlen(wire)) >= 0 || tw_resource_segment(resource, wire) >= 0;
}


static bool knows_any(const char *wire) {
  int i;
  for (i = 0; i < tw_resource_count; i++) {
    if (knows(&tw_resources[i], wire)) return true;
  }
  return false;
}


/* Sets what was wanted. Capitals alone, as in the environment, are no beginnings of words. */
static void set_wanted(tw_Name *wanted, const char *wire) {
  size_t i;
  tw_form_snake(wanted, wire);
  for (i = 0; wire[i] != '\0'; i++) {
    if (tw_ascii_is_lower(wire[i])) return;
  }
  tw_form_truncate(wanted, 0);
  (void)tw_form_append(wanted, wire, i);
  for (i = 0; i < wanted->length; i++) wanted->text[i] = tw_ascii_lower(wanted->text[i]);
}


static void find_nearest(Nearest *nearest, const tw_Operation *operation,
                         const tw_Resource *resource, const char *wire) {
  const char *item = resource != NULL ? resource->item : tw_resources[0].item;
  set_wanted(&nearest->wanted, wire);
  nearest->best.length = 0;
  consider_all(nearest, operation, resource);
  if (nearest->best.length == 0 && !knows_any(wire) && drop_item(&nearest->wanted, item)) {
    consider_all(nearest, operation, resource);
  }
}


/* Pushes where this parameter belongs. If it is not known, pushes nothing and returns false. */
static bool push_owner(const tw_Problems *problems, const tw_Resource *resource, const tw_Name *wire,
                       const char *path) {
  lua_State *L = problems->L;
  if (strcmp(path, "baseline") == 0) { /* a client's Lua code takes it, not the core */
    lua_pushfstring(L, "is not a parameter of %s, but of a client's create_webhook", problems->name);
    return true;
  }
  if (resource == NULL) return false;
  if (tw_option_is_clients(path)) {
    lua_pushfstring(L, "is not a parameter of %s, but an option of webhooks.new", problems->name);
    return true;
  }
  if (knows(resource, wire->text)) {
    lua_pushfstring(L, "is not a parameter of %s", problems->name);
    return true;
  }
  return false;
}


/* The same for a parameter that the operation takes for another resource. */
static bool push_other_owner(lua_State *L, const tw_Operation *operation, const tw_Resource *resource,
                             const tw_Name *wire) {
  int i;
  if (resource == NULL || knows(resource, wire->text)) return false;
  for (i = 0; i < tw_resource_count; i++) {
    if ((tw_resources[i].operations & operation->bit) != 0 && knows(&tw_resources[i], wire->text)) {
      lua_pushfstring(L, "is a parameter of %s %s, and these are %s", tw_resources[i].owner,
                      tw_resources[i].items, resource->owner);
      return true;
    }
  }
  return false;
}


/* The first operation that takes this parameter, on any resource; NULL if none does. */
static const char *other_operation(const tw_Name *wire) {
  int i, j;
  for (i = 0; i < tw_resource_count; i++) {
    const tw_Resource *resource = &tw_resources[i];
    const int field = tw_resource_field(resource, wire->text, wire->length);
    if (field < 0 && tw_resource_segment(resource, wire->text) < 0) continue;
    for (j = 0; j < tw_operation_count; j++) {
      const unsigned takes = field >= 0 ? resource->fields[field].operations : resource->operations;
      if ((takes & tw_operations[j].bit) != 0) return tw_operations[j].name;
    }
  }
  return NULL;
}


/* Pushes a hint for a parameter that does not belong to the operation's resources. */
static void push_hint(const tw_Problems *problems, const tw_Resource *resource, const tw_Name *wire,
                      const tw_Name *nearest) {
  lua_State *L = problems->L;
  const char *other = other_operation(wire);
  lua_pushfstring(L, "is not a parameter of %s", problems->name);
  if (nearest->length > 0) lua_pushfstring(L, "; did you mean %s?", nearest->text);
  else if (other != NULL) lua_pushfstring(L, ", but of %s", other);
  else lua_pushstring(L, resource == NULL ? "" : " (a field that only the API knows goes under extra)");
  lua_concat(L, 2);
}


void tw_suggest_refuse(tw_Problems *problems, const tw_Operation *operation,
                       const tw_Resource *resource, const char *path) {
  lua_State *L = problems->L;
  Nearest nearest;
  tw_Name wire;
  bool others;
  nearest.best.length = 0;
  tw_form_truncate(&wire, 0);
  tw_form_wire(&wire, path, strlen(path));
  others = push_other_owner(L, operation, resource, &wire);
  if (!others && !push_owner(problems, resource, &wire, path)) {
    find_nearest(&nearest, operation, resource, wire.text);
    push_hint(problems, resource, &wire, &nearest.best);
  }
  tw_problem_add(problems, path, lua_tostring(L, -1),
                 nearest.best.length > 0 ? nearest.best.text : NULL);
  if (!others) tw_problem_mark_unknown(problems);
  lua_pop(L, 1);
}


int tw_suggest_nearest(lua_State *L) {
  Nearest nearest;
  int i;
  set_wanted(&nearest.wanted, luaL_checkstring(L, 1));
  luaL_checktype(L, 2, LUA_TTABLE);
  nearest.distance = limit_of(&nearest.wanted);
  nearest.best.length = 0;
  for (i = 1; lua_rawgeti(L, 2, i), lua_type(L, -1) == LUA_TSTRING; i++) {
    consider(&nearest, lua_tostring(L, -1));
    lua_pop(L, 1);
  }
  if (nearest.best.length == 0) lua_pushnil(L);
  else lua_pushstring(L, nearest.best.text);
  return 1;
}
