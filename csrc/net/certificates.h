/*
** The CA certificates that a handle trusts: those of the options, else libcurl's own. Parsing a
** bundle of a hundred or more takes tens of milliseconds, and libcurl does so for each connection
** if it has a directory too. So a handle begins with less: with only the directory, in which
** OpenSSL looks one certificate up, or with only the bundle, which libcurl 7.87 and newer parse
** once a client. It gets everything that libcurl would use only if less was not enough.
*/
#ifndef TW_CERTIFICATES_H
#define TW_CERTIFICATES_H

#include "compat.h"
#include "net/request.h"

/* What a session knows. */
typedef struct tw_Certificates {
  bool known;        /* the rest is set */
  bool may_narrow;   /* this helps with libcurl's TLS library */
  bool hashed;       /* libcurl's directory has names that OpenSSL looks up */
  bool all_needed;   /* less was not enough, once */
  tw_Buffer one;     /* one certificate of libcurl's bundle, used in its place */
} tw_Certificates;

/* open: reads nothing until a handle needs it */
void tw_certificates_init(tw_Certificates *certificates);

/* Sets the CA options of a handle that has libcurl's defaults. `all`: do not begin with less. */
CURLcode tw_certificates_set(tw_Certificates *certificates, CURL *easy, const tw_Request *request, bool all);

/* Did a connection fail because of the handle's certificates? One may be missing. Or libcurl may
** have kept old ones while their file was renewed: `all` are then read again. */
bool tw_certificates_lacked(const tw_Certificates *certificates, CURL *easy, CURLcode code);

/* close */
void tw_certificates_free(tw_Certificates *certificates);

#endif
