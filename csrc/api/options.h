/*
** What a call needs besides the API's own fields: credentials, the endpoint,
** limits, certificates and a proxy. Each comes from the parameters. Some may come from
** the environment, as Twilio's users expect; it is read when the call is made.
*/
#ifndef TW_OPTIONS_H
#define TW_OPTIONS_H

#include "net/request.h"
#include "api/problem.h"

/* access_token, account_sid, api_key, api_secret, auth_token */
#define TW_CREDENTIALS 5

/* Credentials that a client keeps. They are in C memory, so that no table shows them,
** and are wiped when it is closed. An empty text means not set. */
typedef struct tw_Credentials {
  tw_Buffer texts[TW_CREDENTIALS];
  tw_Buffer line; /* the header that they make, once a call has made it */
} tw_Credentials;

/* open */
void tw_credentials_init(tw_Credentials *credentials);
/* Copies the strings of those names from the table at `index`; skips other values, which
** tw_options_read refuses. False: no memory. */
bool tw_credentials_keep(lua_State *L, int index, tw_Credentials *credentials);
/* Replaces the access token. False: no memory, or no room. */
bool tw_credentials_set_token(tw_Credentials *credentials, const char *token, size_t n);
/* Writes the present access token into a request that has an earlier one. If it is not a token,
** adds a problem and returns false. */
bool tw_credentials_renew(const tw_Credentials *credentials, tw_Request *request,
                          tw_Problems *problems);
/* Is it the name of a credential? */
bool tw_credentials_has(const char *name, size_t n);
/* Overwrites them; keeps the memory, since other C may be reading it. */
void tw_credentials_wipe(tw_Credentials *credentials);
/* close */
void tw_credentials_free(tw_Credentials *credentials);

extern const int tw_option_count;

/* The option of that exact name, or -1. */
int tw_option_find(const char *name, size_t n);

/* The name of an option. */
const char *tw_option_name(int option);

/* The options of a client that only its Lua code reads. */
extern const char *const tw_client_options[];
extern const int tw_client_option_count;

/* Is it the name of one of them? */
bool tw_option_is_clients(const char *name);

/* Reads the options in `tw_option_count` stack slots from `slots` on (nil: not given) into
** the request. `product` is the API's subdomain. `kept` is used if no credential is given,
** and may be NULL. */
void tw_options_read(lua_State *L, int slots, const char *product, tw_Credentials *kept,
                     tw_Request *request, tw_Problems *problems);

/* Checks them for a client, whose calls may give what is missing. */
void tw_options_check(lua_State *L, int slots, tw_Request *request, tw_Problems *problems);

#endif
