/*
** Digests of texts: fast, the same on each machine, and not for secrets.
*/
#ifndef TW_SYSTEM_DIGEST_H
#define TW_SYSTEM_DIGEST_H

#include <lua.h>

/* checksum(text): CRC-32 in eight hexadecimal digits. */
int tw_digest_checksum(lua_State *L);

/* digest(text): 128 bits (MurmurHash3, x64) in 32 hexadecimal digits. Among 2^64 texts two have the
** same by accident; an attacker can make such texts. */
int tw_digest_of(lua_State *L);

#endif
