/* libs: media_bwe media_wire */
/* A viewer that reports what it likes: each input byte is a step of sending, time or a feedback
 * made of the bytes that follow. Whatever it says, the rate stays in its range, probes stay
 * bounded, and the next deadline is never one that has been worked off. */
#include "base/check.h"
#include "media/bwe/bwe.h"
#include "media/wire/rtcp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct bwe_config config = {300000, 60000, 6000000};

struct play {
    struct bwe b;
    us_t now;
    uint16_t seq;
};

static void feedback(struct play *p, struct rd *in) {
    uint8_t n = rd_u8(in);
    struct bytes body = rd_bytes(in, n < rd_left(in) ? n : rd_left(in));
    uint8_t out[300];
    struct wr w = wr_of(out, sizeof(out));
    struct rtcp_twcc_reader r;
    struct rtcp_twcc_arrival a;
    wr_u32(&w, 1);
    wr_u16(&w, (uint16_t)(p->seq - rd_u8(in) * 8));
    wr_bytes(&w, body.p, body.n);
    struct rtcp_packet k = {
        .type = RTCP_RTPFB, .count = RTCP_FMT_TWCC, .body = bytes_of(out, wr_len(&w))};
    if (rtcp_twcc_begin(&k, bwe_near(&p->b), &r) == OK) {
        bwe_feedback_begin(&p->b, p->now);
        while (rtcp_twcc_next(&r, &a)) {
            bwe_feedback_arrival(&p->b, p->now, &(struct bwe_arrival){a.seq, a.received, a.at_us});
        }
        bwe_feedback_end(&p->b, p->now);
    }
}

static void step(struct play *p, struct rd *in) {
    uint8_t op = rd_u8(in);
    switch (op & 7) {
    case 0:
        feedback(p, in);
        break;
    case 1:
        bwe_remb(&p->b, (uint64_t)rd_u32(in) << (op >> 3));
        break;
    case 2:
        bwe_report(&p->b, p->now, rd_u32(in), rd_u32(in));
        break;
    case 3:
        bwe_want(&p->b, (uint64_t)rd_u16(in) * 1000);
        break;
    case 4:
        p->now += (us_t)rd_u16(in) << (op >> 3 & 15);
        break;
    case 5:
        bwe_rtt(&p->b, (us_t)(int32_t)rd_u32(in));
        break;
    default:
        for (unsigned i = 0; i <= op >> 3; i++) {
            p->now += rd_u8(in) * 10;
            bwe_sent(&p->b, p->now, p->seq, rd_u8(in) * 5);
            p->seq = (uint16_t)(p->seq + 1 + (rd_u8(in) == 255 ? 3000 : 0));
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct play p;
    struct rd in = rd_of(data, size);
    p.now = US_PER_S;
    p.seq = 60000;
    bwe_init(&p.b, &config);
    while (rd_left(&in) > 0 && !in.bad) {
        step(&p, &in);
        uint64_t rate = bwe_rate(&p.b, p.now);
        CHECK(rate >= config.min / 4 && rate <= config.max);
        CHECK(bwe_probe_due(&p.b, p.now) <= config.max / 8 / 50);
        if (bwe_deadline(&p.b) <= p.now) {
            bwe_timeout(&p.b, p.now);
            CHECK(bwe_deadline(&p.b) > p.now);
        }
    }
    return 0;
}
