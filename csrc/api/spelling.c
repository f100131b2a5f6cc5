/*
** A hash table for each resource, made from the tables of operation.h. A few bytes of the key
** choose its place; if that is taken, the next one serves.
*/
#include "api/spelling.h"

#include <string.h>

#include "api/form.h"
#include "api/options.h"

/* There are fewer resources, and none needs half as many places. */
#define RESOURCES_MAX 16
#define PLACES 64

static tw_Spelling tables[RESOURCES_MAX][PLACES];


static unsigned place_of(int group, const char *key, size_t n) {
  return ((unsigned)group * 7 + (unsigned)n + (unsigned char)key[0] * 5U +
          (unsigned char)key[n / 2] * 17U + (unsigned char)key[n - 1] * 11U) % PLACES;
}


const tw_Spelling *tw_spelling_find(const tw_Resource *resource, int group, const char *key, size_t n) {
  const tw_Spelling *table = tables[resource - tw_resources];
  unsigned place;
  if (n == 0) return NULL;
  for (place = place_of(group, key, n); table[place].length > 0; place = (place + 1) % PLACES) {
    const tw_Spelling *s = &table[place];
    if (s->length == n && s->group == group && memcmp(s->key, key, n) == 0) return s;
  }
  return NULL;
}


/* Adds a key, unless it has a meaning already, and returns its meaning. NULL: it is too long. */
static const tw_Spelling *add(const tw_Resource *resource, int group, const char *key, tw_Spells spells,
                              int index) {
  const size_t n = strlen(key);
  const tw_Spelling *known = tw_spelling_find(resource, group, key, n);
  tw_Spelling *table = tables[resource - tw_resources];
  unsigned place;
  if (known != NULL || n == 0 || n > TW_SPELLING_MAX) return known;
  place = place_of(group, key, n);
  while (table[place].length > 0) place = (place + 1) % PLACES;
  memcpy(table[place].key, key, n);
  table[place].length = (unsigned char)n;
  table[place].group = (unsigned char)group;
  table[place].spells = (unsigned char)spells;
  table[place].index = (unsigned char)index;
  return &table[place];
}


/* Adds a parameter, and the groups that it is in. */
static void add_wire(const tw_Resource *resource, const char *wire, tw_Spells spells, int index,
                     int *groups) {
  tw_Name name;
  char *key = name.text, *dot;
  int group = 0;
  tw_form_snake(&name, wire);
  while ((dot = strchr(key, '.')) != NULL) {
    const tw_Spelling *above;
    *dot = '\0';
    above = add(resource, group, key, TW_SPELLS_GROUP, *groups + 1);
    if (above == NULL || above->spells != TW_SPELLS_GROUP) return;
    if (above->index > *groups) *groups = above->index;
    group = above->index;
    key = dot + 1;
  }
  (void)add(resource, group, key, spells, index);
}


/* Options come before fields, and fields before segments, as in given.c. */
static void fill(const tw_Resource *resource) {
  int i, groups = 0;
  for (i = 0; i < tw_option_count; i++) (void)add(resource, 0, tw_option_name(i), TW_SPELLS_OPTION, i);
  (void)add(resource, 0, "extra", TW_SPELLS_EXTRA, 0);
  for (i = 0; i < resource->field_count; i++) {
    add_wire(resource, resource->fields[i].wire, TW_SPELLS_FIELD, i, &groups);
  }
  for (i = 0; i < resource->segment_count; i++) {
    const char *wire = resource->segments[i].wire;
    if (wire != NULL) add_wire(resource, wire, TW_SPELLS_SEGMENT, i, &groups);
  }
}


void tw_spelling_open(void) {
  int i;
  for (i = 0; i < tw_resource_count && i < RESOURCES_MAX; i++) fill(&tw_resources[i]);
}
