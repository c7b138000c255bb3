/* One tour on three workers that is mixed and recorded, while orders and what workers tell each
 * other come in any order but that within a mailbox, late, or not at all where the product may lose
 * them. When that ends all agree again. ORIEL_ORDERS_SEEDS=N runs N seeds, from
 * ORIEL_ORDERS_FIRST. */
#include "media/engine/replica.h"
#include "media/engine/session.h"
#include "media/mix/mixes.h"
#include "media/room/stage.h"
#include "tests/unit/engine/rig.h"

#include <stdlib.h>

#define WORKERS 3
#define ENDS (WORKERS + 1) /* the last is the mix */
#define MIX WORKERS
#define PEOPLE 24
#define BOX 512
#define POOL 16384 /* more than all caches and mailboxes hold */
#define STEPS 400
#define SETTLE (8 * US_PER_S)

enum order_type {
    ADD,
    REMOVE,
    SPAN,
    TAP,
    TOUR_MIXED,
    HELD,
    JOIN,
    LEAVE,
    CONSENT,
    MUTE,
    PINNED,
    WITHOUT,
    MAY,
    HOSTS
};

struct order {
    enum order_type type;
    bool on;
    uint8_t kind;
    uint64_t others, peer, participant, lead;
    struct client *client;
};

struct person { /* as control believes */
    struct client *c;
    unsigned worker;
    bool there, connected, keyed;
    bool shares; /* a screen, now and then */
    unsigned plis, layers;
    uint8_t denied; /* bit per source_kind */
    uint64_t without;
};

struct box {
    unsigned head, n;
    us_t until; /* nothing is taken before */
};

static struct world {
    struct rng_seeded seed;
    struct rng rng;
    struct rig rig[WORKERS];
    struct mixes *mixes;
    struct packet_pool *pool; /* of the mix */
    struct person people[PEOPLE];
    unsigned n_people, n_mix, home;
    uint64_t spotlight, lead;
    unsigned closes; /* how likely the tour ends, and begins anew with the same handle */
    uint64_t span;
    bool tapped, lossy;
    struct box order_box[WORKERS], mix_box, relay_box[ENDS][ENDS];
    struct order orders[WORKERS][BOX];
    struct mix_order mix_orders[BOX];
    struct relay relays[ENDS][ENDS][BOX];
} w;

static uint32_t below(uint32_t n) {
    return rng_below(&w.rng, n);
}

static us_t now(void) {
    return w.rig[0].now;
}

/* ---- mailboxes ---- */

static unsigned place(struct box *b) {
    CHECK(b->n < BOX);
    return (b->head + b->n++) % BOX;
}

static unsigned take(struct box *b) {
    unsigned at = b->head;
    b->head = (b->head + 1) % BOX;
    b->n--;
    return at;
}

static void post(unsigned worker, struct order o) {
    w.orders[worker][place(&w.order_box[worker])] = o;
}

static void post_to_span(struct order o) {
    for (unsigned i = 0; i < WORKERS; i++) {
        if (w.span & 1u << i) {
            o.others = w.span & ~(1ull << i);
            post(i, o);
        }
    }
}

static void tell(unsigned from, const struct relay *m) {
    unsigned to = m->to == RELAY_MIX ? MIX : m->to;
    REQUIRE(to < ENDS && to != from);
    struct box *b = &w.relay_box[from][to];
    if (b->n < BOX && !(w.lossy && below(8) == 0)) {
        w.relays[from][to][place(b)] = *m;
    } else {
        packet_unref(relay_carries(m));
    }
}

static void collect(void) {
    struct relay m;
    for (unsigned i = 0; i < WORKERS; i++) {
        while (engine_relay(w.rig[i].engine, &m)) {
            tell(i, &m);
        }
    }
    while (mixes_output(w.mixes, &m)) {
        tell(MIX, &m);
    }
}

static void join(struct client *c) {
    client_join(c);
    for (unsigned i = 0; i < w.n_people; i++) {
        w.people[i].connected |= w.people[i].c == c;
    }
}

