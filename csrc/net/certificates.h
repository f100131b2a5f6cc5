/*
** Which CA certificates a handle trusts: those of the options, and else libcurl's own. To
** parse a bundle of some hundred takes tens of milliseconds, for each connection anew where
** libcurl has a directory too. So a handle begins with no more than it needs: the directory
** alone, in which one certificate is looked up; or the bundle alone, which libcurl 7.87 and
** newer then parse once a client. Only when that does not suffice it gets all that libcurl
** would have taken.
*/
#ifndef TW_CERTIFICATES_H
#define TW_CERTIFICATES_H

#include "compat.h"
#include "net/request.h"

/* What a session knows. */
typedef struct tw_Certificates {
  bool known;        /* the rest was found out */
  bool may_narrow;   /* libcurl's TLS library is one for which this is worth it */
  bool hashed;       /* libcurl's directory can be searched by name */
  bool all_needed;   /* less did not suffice once */
  tw_Buffer one;     /* a certificate of libcurl's bundle, which serves for the bundle */
} tw_Certificates;

/* open: nothing is read until a handle needs it */
void tw_certificates_init(tw_Certificates *certificates);

/* Sets a handle that has libcurl's defaults. `all`: do not begin with less. */
CURLcode tw_certificates_set(tw_Certificates *certificates, CURL *easy, const tw_Request *request, bool all);

/* Did a connection fail because an issuer was not among those that the handle had? */
bool tw_certificates_lacked(const tw_Certificates *certificates, CURL *easy, CURLcode code);

/* close */
void tw_certificates_free(tw_Certificates *certificates);

#endif
