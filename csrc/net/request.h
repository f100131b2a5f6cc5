/*
** The plain data on both sides of the wire: a request before it is sent, and what is known
** of its answer afterwards. A call owns both; a session only borrows them. Knows neither
** libcurl nor Lua.
*/
#ifndef TW_REQUEST_H
#define TW_REQUEST_H

#include "buffer.h"

/* A URL's path: a base URL's prefix, three parameters and the words between. */
#define TW_PATH_MAX 4096
/* scheme://host:port; a DNS name has at most 253 bytes. */
#define TW_BASE_MAX 1024
/* The form. A webhook's URL and its filters or triggers need far less; the limit
** keeps a mistake (a table of thousands) from being sent. */
#define TW_FORM_MAX (64 * 1024)
/* One of our header lines, a file's name or a proxy's URL; options.c allows 4 KiB for each. */
#define TW_LINE_MAX (16 * 1024)

/* Headers of the user's own: how many, and bytes of a name. */
#define TW_HEADERS_MAX 16
#define TW_HEADER_NAME_MAX 128

typedef struct tw_Request {
  const char *method; /* constant: "POST" */
  bool resendable;    /* may libcurl send it again by itself, unnoticed? */
  bool clients_token; /* `authorization` is the client's own token, which may change */
  tw_Buffer base;     /* "https://host[:port]" */
  tw_Buffer path;     /* "/v2/Services/...", percent-encoded */
  tw_Buffer body;     /* application/x-www-form-urlencoded */
  bool plain;         /* http, and not https */
  bool loopback;      /* the host is this machine */
  long timeout_ms;
  long limit_ms; /* of the next attempt alone; 0 for timeout_ms */
  long connect_timeout_ms;
  size_t response_max; /* bytes of the answer's body */
  tw_Buffer user_agent;    /* "User-Agent: ..." */
  tw_Buffer authorization; /* "Authorization: ...": the secret, wiped with the request */
  tw_Buffer headers; /* of the user's own: lines "Name: value", each ended by a NUL */
  /* data is NULL where they were not given */
  tw_Buffer ca_file, ca_path;
  tw_Buffer proxy; /* "" for none, whatever the environment says */
} tw_Request;

/* Bytes of an answer's header block. The API's have about 2 KiB. Only libcurl 8.3
** and newer have a cap of their own (300 KiB). */
#define TW_HEAD_MAX (64 * 1024)
/* Lines of an answer's header block. */
#define TW_HEAD_LINES_MAX 256
/* Bytes of an answer's body unless `max_response_bytes` says otherwise. */
#define TW_RESPONSE_MAX (1024 * 1024)
/* Bytes of a fault's text, with its NUL. */
#define TW_ERROR_SIZE 256

/* Why there is no whole answer. */
typedef enum tw_Fault {
  TW_FAULT_NONE,
  TW_FAULT_NETWORK,     /* could not connect, or the connection broke */
  TW_FAULT_TIMEOUT,
  TW_FAULT_SETTINGS,    /* the same, and for good: a proxy refuses, or its URL is wrong */
  TW_FAULT_TLS,         /* no secure connection, for now */
  TW_FAULT_CERTIFICATE, /* the same, and for good: certificates or local settings are wrong */
  TW_FAULT_OVERFLOW,    /* the answer passed a cap */
  TW_FAULT_MALFORMED,   /* what came is not HTTP */
  TW_FAULT_CANCELED     /* nobody wants it any more */
} tw_Fault;

typedef struct tw_Response {
  tw_Fault fault;
  int curl_code;     /* libcurl's own number for the fault; 0 for none */
  char error[TW_ERROR_SIZE]; /* in words, where fault is set */
  int status;        /* 0 while no status line was seen */
  unsigned requests; /* how often a request was begun on a connection */
  unsigned lines;    /* in head */
  tw_Buffer head;    /* the last header block, status line first, as received */
  tw_Buffer body;
} tw_Response;

/* open */
void tw_request_init(tw_Request *request);
void tw_response_init(tw_Response *response);

/* use again: buffers are emptied, settings forgotten */
void tw_request_reset(tw_Request *request);
void tw_response_reset(tw_Response *response, size_t response_max);

/* Overwrites its secrets: the credentials, and also the user's own headers and the proxy's URL, which
** may hold some. Their memory stays, since other C may be reading it. */
void tw_request_wipe(tw_Request *request);

/* Milliseconds that an attempt may take. */
long tw_request_time(const tw_Request *request);

/* Copies `from`, without its form, into an empty request. */
void tw_request_copy(tw_Request *request, const tw_Request *from);

/* Did memory run out for any of its buffers? */
bool tw_request_lacks_memory(const tw_Request *request);
bool tw_response_lacks_memory(const tw_Response *response);

/* Sets the fault and its text, cut to TW_ERROR_SIZE. */
void tw_response_fail(tw_Response *response, tw_Fault fault, const char *words);

/* Ends it as canceled, without an answer. `begun`: the request may have left. */
void tw_response_cancel(tw_Response *response, bool begun, const char *why);

/* close; overwrites the secrets */
void tw_request_free(tw_Request *request);
void tw_response_free(tw_Response *response);

#endif
