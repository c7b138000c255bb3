#include "media/send/rewrite.h"

#include "tests/unit/test.h"

#define MS US_PER_MS
#define A 0xa0000001u
#define B 0xb0000001u
#define RATE 90000

static const uint16_t starts[] = {0, 1, 127, 128, 32767, 32768, 65534, 65535};

static enum rewrite_verdict map(struct rewrite *r, us_t now, uint32_t source, uint64_t seq,
                                struct rewrite_out *out) {
    struct rewrite_in in = {.source = source, .seq = seq, .ts = (uint32_t)seq * 3000};
    return rewrite_map(r, now, &in, out);
}

static void switch_to(struct rewrite *r, us_t now, uint32_t source, uint64_t seq) {
    struct rewrite_in in = {.source = source, .seq = seq, .ts = (uint32_t)seq * 3000};
    rewrite_switch(r, now, RATE, &in);
}

TEST(rewrite_runs_on_across_every_start_of_source_and_slot) {
    for (size_t i = 0; i < ARRAY_LEN(starts); i++) {
        for (size_t j = 0; j < ARRAY_LEN(starts); j++) {
            struct rewrite r;
            struct rewrite_out o;
            uint64_t base = 65536 + starts[i];
            rewrite_init(&r, starts[j], 0xfffffff0);
            uint64_t first = starts[j] & REWRITE_SEQ_START_MAX;
            switch_to(&r, 0, A, base);
            for (uint64_t k = 0; k < 70000; k += k < 300 || k > 65000 ? 1 : 50) {
                REQUIRE(map(&r, (us_t)k * 33 * MS, A, base + k, &o) == REWRITE_OK);
                EXPECT_EQ(o.index, first + k);
                EXPECT_EQ(o.ts, (uint32_t)(0xfffffff0 + k * 3000));
                uint64_t seq, index;
                REQUIRE(rewrite_reverse(&r, (uint16_t)o.index, &seq, &index) == REWRITE_OK);
                EXPECT_EQ(seq, base + k);
                EXPECT_EQ(index, o.index);
            }
        }
    }
}

TEST(rewrite_refuses_what_is_not_bound) {
    struct rewrite r;
    struct rewrite_out o = {.index = 77};
    rewrite_init(&r, 5, 0);
    EXPECT_EQ(map(&r, 0, A, 65536, &o), REWRITE_OTHER);
    EXPECT_EQ(map(&r, 0, 0, 65536, &o), REWRITE_OTHER);
    switch_to(&r, 0, A, 65536);
    EXPECT_EQ(map(&r, 0, B, 65536, &o), REWRITE_OTHER);
    EXPECT_EQ(map(&r, 0, A, 65536, &o), REWRITE_OK);
    rewrite_unbind(&r);
    EXPECT_EQ(map(&r, 0, A, 65537, &o), REWRITE_OTHER);
    EXPECT_EQ(map(&r, 0, 0, 65537, &o), REWRITE_OTHER);
    EXPECT_EQ(o.index, 5);
}

TEST(rewrite_switch_continues_seq_by_one_and_time_by_the_clock) {
    struct rewrite r;
    struct rewrite_out a, b;
    rewrite_init(&r, 100, 5000);
    switch_to(&r, 10 * MS, A, 65600);
    REQUIRE(map(&r, 10 * MS, A, 65600, &a) == REWRITE_OK);
    EXPECT_EQ(a.index, 100);
    EXPECT_EQ(a.ts, 5000);
    REQUIRE(map(&r, 43 * MS, A, 65601, &a) == REWRITE_OK);
    switch_to(&r, 143 * MS, B, 99000);
    REQUIRE(map(&r, 143 * MS, B, 99000, &b) == REWRITE_OK);
    EXPECT_EQ(b.index, 102);
    EXPECT_EQ(b.ts, a.ts + 9000);
    EXPECT_EQ(map(&r, 150 * MS, A, 65602, &a), REWRITE_OTHER);
    EXPECT_EQ(map(&r, 150 * MS, B, 98999, &a), REWRITE_OLD);
    switch_to(&r, 143 * MS, A, 70000); /* no time has passed: still one tick on */
    REQUIRE(map(&r, 143 * MS, A, 70000, &a) == REWRITE_OK);
    EXPECT_EQ(a.ts, b.ts + 1);
    EXPECT_EQ(a.index, 103);
}

