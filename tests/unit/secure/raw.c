#include "tests/unit/secure/raw.h"

#include "base/check.h"
#include "tests/unit/secure/pair.h"

#include <string.h>

void raw_init(struct raw *c, const char *profiles, bool certificate) {
    const struct dtls_identity *id = pair_identity(true);
    memset(c, 0, sizeof(*c));
    c->ctx = SSL_CTX_new(DTLS_method());
    CHECK(c->ctx);
    SSL_CTX_set_options(c->ctx, SSL_OP_NO_QUERY_MTU);
    if (profiles) {
        CHECK(SSL_CTX_set_tlsext_use_srtp(c->ctx, profiles) == 0);
    }
    if (certificate) {
        CHECK(SSL_CTX_use_certificate(c->ctx, SSL_CTX_get0_certificate(id->ctx)) == 1);
        CHECK(SSL_CTX_use_PrivateKey(c->ctx, SSL_CTX_get0_privatekey(id->ctx)) == 1);
    }
}

void raw_free(struct raw *c) {
    SSL_free(c->ssl);
    SSL_CTX_free(c->ctx);
    memset(c, 0, sizeof(*c));
}

static void handshake(struct raw *c) {
    c->link.out.open = false;
    ERR_clear_error();
    c->rc = SSL_do_handshake(c->ssl);
    c->link.in = bytes_of(NULL, 0);
}

void raw_start(struct raw *c) {
    BIO *bio = BIO_new(pair_identity(true)->bio);
    c->ssl = SSL_new(c->ctx);
    CHECK(c->ssl && bio);
    BIO_set_data(bio, &c->link);
    SSL_set_bio(c->ssl, bio, bio);
    SSL_set_mtu(c->ssl, DTLS_MTU);
    SSL_set_connect_state(c->ssl);
    handshake(c);
}

void raw_input(struct raw *c, struct bytes datagram) {
    c->link.in = datagram;
    handshake(c);
}

struct bytes raw_output(struct raw *c) {
    struct flight *f = &c->link.out;
    if (f->at >= f->len) {
        return bytes_of(NULL, 0);
    }
    struct bytes d = bytes_of(f->buf + f->at + 2, be16(f->buf + f->at));
    f->at += 2 + d.n;
    return d;
}

enum dtls_state raw_run(struct raw *c, struct dtls *server) {
    enum dtls_state state = DTLS_HANDSHAKING;
    bool busy = true;
    for (unsigned i = 0; busy && i < 100; i++) {
        uint8_t d[DTLS_MTU];
        busy = false;
        for (struct bytes b; (b = raw_output(c)).n > 0; busy = true) {
            state = dtls_input(server, 0, b);
        }
        for (size_t n; (n = dtls_output(server, d, sizeof(d))) > 0; busy = true) {
            raw_input(c, bytes_of(d, n));
        }
    }
    CHECK(!busy);
    return state;
}
