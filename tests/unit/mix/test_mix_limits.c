/* What is bounded, what is refused, and what anybody may say without harm. */
#include "tests/unit/mix/world.h"

#include <time.h>

static struct mix_order order(uint64_t tour, uint64_t peer) {
    return (struct mix_order){.tour = tour, .peer = peer, .on = true};
}

TEST(mix_configurations_out_of_range) {
    struct packet_pool *pool = packet_pool_new(4);
    struct mixes_config good = {.listeners = 1, .voices = 1, .delay = MIX_DELAY_MIN, .pool = pool};
    struct mixes_config bad[8] = {good, good, good, good, good, good, good, good};
    bad[0].listeners = 0;
    bad[1].listeners = 65536;
    bad[2].voices = 0;
    bad[3].voices = 65536;
    bad[4].delay = MIX_DELAY_MIN - 1;
    bad[5].delay = MIX_DELAY_MAX + 1;
    bad[6].pool = NULL;
    bad[7].delay = -1;
    for (unsigned i = 0; i < ARRAY_LEN(bad); i++) {
        EXPECT(!mixes_new(&bad[i]));
    }
    struct mixes *x = mixes_new(&good);
    REQUIRE(x);
    EXPECT_EQ(mixes_deadline(x), US_NEVER);
    mixes_timeout(x, 1);
    EXPECT(!mixes_output(x, &(struct relay){0}));
    mixes_free(x);
    mixes_free(NULL);
    packet_pool_free(pool);
}

TEST(mix_more_listeners_than_allowed_are_refused) {
    struct world w;
    world_init(&w, &(struct mixes_config){.listeners = 2, .voices = 4, .delay = DELAY});
    struct mix_order o = order(TOUR, 1);
    EXPECT_EQ(mixes_order(w.x, w.now, &o), OK);
    EXPECT_EQ(mixes_order(w.x, w.now, &o), OK); /* it is the same */
    o = order(TOUR, 2);
    EXPECT_EQ(mixes_order(w.x, w.now, &o), OK);
    o = order(TOUR, 3);
    EXPECT_EQ(mixes_order(w.x, w.now, &o), ERR_FULL);
    o = order(TOUR + 1, 3);
    EXPECT_EQ(mixes_order(w.x, w.now, &o), ERR_FULL);
    o = order(TOUR, 2);
    o.without = 5; /* one that is there may change, also when all are there */
    EXPECT_EQ(mixes_order(w.x, w.now, &o), OK);
    o.without = 6;
    EXPECT_EQ(mixes_order(w.x, w.now, &o), OK);
    o.worker = RELAY_MIX;
    EXPECT_EQ(mixes_order(w.x, w.now, &o), ERR_RANGE);
    world_unlistens(&w, 1);
    world_unlistens(&w, 1);
    world_unlistens(&w, 99);
    struct mix_counters n = mixes_counters(w.x);
    EXPECT(n.listeners == 1 && n.outputs == 1 && n.tours == 1);
    o = order(TOUR + 1, 3);
    EXPECT_EQ(mixes_order(w.x, w.now, &o), OK);
    EXPECT_EQ(mixes_counters(w.x).tours, 2);
    world_free(&w);
}

TEST(mix_more_voices_than_fit_are_not_heard) {
    struct world w;
    world_init(&w, &(struct mixes_config){.listeners = 2, .voices = 2, .delay = DELAY});
    struct ear *e = world_listens(&w, 10, 0, 0);
    struct speaker *first = world_speaks(&w, 1, 440);
    world_speaks(&w, 2, 1000);
    world_speaks(&w, 3, 1700);
    world_run(&w, 1500 * MS);
    struct mix_counters n = mixes_counters(w.x);
    EXPECT(n.voices == 2 && n.unheard >= 2);
    EXPECT(world_tone(&w, e, 1000, 500 * MS) > 0.18);
    EXPECT(world_tone(&w, e, 1700, 500 * MS) < 0.002);
    world_tell(&w, first, false); /* makes room; the next time she is told of, she is in */
    world_run(&w, 2500 * MS);
    EXPECT(world_tone(&w, e, 1700, 500 * MS) > 0.18);
    EXPECT(world_tone(&w, e, 440, 500 * MS) < 0.002);
    world_free(&w);
}

/* Engines that keep every packet take the mix its buffers: it goes on when they come back. */
TEST(mix_without_buffers_counts_what_is_lost) {
    struct world w;
    struct packet *held[4];
    struct packet_pool *pool = packet_pool_new(4);
    world_init(&w,
               &(struct mixes_config){.listeners = 2, .voices = 2, .delay = DELAY, .pool = pool});
    struct ear *e = world_listens(&w, 10, 0, 0);
    world_speaks(&w, 1, 440);
    world_run(&w, 1 * US_PER_S);
    EXPECT_EQ(mixes_counters(w.x).lost, 0);
    for (unsigned i = 0; i < ARRAY_LEN(held); i++) {
        held[i] = packet_take(pool);
    }
    unsigned before = e->packets;
    world_run(&w, 500 * MS);
    EXPECT_EQ(e->packets, before);
    EXPECT(mixes_counters(w.x).lost >= 24);
    for (unsigned i = 0; i < ARRAY_LEN(held); i++) {
        packet_unref(held[i]);
    }
    world_run(&w, 1 * US_PER_S);
    EXPECT(e->packets > before + 45);
    EXPECT_EQ(e->seq_jumps, 0); /* what was not sent has no number */
    world_free(&w);
    packet_pool_free(pool);
}