TEST(rewrite_switch_after_a_day_still_goes_forward) {
    struct rewrite r;
    struct rewrite_out a, b;
    rewrite_init(&r, 0, 0xffff0000);
    switch_to(&r, 1, A, 65536);
    REQUIRE(map(&r, 1, A, 65536, &a) == REWRITE_OK);
    switch_to(&r, 86400 * US_PER_S, B, 65536);
    REQUIRE(map(&r, 86400 * US_PER_S, B, 65536, &b) == REWRITE_OK);
    EXPECT((int32_t)(b.ts - a.ts) > 0);
    EXPECT_EQ(r.last_ts, b.ts);
}

TEST(rewrite_loss_stays_a_gap_and_is_filled_later) {
    struct rewrite r;
    struct rewrite_out o;
    uint64_t seq, index;
    rewrite_init(&r, 0x7ffe, 0);
    switch_to(&r, 0, A, 65536);
    map(&r, 0, A, 65536, &o);
    REQUIRE(map(&r, 0, A, 65539, &o) == REWRITE_OK);
    EXPECT_EQ(o.index, 0x8001);
    REQUIRE(rewrite_reverse(&r, 0x8000, &seq, &index) == REWRITE_OK);
    EXPECT_EQ(seq, 65538); /* not here yet: the viewer's NACK still names it */
    REQUIRE(map(&r, 0, A, 65538, &o) == REWRITE_OK);
    EXPECT_EQ(o.index, 0x8000);
    EXPECT_EQ(map(&r, 0, A, 65538, &o), REWRITE_REPEAT);
    EXPECT_EQ(map(&r, 0, A, 65536, &o), REWRITE_REPEAT);
    REQUIRE(map(&r, 0, A, 65537, &o) == REWRITE_OK);
    EXPECT_EQ(o.index, 0x7fff);
}

TEST(rewrite_very_late_packets_are_refused) {
    struct rewrite r;
    struct rewrite_out o;
    rewrite_init(&r, 0, 0);
    switch_to(&r, 0, A, 65536);
    map(&r, 0, A, 65536, &o);
    map(&r, 0, A, 65538 + SEQ_WINDOW, &o);
    EXPECT_EQ(map(&r, 0, A, 65538, &o), REWRITE_OLD);
    EXPECT_EQ(map(&r, 0, A, 65539, &o), REWRITE_OK);
}

TEST(rewrite_skip_closes_gaps) {
    struct rewrite r;
    struct rewrite_out o;
    uint64_t seq, index;
    rewrite_init(&r, 0, 0);
    switch_to(&r, 0, A, 65536);
    map(&r, 0, A, 65536, &o);
    EXPECT(rewrite_skip(&r, A, 65537));
    EXPECT(rewrite_skip(&r, A, 65537));
    EXPECT_EQ(map(&r, 0, A, 65537, &o), REWRITE_REPEAT);
    EXPECT(rewrite_skip(&r, A, 65540)); /* 65538 and 65539 are lost before it */
    EXPECT(rewrite_skip(&r, A, 65539)); /* and one of them turns out to be padding as well */
    REQUIRE(map(&r, 0, A, 65541, &o) == REWRITE_OK);
    EXPECT_EQ(o.index, 2);
    REQUIRE(rewrite_reverse(&r, 1, &seq, &index) == REWRITE_OK);
    EXPECT_EQ(seq, 65538);
    EXPECT(!rewrite_skip(&r, A, 65538)); /* too late to close */
    REQUIRE(map(&r, 0, A, 65538, &o) == REWRITE_OK);
    EXPECT_EQ(o.index, 1);
    EXPECT(rewrite_skip(&r, A, 65535)); /* before the switch: nothing to close */
    EXPECT(rewrite_skip(&r, B, 65545));
    REQUIRE(map(&r, 0, A, 65542, &o) == REWRITE_OK);
    EXPECT_EQ(o.index, 3);
}

