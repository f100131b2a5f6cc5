/*
** Walks a user's table once, in Lua's order, and looks each leaf up once. Keeps a bounded number
** of leaves that it cannot place, in byte order, and only counts the rest: so a table of
** thousands costs no more than the walk.
*/
#include "api/given.h"

#include <string.h>

#include "api/form.h"
#include "api/options.h"
#include "api/spelling.h"

/* Levels of groups within groups. The API has one; `extra` may one day need two. */
#define DEPTH_MAX 8

typedef enum Source { CALL, EXTRA, DEFAULTS, DEFAULT_EXTRA } Source;

typedef struct Walk {
  tw_Given *given;
  Source source;
  tw_Name name;          /* as on the wire */
  tw_Name path;          /* as the user wrote it */
  int above[DEPTH_MAX];  /* stack indices of the tables that hold this one */
  int depth;
  int group;             /* this table's number: see tw_spelling_find; NO_GROUP: it is not known */
} Walk;

/* The number of no group. */
#define NO_GROUP 255


static bool of_extra(const Walk *walk) {
  return walk->source == EXTRA || walk->source == DEFAULT_EXTRA;
}


/* ---- entries ---- */

/* Finds the place of the name among the first `n` entries, which are in byte order. True if
** it is there already. */
static bool find_entry(const tw_Entry *entries, int n, const char *name, int *at) {
  int low = 0, high = n;
  while (low < high) {
    const int middle = (low + high) / 2;
    const int order = strcmp(entries[middle].name, name);
    if (order == 0) {
      *at = middle;
      return true;
    }
    if (order < 0) low = middle + 1;
    else high = middle;
  }
  *at = low;
  return false;
}


/* Puts the name, and the value at that stack index (0: none), into two places of `kept`.
** Returns the name as the array holds it. */
static const char *keep(tw_Given *given, int place, const char *name, int value) {
  lua_State *L = given->L;
  if (lua_isnil(L, given->kept)) {
    lua_newtable(L);
    lua_replace(L, given->kept);
  }
  if (value != 0) lua_pushvalue(L, value);
  else lua_pushboolean(L, 0);
  lua_rawseti(L, given->kept, place + 1);
  lua_pushstring(L, name);
  name = lua_tostring(L, -1);
  lua_rawseti(L, given->kept, place);
  return name;
}


/* Inserts an entry at index `at` of `count` entries. If there is no room (`max`), it replaces the
** last one. */
static tw_Entry *insert(tw_Given *given, tw_Entry *entries, int count, int max, int at,
                        const char *name, int value) {
  const int n = count < max ? count : max - 1; /* entries that stay */
  int where = given->kept_count + 1;
  if (count < max) given->kept_count += 2;
  else where = entries[max - 1].place;
  name = keep(given, where, name, value);
  memmove(&entries[at + 1], &entries[at], (size_t)(n - at) * sizeof *entries);
  entries[at] = (tw_Entry){.name = name, .place = where, .has_value = value != 0};
  return &entries[at];
}


/* Lists a mistake under that name, or only counts it. */
static void leave(tw_Given *given, const char *name, const char *expected, const char *message,
                  int value) {
  const int count = given->left_count++;
  const int listed = count < TW_PROBLEMS_MAX ? count : TW_PROBLEMS_MAX;
  tw_Entry *entry;
  int at;
  (void)find_entry(given->left, listed, name, &at);
  if (at == TW_PROBLEMS_MAX) return;
  entry = insert(given, given->left, count, TW_PROBLEMS_MAX, at, name, value);
  entry->expected = expected;
  entry->message = message;
}


static void leave_path(const Walk *walk, const char *expected, const char *message, int value) {
  leave(walk->given, walk->path.length > 0 ? walk->path.text : "parameters", expected, message,
        value);
}


/* ---- places ---- */

static int field_of(const tw_Given *given, const tw_Name *name) {
  const int i = tw_resource_field(given->resource, name->text, name->length);
  const bool takes = i >= 0 && (given->resource->fields[i].operations & given->operation->bit) != 0;
  return takes ? i : -1;
}


static int segment_of(const tw_Given *given, const tw_Name *name) {
  const int i = tw_resource_segment(given->resource, name->text);
  return i >= 0 && tw_operation_has(given->operation, &given->resource->segments[i]) ? i : -1;
}


