/* libs: media_wire */
/* The input as a compound packet, read by everything; then as arrivals for a transport-cc
 * feedback, which must come out as one well-formed packet. */
#include "base/check.h"
#include "media/wire/rtcp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_reports(const struct rtcp_packet *k) {
    struct rtcp_sr sr;
    struct rtcp_report r[31];
    unsigned n = 0;
    uint8_t out[1024];
    struct wr w = wr_of(out, sizeof(out));
    while (n < 31 && rtcp_report_at(k, n, &r[n]) == OK) {
        n++;
    }
    if (rtcp_sr_parse(k, &sr) == OK) {
        rtcp_write_sr(&w, k->ssrc, &sr, r, n);
    } else {
        rtcp_write_rr(&w, k->ssrc, r, n);
    }
    struct bytes rest = bytes_of(out, wr_len(&w));
    struct rtcp_packet again;
    CHECK(!w.bad && rtcp_next(&rest, &again) == OK && rest.n == 0);
    CHECK(again.count == n && again.ssrc == k->ssrc);
    CHECK(n == 0 || again.body.n <= k->body.n + 20);
}

static void read_feedback(const struct rtcp_packet *k) {
    uint16_t seqs[17];
    unsigned n;
    uint32_t ssrc;
    uint8_t nr;
    uint64_t bitrate;
    (void)rtcp_fb_media_ssrc(k);
    for (unsigned i = 0; rtcp_nack_at(k, i, seqs, &n) == OK; i++) {
        uint8_t out[16];
        struct wr w = wr_of(out, sizeof(out));
        CHECK(n >= 1 && n <= 17);
        rtcp_write_nack(&w, 1, 2, seqs, n);
        CHECK(!w.bad && memcmp(out + 12, k->body.p + 4 + 4 * i, 4) == 0);
    }
    for (unsigned i = 0; rtcp_fir_at(k, i, &ssrc, &nr) == OK; i++) {
        CHECK(i < 65536 / 8);
    }
    if (rtcp_remb_parse(k, &bitrate) == OK) {
        uint8_t out[20];
        struct wr w = wr_of(out, sizeof(out));
        rtcp_write_remb(&w, 1, bitrate, NULL, 0);
        CHECK(!w.bad);
    }
}

/* Feedback is checked before it is read, so that reading gives each packet it promises. */
static void read_twcc(const struct rtcp_packet *k) {
    struct rtcp_twcc_reader r;
    struct rtcp_twcc_arrival a;
    if (rtcp_twcc_begin(k, 1000000, &r) != OK) {
        return;
    }
    unsigned promised = be16(k->body.p + 6), n = 0;
    uint16_t first = be16(k->body.p + 4);
    while (rtcp_twcc_next(&r, &a)) {
        CHECK(a.seq == (uint16_t)(first + n) && !r.chunks.bad && !r.deltas.bad);
        n++;
    }
    CHECK(n == promised && rd_left(&r.chunks) == 0);
}

/* Each input byte is one packet: lost, or a step in time that grows fast. */
static void write_twcc(const uint8_t *data, size_t size) {
    static struct rtcp_twcc_arrival a[2048];
    static uint8_t out[1600];
    int64_t at = 1000000;
    unsigned n = 0;
    for (; n < size && n < 2048; n++) {
        int64_t step = (int64_t)(data[n] & 0x1f) << (data[n] >> 5) * 3;
        at += data[n] & 1 ? step * 125 : -step * 50;
        a[n] = (struct rtcp_twcc_arrival){(uint16_t)(65000 + n), data[n] % 7 != 3, at};
    }
    for (unsigned done = 0; done < n;) {
        size_t cap = 24 + (size_t)data[done] * 5;
        struct wr w = wr_of(out, cap);
        unsigned took = rtcp_write_twcc(&w, &(struct rtcp_twcc_ids){1, 2, 3}, a + done, n - done);
        struct bytes rest = bytes_of(out, wr_len(&w));
        struct rtcp_packet k;
        CHECK(!w.bad && took <= n - done);
        if (took == 0) {
            CHECK(wr_len(&w) == 0 && !a[done].received);
            done++;
            continue;
        }
        CHECK(rtcp_next(&rest, &k) == OK && rest.n == 0 && be16(k.body.p + 6) == took);
        done += took;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct bytes rest = bytes_of(data, size);
    struct rtcp_packet k;
    enum err e;
    while ((e = rtcp_next(&rest, &k)) == OK) {
        CHECK(k.body.p + k.body.n <= data + size);
        read_reports(&k);
        read_feedback(&k);
        read_twcc(&k);
    }
    CHECK((e == ERR_AGAIN) == (rest.n == 0));
    write_twcc(data, size);
    return 0;
}
