/*
** What a call needs besides the API's own fields: credentials, the endpoint,
** bounds and TLS material. Each comes from the parameters or, where Twilio's
** users expect it, from the environment, which is read when the call is made.
*/
#ifndef TW_OPTIONS_H
#define TW_OPTIONS_H

#include "exchange.h"
#include "problem.h"

extern const int tw_option_count;

/* The option of that exact name, or -1. */
int tw_option_find(const char *name, size_t n);

/* The name of an option. */
const char *tw_option_name(int option);

/* Reads the options that stand in `tw_option_count` stack slots from `slots`
** on (nil: not given) into the request. `product` is the API's subdomain. */
void tw_options_read(lua_State *L, int slots, const char *product, tw_Request *request,
                     tw_Problems *problems);

#endif