TEST(rewrite_skips_join_into_runs) {
    struct rewrite r;
    struct rewrite_out o;
    static const uint64_t order[] = {65540, 65542, 65541, 65538, 65539, 65537};
    rewrite_init(&r, 0, 0);
    switch_to(&r, 0, A, 65536);
    map(&r, 0, A, 65536, &o);
    for (size_t i = 0; i < ARRAY_LEN(order); i++) {
        EXPECT(rewrite_skip(&r, A, order[i]));
    }
    EXPECT_EQ(r.n_runs, 1);
    EXPECT_EQ(r.skipped, 6);
    REQUIRE(map(&r, 0, A, 65543, &o) == REWRITE_OK);
    EXPECT_EQ(o.index, 1);
}

/* However far apart they are: what is out of reach is forgotten, and the stream stays closed. */
TEST(rewrite_skips_lie_apart) {
    struct rewrite r;
    struct rewrite_out o;
    uint64_t next = 9;
    rewrite_init(&r, 9, 0);
    switch_to(&r, 0, A, 65536);
    for (uint64_t s = 65536; s < 65536 + 400000; s++) {
        if (s % 40000 == 39999 || s % 70000 == 0) {
            EXPECT(rewrite_skip(&r, A, s));
            continue;
        }
        REQUIRE(map(&r, 0, A, s, &o) == REWRITE_OK);
        EXPECT_EQ(o.index, next++);
    }
    uint64_t seq, index;
    EXPECT_EQ(rewrite_reverse(&r, (uint16_t)(next - 10000), &seq, &index), REWRITE_OK);
    EXPECT_EQ(index, next - 10000);
    EXPECT_EQ(seq, 465536 - 10000);
}

/* A layer dropped for hours: one run, or a folded list; the stream stays closed. */
TEST(rewrite_skip_without_end) {
    struct rewrite r;
    struct rewrite_out o;
    uint64_t next = 9;
    rewrite_init(&r, 9, 0);
    switch_to(&r, 0, A, 65536);
    for (uint64_t s = 65536; s < 65536 + 300000; s++) {
        bool forward = s % 3 == 0 && (s < 100000 || s > 200000);
        if (forward) {
            REQUIRE(map(&r, 0, A, s, &o) == REWRITE_OK);
            EXPECT_EQ(o.index, next++);
        } else {
            EXPECT(rewrite_skip(&r, A, s));
        }
    }
    EXPECT(r.n_runs <= REWRITE_RUNS);
    uint64_t seq, index;
    EXPECT_EQ(rewrite_reverse(&r, (uint16_t)(next - 2), &seq, &index), REWRITE_OK);
    EXPECT_EQ(map(&r, 0, A, seq, &o), REWRITE_REPEAT);
    EXPECT_EQ(rewrite_reverse(&r, (uint16_t)(next - 200), &seq, &index), REWRITE_UNKNOWN);
    EXPECT_EQ(map(&r, 0, A, 365536 - 600, &o), REWRITE_OLD);
}

TEST(rewrite_huge_gaps_are_closed) {
    struct rewrite r;
    struct rewrite_out o;
    rewrite_init(&r, 1, 0);
    switch_to(&r, 0, A, 65536);
    map(&r, 0, A, 65536, &o);
    REQUIRE(map(&r, 0, A, 65537 + REWRITE_GAP_MAX, &o) == REWRITE_OK);
    EXPECT_EQ(o.index, 2 + REWRITE_GAP_MAX); /* just a gap */
    REQUIRE(map(&r, 0, A, 65539 + 2 * REWRITE_GAP_MAX, &o) == REWRITE_OK);
    EXPECT_EQ(o.index, 3 + REWRITE_GAP_MAX);
    EXPECT_EQ(map(&r, 0, A, 65538 + 2 * REWRITE_GAP_MAX, &o), REWRITE_OLD);
    EXPECT(rewrite_skip(&r, A, 90000));
    REQUIRE(map(&r, 0, A, 90001, &o) == REWRITE_OK);
    EXPECT_EQ(o.index, 4 + REWRITE_GAP_MAX);
}

