#include "bench/engine/fanout.h"

#include "base/alloc.h"
#include "base/check.h"
#include "bench/clock.h"
#include "bench/engine/house.h"
#include "bench/engine/limits.h"
#include "bench/engine/reports.h"
#include "media/wire/rtp.h"
#include "server/net/udp.h"

#include <stdio.h>

#define ROUND US_PER_S
#define WARM_UP US_PER_S
#define SETTLE 10 /* rounds: until all is known of what the viewers can take */
#define ROUNDS_MAX 999
#define GCM_TAG 16

struct bench {
    struct house house;
    struct sink sink;
    struct udp *udp;
    struct floor *floor;
    struct reports reports;
    size_t header[2];          /* [bytes] in front of an audio, a video payload */
    uint64_t upkeep, reported; /* [ns] */
    uint64_t sent, received;   /* by the engine's socket; of these, by the sink */
};

/* ---- before the rounds: everybody gets and can open everything ---- */

struct ear {
    struct srtp_opener **openers; /* by viewer, 1 .. */
    uint64_t opened, burst;
};

static void listen_to(struct bench *b, struct ear *ear, const struct burst *burst) {
    static struct train train;
    struct datagram d;
    size_t at = 0;
    while (train_next(&train, &at, &d) || (engine_output(b->house.engine, b->house.now, &train) &&
                                           !(at = 0) && train_next(&train, &at, &d))) {
        unsigned who = sink_index(&d.to);
        reports_sent(&b->reports, &d.to, bytes_of(d.data, d.len), 1);
        if (who == 0 || wire_classify(bytes_of(d.data, d.len)) != WIRE_RTP) {
            continue;
        }
        struct rtp r;
        size_t n = d.len;
        CHECK(srtp_open_rtp(ear->openers[who], d.data, &n) == OK && n + GCM_TAG == d.len);
        CHECK(rtp_parse(bytes_of(d.data, n), &r) == OK);
        b->header[burst->video] = r.header_len;
        ear->burst++;
    }
    house_discard(&b->house);
}

static uint64_t warm_up(struct bench *b) {
    struct house *h = &b->house;
    struct ear ear = {.openers = mem_zalloc(h->n_viewers + 1, sizeof(ear.openers[0]))};
    CHECK(ear.openers);
    for (unsigned i = 1; i <= h->n_viewers; i++) {
        CHECK((ear.openers[i] = srtp_opener_new(&h->clients[i].keys)));
    }
    uint64_t whole[2] = {0, 0}; /* bursts that reached everybody: audio, video */
    while (traffic_at(&h->traffic) < WARM_UP) {
        struct packet *in[BURST_MAX];
        struct burst burst = house_next(h, in);
        ear.burst = 0;
        for (unsigned i = 0; i < burst.n; i++) {
            engine_input(h->engine, h->now, in[i]);
        }
        listen_to(b, &ear, &burst);
        ear.opened += ear.burst;
        whole[burst.video] += ear.burst == (uint64_t)burst.n * h->n_viewers;
    }
    CHECK(whole[0] > 0 && whole[1] > 0);
    for (unsigned i = 1; i <= h->n_viewers; i++) {
        srtp_opener_free(ear.openers[i]);
    }
    mem_free(ear.openers);
    h->keyframes = false;
    return ear.opened;
}

/* ---- the rounds ---- */

static void went(struct bench *b, const struct train *t) {
    reports_sent(&b->reports, &t->to, bytes_of(t->data, t->len), t->n);
}

/* The law of media.h, as the worker obeys it (server/relay/worker.c). */
static void drain(struct bench *b, bool send) {
    struct engine *e = b->house.engine;
    static struct train train;
    struct media_event event;
    struct tap tap;
    if (send) {
        while (engine_output(e, b->house.now, udp_slot(b->udp))) {
            went(b, udp_slot(b->udp));
            b->sent += udp_slot(b->udp)->n;
            udp_keep(b->udp);
        }
    } else {
        while (engine_output(e, b->house.now, &train)) {
            went(b, &train);
        }
    }
    while (engine_event(e, &event)) {
    }
    while (engine_tap(e, &tap)) {
        packet_unref(tap.packet);
    }
}

static void timers(struct bench *b) {
    struct house *h = &b->house;
    uint64_t begun = cpu_ns();
    while (engine_deadline(h->engine) <= h->now) {
        engine_timeout(h->engine, h->now);
        drain(b, false);
    }
    b->upkeep += cpu_ns() - begun;
}

/* Viewers say what has arrived. */
static void reports(struct bench *b) {
    struct packet *in[REPORTS_BATCH];
    for (unsigned n; (n = reports_due(&b->reports, in)) > 0;) {
        uint64_t begun = cpu_ns();
        for (unsigned i = 0; i < n; i++) {
            engine_input(b->house.engine, b->house.now, in[i]);
        }
        drain(b, false);
        b->reported += cpu_ns() - begun;
    }
}

/* [ns] per forwarded packet. */
static double engine_round(struct bench *b, bool send) {
    struct house *h = &b->house;
    us_t end = traffic_at(&h->traffic) + ROUND;
    uint64_t ns = 0, before = engine_counters(h->engine)->rtp_out, got = b->sink.received;
    while (traffic_at(&h->traffic) < end) {
        struct packet *in[BURST_MAX];
        struct burst burst = house_next(h, in);
        timers(b);
        uint64_t begun = cpu_ns();
        for (unsigned i = 0; i < burst.n; i++) {
            engine_input(h->engine, h->now, in[i]);
        }
        drain(b, send);
        if (send) {
            udp_flush(b->udp, b->house.now);
        }
        ns += cpu_ns() - begun;
        sink_drain(&b->sink);
        reports(b);
    }
    b->received += b->sink.received - got;
    return (double)ns / (double)(engine_counters(h->engine)->rtp_out - before);
}