/* The slot of the parameter with that wire name; 0 if the operation does not take it. */
static int slot_of(const tw_Given *given, const tw_Name *name) {
  int i;
  if (given->resource == NULL) return 0;
  i = field_of(given, name);
  if (i >= 0) return given->fields + i;
  i = segment_of(given, name);
  return i >= 0 ? given->segments + i : 0;
}


/* May a client have a default of that name? */
static bool is_known(const tw_Name *name) {
  int i;
  for (i = 0; i < tw_resource_count; i++) {
    const tw_Resource *resource = &tw_resources[i];
    if (tw_resource_segment(resource, name->text) >= 0) return true;
    if (resource->has_defaults && tw_resource_field(resource, name->text, name->length) >= 0) return true;
  }
  return false;
}


static bool is_group_name(const tw_Given *given, const tw_Name *name) {
  int i;
  if (given->resource != NULL) return tw_resource_has_group(given->resource, name->text, name->length);
  for (i = 0; i < tw_resource_count; i++) {
    if (tw_resources[i].has_defaults && tw_resource_has_group(&tw_resources[i], name->text, name->length)) {
      return true;
    }
  }
  return false;
}


/* Does the slot take a client's default? A webhook's `type` is not a channel's. */
static bool takes_default(const tw_Given *given, int slot) {
  if (given->resource->has_defaults || slot >= given->options) return true;
  return slot >= given->segments &&
         given->resource->segments[slot - given->segments].when != TW_SEGMENT_ITEM;
}


/* Puts the value into its slot. If the slot has a value, a default changes nothing, and any other
** value is a mistake: the parameter was given in two spellings. */
static void put(const Walk *walk, int slot, int value, const char *wire) {
  lua_State *L = walk->given->L;
  tw_Name name;
  if (walk->source == DEFAULTS && !takes_default(walk->given, slot)) return;
  if (lua_isnil(L, slot)) {
    lua_copy(L, value, slot);
  } else if (walk->source != DEFAULTS) {
    tw_form_snake(&name, wire);
    leave(walk->given, name.text, NULL, "is given twice, in two spellings", 0);
  }
}


/* Places an option or `extra`: by its exact name, in the outermost table only. For a client's
** options, skips those of the Lua code. */
static bool place_option(const Walk *walk, int key, int value) {
  lua_State *L = walk->given->L;
  size_t n;
  const char *name;
  int option;
  if (walk->depth > 1 || of_extra(walk) || lua_type(L, key) != LUA_TSTRING) return false;
  name = lua_tolstring(L, key, &n);
  option = tw_option_find(name, n);
  if (option >= 0) put(walk, walk->given->options + option, value, name);
  else if (n == 5 && memcmp(name, "extra", 5) == 0) put(walk, walk->given->extra, value, name);
  else return walk->given->resource == NULL && tw_option_is_clients(name);
  return true;
}


/* Lists a group's name whose value is not a group as a mistake. An empty table is none: it has no field. */
static void place_group(const Walk *walk, int value) {
  lua_State *L = walk->given->L;
  if (lua_type(L, value) != LUA_TTABLE) {
    leave_path(walk, "a table of named fields", NULL, value);
  } else if (tw_form_length(L, value) != 0) {
    leave_path(walk, "a table of named fields only", NULL, 0);
  }
}


static void place_extra(const Walk *walk, int value) {
  tw_Given *given = walk->given;
  const int slot = walk->source == DEFAULT_EXTRA ? slot_of(given, &walk->name) : 0;
  int at;
  if (slot != 0 && !lua_isnil(given->L, slot)) return;
  if (given->extra_count >= TW_EXTRA_MAX) {
    given->extra_count++; /* refused at the end */
  } else if (find_entry(given->extras, given->extra_count, walk->name.text, &at)) {
    leave_path(walk, NULL, "is given twice, in two spellings", 0);
  } else {
    insert(given, given->extras, given->extra_count, TW_EXTRA_MAX, at, walk->name.text, value);
    given->extra_count++;
  }
}


static void place(const Walk *walk, int value) {
  tw_Given *given = walk->given;
  const int slot = slot_of(given, &walk->name);
  if (of_extra(walk)) place_extra(walk, value);
  else if (slot != 0) put(walk, slot, value, walk->name.text);
  else if (is_group_name(given, &walk->name)) place_group(walk, value);
  else if (given->resource == NULL && is_known(&walk->name)) return;
  else if (walk->source == CALL && !given->skip_unknown) leave_path(walk, NULL, NULL, 0);
}


