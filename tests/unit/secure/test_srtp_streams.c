/* The inbound streams of a session: how many there may be, and that a stream which was let go
 * cannot be used to play old packets again. */
#include "tests/unit/secure/ends.h"
#include "tests/unit/test.h"

#define LIVE SRTP_STREAMS_MAX

static const uint16_t profiles[] = {SRTP_PROFILE_AES128_CM_SHA1_80, SRTP_PROFILE_AEAD_AES_128_GCM,
                                    SRTP_PROFILE_AEAD_AES_256_GCM};

/* Streams first..first+n-1 each get one packet of this index. */
static void fill(struct ends *e, uint32_t first, uint32_t n, uint64_t index) {
    for (uint32_t i = 0; i < n; i++) {
        EXPECT_EQ(ends_pass(e, SSRC + first + i, index, 40), OK);
    }
}

TEST(one_stream_more_lets_the_oldest_go) {
    for (unsigned i = 0; i < ARRAY_LEN(profiles); i++) {
        struct ends e = ends_new(profiles[i]);
        uint32_t roc;
        fill(&e, 0, LIVE, 1);
        fill(&e, 0, 5, 2);
        fill(&e, 6, LIVE - 6, 2); /* all but number 5 again */
        EXPECT_EQ(ends_pass(&e, SSRC + LIVE, 1, 40), OK);
        EXPECT_EQ(srtp_opener_roc(e.open, SSRC + 5, &roc), ERR_UNKNOWN);
        EXPECT_EQ(srtp_opener_roc(e.open, SSRC + 4, &roc), OK);
        EXPECT_EQ(srtp_opener_roc(e.open, SSRC + LIVE, &roc), OK);
        fill(&e, 6, LIVE - 6, 3);
        ends_free(&e);
    }
}

TEST(old_packets_of_a_stream_let_go_stay_old) {
    for (unsigned i = 0; i < ARRAY_LEN(profiles); i++) {
        struct ends e = ends_new(profiles[i]);
        uint8_t first[ENDS_PACKET_MAX], last[ENDS_PACKET_MAX];
        size_t n_first = ends_seal(&e, SSRC, 500, 40, first);
        size_t n_last = ends_seal(&e, SSRC, 600, 40, last);
        EXPECT_EQ(ends_open(&e, first, n_first), OK);
        EXPECT_EQ(ends_open(&e, last, n_last), OK);
        fill(&e, 1, LIVE, 1); /* SSRC is let go */
        for (unsigned k = 0; k < 3; k++) {
            EXPECT_EQ(ends_open(&e, first, n_first), ERR_REPLAY);
            EXPECT_EQ(ends_open(&e, last, n_last), ERR_REPLAY);
            EXPECT_EQ(ends_pass(&e, SSRC, 550, 40), ERR_REPLAY); /* new, but its window is gone */
        }
        fill(&e, 1, LIVE, 2); /* nobody was let go for it */
        ends_free(&e);
    }
}

TEST(a_stream_let_go_comes_back) {
    for (unsigned i = 0; i < ARRAY_LEN(profiles); i++) {
        struct ends e = ends_new(profiles[i]);
        uint32_t roc;
        fill(&e, 0, LIVE, 600);
        fill(&e, 1, LIVE, 601);
        EXPECT_EQ(ends_pass(&e, SSRC, 603, 40), OK);
        EXPECT_EQ(ends_pass(&e, SSRC, 602, 40), OK); /* late, but above what was known */
        EXPECT_EQ(ends_pass(&e, SSRC, 602, 40), ERR_REPLAY);
        EXPECT_EQ(ends_pass(&e, SSRC, 600, 40), ERR_REPLAY); /* still, within its window */
        EXPECT_EQ(ends_pass(&e, SSRC, 599, 40), ERR_REPLAY);
        EXPECT_EQ(ends_pass(&e, SSRC, 604, 40), OK);
        EXPECT_EQ(srtp_opener_roc(e.open, SSRC, &roc), OK);
        EXPECT_EQ(roc, 0);
        EXPECT_EQ(srtp_opener_roc(e.open, SSRC + 1, &roc), ERR_UNKNOWN); /* it made room */
        ends_free(&e);
    }
}

/* What was let go at the end of a rollover comes back after it, and the other way round. */
TEST(a_stream_comes_back_across_a_wrap) {
    static const uint64_t highs[] = {65535,
                                     65536,
                                     131071,
                                     (3ULL << 16) - 1,
                                     3ULL << 16,
                                     (3ULL << 16) + 32767,
                                     (3ULL << 16) + 32768};
    for (unsigned i = 0; i < ARRAY_LEN(highs); i++) {
        struct ends e = ends_new(profiles[i % ARRAY_LEN(profiles)]);
        uint64_t high = highs[i];
        uint32_t roc;
        EXPECT_EQ(srtp_opener_adopt(e.open, SSRC, high), OK);
        EXPECT_EQ(ends_pass(&e, SSRC, high, 40), OK);
        fill(&e, 1, LIVE, 1);
        EXPECT_EQ(srtp_opener_roc(e.open, SSRC, &roc), ERR_UNKNOWN);
        EXPECT_EQ(ends_pass(&e, SSRC, high, 40), ERR_REPLAY);
        EXPECT_EQ(ends_pass(&e, SSRC, high - 1, 40), ERR_REPLAY);
        EXPECT(ends_pass(&e, SSRC, high - 65535, 40) != OK);
        EXPECT_EQ(ends_pass(&e, SSRC, high + 100, 40), OK);
        EXPECT_EQ(srtp_opener_roc(e.open, SSRC, &roc), OK);
        EXPECT_EQ(roc, (high + 100) >> 16);
        EXPECT_EQ(ends_pass(&e, SSRC, high, 40), ERR_REPLAY);
        ends_free(&e);
    }
}

