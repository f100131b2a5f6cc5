/*
** What creates that may be equal have in common. See policy/match.lua, which tells whether
** two are.
*/
#ifndef TW_AIM_H
#define TW_AIM_H

#include <stdint.h>

#include "net/request.h"

/* A number below 2^52, which every Lua holds exactly. Requests whose webhooks may be equal always have
** the same number, and others hardly ever do; those that do wait for each other needlessly. */
uint64_t tw_aim(const tw_Request *request);

#endif