TEST(rewrite_reverse_says_why_not) {
    struct rewrite r;
    struct rewrite_out o;
    uint64_t seq, index;
    rewrite_init(&r, 3, 0);
    for (unsigned s = 0; s < 65536; s += 7) {
        EXPECT_EQ(rewrite_reverse(&r, (uint16_t)s, &seq, &index), REWRITE_UNKNOWN);
    }
    switch_to(&r, 0, A, 65536);
    for (uint64_t s = 65536; s < 65546; s++) {
        map(&r, 0, A, s, &o);
    }
    EXPECT_EQ(rewrite_reverse(&r, 13, &seq, &index), REWRITE_UNKNOWN); /* the next one */
    EXPECT_EQ(rewrite_reverse(&r, 2, &seq, &index), REWRITE_SWITCHED);
    EXPECT_EQ(rewrite_reverse(&r, 65535, &seq, &index), REWRITE_UNKNOWN);
    EXPECT_EQ(rewrite_reverse(&r, 12, &seq, &index), REWRITE_OK);
    switch_to(&r, 0, B, 70000);
    EXPECT_EQ(rewrite_reverse(&r, 12, &seq, &index), REWRITE_SWITCHED);
    map(&r, 0, B, 70000, &o);
    EXPECT_EQ(rewrite_reverse(&r, 12, &seq, &index), REWRITE_SWITCHED);
    REQUIRE(rewrite_reverse(&r, 13, &seq, &index) == REWRITE_OK);
    EXPECT_EQ(seq, 70000);
}

TEST(rewrite_resumes_from_a_snapshot) {
    for (size_t i = 0; i < ARRAY_LEN(starts); i++) {
        struct rewrite r, s;
        struct rewrite_out a, b;
        struct rewrite_state slot = {0};
        uint64_t base = 65536 + starts[i], seq, index;
        rewrite_init(&r, 0x7ff0, 77);
        switch_to(&r, 0, A, base);
        for (uint64_t k = 0; k < 50; k++) {
            map(&r, (us_t)k * MS, A, base + k, &a);
        }
        rewrite_skip(&r, A, base + 50);
        rewrite_export(&r, 60 * MS, &slot);
        rewrite_import(&s, 60 * MS, &slot);
        REQUIRE(map(&r, 61 * MS, A, base + 51, &a) == REWRITE_OK);
        REQUIRE(map(&s, 61 * MS, A, base + 51, &b) == REWRITE_OK);
        EXPECT_EQ(a.index, b.index);
        EXPECT_EQ(a.ts, b.ts);
        EXPECT_EQ(map(&s, 61 * MS, A, base + 49, &b), REWRITE_OLD);
        EXPECT_EQ(rewrite_reverse(&s, (uint16_t)(b.index - 1), &seq, &index), REWRITE_SWITCHED);
        REQUIRE(rewrite_reverse(&s, (uint16_t)b.index, &seq, &index) == REWRITE_OK);
        EXPECT_EQ(seq, base + 51);
    }
}

/* A crash: the snapshot is older than the last packets sent; a lease keeps the indices apart. The
 * source goes on from where it is, and on its own timestamps, be ours late or early. */
