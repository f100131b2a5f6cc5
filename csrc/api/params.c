/*
** One call's parameters. See the header.
*/
#include "api/params.h"

#include <string.h>

#include "api/form.h"
#include "api/suggest.h"

/* Every parameter has a stack slot of its own, nil until it is seen: one walk
** over the user's table, in whatever order Lua has it, fills them, and the
** request is then made in the contract's order. */
typedef struct Call {
  lua_State *L;
  const tw_Operation *operation;
  const tw_Resource *resource;
  tw_Problems *problems;
  int fields;   /* first slot of the resource's fields */
  int segments; /* of its path's parameters */
  int options;
  int extra;    /* the table given as `extra` */
  int others;   /* name -> value: what `extra` holds beyond the known fields */
  int other_count;
  unsigned unchecked; /* bit i: field i came from `extra` */
  bool skip_unknown;       /* what the operation does not take is skipped, and not refused */
  bool defaulting;    /* what was given already stands */
} Call;

/* Fields that `extra` may add beyond the known ones. */
#define OTHERS_MAX 64


static int find_field(const Call *call, const tw_Name *name) {
  return tw_resource_field(call->resource, name->text, name->length);
}


/* Of the fields, may this one be given to this operation? */
static bool takes(const Call *call, int field) {
  return field >= 0 && (call->resource->fields[field].operations & call->operation->bit) != 0;
}


static int find_segment(const Call *call, const tw_Name *name) {
  int i = tw_resource_segment(call->resource, name->text);
  return i >= 0 && tw_operation_has(call->operation, &call->resource->segments[i]) ? i : -1;
}


static void put(const Call *call, int slot, int value) {
  lua_pushvalue(call->L, value);
  lua_replace(call->L, slot);
}


/* Puts a value into its slot unless the user gave one already, under another spelling. */
static void put_once(const Call *call, int slot, int value, const char *wire) {
  tw_Name name;
  if (lua_isnil(call->L, slot)) {
    put(call, slot, value);
    return;
  }
  if (call->defaulting) return;
  tw_form_snake(&name, wire);
  tw_problem_add(call->problems, name.text, "is given twice, in two spellings", NULL);
}


/* ---- the walk ---- */

/* Claims options and `extra` before the walk takes them for fields. */
static bool take_option(tw_Walk *walk, int key, int value) {
  const Call *call = walk->context;
  size_t n;
  const char *name;
  int option;
  if (lua_type(call->L, key) != LUA_TSTRING) return false;
  name = lua_tolstring(call->L, key, &n);
  option = tw_option_find(name, n);
  if (option >= 0) put_once(call, call->options + option, value, name);
  else if (n == 5 && memcmp(name, "extra", 5) == 0) put_once(call, call->extra, value, name);
  else return false;
  return true;
}


static void put_other(Call *call, const tw_Walk *walk, int value) {
  lua_State *L = call->L;
  if (call->other_count++ == 0) {
    lua_newtable(L);
    lua_replace(L, call->others);
  }
  if (call->other_count > OTHERS_MAX) return; /* refused at the end */
  lua_pushstring(L, walk->name.text);
  lua_rawget(L, call->others);
  if (!lua_isnil(L, -1)) {
    tw_problem_add(call->problems, walk->path.text, "is given twice, in two spellings", NULL);
  }
  lua_pop(L, 1);
  lua_pushstring(L, walk->name.text);
  lua_pushvalue(L, value);
  lua_rawset(L, call->others);
}


static void place_extra(tw_Walk *walk, int value) {
  Call *call = walk->context;
  int field = find_field(call, &walk->name);
  if (field < 0) {
    put_other(call, walk, value);
    return;
  }
  if (lua_isnil(call->L, call->fields + field)) call->unchecked |= 1u << field;
  put_once(call, call->fields + field, value, call->resource->fields[field].wire);
}


/* A group where a field takes a scalar or a list: the field gets the group's
** table, which its own check refuses with the right words. */
static bool place_group(const Call *call, const tw_Walk *walk) {
  const char *dot = strrchr(walk->name.text, '.');
  int field = dot == NULL ? -1 : tw_resource_field(call->resource, walk->name.text,
                                                   (size_t)(dot - walk->name.text));
  if (!takes(call, field)) return false;
  put(call, call->fields + field, walk->above[walk->depth - 1]);
  return true;
}


static void place(tw_Walk *walk, int value) {
  const Call *call = walk->context;
  int field = find_field(call, &walk->name);
  int segment = field < 0 ? find_segment(call, &walk->name) : -1;
  if (takes(call, field)) {
    put_once(call, call->fields + field, value, call->resource->fields[field].wire);
  } else if (segment >= 0) {
    put_once(call, call->segments + segment, value, call->resource->segments[segment].wire);
  } else if (tw_resource_has_group(call->resource, walk->name.text, walk->name.length)) {
    if (lua_type(call->L, value) != LUA_TTABLE) {
      tw_problem_must(call->problems, walk->path.text, "a table of named fields", value);
    } else if (tw_form_length(call->L, value) != 0) { /* an empty one gives no field, which is fine */
      tw_problem_must(call->problems, walk->path.text, "a table of named fields only", 0);
    }
  } else if (!call->skip_unknown && !place_group(call, walk)) {
    tw_suggest_refuse(call->problems, call->operation, call->resource, walk);
  }
}


