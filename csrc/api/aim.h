/*
** A hash of a create, the same for all creates that may be equal. policy/match.lua tells whether
** two are equal.
*/
#ifndef TW_AIM_H
#define TW_AIM_H

#include <stdbool.h>
#include <stdint.h>

#include "net/request.h"

/* A number below 2^52, which every Lua holds exactly. Requests whose webhooks may be equal always have
** the same number. Others hardly ever have; if they do, they wait for each other needlessly. */
uint64_t tw_aim(const tw_Request *request);

/* May the webhooks of two creates be equal, and in one list, under whatever names of a channel or
** conversation? Where it says so, policy/match.lua tells whether they are equal. */
bool tw_aim_may_meet(const tw_Request *request, const tw_Request *other);

#endif
