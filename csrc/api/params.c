/*
** Refuses what given.c has left over, then checks and writes one parameter after the other.
*/
#include "api/params.h"

#include <string.h>

#include "api/endpoint.h"
#include "api/form.h"
#include "api/given.h"
#include "api/suggest.h"


/* ---- which resource ---- */

static bool has_key(lua_State *L, int params, const char *name) {
  bool found;
  lua_pushstring(L, name);
  lua_rawget(L, params);
  found = !lua_isnil(L, -1);
  lua_pop(L, 1);
  return found;
}


static bool has_parent(lua_State *L, int params, const tw_Resource *resource) {
  tw_Name snake;
  if (resource->parent == NULL) return false;
  tw_form_snake(&snake, resource->parent);
  return has_key(L, params, snake.text) || has_key(L, params, resource->parent);
}


const tw_Resource *tw_params_resource(lua_State *L, int params, const tw_Defaults *defaults,
                                      const tw_Operation *operation) {
  const int tables[] = {params, defaults->table};
  const tw_Resource *first = NULL;
  int i, j;
  for (i = 0; i < 2 && tables[i] != 0; i++) {
    for (j = 0; j < tw_resource_count; j++) {
      if ((tw_resources[j].operations & operation->bit) == 0) continue;
      if (first == NULL) first = &tw_resources[j]; /* it counts where no parent is given */
      if (has_parent(L, tables[i], &tw_resources[j])) return &tw_resources[j];
    }
  }
  return first;
}


/* ---- unknown parameters ---- */

static void refuse_left(const tw_Given *given, tw_Problems *problems) {
  const int listed = given->left_count < TW_PROBLEMS_MAX ? given->left_count : TW_PROBLEMS_MAX;
  int i;
  for (i = 0; i < listed; i++) {
    const tw_Entry *left = &given->left[i];
    tw_given_push(given, left);
    if (left->expected != NULL) {
      tw_problem_must(problems, left->name, left->expected,
                      left->has_value ? lua_gettop(given->L) : 0);
    } else if (left->message != NULL) {
      tw_problem_add(problems, left->name, left->message, NULL);
    } else {
      tw_suggest_refuse(problems, given->operation, given->resource, left->name);
    }
    lua_pop(given->L, 1);
  }
  tw_problems_count(problems, given->left_count - listed);
}


/* ---- the path ---- */

static void refuse_missing(tw_Problems *problems, const char *wire, const char *expected) {
  tw_Name name;
  tw_form_snake(&name, wire);
  lua_pushfstring(problems->L, "is required: %s", expected);
  tw_problem_add(problems, name.text, lua_tostring(problems->L, -1), expected);
  lua_pop(problems->L, 1);
}


/* What a path parameter must be; NULL if it is right. */
static const char *segment_refusal(const tw_Segment *segment, const tw_Text *text) {
  const char *s = text->data;
  if (segment->kind != NULL) {
    return tw_field_is_sid(s, text->length, segment->kind) ? NULL : segment->expected;
  }
  if (text->length == 0) return segment->expected;
  if (strcmp(s, ".") == 0 || strcmp(s, "..") == 0) return "a name other than . and .., which a URL resolves away";
  return NULL;
}


static void write_segment(const tw_Segment *segment, int value, tw_Buffer *path,
                          tw_Problems *problems) {
  lua_State *L = problems->L;
  const char *refusal;
  tw_Text text = {.data = ""};
  if (segment->when == TW_SEGMENT_OPTIONAL && lua_isnil(L, value)) return;
  tw_buffer_text(path, segment->before);
  if (segment->wire == NULL) return;
  if (lua_isnil(L, value)) {
    refuse_missing(problems, segment->wire, segment->expected);
    return;
  }
  refusal = lua_type(L, value) != LUA_TSTRING && lua_type(L, value) != LUA_TNUMBER
              ? segment->expected : tw_form_text(L, value, &text);
  if (refusal == NULL) refusal = segment_refusal(segment, &text);
  if (refusal == NULL) tw_form_escape(path, text.data, text.length);
  if (path->state == TW_BUFFER_FULL) refusal = "shorter: a path has room for 4096 bytes";
  if (refusal != NULL) {
    tw_Name name;
    tw_form_snake(&name, segment->wire);
    tw_problem_must(problems, name.text, refusal, value);
  }
}


static void write_path(const tw_Given *given, tw_Buffer *path, tw_Problems *problems) {
  const tw_Resource *resource = given->resource;
  int i;
  for (i = 0; i < resource->segment_count; i++) {
    if (tw_operation_has(given->operation, &resource->segments[i])) {
      write_segment(&resource->segments[i], given->segments + i, path, problems);
    }
  }
}


/* ---- the form ---- */

static void write_extra(const tw_Given *given, const tw_Entry *extra, const char *before,
                        tw_Buffer *form, tw_Problems *problems) {
  tw_given_push(given, extra);
  tw_field_write_unchecked(before, extra->name, lua_gettop(given->L), form, problems);
  lua_pop(given->L, 1);
}


