/* What dtls.c, dtls_bio.c, dtls_close.c, dtls_records.c and dtls_identity.c share; included by
 * nobody else. Owner: the worker that owns the struct dtls; a dtls_identity is immutable and
 * shared. */
#ifndef ORIEL_MEDIA_SECURE_DTLS_IMPL_H
#define ORIEL_MEDIA_SECURE_DTLS_IMPL_H

#include "media/secure/dtls.h"
#include "media/secure/openssl.h"

/* [bytes] A flight of ours is one or two datagrams; a client with a large certificate needs a few
 * more. Longer flights fail the handshake. */
#define FLIGHT_CAP 6144
/* [bytes] Largest datagram looked at; larger ones are garbage. */
#define DTLS_DATAGRAM_MAX 1600

/* The datagrams of the current flight, each after its 16-bit length, kept for retransmission. */
struct flight {
    uint8_t buf[FLIGHT_CAP];
    size_t len, at; /* [bytes] used; read by dtls_output so far */
    bool open;      /* the running call has begun this flight: writes append */
    bool overflow;
};

/* What our BIO connects OpenSSL with: one datagram in, a flight out. */
struct dtls_link {
    struct bytes in; /* unread datagram; empty = "retry" */
    struct flight out;
    struct wr *aside; /* not NULL: what OpenSSL writes goes here and is no flight */
    bool no_profile;  /* the ClientHello offers none of our SRTP profiles */
};

struct dtls {
    const struct dtls_identity *id;
    SSL *ssl;
    bool role_client;
    enum dtls_state state;
    enum dtls_failure failure;
    unsigned restarts; /* SSL objects dropped so far */
    us_t started;      /* [us] first flight; US_NEVER before */
    us_t deadline;     /* [us] next retransmission */
    us_t rto;          /* [us] current interval */
    uint8_t peer_fingerprint[FINGERPRINT_LEN];
    uint8_t datagram[DTLS_DATAGRAM_MAX]; /* filtered input */
    struct dtls_link link;
};

struct dtls_identity {
    SSL_CTX *ctx;
    BIO_METHOD *bio;
    uint8_t fingerprint[FINGERPRINT_LEN];
    wall_t made;
};

/* A BIO method whose BIOs carry a struct dtls_link as data; NULL when memory is out. */
BIO_METHOD *dtls_bio_method(void);

/* RFC 6347 section 4.1: type 1, version 2, epoch 2, sequence number 6, length 2. */
#define DTLS_RECORD_HEADER 13

/* RFC 5246 section 6.2.1 */
enum { DTLS_CHANGE_CIPHER_SPEC = 20, DTLS_ALERT = 21, DTLS_HANDSHAKE = 22 };

struct dtls_record {
    uint8_t type;
    uint16_t version, epoch;
    struct bytes whole, body; /* with and without its header */
};
/* Take the next record of a datagram; false at the end or at what is no record of DTLS 1.0 (first
 * ClientHello) or 1.2 (RFC 6347 section 4.1). */
bool dtls_next_record(struct rd *r, struct dtls_record *ret);

/* Copy to out (DTLS_DATAGRAM_MAX bytes) the records of a datagram that a handshake may use: whole,
 * of version DTLS 1.0 (first ClientHello) or 1.2 (RFC 6347 section 4.1), ChangeCipherSpec or
 * handshake, and, while unencrypted, well-formed fragments of messages that this role receives.
 * Alerts are left out: unencrypted ones can be forged and would end a handshake. Returns the
 * length kept, 0 = ignore the datagram. */
size_t dtls_filter_records(struct bytes datagram, bool role_client, uint8_t *out);

#endif