TEST(rewrite_rejoins_behind_what_was_sent_after_the_snapshot) {
    for (int drift = -1; drift <= 1; drift++) {
        struct rewrite r, s;
        struct rewrite_out a, b;
        struct rewrite_state slot = {0};
        uint64_t seq, index;
        us_t step = 33 * MS + drift * 2 * MS, t = 0; /* of 33.3 ms by the source's timestamps */
        rewrite_init(&r, 9, 77);
        switch_to(&r, 0, A, 70000);
        for (uint64_t k = 0; k < 60; k++, t += step) {
            map(&r, t, A, 70000 + k, &a);
            if (k == 30) {
                rewrite_export(&r, t, &slot);
                slot.index += 4096;
                rewrite_rejoin(&s, t, &slot);
            }
        }
        EXPECT_EQ(map(&s, t, A, 70061, &b), REWRITE_OTHER); /* nothing is bound yet */
        switch_to(&s, t, A, 70061);
        REQUIRE(map(&s, t, A, 70061, &b) == REWRITE_OK);
        EXPECT_EQ(b.index, slot.index);
        EXPECT(b.index > a.index);
        EXPECT_EQ(b.ts, a.ts + 2 * 3000);
        EXPECT_EQ(map(&s, t, A, 70060, &b), REWRITE_OLD);
        EXPECT_EQ(rewrite_reverse(&s, (uint16_t)a.index, &seq, &index), REWRITE_SWITCHED);
        REQUIRE(rewrite_reverse(&s, (uint16_t)slot.index, &seq, &index) == REWRITE_OK);
        EXPECT_EQ(seq, 70061);
        EXPECT_EQ(index, slot.index);
    }
}

/* Another source, one whose clock was set, or one that shows up where nothing had been sent. */
TEST(rewrite_rejoins_with_another_source_by_our_clock) {
    static const uint64_t firsts[] = {70031, 70031 + 200 /* 6.6 s */, 70031 - 200};
    for (size_t i = 0; i <= ARRAY_LEN(firsts); i++) {
        struct rewrite r, s;
        struct rewrite_out a, b;
        struct rewrite_state slot = {0};
        bool other = i == ARRAY_LEN(firsts);
        rewrite_init(&r, 9, 77);
        switch_to(&r, 0, A, 70000);
        for (uint64_t k = 0; k < 30; k++) {
            map(&r, (us_t)k * 33 * MS, A, 70000 + k, &a);
        }
        rewrite_export(&r, 29 * 33 * MS + 500, &slot);
        EXPECT_EQ(slot.idle, 1);
        rewrite_rejoin(&s, 29 * 33 * MS + 500, &slot);
        us_t now = 29 * 33 * MS + 90 * MS;
        switch_to(&s, now, other ? B : A, other ? 500 : firsts[i]);
        REQUIRE(map(&s, now, other ? B : A, other ? 500 : firsts[i], &b) == REWRITE_OK);
        EXPECT_EQ(b.index, slot.index);
        uint32_t by_clock = a.ts + 90 * 90 + 45; /* of the idle time rounded up: half a ms more */
        EXPECT_EQ(b.ts, i == 0 ? a.ts + 2 * 3000 : by_clock);
    }
    struct rewrite r, s;
    struct rewrite_out o;
    struct rewrite_state slot = {0};
    rewrite_init(&r, 9, 77);
    rewrite_export(&r, 10 * MS, &slot);
    rewrite_rejoin(&s, 10 * MS, &slot); /* it may have begun since */
    switch_to(&s, 1010 * MS, A, 65536);
    REQUIRE(map(&s, 1010 * MS, A, 65536, &o) == REWRITE_OK);
    EXPECT_EQ(o.ts, 77 + RATE);
}

TEST(rewrite_empty_slot_survives_a_snapshot) {
    struct rewrite r, s;
    struct rewrite_out o;
    struct rewrite_state slot = {0};
    uint64_t seq, index;
    rewrite_init(&r, 0, 4);
    rewrite_export(&r, 5, &slot);
    EXPECT_EQ(slot.index, 0);
    EXPECT_EQ(slot.idle, REWRITE_NEVER);
    EXPECT_EQ(slot.source, 0);
    rewrite_import(&s, 5, &slot);
    EXPECT_EQ(rewrite_reverse(&s, 65535, &seq, &index), REWRITE_UNKNOWN);
    switch_to(&s, 5, A, 65536);
    REQUIRE(map(&s, 5, A, 65536, &o) == REWRITE_OK);
    EXPECT_EQ(o.index, 0);
}

/* What a viewer can have received between two of its reports: without the holes that were there
 * before us, with what was repaired since. */
