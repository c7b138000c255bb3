/* A DTLS client that is nothing but OpenSSL behind our BIO: what it offers is the test's choice, it
 * obeys alerts, and it keeps its connection after the handshake. */
#ifndef ORIEL_TESTS_UNIT_SECURE_RAW_H
#define ORIEL_TESTS_UNIT_SECURE_RAW_H

#include "media/secure/dtls_impl.h"

struct raw {
    SSL_CTX *ctx;
    SSL *ssl;
    struct dtls_link link;
    int rc; /* of the last SSL_do_handshake */
};

/* A client with the certificate of pair_identity(true), or without one, that offers these profiles
 * (NULL: no use_srtp). Its ctx may be changed until raw_start. */
void raw_init(struct raw *c, const char *profiles, bool certificate);
void raw_free(struct raw *c);
/* The ClientHello is in link.out. */
void raw_start(struct raw *c);
/* Let it read one datagram; what it answers is in link.out. */
void raw_input(struct raw *c, struct bytes datagram);
/* The next datagram of link.out; empty when there is none. */
struct bytes raw_output(struct raw *c);
/* Exchange everything with this server until both are silent; the server's state. */
enum dtls_state raw_run(struct raw *c, struct dtls *server);

#endif
