/*
** Reads the options of a call into its request. No problem shows a credential. The only copy
** of one is the request's header.
**
** Adding a problem allocates, and so may run the host's finalizers. One may close the client or
** change the environment, so no text of either is used after a problem was added.
*/
#define _POSIX_C_SOURCE 200112L /* stat; NOLINT(bugprone-reserved-identifier): POSIX names it so */

#include "api/options.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ascii.h"
#include "api/endpoint.h"
#include "api/field.h"
#include "api/headers.h"
#include "net/authorization.h"

/* Seconds for one attempt, and the part of them for connecting: long enough for a slow
** answer of the API, short enough that nobody waits for ever. */
#define TIMEOUT_DEFAULT 30.0
#define CONNECT_TIMEOUT_DEFAULT 5.0
/* A longer time is a mistake, such as milliseconds for seconds. */
#define TIMEOUT_MAX 86400.0
/* The largest answer that a user can allow: lengths stay far inside an int. */
#define RESPONSE_MAX_MAX (1024.0 * 1024 * 1024)

/* Bytes of a text: as many as a file name may have. Other texts are far shorter. */
#define TEXT_MAX 4096

enum {
  ACCESS_TOKEN, ACCOUNT_SID, ALLOW_HTTP, API_KEY, API_SECRET, AUTH_TOKEN, BASE_URL, CA_FILE, CA_PATH,
  CONNECT_TIMEOUT, EDGE, HEADERS, MAX_RESPONSE_BYTES, PROXY, REGION, TIMEOUT, USER_AGENT, OPTION_COUNT
};

static const struct {
  const char *name;
  bool shown;           /* a refusal shows the value; false if it is, or may hold, a secret */
  const char *variable; /* of the environment, used if the option is not given */
} options[OPTION_COUNT] = {
  {"access_token", false, NULL},
  {"account_sid", false, "TWILIO_ACCOUNT_SID"},
  {"allow_http", true, NULL},
  {"api_key", false, "TWILIO_API_KEY"},
  {"api_secret", false, "TWILIO_API_SECRET"},
  {"auth_token", false, "TWILIO_AUTH_TOKEN"},
  {"base_url", false, "TWILIO_WEBHOOKS_BASE_URL"}, /* may hold a password, a reason to refuse it */
  {"ca_file", true, NULL},
  {"ca_path", true, NULL},
  {"connect_timeout", true, NULL},
  {"edge", true, "TWILIO_EDGE"},
  {"headers", false, NULL}, /* may hold secrets */
  {"max_response_bytes", true, NULL},
  {"proxy", false, NULL}, /* may hold a password */
  {"region", true, "TWILIO_REGION"},
  {"timeout", true, NULL},
  {"user_agent", true, NULL}
};

const int tw_option_count = OPTION_COUNT;

const char *const tw_client_options[] = {
  "deadline", "max_attempts", "max_connections", "max_in_flight", "on_event", "rate",
  "step_budget", "transport", "wait"
};

const int tw_client_option_count = (int)(sizeof tw_client_options / sizeof *tw_client_options);


bool tw_option_is_clients(const char *name) {
  int i;
  for (i = 0; i < tw_client_option_count; i++) {
    if (strcmp(tw_client_options[i], name) == 0) return true;
  }
  return false;
}


int tw_option_find(const char *name, size_t n) {
  int i;
  for (i = 0; i < OPTION_COUNT; i++) {
    if (options[i].name[0] == name[0] && strlen(options[i].name) == n &&
        memcmp(options[i].name, name, n) == 0) {
      return i;
    }
  }
  return -1;
}


const char *tw_option_name(int option) {
  return options[option].name;
}


/* ---- kept credentials ---- */

static const int kept_options[TW_CREDENTIALS] = {
  ACCESS_TOKEN, ACCOUNT_SID, API_KEY, API_SECRET, AUTH_TOKEN
};


/* The index of a credential among the kept ones, or -1. */
static int find_kept(int option) {
  int i;
  for (i = 0; i < TW_CREDENTIALS; i++) {
    if (kept_options[i] == option) return i;
  }
  return -1;
}


void tw_credentials_init(tw_Credentials *credentials) {
  int i;
  for (i = 0; i < TW_CREDENTIALS; i++) tw_buffer_init(&credentials->texts[i], TEXT_MAX);
  tw_buffer_init(&credentials->line, TW_LINE_MAX);
}


