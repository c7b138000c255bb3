#include "media/wire/rtcp.h"
#include "tests/unit/test.h"

static const uint16_t wraps[] = {0, 1, 127, 128, 32767, 32768, 65534, 65535};

/* Calls every reader on every packet of a compound; returns the count of packets. */
static unsigned read_all(struct bytes rest, enum err *ret_end) {
    unsigned n = 0;
    struct rtcp_packet k;
    enum err e;
    while ((e = rtcp_next(&rest, &k)) == OK) {
        struct rtcp_sr sr;
        struct rtcp_report report;
        uint16_t seqs[17];
        unsigned n_seqs;
        uint32_t ssrc;
        uint8_t nr;
        uint64_t bitrate;
        (void)rtcp_sr_parse(&k, &sr);
        (void)rtcp_fb_media_ssrc(&k);
        (void)rtcp_remb_parse(&k, &bitrate);
        for (unsigned i = 0; i < 40; i++) {
            (void)rtcp_report_at(&k, i, &report);
            (void)rtcp_nack_at(&k, i, seqs, &n_seqs);
            (void)rtcp_fir_at(&k, i, &ssrc, &nr);
        }
        n++;
    }
    *ret_end = e;
    return n;
}

/* As read_all, on an exact-size copy so that ASan sees a read past the end. */
static unsigned read_copy(const uint8_t *p, size_t n, enum err *ret_end) {
    uint8_t *copy = mem_alloc(n);
    if (!copy) {
        *ret_end = ERR_NOMEM;
        return 0;
    }
    memcpy(copy, p, n);
    unsigned packets = read_all(bytes_of(copy, n), ret_end);
    mem_free(copy);
    return packets;
}

static struct rtcp_packet first_of(const void *p, size_t n) {
    struct bytes rest = bytes_of(p, n);
    struct rtcp_packet k = {.type = 0};
    EXPECT_EQ(rtcp_next(&rest, &k), OK);
    EXPECT_EQ(rest.n, 0);
    return k;
}

static struct rtcp_packet written(const struct wr *w) {
    EXPECT(!w->bad);
    return first_of(w->start, wr_len(w));
}

static void expect_report(const struct rtcp_report *a, const struct rtcp_report *b) {
    EXPECT_EQ(a->ssrc, b->ssrc);
    EXPECT_EQ(a->fraction_lost, b->fraction_lost);
    EXPECT_EQ(a->cumulative_lost, b->cumulative_lost);
    EXPECT_EQ(a->highest_seq, b->highest_seq);
    EXPECT_EQ(a->jitter, b->jitter);
    EXPECT_EQ(a->lsr, b->lsr);
    EXPECT_EQ(a->dlsr, b->dlsr);
}

TEST(rtcp_sender_report_round_trip) {
    const struct rtcp_sr sr = {0xe8d4a51000112233, 0xfffffffe, 0xffffffff, 0x80000000};
    const struct rtcp_report in[2] = {{0x11223344, 255, -1, 0xffff1234, 77, 0xaabbccdd, 0x00010000},
                                      {0x55667788, 0, 0x7fffff, 1, 0xffffffff, 0, 0}};
    uint8_t out[100];
    struct wr w = wr_of(out, sizeof(out));
    rtcp_write_sr(&w, 0xcafebabe, &sr, in, 2);
    EXPECT_EQ(wr_len(&w), 28 + 48);
    struct rtcp_packet k = written(&w);
    struct rtcp_sr got;
    EXPECT_EQ(k.type, RTCP_SR);
    EXPECT_EQ(k.count, 2);
    EXPECT_EQ(k.ssrc, 0xcafebabe);
    EXPECT_EQ(rtcp_sr_parse(&k, &got), OK);
    EXPECT(got.ntp == sr.ntp);
    EXPECT_EQ(got.rtp_ts, sr.rtp_ts);
    EXPECT_EQ(got.packets, sr.packets);
    EXPECT_EQ(got.octets, sr.octets);
    for (unsigned i = 0; i < 2; i++) {
        struct rtcp_report r;
        EXPECT_EQ(rtcp_report_at(&k, i, &r), OK);
        expect_report(&r, &in[i]);
    }
    struct rtcp_report r;
    EXPECT_EQ(rtcp_report_at(&k, 2, &r), ERR_RANGE);
}

