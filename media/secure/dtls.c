/* DESIGN. Everything before Finished is unauthenticated, so a server does not believe its errors:
 * it drops the broken SSL object with the alert it wanted to send, takes a fresh one and waits for
 * the client's next ClientHello. A forger who speaks from the validated address in the middle of a
 * handshake can still spoil that handshake (DTLS 1.2 has no defence there); it can never finish
 * one. A client has no such second chance: it would have to begin again, which is its caller's
 * decision.
 *
 * There is one unauthenticated error that is believed: a ClientHello that parses and with which
 * nothing can be agreed (no SRTP profile, suite, version, group or signature in common). The client
 * would only repeat it until its user gives up, so it is told by the alert and we fail. A forger
 * gains nothing: any ClientHello of theirs, good or bad, keeps the client out.
 *
 * Second chances are counted, because each has us sign and send a flight. When they are used up the
 * handshake fails instead of falling silent: a forger can keep the client out either way, but the
 * client that is told can join again at once, and the operator sees a counter. */
#include "base/alloc.h"
#include "base/check.h"
#include "media/secure/dtls_impl.h"
#include "media/secure/openssl.h"

#define FIRST_RTO (50 * US_PER_MS)
#define MAX_RTO (2 * US_PER_S)
#define GIVE_UP (30 * US_PER_S)

/* OpenSSL's own timer must never fire: the caller's time drives retransmission. About 33 min, well
 * past GIVE_UP and far from overflow. */
static unsigned timer_never(SSL *ssl, unsigned previous_us) {
    (void)ssl;
    (void)previous_us;
    return 2000000000U;
}

/* A fresh SSL object over the same link; false when memory is out (d->ssl is NULL then). */
static bool ssl_reset(struct dtls *d) {
    SSL_free(d->ssl);
    d->ssl = SSL_new(d->id->ctx);
    BIO *bio = BIO_new(d->id->bio);
    if (!d->ssl || !bio) {
        BIO_free(bio);
        SSL_free(d->ssl);
        d->ssl = NULL;
        return false;
    }
    BIO_set_data(bio, &d->link);
    SSL_set_bio(d->ssl, bio, bio); /* owns it now */
    SSL_set_mtu(d->ssl, DTLS_MTU);
    DTLS_set_timer_cb(d->ssl, timer_never);
    if (d->role_client) {
        SSL_set_connect_state(d->ssl);
    } else {
        SSL_set_accept_state(d->ssl);
    }
    d->link.out.len = d->link.out.at = 0;
    d->link.out.open = d->link.out.overflow = false;
    d->deadline = US_NEVER;
    return true;
}

struct dtls *dtls_new(const struct dtls_identity *id, const uint8_t *peer_fingerprint,
                      bool role_client) {
    struct dtls *d = mem_zalloc(1, sizeof(*d));
    if (!d) {
        return NULL;
    }
    d->id = id;
    d->role_client = role_client;
    d->state = DTLS_HANDSHAKING;
    d->started = US_NEVER;
    memcpy(d->peer_fingerprint, peer_fingerprint, FINGERPRINT_LEN);
    ERR_clear_error();
    if (!ssl_reset(d)) {
        return dtls_free(d);
    }
    return d;
}

struct dtls *dtls_free(struct dtls *d) {
    if (d) {
        SSL_free(d->ssl);
        mem_wipe(d, sizeof(*d));
        mem_free(d);
    }
    return NULL;
}

static bool peer_is_the_one(const struct dtls *d) {
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    X509 *cert = SSL_get1_peer_certificate(d->ssl);
    bool ok = cert && X509_digest(cert, EVP_sha256(), digest, &n) == 1 && n == FINGERPRINT_LEN &&
              ct_equal(digest, d->peer_fingerprint, FINGERPRINT_LEN);
    X509_free(cert);
    return ok;
}

static uint16_t selected_profile(const struct dtls *d) {
    const SRTP_PROTECTION_PROFILE *p = SSL_get_selected_srtp_profile(d->ssl);
    return p ? (uint16_t)p->id : SRTP_PROFILE_NONE;
}

/* What is to be sent is still sent: an alert, if anything. */
static void fail_with_alert(struct dtls *d, enum dtls_failure why) {
    d->state = DTLS_FAILED;
    d->failure = why;
    d->deadline = US_NEVER;
}

static void fail(struct dtls *d, enum dtls_failure why) {
    fail_with_alert(d, why);
    d->link.out.len = d->link.out.at = 0;
}

/* Finished has been verified: what the peer said is authentic. */
static void finish(struct dtls *d) {
    d->deadline = US_NEVER;
    if (!peer_is_the_one(d)) {
        fail(d, DTLS_FAILURE_CERTIFICATE);
    } else if (!srtp_profile_known(selected_profile(d))) {
        fail(d, DTLS_FAILURE_PROFILE);
    } else {
        d->state = DTLS_DONE;
    }
}

static void flight_begun(struct dtls *d, us_t now) {
    if (d->started == US_NEVER) {
        d->started = now;
    }
    d->rto = FIRST_RTO;
    d->deadline = now + d->rto;
}

/* OpenSSL has just given up on a ClientHello with which nothing can be agreed. */
static enum dtls_failure disagreement(const struct dtls *d) {
    unsigned long e = ERR_peek_last_error();
    if (d->link.no_profile) {
        return DTLS_FAILURE_PROFILE;
    }
    switch (ERR_GET_LIB(e) == ERR_LIB_SSL ? ERR_GET_REASON(e) : 0) {
    case SSL_R_NO_SHARED_CIPHER:
    case SSL_R_NO_SHARED_SIGNATURE_ALGORITHMS:
    case SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM:
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_VERSION_TOO_LOW:
        return DTLS_FAILURE_SUITE;
    default:
        return DTLS_FAILURE_NONE;
    }
}