/* Writes a field. If `extra` has it, writes that value in the same place, unchecked. */
static void write_field(const tw_Given *given, int i, tw_Buffer *form, tw_Problems *problems) {
  const tw_Field *field = &given->resource->fields[i];
  const int value = given->fields + i;
  const tw_Entry *extra = given->extra_count > 0 ? tw_given_extra(given, field->wire) : NULL;
  if (extra != NULL && !lua_isnil(given->L, value)) {
    tw_Name name;
    tw_form_snake(&name, field->wire);
    tw_problem_add(problems, name.text, "is given twice, once in extra", NULL);
  } else if (field->type == TW_PAGE) {
    return; /* see turn_to_page */
  } else if (extra != NULL) {
    write_extra(given, extra, "", form, problems);
  } else if (!lua_isnil(given->L, value)) {
    tw_field_write(field, value, given->operation->clears, form, problems);
  } else if ((field->required & given->operation->bit) != 0) {
    refuse_missing(problems, field->wire, field->expected);
  }
}


/* Writes the unknown fields of `extra` in byte order, so that equal tables make equal requests. */
static void write_extras(const tw_Given *given, tw_Buffer *form, tw_Problems *problems) {
  int i;
  if (given->extra_count > TW_EXTRA_MAX) {
    tw_problem_must(problems, "extra", "a table of 64 fields at most", 0);
    return;
  }
  for (i = 0; i < given->extra_count; i++) {
    const char *wire = given->extras[i].name;
    if (tw_resource_field(given->resource, wire, strlen(wire)) < 0) {
      write_extra(given, &given->extras[i], "extra.", form, problems);
    }
  }
}


static void write_form(const tw_Given *given, tw_Buffer *form, tw_Problems *problems) {
  int i;
  for (i = 0; i < given->resource->field_count; i++) write_field(given, i, form, problems);
  write_extras(given, form, problems);
  if (form->state == TW_BUFFER_FULL) {
    tw_problem_add(problems, "parameters", "make a form of more than 64 KiB", NULL);
  }
}


/* ---- the request ---- */

/* A request without a body carries its form in the URL. */
static void move_to_query(tw_Request *request) {
  if (request->body.length == 0) return;
  tw_buffer_char(&request->path, '?');
  tw_buffer_append(&request->path, request->body.data, request->body.length);
  tw_buffer_reset(&request->body);
}


/* The list's parameter for one page, if it has a value, at stack index `*value`; else NULL. */
static const tw_Field *find_page(const tw_Given *given, int *value) {
  int i;
  for (i = 0; i < given->resource->field_count; i++) {
    const tw_Field *field = &given->resource->fields[i];
    *value = given->fields + i;
    if (field->type == TW_PAGE && !lua_isnil(given->L, *value)) return field;
  }
  return NULL;
}


/* Sets path and query to those of a page of the list, from the text at stack index `value`. The
** host stays the client's own. The path may differ from the list's, since the API knows a channel
** by more than one name. */
static void turn_to_page(tw_Request *request, const tw_Field *field, int value, tw_Problems *problems) {
  lua_State *L = problems->L;
  bool right;
  size_t n = 0;
  const char *page = lua_type(L, value) == LUA_TSTRING ? lua_tolstring(L, value, &n) : "";
  if (strcmp(page, "first") == 0 && n == 5) return;
  right = tw_endpoint_next_page(&request->path, page, n, &request->body);
  if (right) {
    tw_buffer_reset(&request->path);
    tw_buffer_append(&request->path, request->body.data, request->body.length);
  }
  if (!right || request->path.state == TW_BUFFER_FULL) {
    tw_problem_must(problems, "page", field->expected, value);
  }
  if (request->body.state != TW_BUFFER_NOMEM) tw_buffer_reset(&request->body);
}


static void check_memory(lua_State *L, const tw_Request *request) {
  if (tw_request_lacks_memory(request)) luaL_error(L, "not enough memory");
}


bool tw_params_request(lua_State *L, int params, const tw_Defaults *defaults,
                       const tw_Operation *operation, const tw_Resource *resource,
                       tw_Request *request, bool *one_page, tw_Problems *problems) {
  tw_Given given;
  const tw_Field *page;
  int value;
  tw_given_open(&given, L, operation, resource, defaults->skip_unknown);
  tw_given_read(&given, params, defaults->table);
  refuse_left(&given, problems);
  tw_options_read(L, given.options, resource->product, defaults->credentials, request, problems);
  request->method = operation->method;
  request->resendable = operation->same_answer;
  write_path(&given, &request->path, problems);
  write_form(&given, &request->body, problems);
  if (strcmp(request->method, "POST") != 0) move_to_query(request);
  page = find_page(&given, &value);
  *one_page = page != NULL;
  if (page != NULL && problems->count == 0) turn_to_page(request, page, value, problems);
  check_memory(L, request);
  return problems->count == 0;
}


bool tw_params_check(lua_State *L, int table, tw_Request *request, tw_Problems *problems) {
  static const tw_Operation any = {.name = "new", .bit = ~0u, .method = "POST", .on_item = true};
  tw_Given given;
  tw_given_open(&given, L, &any, NULL, false);
  tw_given_read(&given, table, 0);
  refuse_left(&given, problems);
  tw_options_check(L, given.options, request, problems);
  return problems->count == 0;
}
