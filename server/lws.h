/* libwebsockets, included by this one door: it brings OpenSSL's types, one of which is named like
 * an error code of ours. */
#ifndef ORIEL_SERVER_LWS_H
#define ORIEL_SERVER_LWS_H

#define ERR_STATE OPENSSL_ERR_STATE
#include <libwebsockets.h>
#undef ERR_STATE

#endif