static void obey(struct rig *r, const struct order *o) {
    struct engine *e = r->engine;
    us_t at = r->now;
    switch (o->type) {
    case ADD:
        EXPECT_EQ(engine_tour_add(e, TOUR), OK);
        break;
    case REMOVE:
        EXPECT_EQ(engine_tour_remove(e, TOUR), OK);
        break;
    case SPAN:
        EXPECT_EQ(engine_tour_span(e, at, TOUR, w.home, o->others), OK);
        break;
    case TAP:
        EXPECT_EQ(engine_tour_tap(e, at, TOUR, o->on), OK);
        break;
    case TOUR_MIXED:
        EXPECT_EQ(engine_tour_mix(e, at, TOUR, o->on), OK);
        break;
    case HELD:
        EXPECT_EQ(engine_stage(e, at, TOUR, o->participant, o->lead), OK);
        EXPECT_EQ(engine_tour_intake(e, at, TOUR, o->participant ? 100000000 : 0), OK);
        break;
    case JOIN:
        join(o->client);
        break;
    case LEAVE:
        (void)engine_peer_remove(e, at, o->peer);
        break;
    case CONSENT:
        (void)engine_peer_consent(e, at, o->peer, o->on);
        break;
    case MUTE:
        (void)engine_source_mute(e, at, o->peer, (enum source_kind)o->kind, o->on);
        break;
    case PINNED:
        (void)engine_pin(e, at, o->peer, o->participant);
        break;
    case WITHOUT:
        (void)engine_peer_without(e, at, o->peer, o->participant);
        break;
    case MAY:
        (void)engine_receive(e, at, o->peer, (enum source_kind)o->kind, o->on);
        break;
    case HOSTS:
        (void)engine_host(e, at, o->peer, o->on);
        break;
    }
    rig_pump(r);
}

static void take_mix_order(void) {
    EXPECT_EQ(mixes_order(w.mixes, now(), &w.mix_orders[take(&w.mix_box)]), OK);
}

static void take_relay(unsigned from, unsigned to) {
    struct relay m = w.relays[from][to][take(&w.relay_box[from][to])];
    if (to == MIX) {
        while (w.mix_box.n) { /* as its thread does */
            take_mix_order();
        }
        mixes_input(w.mixes, now(), &m);
    } else {
        engine_relay_input(w.rig[to].engine, now(), &m);
        rig_pump(&w.rig[to]);
    }
}

static bool ready(struct box *b, bool all) {
    if (all) {
        return b->n > 0;
    }
    if (b->until <= now() && below(40) == 0) {
        b->until = now() + below(below(8) == 0 ? 3000 : 200) * US_PER_MS;
    }
    return b->n > 0 && b->until <= now() && below(3);
}

/* From one mailbox after the other, in an order that differs. */
static bool deliver(bool all) {
    bool any = false;
    unsigned first = below(ENDS * ENDS + WORKERS + 1);
    for (unsigned k = 0; k < ENDS * ENDS + WORKERS + 1; k++) {
        unsigned i = (first + k) % (ENDS * ENDS + WORKERS + 1);
        if (i < ENDS * ENDS) {
            unsigned from = i / ENDS, to = i % ENDS;
            for (unsigned n = 0; n < 16 && ready(&w.relay_box[from][to], all); n++) {
                take_relay(from, to);
                any = true;
            }
        } else if (i < ENDS * ENDS + WORKERS) {
            unsigned to = i - ENDS * ENDS;
            for (; ready(&w.order_box[to], all); any = true) {
                obey(&w.rig[to], &w.orders[to][take(&w.order_box[to])]);
            }
        } else {
            for (; ready(&w.mix_box, all); any = true) {
                take_mix_order();
            }
        }
        collect();
    }
    return any;
}

/* ---- control ---- */

static struct person *anybody(void) {
    struct person *p = w.n_people ? &w.people[below(w.n_people)] : NULL;
    return p && p->there ? p : NULL;
}

static void order_mix(const struct person *p, bool on) {
    w.mix_orders[place(&w.mix_box)] = (struct mix_order){.tour = TOUR,
                                                         .peer = p->c->params.peer,
                                                         .without = p->without,
                                                         .worker = (uint8_t)p->worker,
                                                         .on = on};
    if (on) {
        post(p->worker,
             (struct order){.type = WITHOUT, .peer = p->c->params.peer, .participant = p->without});
    }
}

static void leaves(struct person *p) {
    p->there = false;
    post(p->worker, (struct order){.type = LEAVE, .peer = p->c->params.peer});
    if (p->c->params.mix) {
        order_mix(p, false);
        if (--w.n_mix == 0) {
            post_to_span((struct order){.type = TOUR_MIXED});
        }
    }
}

/* What a mix sends is no packet of a client, and is not logged as one. */
static bool listens(struct client *c, const uint8_t *p, size_t n) {
    (void)c, (void)p, (void)n;
    return true;
}