/* The queue is full when nobody drains; what waits is let go. */
TEST(mix_an_undrained_queue_is_bounded) {
    struct world w;
    struct relay m;
    unsigned n = 0;
    world_init(&w, &(struct mixes_config){.listeners = 1, .voices = 1, .delay = DELAY});
    world_listens(&w, 10, 0, 0);
    for (int i = 0; i < 2000; i++) {
        w.now += 500 * MS;
        mixes_timeout(w.x, w.now);
    }
    EXPECT(mixes_counters(w.x).lost > 0);
    while (n < 50 && mixes_output(w.x, &m)) {
        n++;
        if (m.type == RELAY_PACKET) {
            packet_unref(m.packet.packet);
        }
    }
    EXPECT_EQ(n, 50);
    world_free(&w); /* with some that are let go there */
}

/* An engine that got the tour later asks to be told again. */
TEST(mix_an_engine_that_says_hello_is_introduced) {
    struct world w;
    world_init(&w, NULL);
    struct ear *e = world_listens(&w, 10, 0, 3), *other = world_listens(&w, 11, 0, 4);
    uint32_t flow = e->flow;
    e->flow = other->flow = 0;
    struct relay m = {.type = RELAY_HELLO, .from = 3, .to = RELAY_MIX, .tour = TOUR};
    mixes_input(w.x, w.now, &m);
    struct relay out;
    REQUIRE(mixes_output(w.x, &out));
    EXPECT(out.type == RELAY_STATE && out.to == 3 && out.id == flow && out.source.flows);
    EXPECT(!mixes_output(w.x, &out));
    m.from = 5; /* has no listener */
    mixes_input(w.x, w.now, &m);
    EXPECT(!mixes_output(w.x, &out));
    world_free(&w);
}

/* Whatever engines may say, in whatever order: nothing breaks, and every packet comes home. */
static void say_anything(struct world *w, uint64_t *seed) {
    uint32_t r[12];
    for (unsigned i = 0; i < ARRAY_LEN(r); i++) {
        *seed = *seed * 6364136223846793005u + 1442695040888963407u;
        r[i] = (uint32_t)(*seed >> 33);
    }
    struct relay m = {.type = (uint8_t)(r[0] % 9), .from = (uint8_t)(r[1] % 65), .on = r[2] % 4};
    m.tour = r[3] % 8 ? TOUR : 99;
    m.id = r[4] % 4;
    if (m.type == RELAY_STATE) {
        m.source.participant = r[5] % 5;
        m.source.order = r[6] % 3;
        m.source.kind = (uint8_t)(r[7] % 4);
        m.source.codec = (uint8_t)(r[8] % 2 ? CODEC_OPUS : r[8] % CODEC_COUNT);
        m.source.flows = (uint8_t)(r[9] % 4);
        m.source.ssrc[0] = r[10] % 2;
    } else if (m.type == RELAY_PACKET) {
        struct packet *k = packet_take(w->voices);
        REQUIRE(k);
        for (unsigned i = 0; i < 64; i++) {
            k->data[i] = (uint8_t)(r[i % 12] >> i % 24);
        }
        m.packet.packet = k;
        m.packet.payload_len = (uint16_t)(r[5] % 64);
        m.packet.seq = r[6] % 3 ? w->who[0].seq++ : (uint64_t)r[6] << r[7] % 32;
        m.packet.ts = r[8] % 3 ? (uint32_t)(w->now / MS * 48) : r[8] * 2;
        m.packet.at = w->now - r[9] % 50 * MS;
    }
    mixes_input(w->x, w->now, &m);
    if (r[11] % 16 == 0) {
        struct mix_order o = order(TOUR, 1 + r[5] % 3);
        o.without = r[6] % 5;
        o.worker = (uint8_t)(r[7] % 3);
        o.on = r[8] % 3;
        (void)mixes_order(w->x, w->now, &o);
    }
}

TEST(mix_anything_may_be_said) {
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct world w;
        uint64_t state = seed;
        world_init(&w, &(struct mixes_config){.listeners = 2, .voices = 3, .delay = DELAY});
        for (int i = 0; i < 3000; i++) {
            say_anything(&w, &state);
            world_sleep(&w, (us_t)(state >> 60) * MS / 2);
        }
        world_free(&w);
    }
}

