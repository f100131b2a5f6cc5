/*
** Finds a parameter by its usual spelling, such as retry_count in configuration for
** Configuration.RetryCount, by one look into a table. A key that is not found may still be right,
** in another spelling: given.c then compares all spellings.
*/
#ifndef TW_SPELLING_H
#define TW_SPELLING_H

#include "api/operation.h"

/* Bytes of a key, which has 24 at most. */
#define TW_SPELLING_MAX 28

typedef enum tw_Spells { TW_SPELLS_OPTION, TW_SPELLS_EXTRA, TW_SPELLS_FIELD, TW_SPELLS_SEGMENT, TW_SPELLS_GROUP } tw_Spells;

typedef struct tw_Spelling {
  char key[TW_SPELLING_MAX];
  unsigned char length; /* 0: none */
  unsigned char group;  /* the number of the group in whose table it is; 0: in none */
  unsigned char spells; /* a tw_Spells */
  unsigned char index;  /* of the option, field or segment; of a group its number */
} tw_Spelling;

/* Fills the tables. Once in a process, before any of them is used. */
void tw_spelling_open(void);

/* NULL if the resource has no parameter with this usual spelling. */
const tw_Spelling *tw_spelling_find(const tw_Resource *resource, int group, const char *key, size_t n);

#endif
