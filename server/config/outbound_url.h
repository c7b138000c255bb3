/* URLs that the server itself asks: for keys of issuers, for receivers of events. Thread: any. */
#ifndef ORIEL_SERVER_CONFIG_OUTBOUND_URL_H
#define ORIEL_SERVER_CONFIG_OUTBOUND_URL_H

#include <stdbool.h>

#define OUTBOUND_URL_MAX 1024 /* [bytes] */

/* May that be asked? https:// anywhere, http:// on this machine only: what goes over the network in
 * clear may be read and written by anybody. No user, no fragment, nothing that two programs could
 * read in two ways. */
bool outbound_url_ok(const char *url);

#endif