TEST(rewrite_counts_what_it_gave_up_to_a_report) {
    for (size_t i = 0; i < ARRAY_LEN(starts); i++) {
        struct rewrite r;
        struct rewrite_out o;
        uint64_t base = 65536 + starts[i];
        rewrite_init(&r, starts[i], 0);
        uint32_t first = starts[i] & REWRITE_SEQ_START_MAX;
        switch_to(&r, 0, A, base);
        for (uint64_t k = 0; k < 300; k++) {
            if (k % 10 != 5) {
                REQUIRE(map(&r, (us_t)k * MS, A, base + k, &o) == REWRITE_OK);
            }
        }
        uint64_t at100 = rewrite_given_up_to(&r, first + 99);
        uint64_t at200 = rewrite_given_up_to(&r, first + 199);
        EXPECT_EQ(at200 - at100, 90);
        EXPECT_EQ(rewrite_given_up_to(&r, first + 299) - at200, 90);
        /* The low half alone counts; and what is ahead of us was not given. */
        EXPECT_EQ(rewrite_given_up_to(&r, 0x50000 + ((first + 199) & 0xffff)), at200);
        EXPECT_EQ(rewrite_given_up_to(&r, first + 5000), rewrite_given_up_to(&r, first + 299));
        REQUIRE(map(&r, 300 * MS, A, base + 155, &o) == REWRITE_OK); /* a repair, late */
        EXPECT_EQ(rewrite_given_up_to(&r, first + 199) - at100, 91);
        EXPECT_EQ(rewrite_given_up_to(&r, first + 99), at100);
    }
}

/* Ten seconds that were kept, and then what is live. */
TEST(rewrite_squeezes_what_is_replayed) {
    struct rewrite r;
    struct rewrite_out o;
    rewrite_init(&r, 5, 1000);
    switch_to(&r, 0, A, 70000);
    rewrite_squeeze(&r, 70000u * 3000, 70300u * 3000);
    uint32_t last = 999;
    for (uint64_t k = 0; k <= 300; k++) {
        REQUIRE(map(&r, 0, A, 70000 + k, &o) == REWRITE_OK);
        EXPECT(ts32_newer(o.ts, last));
        EXPECT_EQ(o.ts, rewrite_ts(&r, (uint32_t)(70000 + k) * 3000));
        last = o.ts;
    }
    EXPECT_EQ(last, 1000 + 300 * 3000 / REWRITE_SQUEEZE);
    for (uint64_t k = 301; k < 400; k++) {
        REQUIRE(map(&r, 0, A, 70000 + k, &o) == REWRITE_OK);
        EXPECT_EQ(o.ts, last + 3000);
        last = o.ts;
    }
    EXPECT_EQ(rewrite_ts(&r, 70000u * 3000), 1000); /* sent again it is the same */
    REQUIRE(map(&r, 0, A, 70000 + 4200, &o) == REWRITE_OK);
    EXPECT(!r.squeezed);
}

/* A share whose screen rested for five seconds: who came at the end of them waited for none. */
TEST(rewrite_does_not_wait_for_a_rest_once_more) {
    const uint32_t second = REWRITE_SQUEEZE_CLOCK;
    for (uint32_t kept = 0; kept <= second; kept += second) {
        struct rewrite r;
        struct rewrite_out key, o;
        rewrite_init(&r, 5, 1000);
        struct rewrite_in in = {.source = A, .seq = 70000, .ts = 7 * second};
        rewrite_switch(&r, US_PER_S, second, &in);
        rewrite_squeeze(&r, 7 * second, 7 * second + kept);
        REQUIRE(rewrite_map(&r, US_PER_S, &in, &key) == REWRITE_OK);
        in.seq++;
        if (kept) {
            in.ts += kept;
            REQUIRE(rewrite_map(&r, US_PER_S, &in, &o) == REWRITE_OK);
            EXPECT_EQ(o.ts - key.ts, second / REWRITE_SQUEEZE);
            in.seq++;
        }
        uint32_t newest = r.last_ts;
        in.ts += 5 * second;
        REQUIRE(rewrite_map(&r, US_PER_S + 200 * US_PER_MS, &in, &o) == REWRITE_OK);
        EXPECT_EQ(o.ts - newest, second / 5);
        EXPECT_EQ(rewrite_ts(&r, 7 * second), key.ts); /* what is sent again is the same */
        EXPECT_EQ(rewrite_ts(&r, in.ts), o.ts);
        in.seq++;
        in.ts += 2 * second; /* a rest that it does wait for is one */
        REQUIRE(rewrite_map(&r, US_PER_S + 2200 * US_PER_MS, &in, &o) == REWRITE_OK);
        EXPECT_EQ(o.ts - newest, second / 5 + 2 * second);
    }
}