/* The SSL object can go no further. */
static void broken(struct dtls *d) {
    enum dtls_failure why = disagreement(d);
    if (d->role_client) {
        fail(d, DTLS_FAILURE_PROTOCOL);
    } else if (why != DTLS_FAILURE_NONE) {
        fail_with_alert(d, why);
    } else if (d->restarts++ >= DTLS_RESTARTS_MAX) {
        fail(d, DTLS_FAILURE_RESTARTS);
    } else if (!ssl_reset(d)) {
        fail(d, DTLS_FAILURE_RESOURCES);
    }
}

/* Let OpenSSL work on link.in. */
static void drive(struct dtls *d, us_t now) {
    d->link.out.open = false;
    ERR_clear_error();
    int rc = SSL_do_handshake(d->ssl);
    int why = rc == 1 ? SSL_ERROR_NONE : SSL_get_error(d->ssl, rc);
    d->link.in = bytes_of(NULL, 0);
    if (d->link.out.open) {
        flight_begun(d, now);
    }
    if (d->link.out.overflow) {
        fail(d, DTLS_FAILURE_RESOURCES);
    } else if (rc == 1) {
        finish(d);
    } else if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE) {
        broken(d);
    }
}

enum dtls_failure dtls_failure(const struct dtls *d) {
    return d->failure;
}

static const struct {
    enum err err;
    const char *name;
} failures[] = {
#define X(symbol, err, name) {err, name},
    DTLS_FAILURE_LIST(X)
#undef X
};

const char *dtls_failure_name(enum dtls_failure f) {
    return (unsigned)f < ARRAY_LEN(failures) ? failures[f].name : "unknown";
}

enum err dtls_failure_err(enum dtls_failure f) {
    return (unsigned)f < ARRAY_LEN(failures) ? failures[f].err : ERR_AUTH;
}

enum dtls_state dtls_input(struct dtls *d, us_t now, struct bytes datagram) {
    if (d->state != DTLS_HANDSHAKING || (d->role_client && d->started == US_NEVER)) {
        return d->state;
    }
    size_t n = dtls_filter_records(datagram, d->role_client, d->datagram);
    if (n > 0) {
        d->link.in = bytes_of(d->datagram, n);
        drive(d, now);
    }
    return d->state;
}

void dtls_start(struct dtls *d, us_t now) {
    if (d->role_client && d->state == DTLS_HANDSHAKING && d->started == US_NEVER) {
        drive(d, now);
    }
}

size_t dtls_output_len(const struct dtls *d) {
    const struct flight *f = &d->link.out;
    return f->at < f->len ? be16(f->buf + f->at) : 0;
}

size_t dtls_output(struct dtls *d, uint8_t *out, size_t cap) {
    struct flight *f = &d->link.out;
    size_t n = dtls_output_len(d);
    if (n == 0 || n > cap) {
        return 0;
    }
    memcpy(out, f->buf + f->at + 2, n);
    f->at += 2 + n;
    return n;
}

us_t dtls_deadline(const struct dtls *d) {
    return d->deadline;
}

enum dtls_state dtls_timeout(struct dtls *d, us_t now) {
    if (d->state != DTLS_HANDSHAKING || now < d->deadline) {
        return d->state;
    }
    if (now - d->started >= GIVE_UP) {
        fail(d, DTLS_FAILURE_TIMEOUT);
        return d->state;
    }
    d->link.out.at = 0;
    d->rto = us_min(2 * d->rto, MAX_RTO);
    d->deadline = now + d->rto;
    return d->state;
}

enum err dtls_export(struct dtls *d, struct dtls_keys *ret) {
    static const char label[] = "EXTRACTOR-dtls_srtp"; /* RFC 5764 section 4.2 */
    uint8_t m[2 * (SRTP_KEY_MAX + SRTP_SALT_MAX)];
    if (d->state != DTLS_DONE) {
        return ERR_WRONG_STATE;
    }
    uint16_t profile = selected_profile(d);
    size_t key = srtp_key_len(profile), salt = srtp_salt_len(profile);
    ERR_clear_error();
    if (SSL_export_keying_material(d->ssl, m, 2 * (key + salt), label, sizeof(label) - 1, NULL, 0,
                                   0) != 1) {
        return ERR_CRYPTO;
    }
    /* In this order: client key, server key, client salt, server salt. */
    memset(ret, 0, sizeof(*ret));
    struct srtp_master *client = d->role_client ? &ret->outbound : &ret->inbound;
    struct srtp_master *server = d->role_client ? &ret->inbound : &ret->outbound;
    ret->profile = profile;
    memcpy(client->key, m, key);
    memcpy(server->key, m + key, key);
    memcpy(client->salt, m + 2 * key, salt);
    memcpy(server->salt, m + 2 * key + salt, salt);
    mem_wipe(m, sizeof(m));
    return OK;
}

enum err dtls_last_flight(struct dtls *d, uint8_t out[DTLS_LAST_FLIGHT_MAX], size_t *ret_len) {
    const struct flight *f = &d->link.out;
    if (d->state != DTLS_DONE || d->role_client) {
        return ERR_WRONG_STATE;
    }
    if (f->len > DTLS_LAST_FLIGHT_MAX) {
        return ERR_LONG;
    }
    memcpy(out, f->buf, f->len);
    *ret_len = f->len;
    return OK;
}