bool tw_credentials_keep(lua_State *L, int index, tw_Credentials *credentials) {
  int i;
  for (i = 0; i < TW_CREDENTIALS; i++) {
    size_t n;
    const char *s;
    lua_pushstring(L, options[kept_options[i]].name);
    lua_rawget(L, index);
    s = lua_type(L, -1) == LUA_TSTRING ? lua_tolstring(L, -1, &n) : NULL;
    if (s != NULL) tw_buffer_append(&credentials->texts[i], s, n);
    lua_pop(L, 1);
    if (credentials->texts[i].state == TW_BUFFER_NOMEM) return false;
  }
  return true;
}


bool tw_credentials_set_token(tw_Credentials *credentials, const char *token, size_t n) {
  tw_Buffer *kept = &credentials->texts[find_kept(ACCESS_TOKEN)];
  tw_buffer_wipe(kept);
  tw_buffer_wipe(&credentials->line);
  return tw_buffer_append(kept, token, n);
}


bool tw_credentials_has(const char *name, size_t n) {
  const int option = tw_option_find(name, n);
  return option >= 0 && find_kept(option) >= 0;
}


void tw_credentials_wipe(tw_Credentials *credentials) {
  int i;
  for (i = 0; i < TW_CREDENTIALS; i++) tw_buffer_wipe(&credentials->texts[i]);
  tw_buffer_wipe(&credentials->line);
}


void tw_credentials_free(tw_Credentials *credentials) {
  int i;
  tw_credentials_wipe(credentials);
  for (i = 0; i < TW_CREDENTIALS; i++) tw_buffer_free(&credentials->texts[i]);
  tw_buffer_free(&credentials->line);
}


/* ---- reading ---- */

typedef struct Reader {
  lua_State *L;
  int slots;
  tw_Credentials *kept;
  bool partial; /* credentials may be missing */
  tw_Problems *problems;
} Reader;


static bool is_given(const Reader *r, int option) {
  return !lua_isnil(r->L, r->slots + option);
}


/* A credential that the client keeps, or NULL. */
static const char *kept_text(const Reader *r, int option) {
  const int place = find_kept(option);
  const tw_Buffer *kept;
  if (r->kept == NULL || place < 0) return NULL;
  kept = &r->kept->texts[place];
  return kept->length > 0 ? kept->data : NULL;
}


/* Does a refused value come from the environment? A client's were checked when it was made. */
static bool is_of_environment(const Reader *r, int option) {
  return options[option].variable != NULL && !is_given(r, option);
}


/* Adds a problem under the name by which the user gave the value: the option's or the variable's. */
static void refuse(const Reader *r, int option, const char *expected) {
  int given = options[option].shown && is_given(r, option) ? r->slots + option : 0;
  if (!is_of_environment(r, option)) {
    tw_problem_must(r->problems, options[option].name, expected, given);
    return;
  }
  lua_pushfstring(r->L, "must be %s (in the environment)", expected);
  tw_problem_add(r->problems, options[option].variable, lua_tostring(r->L, -1), expected);
  lua_pop(r->L, 1);
}


/* May the text be part of a header or a URL? It has no control characters, and so no line break
** that would begin another header. */
static bool is_line(const char *s, size_t n) {
  return n > 0 && n <= TEXT_MAX && !tw_ascii_has_control(s, n);
}


/* A string option as given; NULL if it is absent or was refused. */
static const char *given_text(const Reader *r, int option) {
  if (!is_given(r, option)) return NULL;
  if (lua_type(r->L, r->slots + option) == LUA_TSTRING) {
    size_t n;
    const char *s = lua_tolstring(r->L, r->slots + option, &n);
    if (is_line(s, n)) return s;
  }
  refuse(r, option, "a string of 1 to 4096 bytes without control characters");
  return NULL;
}


/* A text of the environment; NULL if it is absent or was refused, or has no name: that of an access
** token, which a client loses when it is closed. An empty variable counts as not set, as in Twilio's
** own libraries. */
static const char *variable(const Reader *r, const char *name) {
  const char *s = name != NULL ? getenv(name) : NULL;
  if (s == NULL || *s == '\0') return NULL;
  if (is_line(s, strlen(s))) return s;
  tw_problem_add(r->problems, name,
                 "must have no control characters, and 4096 bytes at most (in the environment)", NULL);
  return NULL;
}


/* A string option; if it is not given, the client's or the environment's. */
static const char *text(const Reader *r, int option) {
  const char *s;
  if (is_given(r, option)) return given_text(r, option);
  s = kept_text(r, option);
  return s != NULL ? s : variable(r, options[option].variable);
}


