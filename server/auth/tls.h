/* The HTTP server's certificate: checked before libwebsockets sees it, so that an operator gets
 * one clear line; exchanged while the server runs; and made for `serve --lan`. The control thread,
 * or the command line. */
#ifndef ORIEL_SERVER_AUTH_TLS_H
#define ORIEL_SERVER_AUTH_TLS_H

#include "base/err.h"
#include "base/time.h"

#include <stdbool.h>

struct ssl_ctx_st; /* OpenSSL's SSL_CTX */

/* A certificate, its chain and its key, to be freed or shown. Both files load and belong together,
 * only its owner and group read the key, and it has no passphrase. ERR_IO, ERR_DENIED, ERR_CRYPTO,
 * the reason in why; ERR_NOMEM. */
enum err tls_load(const char *cert, const char *key, struct ssl_ctx_st **ret, char why[WHY_MAX]);
/* NULL is fine. */
void tls_free(struct ssl_ctx_st *pair);
/* What a server shows in place of what it began with. Its owner frees the pair when the server is
 * gone. */
struct tls_shown {
    struct ssl_ctx_st *pair; /* NULL: it shows what it began with */
};
/* Whoever shakes hands by `server` from now on is shown this pair, which `shown` takes over, and
 * none that it had before. */
void tls_show(struct ssl_ctx_st *server, struct tls_shown *shown, struct ssl_ctx_st *pair);
/* tls_load, and nothing of it is kept. */
enum err tls_check(const char *cert, const char *key, char why[WHY_MAX]);
/* True when the certificate names this IP address and is valid for another day. */
bool tls_names(const char *cert, const char *ip, wall_t wall);
/* Write a self-signed ECDSA P-256 pair for an IP address, valid for a year, the key with mode 0600;
 * what is there is replaced. ERR_IO, ERR_CRYPTO. */
enum err tls_self_sign(const char *cert, const char *key, const char *ip, char why[WHY_MAX]);

#endif