TEST(rtcp_receiver_report_clamps_the_signed_loss) {
    static const struct {
        int32_t in, out;
    } cases[] = {{0, 0},
                 {1, 1},
                 {-1, -1},
                 {0x7fffff, 0x7fffff},
                 {0x800000, 0x7fffff},
                 {-0x800000, -0x800000},
                 {-0x800001, -0x800000},
                 {INT32_MAX, 0x7fffff},
                 {INT32_MIN, -0x800000}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct rtcp_report in = {.ssrc = 7, .fraction_lost = 3, .cumulative_lost = cases[i].in}, r;
        uint8_t out[64];
        struct wr w = wr_of(out, sizeof(out));
        rtcp_write_rr(&w, 1, &in, 1);
        struct rtcp_packet k = written(&w);
        EXPECT_EQ(k.type, RTCP_RR);
        EXPECT_EQ(rtcp_report_at(&k, 0, &r), OK);
        EXPECT_EQ(r.cumulative_lost, cases[i].out);
        EXPECT_EQ(r.fraction_lost, 3);
    }
}

TEST(rtcp_reports_are_at_most_31) {
    static const struct rtcp_report many[40] = {{.ssrc = 1}};
    uint8_t out[1024];
    struct wr w = wr_of(out, sizeof(out));
    rtcp_write_rr(&w, 1, many, 40);
    struct rtcp_packet k = written(&w);
    EXPECT_EQ(k.count, 31);
    EXPECT_EQ(wr_len(&w), 8 + 31 * 24);
}

TEST(rtcp_sdes_ends_with_a_zero_byte) {
    static const char cname[] = "0123456789abcdef";
    for (size_t n = 0; n < sizeof(cname); n++) {
        char text[sizeof(cname)] = "";
        uint8_t out[64];
        struct wr w = wr_of(out, sizeof(out));
        memcpy(text, cname, n);
        memset(out, 0xee, sizeof(out));
        rtcp_write_sdes_cname(&w, 0x01020304, text);
        struct rtcp_packet k = written(&w);
        EXPECT_EQ(k.type, RTCP_SDES);
        EXPECT_EQ(k.count, 1);
        EXPECT_EQ(k.ssrc, 0x01020304);
        REQUIRE(k.body.n > 2 + n);
        EXPECT_EQ(k.body.p[0], 1);
        EXPECT_EQ(k.body.p[1], n);
        EXPECT(memcmp(k.body.p + 2, cname, n) == 0);
        for (size_t i = 2 + n; i < k.body.n; i++) {
            EXPECT_EQ(k.body.p[i], 0);
        }
    }
}

TEST(rtcp_bye_and_pli_bytes) {
    uint8_t out[20];
    struct wr w = wr_of(out, sizeof(out));
    rtcp_write_bye(&w, 0xa1a2a3a4);
    rtcp_write_pli(&w, 0x01020304, 0x05060708);
    EXPECT(!w.bad);
    EXPECT(memcmp(out,
                  "\x81\xcb\x00\x01\xa1\xa2\xa3\xa4"
                  "\x81\xce\x00\x02\x01\x02\x03\x04\x05\x06\x07\x08",
                  20) == 0);
    struct rtcp_packet k = first_of(out + 8, 12);
    EXPECT_EQ(k.ssrc, 0x01020304);
    EXPECT_EQ(rtcp_fb_media_ssrc(&k), 0x05060708);
}