/* What got lost at the end of what was kept is repaired when the rest is over. */
TEST(rewrite_repairs_in_its_place_what_was_lost_before_a_rest) {
    const uint32_t second = REWRITE_SQUEEZE_CLOCK, frame = second / 15;
    for (us_t passed = 0; passed <= US_PER_S; passed += 100 * US_PER_MS) {
        struct rewrite r;
        struct rewrite_out kept, live, lost[2];
        rewrite_init(&r, 5, 1000);
        struct rewrite_in in = {.source = A, .seq = 70000, .ts = 7 * second};
        rewrite_switch(&r, US_PER_S, second, &in);
        rewrite_squeeze(&r, in.ts, in.ts);
        REQUIRE(rewrite_map(&r, US_PER_S, &in, &kept) == REWRITE_OK);
        struct rewrite_in after = {.source = A, .seq = 70003, .ts = in.ts + 2 * second};
        REQUIRE(rewrite_map(&r, US_PER_S + passed, &after, &live) == REWRITE_OK);
        for (unsigned i = 0; i < 2; i++) {
            in.seq++;
            in.ts += frame;
            REQUIRE(rewrite_map(&r, US_PER_S + passed, &in, &lost[i]) == REWRITE_OK);
            EXPECT_EQ(lost[i].ts, rewrite_ts(&r, in.ts));
        }
        EXPECT(ts32_newer(lost[0].ts, kept.ts) && ts32_newer(lost[1].ts, lost[0].ts));
        EXPECT(ts32_newer(live.ts, lost[1].ts));
    }
}

/* What was sent once is sent again with the same timestamp, or not at all: under its index another
 * one would be a second text. */
TEST(rewrite_gives_a_packet_one_timestamp_for_ever) {
    const uint32_t second = REWRITE_SQUEEZE_CLOCK;
    struct rewrite r;
    struct rewrite_out old, key, o;
    rewrite_init(&r, 5, 1000);
    struct rewrite_in in = {.source = A, .seq = 70000, .ts = 500 * second};
    rewrite_switch(&r, US_PER_S, second, &in);
    rewrite_squeeze(&r, in.ts, in.ts + second);
    REQUIRE(rewrite_map(&r, US_PER_S, &in, &key) == REWRITE_OK);
    in.seq++;
    in.ts -= 200 * second; /* a clock that jumps back and forth */
    REQUIRE(rewrite_map(&r, US_PER_S, &in, &old) == REWRITE_OK);
    in.seq++;
    in.ts += 210 * second;
    REQUIRE(rewrite_map(&r, US_PER_S, &in, &o) == REWRITE_OK);
    EXPECT_EQ(rewrite_ts(&r, 500 * second), key.ts);
    EXPECT_EQ(rewrite_ts(&r, 300 * second), old.ts);
    in.seq++;
    in.ts += 300 * second;
    REQUIRE(rewrite_map(&r, 2 * US_PER_S, &in, &o) == REWRITE_OK);
    uint64_t seq, index;
    EXPECT_EQ(rewrite_reverse(&r, (uint16_t)key.index, &seq, &index), REWRITE_SWITCHED);
    EXPECT_EQ(rewrite_reverse(&r, (uint16_t)old.index, &seq, &index), REWRITE_SWITCHED);
    EXPECT_EQ(rewrite_reverse(&r, (uint16_t)(o.index - 1), &seq, &index), REWRITE_OK); /* live */
    EXPECT_EQ(rewrite_reverse(&r, (uint16_t)o.index, &seq, &index), REWRITE_OK);
}
