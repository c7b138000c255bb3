/* The mix's thread as it runs in production, with a worker of the test's on a thread of its own.
 * Run under ThreadSanitizer. */
#include "server/os/clock.h"
#include "server/relay/mix_thread.h"
#include "tests/unit/test.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>

#define TOUR 4
#define VOICES 3
#define PATIENCE_MS 10000
#define OPUS_LEN 60

struct rig {
    struct mix_thread *mix;
    struct packet_pool *pool; /* of the worker */
    pthread_t worker;
    atomic_bool stop;
    /* Of the worker's thread. */
    unsigned states, packets, sounds, gone, foreign;
    atomic_uint heard;
};

static bool start(struct rig *r) {
    char why[WHY_MAX] = "";
    struct mix_thread_config c = {.workers = 2, .mailbox = 256};
    c.mixes = (struct mixes_config){.listeners = 4, .voices = 8, .delay = 40 * US_PER_MS};
    *r = (struct rig){.pool = packet_pool_new(512)};
    return r->pool && mix_thread_start(&c, &r->mix, why) == OK;
}

static void stop(struct rig *r) {
    mix_thread_stop(r->mix);
    mix_thread_stop(NULL);
    r->mix = mix_thread_free(r->mix);
    packet_pool_free(r->pool); /* which checks that all are back */
}

static void push(struct rig *r, struct relay *m) {
    m->to = RELAY_MIX;
    m->tour = TOUR;
    if (!mailbox_push(mix_thread_from(r->mix, 0), m) && m->type == RELAY_PACKET) {
        packet_unref(m->packet.packet);
    }
}

static void tell_state(struct rig *r, uint32_t voice) {
    struct relay m = {.type = RELAY_STATE, .id = voice};
    m.source.participant = voice;
    m.source.order = 1;
    m.source.kind = SOURCE_MICROPHONE;
    m.source.codec = CODEC_OPUS;
    m.source.flows = 1;
    push(r, &m);
}

static void say(struct rig *r, uint32_t voice, unsigned i) {
    struct packet *k = packet_take(r->pool);
    if (!k) {
        return;
    }
    memset(k->data, 0, OPUS_LEN);
    k->data[0] = 0xfc;
    for (unsigned n = 1; n < OPUS_LEN; n++) {
        k->data[n] = (uint8_t)(n * 37 + i * voice);
    }
    struct relay m = {.type = RELAY_PACKET, .id = voice, .on = true};
    m.packet = (struct media_packet){
        .packet = k, .seq = (1 << 16) + i, .ts = i * 960, .payload_len = OPUS_LEN};
    m.packet.at = clock_now();
    push(r, &m);
}

static void hear(struct rig *r) {
    struct mailbox *box = mix_thread_to(r->mix, 0);
    struct relay m;
    mailbox_ack(box);
    while (mailbox_pop(box, &m)) {
        r->states += m.type == RELAY_STATE;
        r->gone += m.type == RELAY_GONE;
        r->foreign += m.from != RELAY_MIX || m.to != 0 || m.tour != TOUR;
        if (m.type == RELAY_PACKET) {
            r->packets++;
            r->sounds += m.packet.payload_len > 3;
            atomic_fetch_add(&r->heard, m.packet.payload_len > 3);
            packet_unref(m.packet.packet);
        }
    }
}

/* Three people talk, a packet every 20 ms, as workers hear them. */
static void *worker_main(void *arg) {
    struct rig *r = arg;
    us_t begun = clock_now(), due = begun;
    for (unsigned i = 0; !atomic_load(&r->stop); i++, due += 20 * US_PER_MS) {
        struct pollfd p = {.fd = mailbox_fd(mix_thread_to(r->mix, 0)), .events = POLLIN};
        for (uint32_t voice = 1; voice <= VOICES; voice++) {
            if (i % 50 == 0) {
                tell_state(r, voice);
            }
            say(r, voice, i);
        }
        while (clock_now() < due + 20 * US_PER_MS) {
            (void)poll(&p, 1, clock_wait_ms(clock_now(), due + 20 * US_PER_MS));
            hear(r);
        }
    }
    hear(r);
    return NULL;
}

static struct mix_order order(uint64_t peer, uint64_t without, bool on) {
    return (struct mix_order){.tour = TOUR, .peer = peer, .without = without, .on = on};
}

static void wait_for(struct rig *r, unsigned heard) {
    us_t limit = clock_now() + PATIENCE_MS * US_PER_MS;
    while (atomic_load(&r->heard) < heard && clock_now() < limit) {
        struct pollfd none = {.fd = -1};
        poll(&none, 1, 10);
    }
    EXPECT(atomic_load(&r->heard) >= heard);
}

TEST(mix_thread_mixes_what_workers_hear) {
    static struct rig r;
    REQUIRE(start(&r));
    struct mix_order o = order(1, 0, true);
    EXPECT(mix_thread_post(r.mix, &o));
    o = order(2, 2, true);
    EXPECT(mix_thread_post(r.mix, &o));
    REQUIRE(pthread_create(&r.worker, NULL, worker_main, &r) == 0);
    wait_for(&r, 40);
    o = order(2, 0, true); /* changes in full flight */
    EXPECT(mix_thread_post(r.mix, &o));
    o = order(3, 1, true);
    EXPECT(mix_thread_post(r.mix, &o));
    wait_for(&r, 80);
    for (uint64_t peer = 1; peer <= 3; peer++) {
        o = order(peer, 0, false);
        EXPECT(mix_thread_post(r.mix, &o));
    }
    o = order(9, 0, true); /* begins again */
    EXPECT(mix_thread_post(r.mix, &o));
    wait_for(&r, atomic_load(&r.heard) + 10);
    struct mix_thread_counters n;
    us_t limit = clock_now() + PATIENCE_MS * US_PER_MS;
    do { /* published four times a second */
        struct pollfd none = {.fd = -1};
        poll(&none, 1, 10);
        mix_thread_counters(r.mix, &n);
    } while ((n.mix.listeners != 1 || n.mix.sent < 90) && clock_now() < limit);
    EXPECT(n.mix.listeners == 1 && n.mix.outputs == 1 && n.mix.tours == 1);
    EXPECT(n.mix.packets > 100 && n.mix.sent >= 90);
    EXPECT_EQ(n.refused, 0);
    atomic_store(&r.stop, true);
    pthread_join(r.worker, NULL);
    EXPECT(r.states >= 3 && r.gone >= 2 && r.sounds >= 90);
    EXPECT_EQ(r.foreign, 0);
    stop(&r);
}

/* It ends with messages in every mailbox, and nothing leaks. */
TEST(mix_thread_ends_in_good_order) {
    static struct rig r;
    REQUIRE(start(&r));
    struct mix_order o = order(1, 0, true);
    EXPECT(mix_thread_post(r.mix, &o));
    for (unsigned i = 0; i < 100; i++) {
        tell_state(&r, 1);
        say(&r, 1, i);
    }
    stop(&r);
}

TEST(mix_thread_wants_a_configuration_in_range) {
    char why[WHY_MAX] = "";
    struct mix_thread *t = NULL;
    struct mix_thread_config c = {.workers = 1, .mailbox = 16};
    EXPECT(mix_thread_start(&c, &t, why) != OK && !t && *why);
    EXPECT(!mix_thread_free(NULL));
}