static void tell_stage(void) {
    post_to_span((struct order){.type = HELD, .participant = w.spotlight, .lead = w.lead});
}

static void spread_to(unsigned worker) {
    w.span |= 1u << worker;
    post(worker, (struct order){.type = ADD});
    post_to_span((struct order){.type = SPAN});
    if (w.n_mix) {
        post_to_span((struct order){.type = TOUR_MIXED, .on = true});
    }
    tell_stage();
}

static void somebody_joins(void) {
    unsigned worker = below(WORKERS);
    if (w.n_people == PEOPLE || w.rig[worker].n_clients == RIG_CLIENTS) {
        return;
    }
    if (!(w.span & 1u << worker)) {
        spread_to(worker);
    }
    struct person *again = below(4) == 0 ? anybody() : NULL; /* comes back, maybe elsewhere */
    struct person *p = &w.people[w.n_people++];
    *p = (struct person){.worker = worker, .there = true};
    p->c = client_new(&w.rig[worker], w.n_people);
    if (again) {
        p->c->params.participant = again->c->params.participant;
        leaves(again);
    }
    p->layers = below(3) == 0 ? 3 : 1;
    if (p->layers > 1) {
        client_simulcast(p->c);
    }
    p->shares = below(6) == 0;
    p->c->params.host = below(8) == 0;
    p->c->params.obeys_layers = below(2);
    if (below(4) == 0) {
        p->c->params.mix = p->c->params.loudest_audio = true;
        p->c->params.without = p->without = below(w.n_people);
        p->c->opened = listens;
    }
    post(worker, (struct order){.type = JOIN, .client = p->c});
    if (p->c->params.mix) {
        order_mix(p, true);
        if (w.n_mix++ == 0) {
            post_to_span((struct order){.type = TOUR_MIXED, .on = true});
        }
    }
}

static void change(struct person *p) {
    struct order o = {.peer = p->c->params.peer, .on = below(2)};
    switch (below(7)) {
    case 0:
        o.type = CONSENT;
        break;
    case 4:
        o.type = MAY;
        o.kind = (uint8_t)(SOURCE_MICROPHONE + below(3));
        p->denied = (uint8_t)(o.on ? p->denied & ~(1u << o.kind) : p->denied | 1u << o.kind);
        break;
    case 5:
        o.type = HOSTS;
        break;
    case 6:
        *(o.on ? &w.spotlight : &w.lead) = below(w.n_people + 1);
        tell_stage();
        return;
    case 1:
        o.type = MUTE;
        o.kind = (uint8_t)(below(2) ? SOURCE_MICROPHONE : SOURCE_CAMERA);
        break;
    case 2:
        o.type = PINNED;
        o.participant = below(w.n_people + 1);
        break;
    default:
        if (p->c->params.mix) {
            p->without = below(w.n_people + 1);
            order_mix(p, true);
        }
        return;
    }
    post(p->worker, o);
}

static void close_tour(void) {
    for (unsigned i = 0; i < w.n_people; i++) {
        if (w.people[i].there) {
            leaves(&w.people[i]);
        }
    }
    post_to_span((struct order){.type = REMOVE});
    w.span = 1u << w.home;
    w.tapped = false;
    w.spotlight = w.lead = 0;
    post(w.home, (struct order){.type = ADD});
}

static void act(void) {
    struct person *p = anybody();
    unsigned what = below(100);
    if (what < 25) {
        somebody_joins();
    } else if (what < 35 && p) {
        leaves(p);
    } else if (what < 45) {
        w.tapped = below(2);
        post(w.home, (struct order){.type = TAP, .on = w.tapped});
    } else if (what < 45 + w.closes && w.n_people > PEOPLE / 4) {
        close_tour();
    } else if (p) {
        change(p);
    }
}

/* ---- clients and time ---- */

static bool can_speak(const struct person *p) {
    return p->there && p->connected && !p->c->closed;
}

static void speak(struct person *p, uint8_t level) {
    bool asked = p->c->n_pli != p->plis;
    client_audio(p->c, level);
    p->plis = p->c->n_pli;
    for (unsigned i = 0; i < p->layers; i++) {
        if (i + 1 == p->layers || below(8)) {
            client_send(p->c, &(struct packet_spec){.line = CAM,
                                                    .layer = (uint8_t)i,
                                                    .keyframe = !p->keyed || asked,
                                                    .marker = true});
        }
    }
    if (p->shares && w.lossy) {
        client_video(p->c, SCREEN, !p->keyed || asked);
    }
    p->keyed = true;
}