TEST(rtcp_nack_folds_into_known_bytes) {
    static const uint16_t near[] = {0, 1, 3, 8, 16};
    static const uint16_t across[] = {65500, 65516, 65534, 65535, 0, 1, 3, 20, 100};
    uint8_t out[64];
    struct wr w = wr_of(out, sizeof(out));
    rtcp_write_nack(&w, 0x12345678, 0x23456789, near, 5);
    EXPECT_EQ(wr_len(&w), 16);
    EXPECT(memcmp(out, "\x81\xcd\x00\x03\x12\x34\x56\x78\x23\x45\x67\x89\x00\x00\x80\x85", 16) ==
           0);
    w = wr_of(out, sizeof(out));
    rtcp_write_nack(&w, 0x12345678, 0x23456789, across, 9);
    EXPECT_EQ(wr_len(&w), 28);
    EXPECT(memcmp(out + 12, "\xff\xdc\x80\x00\xff\xfe\x00\x17\x00\x14\x00\x00\x00\x64\x00\x00",
                  16) == 0);
}

TEST(rtcp_nack_round_trip_across_the_wrap) {
    for (size_t c = 0; c < ARRAY_LEN(wraps); c++) {
        uint16_t in[60], seqs[17];
        unsigned n = 0, got = 0, count;
        for (unsigned i = 0; i < 60; i++) {
            in[i] = (uint16_t)(wraps[c] + i * (1 + i / 10));
        }
        uint8_t out[256];
        struct wr w = wr_of(out, sizeof(out));
        rtcp_write_nack(&w, 1, 2, in, 60);
        struct rtcp_packet k = written(&w);
        for (unsigned i = 0; rtcp_nack_at(&k, i, seqs, &count) == OK; i++) {
            EXPECT(count >= 1 && count <= 17);
            for (unsigned j = 0; j < count; j++) {
                n += in[got < 60 ? got : 0] != seqs[j];
                got++;
            }
        }
        EXPECT_EQ(got, 60);
        EXPECT_EQ(n, 0);
    }
}

TEST(rtcp_nack_edges) {
    static const uint16_t twice[] = {5, 5, 6};
    uint8_t out[64];
    uint16_t seqs[17];
    unsigned n = 0;
    struct wr w = wr_of(out, sizeof(out));
    rtcp_write_nack(&w, 1, 2, twice, 0);
    EXPECT_EQ(wr_len(&w), 0);
    rtcp_write_nack(&w, 1, 2, twice, 3);
    struct rtcp_packet k = written(&w);
    EXPECT_EQ(rtcp_nack_at(&k, 0, seqs, &n), OK);
    EXPECT_EQ(n, 2);
    EXPECT_EQ(rtcp_nack_at(&k, 1, seqs, &n), ERR_RANGE);
    /* All bits: 17 numbers from one pair. */
    k = first_of("\x81\xcd\x00\x03\0\0\0\1\0\0\0\2\xff\xf8\xff\xff", 16);
    EXPECT_EQ(rtcp_nack_at(&k, 0, seqs, &n), OK);
    EXPECT_EQ(n, 17);
    EXPECT_EQ(seqs[0], 65528);
    EXPECT_EQ(seqs[16], 8);
    /* Not a NACK. */
    k = first_of("\x81\xce\x00\x03\0\0\0\1\0\0\0\2\xff\xf8\xff\xff", 16);
    EXPECT_EQ(rtcp_nack_at(&k, 0, seqs, &n), ERR_FORMAT);
}

TEST(rtcp_write_fir_as_on_the_wire) {
    uint8_t out[32];
    struct wr w = wr_of(out, sizeof(out));
    rtcp_write_fir(&w, 1, 0x11223344, 7);
    EXPECT(bytes_eq(bytes_of(out, wr_len(&w)),
                    bytes_of("\x84\xce\x00\x04\x00\x00\x00\x01\x00\x00\x00\x00"
                             "\x11\x22\x33\x44\x07\x00\x00\x00",
                             20)));
    w = wr_of(out, 19);
    rtcp_write_fir(&w, 1, 2, 3);
    EXPECT(w.bad);
}

