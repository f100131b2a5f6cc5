/*
** Copies the tables row by row. A set of operations becomes a list of their names.
*/
#include "api/describe.h"

#include "api/form.h"
#include "api/operation.h"
#include "api/options.h"


static void set_text(lua_State *L, const char *key, const char *text) {
  lua_pushstring(L, text); /* nil for NULL, which sets nothing */
  lua_setfield(L, -2, key);
}


static void set_flag(lua_State *L, const char *key, bool flag) {
  lua_pushboolean(L, flag);
  lua_setfield(L, -2, key);
}


static void set_names(lua_State *L, const char *key, unsigned operations) {
  int i, n = 0;
  lua_newtable(L);
  for (i = 0; i < tw_operation_count; i++) {
    if ((tw_operations[i].bit & operations) == 0) continue;
    lua_pushstring(L, tw_operations[i].name);
    lua_rawseti(L, -2, ++n);
  }
  lua_setfield(L, -2, key);
}


/* The name of a parameter, as on the wire and as users write it. */
static void set_parameter(lua_State *L, const char *wire) {
  tw_Name snake;
  if (wire == NULL) return;
  tw_form_snake(&snake, wire);
  set_text(L, "wire", wire);
  set_text(L, "name", snake.text);
}


static void push_operation(lua_State *L, const tw_Operation *operation) {
  static const char *const shapes[] = {"item", "page", "none"};
  lua_newtable(L);
  set_text(L, "name", operation->name);
  set_text(L, "method", operation->method);
  set_text(L, "shape", shapes[operation->shape]);
  set_flag(L, "on_item", operation->on_item);
  set_flag(L, "repeatable", operation->repeatable);
  lua_pushinteger(L, operation->status);
  lua_setfield(L, -2, "status");
}


static void push_segment(lua_State *L, const tw_Segment *segment) {
  static const char *const when[] = {"always", "optional", "item"};
  lua_newtable(L);
  set_text(L, "before", segment->before);
  set_parameter(L, segment->wire);
  set_text(L, "kind", segment->kind);
  set_text(L, "expected", segment->expected);
  set_text(L, "when", when[segment->when]);
}


static void push_field(lua_State *L, const tw_Field *field) {
  static const char *const types[] = {"string", "enum", "enum", "sid", "integer", "range", "boolean", "list",
                                      "list", "enums", "page"};
  int i;
  lua_newtable(L);
  set_parameter(L, field->wire);
  set_text(L, "type", types[field->type]);
  set_flag(L, "any_case", field->type == TW_ENUM_ANY_CASE);
  set_flag(L, "is_names", field->type == TW_NAMES);
  set_text(L, "expected", field->expected);
  set_names(L, "operations", field->operations);
  set_names(L, "required", field->required);
  lua_newtable(L);
  for (i = 0; field->values != NULL && field->values[i] != NULL; i++) {
    lua_pushstring(L, field->values[i]);
    lua_rawseti(L, -2, i + 1);
  }
  lua_setfield(L, -2, "values");
}


static void push_resource(lua_State *L, const tw_Resource *resource) {
  int i;
  lua_newtable(L);
  set_text(L, "item", resource->item);
  set_text(L, "items", resource->items);
  set_text(L, "list", resource->list);
  set_text(L, "kind", resource->kind);
  set_text(L, "owner", resource->owner);
  set_text(L, "parent", resource->parent);
  set_text(L, "product", resource->product);
  set_flag(L, "has_defaults", resource->has_defaults);
  set_names(L, "operations", resource->operations);
  lua_newtable(L);
  for (i = 0; i < resource->segment_count; i++) {
    push_segment(L, &resource->segments[i]);
    lua_rawseti(L, -2, i + 1);
  }
  lua_setfield(L, -2, "segments");
  lua_newtable(L);
  for (i = 0; i < resource->field_count; i++) {
    push_field(L, &resource->fields[i]);
    lua_rawseti(L, -2, i + 1);
  }
  lua_setfield(L, -2, "fields");
}


int tw_describe(lua_State *L) {
  int i;
  lua_createtable(L, 0, 3);
  lua_newtable(L);
  for (i = 0; i < tw_operation_count; i++) {
    push_operation(L, &tw_operations[i]);
    lua_rawseti(L, -2, i + 1);
  }
  lua_setfield(L, -2, "operations");
  lua_newtable(L);
  for (i = 0; i < tw_resource_count; i++) {
    push_resource(L, &tw_resources[i]);
    lua_rawseti(L, -2, i + 1);
  }
  lua_setfield(L, -2, "resources");
  lua_createtable(L, tw_option_count, 0);
  for (i = 0; i < tw_option_count; i++) {
    lua_pushstring(L, tw_option_name(i));
    lua_rawseti(L, -2, i + 1);
  }
  lua_setfield(L, -2, "options");
  return 1;
}


void tw_describe_push_names(lua_State *L) {
  int i;
  lua_createtable(L, tw_operation_count, 0);
  for (i = 0; i < tw_operation_count; i++) {
    lua_pushstring(L, tw_operations[i].name);
    lua_rawseti(L, -2, i + 1);
  }
}