TEST_ALLOC(mix_without_memory) {
    struct packet_pool *pool = packet_pool_new(16);
    if (!pool) {
        return;
    }
    struct mixes *x = mixes_new(
        &(struct mixes_config){.listeners = 3, .voices = 2, .delay = DELAY, .pool = pool});
    bool ok = x;
    for (uint64_t peer = 1; x && peer <= 3; peer++) {
        struct mix_order o = order(TOUR, peer);
        o.without = peer % 2;
        enum err err = mixes_order(x, START, &o);
        ok = ok && err == OK;
        EXPECT(err == OK || err == ERR_NOMEM);
        struct relay m = {.type = RELAY_STATE, .tour = TOUR, .id = (uint32_t)peer};
        m.source.participant = peer;
        m.source.kind = SOURCE_MICROPHONE;
        m.source.codec = CODEC_OPUS;
        m.source.flows = 1;
        mixes_input(x, START, &m);
        mixes_timeout(x, START + 100 * MS);
        o.on = false;
        if (peer == 3) {
            EXPECT_EQ(mixes_order(x, START, &o), OK); /* needs none */
        }
    }
    EXPECT(ok || mem_failed());
    mixes_free(x);
    packet_pool_free(pool);
}

static double cpu_seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Printed, not judged: what a second of mixing costs; what the people do to hum is left out. Of the
 * speakers the last `open` are microphones at which nobody speaks. */
static double share_of(unsigned speakers, unsigned own, unsigned open) {
    struct world w;
    struct relay m;
    double used = 0;
    world_init(&w, NULL);
    for (unsigned i = 0; i < SPEAKERS && i < speakers; i++) {
        struct speaker *s = world_speaks(&w, 1 + i, 220 + 100 * i);
        s->v.amplitude = i + open < speakers ? 0.2 : 0.00004; /* -90 dBov */
    }
    for (unsigned i = 0; i <= own; i++) {
        struct mix_order o = order(TOUR, 50 + i);
        o.without = i;
        EXPECT_EQ(mixes_order(w.x, w.now, &o), OK);
    }
    for (unsigned i = 0; i < speakers; i++) {
        world_tell(&w, &w.who[i], true);
    }
    for (unsigned k = 0; k < 200; k++) {
        w.now += 20 * MS;
        for (unsigned i = 0; i < speakers; i++) {
            struct speaker *s = &w.who[i];
            struct bytes opus = voice_next(&s->v);
            struct packet *p = packet_take(w.voices);
            memcpy(p->data, opus.p, opus.n);
            m = (struct relay){.type = RELAY_PACKET, .tour = TOUR, .id = s->flow, .on = true};
            m.packet = (struct media_packet){.packet = p, .payload_len = (uint16_t)opus.n};
            m.packet.at = w.now;
            m.packet.has_level = true;
            m.packet.audio_level = s->v.amplitude > 0.1 ? 17 : 91;
            m.packet.seq = s->seq++;
            m.packet.ts = s->ts += 960;
            double before = cpu_seconds();
            mixes_input(w.x, w.now, &m);
            used += cpu_seconds() - before;
        }
        double before = cpu_seconds();
        while (mixes_deadline(w.x) <= w.now) {
            mixes_timeout(w.x, w.now);
        }
        used += cpu_seconds() - before;
        while (mixes_output(w.x, &m)) {
            if (m.type == RELAY_PACKET) {
                packet_unref(m.packet.packet);
            }
        }
    }
    EXPECT_EQ(mixes_counters(w.x).late + mixes_counters(w.x).refused, 0);
    world_free(&w);
    return used / 4;
}

TEST(mix_cost) {
    double silence = share_of(0, 0, 0), one = share_of(1, 0, 0), ten = share_of(10, 0, 0);
    double five = share_of(10, 5, 0), open = share_of(10, 0, 8);
    printf(
        "# of a core: %.3f %% for a silent tour, %.2f %% for one voice, %.2f %% for ten, %.2f %% "
        "for ten and six outputs, %.2f %% for ten of which two speak\n",
        100 * silence, 100 * one, 100 * ten, 100 * five, 100 * open);
    EXPECT(silence < one);
}

TEST(mix_outputs_of_a_tour_are_bounded) {
    struct world w;
    world_init(&w,
               &(struct mixes_config){.listeners = 8, .per_tour = 2, .voices = 1, .delay = DELAY});
    for (uint64_t i = 1; i <= 5; i++) {
        struct mix_order o = order(TOUR, i);
        o.without = i;
        EXPECT_EQ(mixes_order(w.x, w.now, &o), i <= 3 ? OK : ERR_FULL); /* one is for changes */
    }
    struct mix_order o = order(TOUR, 6);
    o.without = 3; /* shares */
    EXPECT_EQ(mixes_order(w.x, w.now, &o), OK);
    o = order(TOUR + 1, 7);
    EXPECT_EQ(mixes_order(w.x, w.now, &o), OK);
    EXPECT_EQ(mixes_counters(w.x).listeners, 5);
    EXPECT_EQ(mixes_counters(w.x).outputs, 4);
    world_free(&w);
}