TEST(rtcp_fir_entries) {
    static const char fir[] = "\x84\xce\x00\x06\x00\x00\x00\x01\x00\x00\x00\x00"
                              "\x11\x22\x33\x44\x07\x00\x00\x00\x55\x66\x77\x88\xff\x00\x00\x00";
    struct rtcp_packet k = first_of(fir, 28);
    uint32_t ssrc = 0;
    uint8_t nr = 0;
    EXPECT_EQ(rtcp_fir_at(&k, 0, &ssrc, &nr), OK);
    EXPECT_EQ(ssrc, 0x11223344);
    EXPECT_EQ(nr, 7);
    EXPECT_EQ(rtcp_fir_at(&k, 1, &ssrc, &nr), OK);
    EXPECT_EQ(ssrc, 0x55667788);
    EXPECT_EQ(nr, 255);
    EXPECT_EQ(rtcp_fir_at(&k, 2, &ssrc, &nr), ERR_RANGE);
    EXPECT_EQ(rtcp_fir_at(&k, UINT32_MAX, &ssrc, &nr), ERR_RANGE);
    k.count = RTCP_FMT_PLI;
    EXPECT_EQ(rtcp_fir_at(&k, 0, &ssrc, &nr), ERR_FORMAT);
}

TEST(rtcp_remb_known_bytes) {
    static const uint32_t ssrcs[] = {0x23456789, 0x2345678a, 0x2345678b};
    static const char known[] = "\x8f\xce\x00\x07\x12\x34\x56\x78\x00\x00\x00\x00"
                                "REMB\x03\x07\xfb\x93\x23\x45\x67\x89\x23\x45\x67\x8a"
                                "\x23\x45\x67\x8b";
    uint8_t out[64];
    struct wr w = wr_of(out, sizeof(out));
    uint64_t bitrate = 0;
    rtcp_write_remb(&w, 0x12345678, 522022, ssrcs, 3);
    EXPECT_EQ(wr_len(&w), 32);
    EXPECT(memcmp(out, known, 32) == 0);
    struct rtcp_packet k = written(&w);
    EXPECT_EQ(rtcp_remb_parse(&k, &bitrate), OK);
    EXPECT_EQ(bitrate, 522022);
}

TEST(rtcp_remb_bitrates) {
    for (unsigned bit = 0; bit < 64; bit++) {
        uint64_t in = UINT64_C(1) << bit, got = 0;
        uint8_t out[32];
        struct wr w = wr_of(out, sizeof(out));
        rtcp_write_remb(&w, 1, in | in >> 1, NULL, 0);
        struct rtcp_packet k = written(&w);
        EXPECT_EQ(rtcp_remb_parse(&k, &got), OK);
        EXPECT(got == (in | in >> 1));
    }
    uint8_t out[32];
    uint64_t got = 5;
    struct wr w = wr_of(out, sizeof(out));
    rtcp_write_remb(&w, 1, 0, NULL, 0);
    struct rtcp_packet k = written(&w);
    EXPECT_EQ(rtcp_remb_parse(&k, &got), OK);
    EXPECT_EQ(got, 0);
    out[17] = 63 << 2; /* exponent 63: above 64 bits unless the mantissa is 0 */
    EXPECT_EQ(rtcp_remb_parse(&k, &got), OK);
    out[19] = 2;
    EXPECT_EQ(rtcp_remb_parse(&k, &got), ERR_FORMAT);
    out[17] = 0;
    out[16] = 1; /* one SSRC announced, none there */
    EXPECT_EQ(rtcp_remb_parse(&k, &got), ERR_FORMAT);
    out[16] = 0;
    out[12] = 'X';
    EXPECT_EQ(rtcp_remb_parse(&k, &got), ERR_FORMAT);
    EXPECT_EQ(got, 0);
}

