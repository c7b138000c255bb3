/* URLs that the server itself asks: for keys of issuers, for receivers of events; and
 * addresses of brokers. Thread: any. */
#ifndef ORIEL_SERVER_CONFIG_OUTBOUND_URL_H
#define ORIEL_SERVER_CONFIG_OUTBOUND_URL_H

#include <stdbool.h>

#define OUTBOUND_URL_MAX 1024 /* [bytes] */

/* May that be asked? https:// anywhere, http:// on this machine only: what goes over the network in
 * clear may be read and written by anybody. No user, no fragment, nothing that two programs could
 * read in two ways. */
bool outbound_url_ok(const char *url);
/* The same of a server of NATS: tls://HOST[:PORT], nats:// on this machine only. */
bool outbound_nats_ok(const char *url);
/* HOST:PORT, as of a broker of Kafka; *ret_here: it is this machine itself. */
bool outbound_broker_ok(const char *text, bool *ret_here);

#endif
