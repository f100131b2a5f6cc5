/*
** Which CA certificates a handle trusts: those of the options, else libcurl's own. Parsing a
** bundle of a hundred or more takes tens of milliseconds, and libcurl does so for each connection
** if it has a directory too. So a handle begins with less: with the directory alone, in
** which OpenSSL looks one certificate up, or with the bundle alone, which libcurl 7.87 and
** newer parse once a client. It gets all that libcurl would take only when less did not
** suffice.
*/
#ifndef TW_CERTIFICATES_H
#define TW_CERTIFICATES_H

#include "compat.h"
#include "net/request.h"

/* What a session knows. */
typedef struct tw_Certificates {
  bool known;        /* the rest is set */
  bool may_narrow;   /* libcurl's TLS library is one for which this is worth it */
  bool hashed;       /* libcurl's directory has names that OpenSSL looks up */
  bool all_needed;   /* less did not suffice, once */
  tw_Buffer one;     /* a certificate of libcurl's bundle, which stands for the bundle */
} tw_Certificates;

/* open: reads nothing until a handle needs it */
void tw_certificates_init(tw_Certificates *certificates);

/* Sets the CA options of a handle that has libcurl's defaults. `all`: do not begin with less. */
CURLcode tw_certificates_set(tw_Certificates *certificates, CURL *easy, const tw_Request *request, bool all);

/* Did a connection fail by the certificates that the handle had? One may have been missing. Or
** libcurl may have kept it for a day, while its file was renewed: `all` are read anew. */
bool tw_certificates_lacked(const tw_Certificates *certificates, CURL *easy, CURLcode code);

/* close */
void tw_certificates_free(tw_Certificates *certificates);

#endif
