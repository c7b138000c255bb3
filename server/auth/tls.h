/* The HTTP server's certificate: checked before libwebsockets sees it, so that an operator gets
 * one clear line; and made for `serve --lan`. */
#ifndef ORIEL_SERVER_AUTH_TLS_H
#define ORIEL_SERVER_AUTH_TLS_H

#include "base/err.h"
#include "base/time.h"

#include <stdbool.h>

/* Both files load and belong together, and only its owner and group read the key. ERR_IO,
 * ERR_DENIED, ERR_CRYPTO; the reason in why. */
enum err tls_check(const char *cert, const char *key, char why[WHY_MAX]);
/* True when the certificate names this IP address and is valid for another day. */
bool tls_names(const char *cert, const char *ip, wall_t wall);
/* Write a self-signed ECDSA P-256 pair for an IP address, valid for a year, the key with mode 0600;
 * what is there is replaced. ERR_IO, ERR_CRYPTO. */
enum err tls_self_sign(const char *cert, const char *key, const char *ip, char why[WHY_MAX]);

#endif