static void pass(us_t duration) {
    for (unsigned i = 0; i < WORKERS; i++) {
        rig_run(&w.rig[i], duration);
        w.rig[i].n_events = w.rig[i].n_taps = 0;
    }
    while (mixes_deadline(w.mixes) <= now()) {
        mixes_timeout(w.mixes, now());
        collect();
    }
    collect();
}

static void stir(void) {
    for (unsigned step = 0; step < STEPS; step++) {
        if (below(4) == 0) {
            act();
        }
        for (unsigned i = 0; i < w.n_people; i++) {
            if (can_speak(&w.people[i]) && below(2)) {
                speak(&w.people[i], (uint8_t)(below(3) ? 30 + 5 * i % 40 : 127));
            }
        }
        collect();
        (void)deliver(false);
        pass(below(40) * US_PER_MS);
    }
}

/* ---- what shall be ---- */

static struct tour *tour_on(unsigned i) {
    return tour_find(w.rig[i].engine, TOUR);
}

static struct flow *same_flow(struct tour *t, const struct flow *f) {
    LIST_EACH(l, &t->room.live) {
        struct flow *x = flow_of(LIST_ENTRY(l, struct room_source, in_live));
        if (x->origin == f->origin && x->id == f->id) {
            return x;
        }
    }
    return NULL;
}

/* Each flow that is live there is live here, and is the same; here NULL: where it is received. */
static void expect_flows_of(struct tour *at, struct tour *there) {
    LIST_EACH(l, &there->room.live) {
        const struct flow *f = flow_of(LIST_ENTRY(l, struct room_source, in_live));
        struct tour *here = at ? at : tour_on(f->origin);
        const struct flow *x = here ? same_flow(here, f) : NULL;
        EXPECT(x);
        if (x) {
            EXPECT_EQ(x->place.participant, f->place.participant);
            EXPECT_EQ(x->place.order, f->place.order);
            EXPECT_EQ(x->consent, f->consent);
            EXPECT_EQ(x->place.host, f->place.host);
            EXPECT_EQ(flow_live(x), flow_live(f));
        }
    }
}

static void expect_shown(const struct person *p) {
    struct session *s = session_find(w.rig[p->worker].engine, p->c->params.peer);
    EXPECT(s);
    if (!s || !tour_on(w.home)) {
        return;
    }
    struct room_source *stage = stage_source(&tour_on(w.home)->room, &s->viewer);
    for (unsigned i = 0; i < s->n_slots; i++) {
        const struct room_source *is = s->viewer.slots[i].source;
        struct feed *sent = stream_shown(&s->slots[i].stream);
        EXPECT(!is || !(p->denied & 1u << is->kind));
        EXPECT(!sent || !(p->denied & 1u << layer_of(sent)->flow->place.kind));
        if (s->slots[i].line.slot == SLOT_STAGE) {
            EXPECT_EQ(is ? is->participant : 0, stage ? stage->participant : 0);
        } else if (s->viewer.mix && s->slots[i].line.slot == SLOT_AUDIO &&
                   s->viewer.slots[i].index == 0) {
            bool hears = !(p->denied & 1u << SOURCE_MICROPHONE);
            EXPECT(hears ? is && is->mix && is->participant == p->without : !is);
        }
    }
}

static void expect_agreement(uint64_t loud) {
    struct tour *home = tour_on(w.home);
    REQUIRE(home);
    unsigned mixes = 0;
    for (unsigned i = 0; i < WORKERS; i++) {
        struct tour *t = tour_on(i);
        EXPECT_EQ(t != NULL, (w.span & 1u << i) != 0);
        if (!t) {
            continue;
        }
        EXPECT_EQ(t->room.voices.speaker, loud);
        EXPECT(memcmp(t->room.voices.top, home->room.voices.top, sizeof(home->room.voices.top)) ==
               0);
        EXPECT(memcmp(t->room.speakers, home->room.speakers, sizeof(home->room.speakers)) == 0);
        EXPECT_EQ(t->mixed, w.n_mix > 0);
        EXPECT(list_empty(&w.rig[i].engine->copies));
        expect_flows_of(t, home);
        expect_flows_of(NULL, t);
        LIST_EACH(l, &t->flows) {
            const struct flow *f = LIST_ENTRY(l, struct flow, in_tour);
            bool taps = i == w.home && w.tapped && f->place.live && f->consent && !f->place.mix;
            EXPECT_EQ(f->tapped != NULL, taps);
            mixes += f->place.mix;
        }
    }
    EXPECT_EQ(mixes_counters(w.mixes).listeners, w.n_mix);
    EXPECT(mixes <= mixes_counters(w.mixes).outputs * WORKERS);
}