static double floor_round(struct bench *b, bool send) {
    struct traffic t = {0};
    uint64_t ns = 0, packets = 0;
    while (traffic_at(&t) < ROUND) {
        struct burst burst = traffic_next(&t);
        size_t header = b->header[burst.video];
        ns += send ? floor_send(b->floor, &burst, header, &b->sink)
                   : floor_seal(b->floor, &burst, header);
        packets += (uint64_t)burst.n * b->house.n_viewers;
        sink_drain(&b->sink);
    }
    return (double)ns / (double)packets;
}

struct series {
    double ns[ROUNDS_MAX], floor[ROUNDS_MAX], ratio[ROUNDS_MAX];
};

static void one_round(struct bench *b, struct series *s, unsigned i, bool send) {
    s->ns[i] = engine_round(b, send);
    s->floor[i] = floor_round(b, send);
    s->ratio[i] = s->ns[i] / s->floor[i];
}

static struct figure figure_of(struct series *s, unsigned n) {
    return (struct figure){
        .ns = median(s->ns, n), .floor = median(s->floor, n), .ratio = median(s->ratio, n)};
}

static void run_rounds(struct bench *b, struct fanout_result *ret) {
    static struct series engine, relay;
    const struct engine_counters *n = engine_counters(b->house.engine);
    for (unsigned i = 0; i < SETTLE; i++) {
        (void)engine_round(b, false);
    }
    b->upkeep = b->reported = 0;
    /* What is sent to ask what a path carries is no packet of anybody's. */
    uint64_t fed = b->house.fed, out = n->rtp_out - n->padding_out;
    for (unsigned i = 0; i < ret->rounds; i++) {
        one_round(b, &engine, i, false);
        one_round(b, &relay, i, true);
    }
    ret->engine = figure_of(&engine, ret->rounds);
    ret->relay = figure_of(&relay, ret->rounds);
    ret->sent = b->sent;
    ret->received = b->received;
    ret->fed = b->house.fed - fed;
    ret->forwarded = n->rtp_out - n->padding_out - out;
    ret->upkeep = (double)b->upkeep / (double)ret->forwarded;
    ret->feedback = (double)b->reported / (double)ret->forwarded;
    CHECK(n->twcc_in > 0 && n->drop_rtcp == 0 && n->drop_srtp == 0);
}

static uint64_t bench_open(struct bench *b, unsigned viewers, bool kept) {
    char why[WHY_MAX] = "";
    struct addr loopback = addr_v4(127, 0, 0, 1, 0);
    memset(b, 0, sizeof(*b));
    sink_open(&b->sink);
    CHECK(udp_open(&loopback, NULL, &b->udp, why) == OK);
    house_open(&b->house, &b->sink, viewers, kept);
    for (unsigned i = 0; i < viewers; i++) {
        house_add(&b->house, &b->sink);
    }
    b->floor = floor_open(viewers);
    reports_open(&b->reports, &b->house);
    return warm_up(b);
}

static void bench_close(struct bench *b) {
    floor_close(b->floor);
    reports_close(&b->reports);
    house_close(&b->house);
    udp_close(b->udp);
    sink_close(&b->sink);
}

void fanout_measure(unsigned viewers, unsigned rounds, struct fanout_result *ret) {
    static struct bench b;
    CHECK(viewers > 0 && rounds > 0 && rounds <= ROUNDS_MAX);
    *ret = (struct fanout_result){.viewers = viewers, .rounds = rounds};
    ret->opened = bench_open(&b, viewers, true);
    run_rounds(&b, ret);
    bench_close(&b);
}

/* ---- sessions that are kept beside such that are not ---- */

/* [ns] per forwarded packet, with all that is done beside: state is written with reports. */
static double whole_round(struct bench *b) {
    const struct engine_counters *n = engine_counters(b->house.engine);
    uint64_t before = n->rtp_out, beside = b->upkeep + b->reported;
    double ns = engine_round(b, false);
    return ns + (double)(b->upkeep + b->reported - beside) / (double)(n->rtp_out - before);
}

void fanout_kept(unsigned viewers, unsigned rounds, struct kept_result *ret) {
    static struct bench b[2];
    static double ns[2][ROUNDS_MAX], ratio[ROUNDS_MAX];
    CHECK(viewers > 0 && rounds > 0 && rounds <= ROUNDS_MAX);
    for (unsigned k = 0; k < 2; k++) {
        (void)bench_open(&b[k], viewers, k);
        for (unsigned i = 0; i < SETTLE; i++) {
            (void)engine_round(&b[k], false);
        }
    }
    for (unsigned i = 0; i < rounds; i++) {
        unsigned first = i % 2; /* neither is always the one that finds its cache cold */
        ns[first][i] = whole_round(&b[first]);
        ns[!first][i] = whole_round(&b[!first]);
        ratio[i] = ns[1][i] / ns[0][i];
    }
    *ret = (struct kept_result){.viewers = viewers, .rounds = rounds};
    ret->without = median(ns[0], rounds);
    ret->kept = median(ns[1], rounds);
    ret->ratio = median(ratio, rounds);
    bench_close(&b[0]);
    bench_close(&b[1]);
}