static double number(const Reader *r, int option, double low, double high, double otherwise,
                     const char *expected) {
  double x;
  if (!is_given(r, option)) return otherwise;
  x = (double)lua_tonumber(r->L, r->slots + option);
  if (lua_type(r->L, r->slots + option) == LUA_TNUMBER && x >= low && x <= high) return x;
  refuse(r, option, expected);
  return otherwise;
}


static bool flag(const Reader *r, int option) {
  if (is_given(r, option) && !lua_isboolean(r->L, r->slots + option)) {
    refuse(r, option, "true or false");
  }
  return lua_toboolean(r->L, r->slots + option);
}


/* ---- credentials ---- */

/* Is an API key used? It is if one is given, or if the environment has one with its secret and no
** token is given. Else the account's own token is used. */
static bool uses_key(const Reader *r) {
  if (is_given(r, API_KEY) || is_given(r, API_SECRET)) return true;
  if (is_given(r, AUTH_TOKEN)) return false;
  if (kept_text(r, API_KEY) != NULL || kept_text(r, API_SECRET) != NULL) return true;
  if (kept_text(r, AUTH_TOKEN) != NULL) return false;
  return text(r, API_KEY) != NULL && text(r, API_SECRET) != NULL;
}


/* A required credential: borrowed, or NULL with a problem. */
static const char *credential(const Reader *r, int option) {
  int problems = r->problems->count;
  const char *s = text(r, option);
  if (s == NULL && r->problems->count == problems && !r->partial) {
    lua_pushfstring(r->L, "is required, here or as %s in the environment", options[option].variable);
    tw_problem_add(r->problems, options[option].name, lua_tostring(r->L, -1), NULL);
    lua_pop(r->L, 1);
  }
  return s;
}


static void check_account(const Reader *r, bool key) {
  const char *account = key && !is_given(r, ACCOUNT_SID) ? NULL : text(r, ACCOUNT_SID);
  if (account != NULL && !tw_field_is_sid(account, strlen(account), "AC")) {
    refuse(r, ACCOUNT_SID, "AC and 32 hexadecimal digits");
  }
}


static void read_basic(const Reader *r, tw_Request *request) {
  const bool key = uses_key(r);
  const char *username, *password;
  int problems;
  if (key && is_given(r, AUTH_TOKEN)) {
    tw_problem_add(r->problems, options[AUTH_TOKEN].name,
                   "must not be given together with an API key",
                   "either auth_token, or api_key and api_secret");
  }
  problems = r->problems->count;
  check_account(r, key);
  /* one that was refused just now is not refused again */
  if (key) username = credential(r, API_KEY);
  else username = r->problems->count > problems ? NULL : credential(r, ACCOUNT_SID);
  if (key && username != NULL && strchr(username, ':') != NULL) {
    refuse(r, API_KEY, "without a colon"); /* RFC 7617, 2: it would end the user name */
  }
  password = credential(r, key ? API_SECRET : AUTH_TOKEN);
  if (r->problems->count == problems && username != NULL && password != NULL) {
    (void)tw_authorization_set(&request->authorization, username, password);
  }
}


/* RFC 6750, 2.1: what a bearer token may have. */
static bool is_token(const char *s) {
  for (; *s != '\0' && *s != '='; s++) {
    if (!tw_ascii_is_alnum(*s) && strchr("-._~+/", *s) == NULL) return false;
  }
  return strspn(s, "=") == strlen(s);
}


static const char is_bearer[] = "letters, digits and -._~+/, as an OAuth server gives it";


static void read_token(const Reader *r, tw_Request *request) {
  const char *token = text(r, ACCESS_TOKEN);
  if (is_given(r, AUTH_TOKEN) || is_given(r, API_KEY) || is_given(r, API_SECRET)) {
    tw_problem_add(r->problems, options[ACCESS_TOKEN].name,
                   "must not be given together with auth_token or an API key", NULL);
  } else if (token != NULL && !is_token(token)) {
    refuse(r, ACCESS_TOKEN, is_bearer);
  } else if (token != NULL) {
    (void)tw_authorization_set_token(&request->authorization, token);
    request->clients_token = !is_given(r, ACCESS_TOKEN);
  }
}