static void read_table(Call *call, int table, const char *path) {
  tw_Walk walk;
  tw_form_open(&walk, call->problems, path);
  walk.context = call;
  walk.take = take_option;
  walk.leaf = place;
  tw_form_walk(&walk, table);
}


/* `extra` is of one operation alone: another that is made of its parameters
** does without. */
static void read_extra(Call *call) {
  tw_Walk walk;
  if (lua_isnil(call->L, call->extra) || call->skip_unknown) return;
  if (lua_type(call->L, call->extra) != LUA_TTABLE) {
    tw_problem_must(call->problems, "extra", "a table of fields", call->extra);
    return;
  }
  tw_form_open(&walk, call->problems, "extra");
  walk.context = call;
  walk.leaf = place_extra;
  tw_form_walk(&walk, call->extra);
}


/* Puts a client's defaults into the slots that are left. */
static void read_defaults(Call *call, int table) {
  const bool skip_unknown = call->skip_unknown;
  const bool extra = !lua_isnil(call->L, call->extra);
  call->defaulting = true;
  call->skip_unknown = true;
  read_table(call, table, "defaults");
  call->skip_unknown = skip_unknown;
  if (!extra) read_extra(call);
  call->defaulting = false;
}


/* ---- the request ---- */

static void refuse_missing(const Call *call, const char *wire, const char *expected) {
  tw_Name name;
  tw_form_snake(&name, wire);
  lua_pushfstring(call->L, "is required: %s", expected);
  tw_problem_add(call->problems, name.text, lua_tostring(call->L, -1), expected);
  lua_pop(call->L, 1);
}


/* What a path parameter must be instead; NULL if it is right. */
static const char *segment_refusal(const tw_Segment *segment, const tw_Text *text) {
  const char *s = text->data;
  if (segment->kind != NULL) {
    return tw_field_is_sid(s, text->length, segment->kind) ? NULL : segment->expected;
  }
  if (text->length == 0) return segment->expected;
  if (strcmp(s, ".") == 0 || strcmp(s, "..") == 0) return "a name other than . and .., which a URL resolves away";
  return NULL;
}


static void write_segment(const Call *call, int i, tw_Buffer *path) {
  const tw_Segment *segment = &call->resource->segments[i];
  int value = call->segments + i;
  const char *refusal;
  tw_Text text = {"", 0, ""};
  if (segment->when == TW_SEGMENT_OPTIONAL && lua_isnil(call->L, value)) return;
  tw_buffer_text(path, segment->before);
  if (segment->wire == NULL) return;
  if (lua_isnil(call->L, value)) {
    refuse_missing(call, segment->wire, segment->expected);
    return;
  }
  refusal = lua_isboolean(call->L, value) ? segment->expected : tw_form_text(call->L, value, &text);
  if (refusal == NULL) refusal = segment_refusal(segment, &text);
  if (refusal == NULL) tw_form_escape(path, text.data, text.length);
  if (path->state == TW_BUFFER_FULL) refusal = "shorter: a path has room for 4096 bytes";
  if (refusal != NULL) {
    tw_Name name;
    tw_form_snake(&name, segment->wire);
    tw_problem_must(call->problems, name.text, refusal, value);
  }
}


static void write_field(const Call *call, int i, tw_Buffer *form) {
  const tw_Field *field = &call->resource->fields[i];
  int value = call->fields + i;
  if (!lua_isnil(call->L, value)) {
    if ((call->unchecked >> i) & 1u) {
      tw_field_write_unchecked("", field->wire, value, form, call->problems);
    } else {
      tw_field_write(field, value, form, call->problems);
    }
  } else if ((field->required & call->operation->bit) != 0) {
    refuse_missing(call, field->wire, field->expected);
  }
}


/* Pushes the name in `others` that follows `last` in byte order, and its value.
** False, and nothing pushed, at the end. */
static bool next_other(const Call *call, const char *last) {
  lua_State *L = call->L;
  const char *least = NULL;
  lua_pushnil(L);
  while (lua_next(L, call->others)) {
    const char *name = lua_tostring(L, -2);
    if ((last == NULL || strcmp(name, last) > 0) && (least == NULL || strcmp(name, least) < 0)) {
      least = name;
    }
    lua_pop(L, 1);
  }
  if (least == NULL) return false;
  lua_pushstring(L, least);
  lua_pushvalue(L, -1);
  lua_rawget(L, call->others);
  return true;
}


/* Unknown fields come last and in byte order, so that the same table always
** makes the same request. */
static void write_others(const Call *call, tw_Buffer *form) {
  lua_State *L = call->L;
  const char *last = NULL;
  if (call->other_count > OTHERS_MAX) {
    tw_problem_must(call->problems, "extra", "a table of 64 fields at most", 0);
    return;
  }
  if (call->other_count == 0) return;
  while (next_other(call, last)) {
    last = lua_tostring(L, -2); /* `others` still holds it */
    tw_field_write_unchecked("extra.", last, lua_gettop(L), form, call->problems);
    lua_pop(L, 2);
  }
}