/* ---- the walk ---- */

/* May the table's metatable show fields that it does not hold? A raw walk would miss them. */
static bool may_hide_fields(lua_State *L, int index) {
  static const char *const events[] = {"__index", "__pairs"};
  bool hidden = false;
  size_t i;
  if (!lua_getmetatable(L, index)) return false;
  for (i = 0; i < sizeof events / sizeof *events && !hidden; i++) {
    lua_pushstring(L, events[i]);
    lua_rawget(L, -2);
    hidden = !lua_isnil(L, -1);
    lua_pop(L, 1);
  }
  lua_pop(L, 1);
  return hidden;
}


/* Has the table a named field? Lists and empty tables are leaves, unless a metatable may show
** more fields. */
static bool has_names(lua_State *L, int index) {
  bool named;
  if (lua_type(L, index) != LUA_TTABLE || lua_rawlen(L, index) > 0) return false;
  lua_pushnil(L);
  if (!lua_next(L, index)) return may_hide_fields(L, index);
  named = lua_type(L, -2) == LUA_TSTRING;
  lua_pop(L, 2);
  return named;
}


static bool spells_group(const tw_Spelling *usual) {
  return usual != NULL && usual->spells == TW_SPELLS_GROUP;
}


/* Is the value a group? The value of a parameter never is. */
static bool is_group(const Walk *walk, const tw_Spelling *usual, int value) {
  return has_names(walk->given->L, value) &&
         (of_extra(walk) || spells_group(usual) || slot_of(walk->given, &walk->name) == 0);
}


static bool is_above(const Walk *walk, int index) {
  int i;
  for (i = 0; i < walk->depth; i++) {
    if (lua_rawequal(walk->given->L, walk->above[i], index)) return true;
  }
  return false;
}


/* Appends a dot, if it is not the first, and the key. If there is no room, appends nothing and returns
** false. */
static bool append_key(tw_Name *path, const char *s, size_t n) {
  const size_t length = path->length;
  if ((length == 0 || tw_form_append(path, ".", 1)) && tw_form_append(path, s, n)) return true;
  tw_form_truncate(path, length);
  return false;
}


/* Appends the key to both names. If it is not a name, lists a mistake and returns false. */
static bool enter(Walk *walk, int key) {
  lua_State *L = walk->given->L;
  size_t n;
  const char *s;
  if (lua_type(L, key) != LUA_TSTRING) {
    leave_path(walk, "either a list without holes or a table of named fields", NULL, 0);
    return false;
  }
  s = lua_tolstring(L, key, &n);
  if (n > 0 && memchr(s, '\0', n) == NULL && append_key(&walk->path, s, n)) {
    if (walk->name.length > 0) (void)tw_form_append(&walk->name, ".", 1); /* it is no longer than the path */
    tw_form_wire(&walk->name, s, n);
    return true;
  }
  leave_path(walk, "named by 1 to 128 bytes in all, without NUL", NULL, key);
  return false;
}


/* What the key means if it has the usual spelling; else NULL. */
static const tw_Spelling *find_usual(const Walk *walk, int key) {
  size_t n;
  const char *s;
  if (walk->group == NO_GROUP || lua_type(walk->given->L, key) != LUA_TSTRING) return NULL;
  s = lua_tolstring(walk->given->L, key, &n);
  return tw_spelling_find(walk->given->resource, walk->group, s, n);
}


/* Puts the value of such a key into its slot, without comparing all spellings of all parameters. */
static bool place_usual(const Walk *walk, const tw_Spelling *usual, int value) {
  const tw_Given *given = walk->given;
  const tw_Resource *resource = given->resource;
  const int i = usual->index;
  switch (usual->spells) {
    case TW_SPELLS_OPTION:
      put(walk, given->options + i, value, tw_option_name(i));
      return true;
    case TW_SPELLS_EXTRA:
      put(walk, given->extra, value, "extra");
      return true;
    case TW_SPELLS_FIELD:
      if ((resource->fields[i].operations & given->operation->bit) == 0) return false;
      put(walk, given->fields + i, value, resource->fields[i].wire);
      return true;
    case TW_SPELLS_SEGMENT:
      if (!tw_operation_has(given->operation, &resource->segments[i])) return false;
      put(walk, given->segments + i, value, resource->segments[i].wire);
      return true;
    default:
      return false;
  }
}