bool tw_credentials_renew(const tw_Credentials *credentials, tw_Request *request,
                          tw_Problems *problems) {
  const tw_Buffer *token = &credentials->texts[find_kept(ACCESS_TOKEN)];
  if (!request->clients_token) return true;
  if (token->length > 0 && is_token(token->data)) {
    (void)tw_authorization_set_token(&request->authorization, token->data);
    return true;
  }
  tw_problem_must(problems, options[ACCESS_TOKEN].name, is_bearer, 0);
  return false;
}


/* Does the call give any credential? */
static bool gives_credentials(const Reader *r) {
  int i;
  for (i = 0; i < TW_CREDENTIALS; i++) {
    if (is_given(r, kept_options[i])) return true;
  }
  return false;
}


/* Does the client keep everything for the header, so that nothing comes from the environment? */
static bool keeps_all(const Reader *r) {
  if (kept_text(r, ACCESS_TOKEN) != NULL) return true;
  if (kept_text(r, API_KEY) != NULL || kept_text(r, API_SECRET) != NULL) {
    return kept_text(r, API_KEY) != NULL && kept_text(r, API_SECRET) != NULL;
  }
  return kept_text(r, AUTH_TOKEN) != NULL && kept_text(r, ACCOUNT_SID) != NULL;
}


static void read_anew(const Reader *r, tw_Request *request);


/* Most calls of a client use the client's credentials, whose header is the same each time. */
static void read_credentials(const Reader *r, tw_Request *request) {
  const int problems = r->problems->count;
  tw_Buffer *line = r->kept != NULL && !gives_credentials(r) ? &r->kept->line : NULL;
  if (line != NULL && line->length > 0) {
    (void)tw_buffer_reserve(&request->authorization, line->length); /* before it may move */
    tw_buffer_append(&request->authorization, line->data, line->length);
    request->clients_token = kept_text(r, ACCESS_TOKEN) != NULL;
    return;
  }
  read_anew(r, request);
  if (line == NULL || r->problems->count > problems || !keeps_all(r)) return;
  (void)tw_buffer_reserve(line, request->authorization.length);
  if (!tw_buffer_append(line, request->authorization.data, request->authorization.length)) tw_buffer_wipe(line);
}


/* Uses a bearer token if one is given, or if the client keeps one and the call gives nothing else. */
static void read_anew(const Reader *r, tw_Request *request) {
  const bool basic = is_given(r, AUTH_TOKEN) || is_given(r, API_KEY) || is_given(r, API_SECRET);
  if (is_given(r, ACCESS_TOKEN) || (!basic && kept_text(r, ACCESS_TOKEN) != NULL)) {
    check_account(r, !is_given(r, ACCOUNT_SID));
    read_token(r, request);
  } else {
    read_basic(r, request);
  }
}


/* ---- endpoint ---- */

static const char *label(const Reader *r, int option) {
  const char *s = text(r, option);
  if (s == NULL || tw_endpoint_is_label(s, strlen(s))) return s;
  refuse(r, option, "one part of a host name, such as dublin or ie1");
  return NULL;
}


/* Twilio no longer has hosts that name a region without an edge, except us1's. */
static void refuse_lone_region(const Reader *r) {
  tw_problem_add(r->problems, is_given(r, REGION) ? options[REGION].name : options[REGION].variable,
                 "needs its edge (dublin for ie1, sydney for au1): product.region.twilio.com is no more, "
                 "https://www.twilio.com/docs/global-infrastructure/api-domain-migration-guide",
                 "given together with an edge");
}


static void read_twilio(const Reader *r, const char *product, tw_Request *request) {
  const int problems = r->problems->count;
  const char *edge = label(r, EDGE);
  const char *region = label(r, REGION);
  if (region != NULL && edge == NULL && strcmp(region, "us1") != 0) refuse_lone_region(r);
  if (r->problems->count == problems) tw_endpoint_twilio(request, product, edge, region);
}


/* Options come before the environment; in the environment a base URL comes before edge and region. */
static void read_endpoint(const Reader *r, const char *product, tw_Request *request) {
  const bool placed = is_given(r, EDGE) || is_given(r, REGION);
  const bool allow_http = flag(r, ALLOW_HTTP);
  const char *url = NULL;
  if (placed && is_given(r, BASE_URL)) {
    tw_problem_add(r->problems, options[BASE_URL].name,
                   "must not be given together with edge or region", NULL);
  }
  if (!placed || is_given(r, BASE_URL)) url = text(r, BASE_URL);
  if (url != NULL) {
    const char *refusal = tw_endpoint_custom(request, url, strlen(url), allow_http);
    if (refusal != NULL) refuse(r, BASE_URL, refusal);
  } else if (!is_given(r, BASE_URL)) {
    read_twilio(r, product, request);
  }
}