/* A request without a body carries its form in the URL. */
static void move_to_query(tw_Request *request) {
  if (request->body.length == 0) return;
  tw_buffer_char(&request->path, '?');
  tw_buffer_append(&request->path, request->body.data, request->body.length);
  tw_buffer_reset(&request->body);
}


static void write_request(const Call *call, tw_Request *request) {
  int i;
  request->method = call->operation->method;
  request->repeatable = call->operation->repeatable;
  for (i = 0; i < call->resource->segment_count; i++) {
    if (tw_operation_has(call->operation, &call->resource->segments[i])) {
      write_segment(call, i, &request->path);
    }
  }
  for (i = 0; i < call->resource->field_count; i++) write_field(call, i, &request->body);
  write_others(call, &request->body);
  if (request->body.state == TW_BUFFER_FULL) {
    tw_problem_add(call->problems, "parameters", "make a form of more than 64 KiB", NULL);
  }
  if (strcmp(request->method, "POST") != 0) move_to_query(request);
}


static void check_memory(lua_State *L, const tw_Request *request) {
  if (tw_request_lacks_memory(request)) luaL_error(L, "not enough memory");
}


/* Reserves the slots, all nil, on top of the stack. */
static void open_slots(Call *call) {
  int slots;
  call->fields = lua_gettop(call->L) + 1;
  call->segments = call->fields + call->resource->field_count;
  call->options = call->segments + call->resource->segment_count;
  call->extra = call->options + tw_option_count;
  call->others = call->extra + 1;
  slots = call->others - call->fields + 1;
  luaL_checkstack(call->L, slots + 8, "parameters");
  lua_settop(call->L, call->others);
}


static bool has_key(lua_State *L, int params, const char *name) {
  bool found;
  lua_pushstring(L, name);
  lua_rawget(L, params);
  found = !lua_isnil(L, -1);
  lua_pop(L, 1);
  return found;
}


/* The first resource whose parent is given, or NULL. */
static const tw_Resource *find_resource(lua_State *L, int params) {
  int i;
  for (i = 0; i < tw_resource_count; i++) {
    tw_Name snake;
    tw_form_snake(&snake, tw_resources[i].parent);
    if (has_key(L, params, snake.text) || has_key(L, params, tw_resources[i].parent)) {
      return &tw_resources[i];
    }
  }
  return NULL;
}


/* What is given with the call goes before a default. */
static const tw_Resource *choose_resource(lua_State *L, int params, const tw_Defaults *defaults) {
  const tw_Resource *resource = find_resource(L, params);
  if (resource == NULL && defaults->table != 0) resource = find_resource(L, defaults->table);
  return resource != NULL ? resource : &tw_resources[0];
}


bool tw_params_request(lua_State *L, int params, const tw_Defaults *defaults,
                       const tw_Operation *operation, tw_Request *request, tw_Problems *problems) {
  Call call = {L, operation, NULL, problems, 0, 0, 0, 0, 0, 0, 0, false, false};
  call.resource = choose_resource(L, params, defaults);
  call.skip_unknown = defaults->skip_unknown;
  open_slots(&call);
  read_table(&call, params, "");
  read_extra(&call);
  if (defaults->table != 0) read_defaults(&call, defaults->table);
  tw_problems_sort(problems);
  tw_options_read(L, call.options, call.resource->product, defaults->credentials, request, problems);
  write_request(&call, request);
  check_memory(L, request);
  return problems->count == 0;
}


/* ---- a client's defaults ---- */

static void place_default(tw_Walk *walk, int value) {
  const Call *call = walk->context;
  int i;
  (void)value;
  for (i = 0; i < tw_resource_count; i++) {
    const tw_Resource *resource = &tw_resources[i];
    if (tw_resource_field(resource, walk->name.text, walk->name.length) >= 0 ||
        tw_resource_segment(resource, walk->name.text) >= 0 ||
        tw_resource_has_group(resource, walk->name.text, walk->name.length)) {
      return;
    }
  }
  tw_suggest_refuse(call->problems, call->operation, call->resource, walk);
}


bool tw_params_check(lua_State *L, int table, tw_Request *request, tw_Problems *problems) {
  static const tw_Operation any = {"new", ~0u, "POST", true, false, 0, TW_SHAPE_NONE};
  Call call = {L, &any, &tw_resources[0], problems, 0, 0, 0, 0, 0, 0, 0, false, false};
  tw_Walk walk;
  open_slots(&call);
  tw_form_open(&walk, problems, "");
  walk.context = &call;
  walk.take = take_option;
  walk.leaf = place_default;
  tw_form_walk(&walk, table);
  tw_problems_sort(problems);
  tw_options_check(L, call.options, request, problems);
  return problems->count == 0;
}