static void walk_table(Walk *walk, int index);


/* Walks the table of a group. */
static void walk_group(Walk *walk, const tw_Spelling *usual, int index) {
  const int group = walk->group;
  walk->group = usual != NULL && usual->spells == TW_SPELLS_GROUP ? usual->index : NO_GROUP;
  walk_table(walk, index);
  walk->group = group;
}


static void visit(Walk *walk, int key, int value) {
  const size_t name = walk->name.length, path = walk->path.length;
  const tw_Spelling *usual = find_usual(walk, key);
  if (usual != NULL ? place_usual(walk, usual, value) : place_option(walk, key, value)) return;
  if (enter(walk, key)) {
    if (is_group(walk, usual, value)) walk_group(walk, usual, value);
    else place(walk, value);
  }
  tw_form_truncate(&walk->name, name);
  tw_form_truncate(&walk->path, path);
}


static void walk_table(Walk *walk, int index) {
  lua_State *L = walk->given->L;
  const char *refusal = NULL;
  if (is_above(walk, index)) refusal = "a table that does not hold itself";
  else if (walk->depth == DEPTH_MAX) refusal = "nested at most 8 tables deep";
  else if (may_hide_fields(L, index)) refusal = "a plain table, without __index or __pairs";
  if (refusal != NULL) {
    leave_path(walk, refusal, NULL, 0);
    return;
  }
  walk->above[walk->depth++] = index;
  luaL_checkstack(L, 8, "nested tables");
  lua_pushnil(L);
  while (lua_next(L, index)) {
    const int value = lua_gettop(L);
    visit(walk, value - 1, value);
    lua_pop(L, 1);
  }
  walk->depth--;
}


/* ---- reading ---- */

void tw_given_open(tw_Given *given, lua_State *L, const tw_Operation *operation,
                   const tw_Resource *resource, bool skip_unknown) {
  given->L = L;
  given->operation = operation;
  given->resource = resource;
  given->skip_unknown = skip_unknown;
  given->fields = lua_gettop(L) + 1;
  given->segments = given->fields + (resource != NULL ? resource->field_count : 0);
  given->options = given->segments + (resource != NULL ? resource->segment_count : 0);
  given->extra = given->options + tw_option_count;
  given->kept = given->extra + 1;
  given->kept_count = given->extra_count = given->left_count = 0;
  luaL_checkstack(L, given->kept - given->fields + 8, "parameters");
  lua_settop(L, given->kept);
}


static void read_table(tw_Given *given, int table, Source source, const char *path) {
  Walk walk;
  walk.given = given;
  walk.source = source;
  walk.depth = 0;
  walk.group = given->resource != NULL && (source == CALL || source == DEFAULTS) ? 0 : NO_GROUP;
  tw_form_truncate(&walk.name, 0);
  tw_form_truncate(&walk.path, 0);
  tw_form_append(&walk.path, path, strlen(path));
  walk_table(&walk, table);
}


/* Skips `extra` for another operation with the same parameters: it belongs to one operation. */
static void read_extra(tw_Given *given, Source source) {
  if (lua_isnil(given->L, given->extra) || given->skip_unknown) return;
  if (lua_type(given->L, given->extra) == LUA_TTABLE) read_table(given, given->extra, source, "extra");
  else leave(given, "extra", "a table of fields", NULL, given->extra);
}


void tw_given_read(tw_Given *given, int params, int defaults) {
  bool extra;
  read_table(given, params, CALL, "");
  extra = !lua_isnil(given->L, given->extra);
  read_extra(given, EXTRA);
  if (defaults == 0) return;
  read_table(given, defaults, DEFAULTS, "defaults");
  if (!extra && given->resource->has_defaults) read_extra(given, DEFAULT_EXTRA);
}


const tw_Entry *tw_given_extra(const tw_Given *given, const char *wire) {
  const int n = given->extra_count < TW_EXTRA_MAX ? given->extra_count : TW_EXTRA_MAX;
  int at;
  return find_entry(given->extras, n, wire, &at) ? &given->extras[at] : NULL;
}


void tw_given_push(const tw_Given *given, const tw_Entry *entry) {
  lua_rawgeti(given->L, given->kept, entry->place + 1);
}