/* Is it the URL of a proxy that libcurl supports, with one of these schemes or none? */
static bool is_proxy(const char *s) {
  static const char *const schemes[] = {"http", "https", "socks4", "socks4a", "socks5", "socks5h"};
  const char *mark = strstr(s, "://");
  size_t i;
  if (mark == NULL) return true;
  for (i = 0; i < sizeof schemes / sizeof *schemes; i++) {
    const size_t n = strlen(schemes[i]);
    if ((size_t)(mark - s) == n && memcmp(s, schemes[i], n) == 0) return true;
  }
  return false;
}


/* As in libcurl, "" means no proxy, whatever the environment says. */
static const char *given_proxy(const Reader *r, const tw_Request *request) {
  const bool none = lua_type(r->L, r->slots + PROXY) == LUA_TSTRING &&
                    lua_rawlen(r->L, r->slots + PROXY) == 0;
  const char *s = none ? NULL : given_text(r, PROXY);
  if (s != NULL && !is_proxy(s)) refuse(r, PROXY, "a URL that begins with http://, https:// or socks5://");
  if (s != NULL && request->plain) {
    tw_problem_add(r->problems, options[PROXY].name,
                   "must not be given together with an http base_url: it would see the credentials", NULL);
  }
  return none ? "" : s;
}


/* Refuses certificates that cannot be read now; otherwise each call would fail later. */
static const char *given_path(const Reader *r, int option, bool directory) {
  const char *s = given_text(r, option);
  struct stat found;
  if (s == NULL) return NULL;
  if (stat(s, &found) == 0 && (S_ISDIR(found.st_mode) != 0) == directory && access(s, R_OK) == 0) {
    return s;
  }
  refuse(r, option, directory ? "a directory that can be read" : "a file that can be read");
  return NULL;
}


static void set_text(tw_Buffer *to, const char *before, const char *value) {
  if (value == NULL) return;
  tw_buffer_text(to, before);
  tw_buffer_text(to, value);
}


/* Without options it uses the variables that the program curl reads. */
static void read_certificates(const Reader *r, tw_Request *request) {
  const int problems = r->problems->count;
  const char *file = given_path(r, CA_FILE, false), *path = given_path(r, CA_PATH, true);
  if (!is_given(r, CA_FILE) && !is_given(r, CA_PATH)) {
    file = variable(r, "CURL_CA_BUNDLE");
    if (file == NULL) {
      file = variable(r, "SSL_CERT_FILE");
      path = variable(r, "SSL_CERT_DIR");
    }
  }
  if (r->problems->count != problems) return; /* the variables' texts may be gone */
  set_text(&request->ca_file, "", file);
  set_text(&request->ca_path, "", path);
}


static void read_options(const Reader *r, const char *product, tw_Request *request) {
  static const char seconds[] = "seconds: more than 0, and a day at most";
  double timeout = number(r, TIMEOUT, 0.001, TIMEOUT_MAX, TIMEOUT_DEFAULT, seconds);
  double connect = number(r, CONNECT_TIMEOUT, 0.001, TIMEOUT_MAX, CONNECT_TIMEOUT_DEFAULT, seconds);
  read_credentials(r, request);
  read_endpoint(r, product, request);
  request->timeout_ms = (long)ceil(timeout * 1000);
  request->connect_timeout_ms = (long)ceil(fmin(connect, timeout) * 1000);
  request->response_max = (size_t)number(r, MAX_RESPONSE_BYTES, 1, RESPONSE_MAX_MAX, TW_RESPONSE_MAX,
                                         "a number of bytes from 1 to 2^30");
  set_text(&request->user_agent, "User-Agent: ", given_text(r, USER_AGENT));
  read_certificates(r, request);
  set_text(&request->proxy, "", given_proxy(r, request));
  if (is_given(r, HEADERS)) tw_headers_read(r->L, r->slots + HEADERS, request, r->problems);
}


void tw_options_read(lua_State *L, int slots, const char *product, tw_Credentials *kept,
                     tw_Request *request, tw_Problems *problems) {
  const Reader r = {.L = L, .slots = slots, .kept = kept, .problems = problems};
  read_options(&r, product, request);
}


void tw_options_check(lua_State *L, int slots, tw_Request *request, tw_Problems *problems) {
  const Reader r = {.L = L, .slots = slots, .partial = true, .problems = problems};
  read_options(&r, "", request);
}