static void settle(void) {
    struct person *loud = NULL;
    w.lossy = false;
    while (deliver(true)) {
    }
    for (unsigned i = 0; i < w.n_people && !loud; i++) {
        loud = can_speak(&w.people[i]) ? &w.people[i] : NULL;
    }
    if (loud) {
        post(loud->worker,
             (struct order){.type = MUTE, .peer = loud->c->params.peer, .kind = SOURCE_MICROPHONE});
    }
    for (us_t end = now() + SETTLE; now() < end;) {
        for (unsigned i = 0; i < w.n_people; i++) {
            if (can_speak(&w.people[i])) {
                speak(&w.people[i], &w.people[i] == loud ? 20 : 127);
            }
        }
        collect();
        while (deliver(true)) {
        }
        pass(20 * US_PER_MS);
    }
    while (deliver(true)) {
    }
    expect_agreement(loud ? loud->c->params.participant : 0);
    for (unsigned i = 0; i < w.n_people; i++) {
        if (w.people[i].there) {
            expect_shown(&w.people[i]);
        }
    }
}

/* ---- a run ---- */

static bool begin(uint64_t seed) {
    memset(&w, 0, sizeof(w));
    rng_seed(&w.seed, seed);
    w.rng = rng_from_seeded(&w.seed);
    w.lossy = true;
    w.home = below(WORKERS);
    w.closes = below(4);
    w.span = 1u << w.home;
    w.pool = packet_pool_new((size_t)MIX_PACKETS * 2 * PEOPLE);
    struct mixes_config mc = {
        .listeners = PEOPLE, .voices = 8, .delay = 40 * US_PER_MS, .pool = w.pool};
    w.mixes = w.pool ? mixes_new(&mc) : NULL;
    bool ok = w.mixes;
    for (unsigned i = 0; ok && i < WORKERS; i++) {
        ok = rig_init(&w.rig[i]);
        if (ok) {
            packet_pool_free(w.rig[i].pool);
            w.rig[i].pool = packet_pool_new(POOL);
            w.rig[i].config.worker = i;
            w.rig[i].config.cache_packets = 64;
            w.rig[i].config.gop_age = seed % 2 ? 10 * US_PER_S : 0;
            w.rig[i].config.gop_bytes = 256 << 10;
            rig_restart(&w.rig[i]);
            EXPECT_EQ(engine_tour_remove(w.rig[i].engine, TOUR), OK);
        }
    }
    post(w.home, (struct order){.type = ADD});
    return ok;
}

/* The tour ends for good: nothing of it is left. */
static void expect_nothing_left(void) {
    close_tour();
    post(w.home, (struct order){.type = REMOVE});
    while (deliver(true)) {
    }
    for (unsigned i = 0; i < WORKERS; i++) {
        const struct engine *e = w.rig[i].engine;
        EXPECT_EQ(map_len(e->tours) + map_len(e->peers) + map_len(e->replicas) + e->n_live, 0);
    }
    struct mix_counters n = mixes_counters(w.mixes);
    EXPECT_EQ(n.tours + n.listeners + n.outputs + n.voices, 0);
}

static void end(void) {
    for (unsigned i = 0; i < WORKERS; i++) {
        w.rig[i].engine = engine_free(w.rig[i].engine); /* each holds packets of others' pools */
    }
    w.mixes = mixes_free(w.mixes);
    for (unsigned i = 0; i < WORKERS; i++) {
        rig_free(&w.rig[i]);
    }
    w.pool = packet_pool_free(w.pool);
}

static unsigned long setting(const char *name, unsigned long otherwise) {
    const char *text = getenv(name);
    return text ? strtoul(text, NULL, 10) : otherwise;
}

TEST(orders_in_any_order_come_to_the_same) {
    unsigned long first = setting("ORIEL_ORDERS_FIRST", 1);
    unsigned long n = setting("ORIEL_ORDERS_SEEDS", 3);
    for (unsigned long seed = first; seed < first + n; seed++) {
        if (getenv("ORIEL_ORDERS_SEEDS")) {
            printf("# seed %lu\n", seed);
            fflush(stdout);
        }
        REQUIRE(begin(seed));
        stir();
        settle();
        expect_nothing_left();
        end();
    }
}
