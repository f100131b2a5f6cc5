/*
** The API as constant tables: its operations, its resources, their paths and their fields.
** A new field, operation or resource is a row here; no other C names one.
*/
#ifndef TW_OPERATION_H
#define TW_OPERATION_H

#include "api/field.h"

/* What a successful answer holds. */
typedef enum tw_Shape {
  TW_SHAPE_ITEM, /* one of the resource's items */
  TW_SHAPE_PAGE, /* {meta, webhooks}: a list of them, or the first part of one */
  TW_SHAPE_NONE  /* nothing */
} tw_Shape;

typedef struct tw_Operation {
  const char *name; /* of the Lua function: "create_webhook" */
  unsigned bit;     /* in the fields' rows */
  const char *method;
  bool on_item;     /* addresses one of them by its sid, and not their collection */
  bool repeatable;  /* sending it twice does no harm */
  bool same_answer; /* and both answers are the same: a delete's are not */
  bool clears;      /* changes what is there: an empty list or text is a value */
  int status;       /* of success */
  tw_Shape shape;
} tw_Operation;

/* A piece of a path: text, then a parameter. */
typedef struct tw_Segment {
  const char *before;
  const char *wire;     /* the parameter's name; NULL for none */
  const char *kind;     /* the first letters of its SID; NULL if it may be any name */
  const char *expected; /* for people: "must be ..." */
  enum { TW_SEGMENT_ALWAYS, TW_SEGMENT_OPTIONAL, TW_SEGMENT_ITEM } when;
                        /* optional: with its parameter; item: of operations on one of them */
} tw_Segment;

typedef struct tw_Resource {
  const char *item;    /* what one of them is called: "webhook" */
  const char *items;   /* and several, for people: "webhooks" */
  const char *list;    /* the key of an answer that lists them; NULL: there is one only */
  const char *kind;    /* the first letters of an item's SID; NULL if it has none */
  unsigned operations; /* bits of those that it has */
  const char *owner;   /* whose they are, for people: "a channel's" */
  const char *parent;  /* wire name of the parameter by which the resource is known from others
                          that have the operation; NULL: it is meant where none of those is given */
  bool has_defaults;   /* takes a client's defaults for its fields, and not for its path alone */
  const char *product; /* the API's subdomain of twilio.com */
  const tw_Segment *segments; /* its path, and so all its parents */
  int segment_count;
  const tw_Field *fields; /* in the order in which they are sent */
  int field_count;
} tw_Resource;

enum { TW_CREATE_WEBHOOK = 0 }; /* its place there */

extern const tw_Operation tw_operations[];
extern const int tw_operation_count;
extern const tw_Resource tw_resources[]; /* of those with an operation the first is meant where
                                            no parent is given */
extern const int tw_resource_count;

/* Is this segment in the operation's path? */
bool tw_operation_has(const tw_Operation *operation, const tw_Segment *segment);

/* The index of the segment whose parameter has that wire name, or -1. */
int tw_resource_segment(const tw_Resource *resource, const char *wire);

/* The index of the field of that wire name, or -1. */
int tw_resource_field(const tw_Resource *resource, const char *wire, size_t n);

/* Does any field's wire name begin with this one and a dot? */
bool tw_resource_has_group(const tw_Resource *resource, const char *wire, size_t n);

#endif