/* Only an authentic packet lets a stream go or brings one back. */
TEST(forged_packets_move_no_stream) {
    for (unsigned i = 0; i < ARRAY_LEN(profiles); i++) {
        struct ends e = ends_new(profiles[i]);
        uint8_t p[ENDS_PACKET_MAX];
        uint32_t roc;
        fill(&e, 0, LIVE, 1);
        fill(&e, 1, LIVE, 2);
        for (unsigned k = 0; k < 20; k++) {
            size_t n = ends_seal(&e, k & 1 ? SSRC : SSRC + 1000 + k, 50 + k, 40, p);
            p[n - 1] ^= 1;
            EXPECT_EQ(ends_open(&e, p, n), ERR_AUTH);
        }
        EXPECT_EQ(srtp_opener_roc(e.open, SSRC, &roc), ERR_UNKNOWN);
        fill(&e, 1, LIVE, 3);
        fill(&e, 1, 1, 4);
        EXPECT_EQ(ends_pass(&e, SSRC, 2, 40), OK);
        ends_free(&e);
    }
}

TEST(srtcp_of_a_stream_let_go_stays_old_too) {
    for (unsigned i = 0; i < ARRAY_LEN(profiles); i++) {
        struct ends e = ends_new(profiles[i]);
        EXPECT_EQ(ends_pass(&e, SSRC, 70000 - 65536, 40), OK);
        EXPECT_EQ(ends_pass_rtcp(&e, SSRC, 300), OK);
        fill(&e, 1, LIVE, 1);
        EXPECT_EQ(ends_pass_rtcp(&e, SSRC, 300), ERR_REPLAY);
        EXPECT_EQ(ends_pass_rtcp(&e, SSRC, 299), ERR_REPLAY);
        EXPECT_EQ(ends_pass_rtcp(&e, SSRC, 302), OK); /* it is back */
        EXPECT_EQ(ends_pass_rtcp(&e, SSRC, 301), OK);
        EXPECT_EQ(ends_pass_rtcp(&e, SSRC, 300), ERR_REPLAY);
        EXPECT_EQ(ends_pass(&e, SSRC, 70000 - 65536, 40), ERR_REPLAY); /* both ways */
        EXPECT_EQ(ends_pass(&e, SSRC, 70001 - 65536, 40), OK);
        ends_free(&e);
    }
}

/* SRTCP streams count too: a receiver's reports have an SSRC of their own. */
TEST(streams_of_srtcp_alone_are_let_go) {
    struct ends e = ends_new(profiles[0]);
    for (uint32_t i = 0; i <= LIVE; i++) {
        EXPECT_EQ(ends_pass_rtcp(&e, SSRC + i, 7), OK);
    }
    EXPECT_EQ(ends_pass_rtcp(&e, SSRC, 7), ERR_REPLAY);
    EXPECT_EQ(ends_pass_rtcp(&e, SSRC, 8), OK);
    EXPECT_EQ(ends_pass(&e, SSRC, 0, 40), OK); /* its first RTP packet: nothing of it is old */
    ends_free(&e);
}

/* What must be remembered for ever is bounded: then new streams are refused, and only those. */
TEST(streams_are_limited) {
    struct ends e = ends_new(profiles[1]);
    fill(&e, 0, LIVE + SRTP_STREAMS_GONE_MAX, 1);
    EXPECT_EQ(ends_pass(&e, SSRC + LIVE + SRTP_STREAMS_GONE_MAX, 1, 40), ERR_FULL);
    EXPECT_EQ(ends_pass_rtcp(&e, SSRC + LIVE + SRTP_STREAMS_GONE_MAX, 1), ERR_FULL);
    fill(&e, SRTP_STREAMS_GONE_MAX, LIVE, 2);
    EXPECT_EQ(ends_pass(&e, SSRC, 1, 40), ERR_REPLAY);
    EXPECT_EQ(ends_pass(&e, SSRC, 2, 40), OK); /* one comes back, one goes */
    EXPECT_EQ(ends_pass(&e, SSRC + SRTP_STREAMS_GONE_MAX, 2, 40), ERR_REPLAY);
    ends_free(&e);
}

TEST(adopted_streams_are_limited) {
    struct ends e = ends_new(profiles[1]);
    for (uint32_t i = 0; i < LIVE; i++) {
        EXPECT_EQ(srtp_opener_adopt(e.open, SSRC + i, 1), OK);
    }
    EXPECT_EQ(srtp_opener_adopt(e.open, SSRC + LIVE, 1), ERR_FULL);
    EXPECT_EQ(ends_pass(&e, SSRC + LIVE, 1, 40), OK); /* one that was never heard goes */
    ends_free(&e);
}

TEST_ALLOC(letting_go_without_memory) {
    struct ends e = ends_new(SRTP_PROFILE_AEAD_AES_128_GCM);
    for (uint32_t i = 0; e.seal && e.open && i < LIVE + 2; i++) {
        enum err err = ends_pass(&e, SSRC + i, 1, 40);
        EXPECT(err == OK || (mem_failed() && err == ERR_NOMEM));
        EXPECT_EQ(ends_pass(&e, SSRC + i, 2, 40), OK);
    }
    EXPECT((e.seal && e.open) || mem_failed());
    ends_free(&e);
}
