/*
** What creates that may be equal have in common. See policy/match.lua, which tells whether
** two are.
*/
#ifndef TW_AIM_H
#define TW_AIM_H

#include "net/request.h"

/* Appends it to `aim`: requests whose webhooks may be equal always have the same, others
** seldom. (match.aim tells more apart, and costs more.) */
void tw_aim_write(const tw_Request *request, tw_Buffer *aim);

#endif
