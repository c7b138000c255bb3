#include "tests/unit/engine/rig.h"

#include "tests/sim/sim_config.h"

#include <stdlib.h>

const struct dtls_identity *rig_identity(bool client) {
    static struct dtls_identity *identities[2];
    if (!identities[client]) {
        identities[client] = dtls_identity_new((wall_t){1790000000000000});
        CHECK(identities[client]);
    }
    return identities[client];
}

__attribute__((destructor)) static void free_identities(void) {
    for (int i = 0; i < 2; i++) {
        /* Made on first use only when some test ran. */
        dtls_identity_free((struct dtls_identity *)(uintptr_t)rig_identity(i));
    }
}

bool rig_init(struct rig *r) {
    const struct dtls_identity *identity = rig_identity(false);
    rig_identity(true);
    memset(r, 0, sizeof(*r));
    r->now = US_PER_S;
    rng_seed(&r->seed, 42);
    r->rng = rng_from_seeded(&r->seed);
    r->config = sim_config(identity, r->rng);
    r->config.cache_packets = 256;
    r->config.level_decoders = 2;
    r->config.repair_percent = 0; /* what is sent twice is for tests about that */
    r->config.redundancy_percent = 0;
    r->config.gop_age = 0; /* and so are pictures that are kept */
    r->pool = packet_pool_new(2048);
    r->engine = r->pool ? engine_new(&r->config) : NULL;
    if (!r->engine || engine_tour_add(r->engine, TOUR) != OK) {
        rig_free(r);
        return false;
    }
    return true;
}

void rig_restart(struct rig *r) {
    engine_free(r->engine);
    r->engine = engine_new(&r->config);
    CHECK(r->engine && engine_tour_add(r->engine, TOUR) == OK);
}

void rig_free(struct rig *r) {
    r->engine = engine_free(r->engine);
    for (unsigned i = 0; i < r->n_clients; i++) {
        client_drop(r->clients[i]);
        free(r->clients[i]);
    }
    r->n_clients = 0;
    r->pool = packet_pool_free(r->pool);
}

static void take_events(struct rig *r) {
    struct media_event e;
    while (!r->ignore_events && engine_event(r->engine, &e)) {
        if (r->n_events < RIG_EVENTS) {
            r->events[r->n_events++] = e;
        }
    }
}

static void take_taps(struct rig *r) {
    struct tap t;
    while (engine_tap(r->engine, &t)) {
        EXPECT((t.type == TAP_RTP) == (t.packet != NULL));
        if (r->n_taps < RIG_TAPS) {
            if (t.packet) {
                EXPECT(t.payload_at + t.payload_len <= t.packet->len);
                memcpy(r->tap_head[r->n_taps], t.packet->data + t.payload_at,
                       t.payload_len < 8 ? t.payload_len : 8);
            }
            r->taps[r->n_taps++] = t;
        }
        packet_unref(t.packet);
    }
}

static void note_stray(struct rig *r, const struct datagram *d) {
    unsigned i = 0;
    while (i < r->n_strays && !addr_eq(&r->strays[i].to, &d->to)) {
        i++;
    }
    if (i == ARRAY_LEN(r->strays)) {
        return;
    }
    r->n_strays += i == r->n_strays;
    r->strays[i].to = d->to;
    r->strays[i].datagrams++;
    r->strays[i].bytes += d->len;
}

static void deliver(struct rig *r, const struct datagram *d) {
    bool any = false;
    if (r->watch) {
        r->watch(r, d);
    }
    for (unsigned i = 0; i < r->n_clients; i++) {
        struct client *c = r->clients[i];
        if (addr_eq(&c->addr, &d->to)) {
            c->got_from = d->from;
            client_input(c, r->now, d);
            any = true;
        }
    }
    if (!any) {
        note_stray(r, d);
    }
}

static struct packet *packet_of(struct rig *r, const struct addr *from, const uint8_t *p,
                                size_t n) {
    struct packet *k = packet_take(r->pool);
    CHECK(k && n <= PACKET_CAP);
    k->from = *from;
    k->to = (struct addr){0};
    for (unsigned i = 0; i < r->n_clients; i++) {
        if (addr_eq(&r->clients[i]->addr, from)) {
            k->to = r->clients[i]->server;
        }
    }
    k->arrival = r->now;
    k->len = (uint16_t)n;
    memcpy(k->data, p, n);
    return k;
}