/* SR + SDES + NACK + PLI + FIR-like AFB + BYE, as one compound. */
static size_t compound(uint8_t *out, size_t cap, size_t ends[6]) {
    static const struct rtcp_sr sr = {1, 2, 3, 4};
    static const struct rtcp_report report = {.ssrc = 9};
    static const uint16_t seqs[] = {1, 2, 40};
    struct wr w = wr_of(out, cap);
    rtcp_write_sr(&w, 1, &sr, &report, 1);
    ends[0] = wr_len(&w);
    rtcp_write_sdes_cname(&w, 1, "oriel");
    ends[1] = wr_len(&w);
    rtcp_write_nack(&w, 1, 2, seqs, 3);
    ends[2] = wr_len(&w);
    rtcp_write_pli(&w, 1, 2);
    ends[3] = wr_len(&w);
    rtcp_write_remb(&w, 1, 300000, NULL, 0);
    ends[4] = wr_len(&w);
    rtcp_write_bye(&w, 1);
    ends[5] = wr_len(&w);
    EXPECT(!w.bad);
    return wr_len(&w);
}

TEST(rtcp_compound_survives_every_truncation) {
    uint8_t p[256];
    size_t ends[6], n = compound(p, sizeof(p), ends);
    for (size_t k = 0; k <= n; k++) {
        enum err end;
        unsigned whole = 0;
        while (whole < 6 && ends[whole] <= k) {
            whole++;
        }
        bool boundary = k == 0 || (whole > 0 && ends[whole - 1] == k);
        EXPECT_EQ(read_copy(p, k, &end), whole);
        EXPECT_EQ(end, boundary ? ERR_AGAIN : ERR_SHORT);
    }
}

/* Lengths cut inside a packet that is whole as RTCP: the readers say so. */
TEST(rtcp_bodies_cut_short) {
    struct rtcp_sr sr;
    struct rtcp_report r;
    uint64_t bitrate;
    uint16_t seqs[17];
    unsigned n;
    uint8_t p[4 + 4 * 16] = {0};
    for (size_t words = 0; words <= 12; words++) {
        enum err end;
        p[0] = 0x81;
        p[1] = RTCP_SR;
        put_be16(p + 2, (uint16_t)words);
        struct rtcp_packet k = first_of(p, 4 + 4 * words);
        EXPECT_EQ(rtcp_sr_parse(&k, &sr), words >= 6 ? OK : ERR_SHORT);
        EXPECT_EQ(rtcp_report_at(&k, 0, &r), words >= 12 ? OK : ERR_SHORT);
        p[1] = RTCP_RR;
        k = first_of(p, 4 + 4 * words);
        EXPECT_EQ(rtcp_report_at(&k, 0, &r), words >= 7 ? OK : ERR_SHORT);
        EXPECT_EQ(rtcp_sr_parse(&k, &sr), ERR_FORMAT);
        p[1] = RTCP_RTPFB;
        k = first_of(p, 4 + 4 * words);
        EXPECT_EQ(rtcp_nack_at(&k, 0, seqs, &n), words >= 3 ? OK : ERR_RANGE);
        EXPECT_EQ(rtcp_fb_media_ssrc(&k), 0);
        p[0] = 0x8f;
        p[1] = RTCP_PSFB;
        k = first_of(p, 4 + 4 * words);
        EXPECT_EQ(rtcp_remb_parse(&k, &bitrate), ERR_FORMAT);
        EXPECT_EQ(read_copy(p, 4 + 4 * words, &end), 1);
    }
}

