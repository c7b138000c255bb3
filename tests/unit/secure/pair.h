/* Two DTLS ends and a wire between them in virtual time. */
#ifndef ORIEL_TESTS_UNIT_SECURE_PAIR_H
#define ORIEL_TESTS_UNIT_SECURE_PAIR_H

#include "media/secure/dtls.h"

#define PAIR_DELAY (10 * US_PER_MS) /* one way */
#define PAIR_QUEUE 64

struct hop {
    us_t at;
    bool to_server;
    size_t n; /* [bytes] */
    uint8_t data[1600];
};

struct pair {
    struct dtls *client, *server; /* server is NULL once it has been freed */
    enum dtls_state client_state, server_state;
    us_t now;
    /* What happens to datagram number n (from 0, both directions): copies delivered, and extra
     * delay of each. NULL: one copy, no delay. */
    unsigned (*fate)(void *ctx, unsigned number, bool to_server, us_t *delay);
    void *fate_ctx;
    bool split_hello; /* cut the ClientHello into two handshake fragments */
    unsigned sent;    /* datagrams so far */
    unsigned n_queue;
    struct hop queue[PAIR_QUEUE];
    struct dtls_keys server_keys; /* valid when server_state is DTLS_DONE */
    uint8_t last_flight[DTLS_LAST_FLIGHT_MAX];
    size_t last_flight_len;
    unsigned replays; /* times the stored last flight was sent again */
};

/* One identity per role, made once for the whole program. */
const struct dtls_identity *pair_identity(bool client);
/* Both ends, expecting each other; false without memory (nothing is held then). */
bool pair_init(struct pair *p);
void pair_free(struct pair *p);
/* Put a datagram on the wire as if one end had sent it. */
void pair_inject(struct pair *p, bool to_server, struct bytes datagram);
/* Start the client and run until both are done, one has failed or `until` has passed. The server
 * is freed as soon as it is done; its stored flight answers for it from then on. */
void pair_run(struct pair *p, us_t until);

#endif