/* What clients answer goes out after the engine has been drained: they keep it. */
static size_t client_says(struct client *c, uint8_t out[PACKET_CAP]) {
    if (c->answer_len > 0) {
        size_t n = c->answer_len;
        memcpy(out, c->answer, n);
        c->answer_len = 0;
        return n;
    }
    return c->dtls ? dtls_output(c->dtls, out, PACKET_CAP) : 0;
}

static bool clients_talk(struct rig *r) {
    for (unsigned i = 0; i < r->n_clients; i++) {
        struct client *c = r->clients[i];
        uint8_t out[PACKET_CAP];
        size_t n = client_says(c, out);
        if (n > 0) {
            engine_input(r->engine, r->now, packet_of(r, &c->addr, out, n));
            return true;
        }
    }
    return false;
}

void rig_pump(struct rig *r) {
    do {
        static struct train t;
        struct datagram d;
        while (engine_output(r->engine, r->now, &t)) {
            r->trains++;
            for (size_t at = 0; train_next(&t, &at, &d);) {
                r->datagrams++;
                deliver(r, &d);
            }
        }
        take_events(r);
        take_taps(r);
    } while (clients_talk(r));
}

void rig_send(struct rig *r, const struct addr *from, const uint8_t *p, size_t n) {
    engine_input(r->engine, r->now, packet_of(r, from, p, n));
    if (!r->hold) {
        rig_pump(r);
    }
}

static us_t next_check(const struct rig *r) {
    us_t at = US_NEVER;
    for (unsigned i = 0; i < r->n_clients; i++) {
        if (r->clients[i]->alive) {
            at = us_min(at, r->clients[i]->check_at);
        }
    }
    return at;
}

static void checks_due(struct rig *r) {
    for (unsigned i = 0; i < r->n_clients; i++) {
        struct client *c = r->clients[i];
        if (c->alive && c->check_at <= r->now) {
            c->check_at = r->now + US_PER_S;
            client_check(c, true);
        }
    }
}

void rig_run(struct rig *r, us_t duration) {
    us_t end = r->now + duration;
    unsigned stuck = 0;
    for (;;) {
        us_t at = us_min(engine_deadline(r->engine), next_check(r));
        if (at > end) {
            break;
        }
        stuck = at > r->now ? 0 : stuck + 1;
        CHECK(stuck < 1000);
        r->now = us_max(r->now, at);
        if (engine_deadline(r->engine) <= r->now) {
            engine_timeout(r->engine, r->now);
            rig_pump(r);
        }
        checks_due(r);
    }
    r->now = end;
}

uint64_t rig_shows(const struct rig *r, const struct client *c, uint8_t line) {
    for (unsigned i = r->n_events; i-- > 0;) {
        const struct media_event *e = &r->events[i];
        if (e->type == MEDIA_SLOT_CHANGED && e->peer == c->params.peer &&
            strcmp(e->mid, c->params.lines[line].mid) == 0) {
            return e->participant;
        }
    }
    return 0;
}

uint64_t rig_speaker(const struct rig *r) {
    for (unsigned i = r->n_events; i-- > 0;) {
        if (r->events[i].type == MEDIA_SPEAKER) {
            return r->events[i].participant;
        }
    }
    return 0;
}

unsigned rig_count(const struct rig *r, enum media_event_type type, uint64_t peer) {
    unsigned n = 0;
    for (unsigned i = 0; i < r->n_events; i++) {
        n += r->events[i].type == type && (peer == 0 || r->events[i].peer == peer);
    }
    return n;
}

unsigned rig_taps(const struct rig *r, enum tap_type type, uint64_t participant) {
    unsigned n = 0;
    for (unsigned i = 0; i < r->n_taps; i++) {
        n += r->taps[i].type == type && (participant == 0 || r->taps[i].participant == participant);
    }
    return n;
}