TEST(rtcp_next_refuses_what_is_not_rtcp) {
    static const struct {
        const char *bytes;
        size_t n;
        enum err e;
    } cases[] = {
        {"\x40\xc8\x00\x00", 4, ERR_FORMAT}, /* version 1 */
        {"\x00\xc8\x00\x00", 4, ERR_FORMAT},
        {"\x80\x60\x00\x00", 4, ERR_FORMAT}, /* RTP */
        {"\x80\xbf\x00\x00", 4, ERR_FORMAT},
        {"\x80\xe0\x00\x00", 4, ERR_FORMAT},
        {"\x80\xc8\xff\xff", 4, ERR_SHORT},
        {"\x80\xc8\x00", 3, ERR_SHORT},
        {"", 0, ERR_AGAIN},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct bytes rest = bytes_of(cases[i].bytes, cases[i].n);
        struct rtcp_packet k = {.ssrc = 0x1234};
        EXPECT_EQ(rtcp_next(&rest, &k), cases[i].e);
        EXPECT_EQ(rest.n, cases[i].n);
        EXPECT_EQ(k.ssrc, 0x1234);
    }
}

TEST(rtcp_padding_edges) {
    uint8_t p[12] = {0xa1, RTCP_RTPFB, 0, 2, 0, 0, 0, 7};
    static const struct {
        uint8_t last;
        enum err e;
        size_t body;
        uint32_t ssrc;
    } cases[] = {{0, ERR_FORMAT, 0, 0},  {1, OK, 3, 7}, {4, OK, 0, 7},
                 {5, OK, 3, 0},          {8, OK, 0, 0}, {9, ERR_FORMAT, 0, 0},
                 {255, ERR_FORMAT, 0, 0}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct bytes rest = bytes_of(p, sizeof(p));
        struct rtcp_packet k = {.ssrc = 0};
        p[11] = cases[i].last;
        EXPECT_EQ(rtcp_next(&rest, &k), cases[i].e);
        EXPECT_EQ(k.body.n, cases[i].body);
        EXPECT_EQ(k.ssrc, cases[i].ssrc);
    }
    enum err end;
    uint8_t bare[4] = {0xa0, RTCP_RR, 0, 0}; /* P bit in a packet of the header alone */
    EXPECT_EQ(read_copy(bare, 4, &end), 0);
    EXPECT_EQ(end, ERR_FORMAT);
}

TEST(rtcp_sdes_and_bye_without_chunks_have_no_ssrc) {
    struct rtcp_packet k = first_of("\x80\xcb\x00\x01\x11\x22\x33\x44", 8);
    EXPECT_EQ(k.ssrc, 0);
    EXPECT_EQ(k.body.n, 4);
    k = first_of("\x81\xcb\x00\x01\x11\x22\x33\x44", 8);
    EXPECT_EQ(k.ssrc, 0x11223344);
    EXPECT_EQ(k.body.n, 0);
}

static void write_each(struct wr *w, unsigned which) {
    static const struct rtcp_sr sr = {1, 2, 3, 4};
    static const struct rtcp_report report = {.ssrc = 9};
    static const uint16_t seqs[] = {1, 20};
    static const uint32_t ssrcs[] = {1};
    switch (which) {
    case 0:
        rtcp_write_sr(w, 1, &sr, &report, 1);
        break;
    case 1:
        rtcp_write_rr(w, 1, &report, 1);
        break;
    case 2:
        rtcp_write_sdes_cname(w, 1, "abc");
        break;
    case 3:
        rtcp_write_bye(w, 1);
        break;
    case 4:
        rtcp_write_nack(w, 1, 2, seqs, 2);
        break;
    case 5:
        rtcp_write_pli(w, 1, 2);
        break;
    default:
        rtcp_write_remb(w, 1, 1000, ssrcs, 1);
        break;
    }
}

TEST(rtcp_writers_turn_bad_without_room) {
    static const size_t sizes[] = {52, 32, 16, 8, 20, 12, 24};
    for (unsigned which = 0; which < ARRAY_LEN(sizes); which++) {
        for (size_t cap = 0; cap <= sizes[which]; cap++) {
            uint8_t *out = mem_alloc(cap);
            REQUIRE(out);
            struct wr w = wr_of(out, cap);
            write_each(&w, which);
            EXPECT_EQ(w.bad, cap < sizes[which]);
            mem_free(out);
        }
    }
}
