#include "tests/unit/secure/pair.h"

#include "base/check.h"

#include <string.h>

const struct dtls_identity *pair_identity(bool client) {
    static struct dtls_identity *ids[2];
    if (!ids[client]) {
        ids[client] = dtls_identity_new((wall_t){1750000000 * US_PER_S});
    }
    return ids[client];
}

bool pair_init(struct pair *p) {
    memset(p, 0, sizeof(*p));
    const struct dtls_identity *c = pair_identity(true), *s = pair_identity(false);
    if (!c || !s) {
        return false;
    }
    p->client = dtls_new(c, dtls_identity_fingerprint(s), true);
    p->server = dtls_new(s, dtls_identity_fingerprint(c), false);
    if (!p->client || !p->server) {
        pair_free(p);
        return false;
    }
    return true;
}

void pair_free(struct pair *p) {
    p->client = dtls_free(p->client);
    p->server = dtls_free(p->server);
}

static void enqueue(struct pair *p, bool to_server, us_t at, struct bytes d) {
    CHECK(p->n_queue < PAIR_QUEUE && d.n <= sizeof(p->queue[0].data));
    struct hop *h = &p->queue[p->n_queue++];
    h->at = at;
    h->to_server = to_server;
    h->n = d.n;
    memcpy(h->data, d.p, d.n);
}

void pair_inject(struct pair *p, bool to_server, struct bytes datagram) {
    enqueue(p, to_server, p->now, datagram);
}

static void send_one(struct pair *p, bool to_server, struct bytes d) {
    us_t delay = 0;
    unsigned number = p->sent++;
    unsigned copies = p->fate ? p->fate(p->fate_ctx, number, to_server, &delay) : 1;
    for (unsigned i = 0; i < copies; i++) {
        enqueue(p, to_server, p->now + PAIR_DELAY + delay, d);
    }
}

/* The client's own records are numbered from 0; the second half needs a number of its own. */
static void renumber(uint8_t *d, size_t n) {
    for (size_t at = 0; at + 13 <= n; at += 13 + be16(d + at + 11)) {
        if (d[at + 4] == 0) { /* epoch 0 */
            d[at + 10] = (uint8_t)(d[at + 10] + 8);
        }
    }
}

static void send_hello_halves(struct pair *p, const uint8_t *d, size_t n) {
    uint8_t half[1600];
    size_t body = n - 25, first = body / 2;
    for (int i = 0; i < 2; i++) {
        size_t offset = i ? first : 0, len = i ? body - first : first;
        memcpy(half, d, 25);
        half[10] = (uint8_t)(d[10] + i);
        put_be16(half + 11, (uint16_t)(12 + len));
        put_be16(half + 20, (uint16_t)offset);
        put_be16(half + 23, (uint16_t)len);
        memcpy(half + 25, d + 25 + offset, len);
        send_one(p, true, bytes_of(half, 25 + len));
    }
}

static void drain(struct pair *p) {
    uint8_t d[DTLS_MTU];
    size_t n;
    while ((n = dtls_output(p->client, d, sizeof(d))) > 0) {
        bool hello = d[0] == 22 && d[13] == 1;
        if (p->split_hello && !hello) {
            renumber(d, n);
        }
        if (p->split_hello && hello) {
            send_hello_halves(p, d, n);
        } else {
            send_one(p, true, bytes_of(d, n));
        }
    }
    for (size_t told; p->server && (told = dtls_output_len(p->server)) > 0;) {
        n = dtls_output(p->server, d, sizeof(d));
        CHECK(n == told);
        send_one(p, false, bytes_of(d, n));
    }
}

static void replay_flight(struct pair *p) {
    p->replays++;
    for (size_t at = 0; at + 2 <= p->last_flight_len;) {
        size_t n = be16(p->last_flight + at);
        send_one(p, false, bytes_of(p->last_flight + at + 2, n));
        at += 2 + n;
    }
}

static void deliver(struct pair *p, unsigned i) {
    struct hop h = p->queue[i];
    memmove(&p->queue[i], &p->queue[i + 1], (--p->n_queue - i) * sizeof(h));
    struct bytes d = bytes_of(h.data, h.n);
    if (!h.to_server) {
        p->client_state = dtls_input(p->client, p->now, d);
    } else if (p->server) {
        p->server_state = dtls_input(p->server, p->now, d);
    } else if (dtls_is_handshake(d)) {
        replay_flight(p);
    }
    drain(p);
    if (p->server && p->server_state == DTLS_DONE) {
        CHECK(dtls_export(p->server, &p->server_keys) == OK);
        CHECK(dtls_last_flight(p->server, p->last_flight, &p->last_flight_len) == OK);
        p->server = dtls_free(p->server);
    }
}

static int earliest(const struct pair *p) {
    int best = -1;
    for (unsigned i = 0; i < p->n_queue; i++) {
        if (best < 0 || p->queue[i].at < p->queue[best].at) {
            best = (int)i;
        }
    }
    return best;
}

static bool settled(const struct pair *p) {
    return (p->client_state == DTLS_DONE && p->server_state == DTLS_DONE) ||
           p->client_state == DTLS_FAILED || p->server_state == DTLS_FAILED;
}

void pair_run(struct pair *p, us_t until) {
    dtls_start(p->client, p->now);
    drain(p);
    while (!settled(p)) {
        int i = earliest(p);
        us_t arrival = i < 0 ? US_NEVER : p->queue[i].at;
        us_t timer =
            us_min(dtls_deadline(p->client), p->server ? dtls_deadline(p->server) : US_NEVER);
        us_t next = us_min(arrival, timer);
        if (next > until) {
            return;
        }
        p->now = us_max(p->now, next);
        if (arrival <= timer) {
            deliver(p, (unsigned)i);
            continue;
        }
        p->client_state = dtls_timeout(p->client, p->now);
        if (p->server) {
            p->server_state = dtls_timeout(p->server, p->now);
        }
        drain(p);
    }
}
