/* libs: recorder_timeline */
/* Any packets in any order through reordering and frame assembly, VP8 or Opus, and the timeline.
 * Input: a flag byte, then packets of: sequence step (signed), time step [ms], timestamp step,
 * flags and length of the payload, payload. */
#include "media/wire/opus.h"
#include "recorder/timeline/depacketizer.h"
#include "recorder/timeline/reorder.h"
#include "recorder/timeline/timeline.h"

#include "base/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

struct run {
    struct packet_pool *pool;
    struct reorder reorder;
    struct depacketizer frames;
    struct timeline line;
    struct ntp_clock clock;
    uint64_t last;
    us_t stamp;
    bool any;
};

static void frame(struct run *x, const struct video_frame *f, us_t at) {
    CHECK(f->data.n > 0 && f->data.n <= VIDEO_FRAME_MAX);
    CHECK(!f->key || (f->width && f->height));
    us_t t = timeline_stamp(&x->line, &x->clock, f->rtp_ts, at);
    if (t == TIMELINE_REFUSED) {
        return; /* faster than time passes */
    }
    CHECK(t > x->stamp && t >= 0);
    x->stamp = t;
}

static void take(struct run *x, const struct reorder_packet *k) {
    CHECK(!x->any || k->seq == x->last + k->missing + 1);
    x->any = true;
    x->last = k->seq;
    struct video_piece p = {.payload = bytes_of(k->packet->data + k->payload_at, k->payload_len),
                            .rtp_ts = k->rtp_ts,
                            .marker = k->marker,
                            .lost = k->missing};
    struct video_frame f;
    if (depacketizer_end(&x->frames, &p, &f)) {
        frame(x, &f, k->at);
    }
    if (depacketizer_add(&x->frames, &p, &f)) {
        frame(x, &f, k->at);
    }
    us_t d = opus_packet_duration(p.payload);
    CHECK(d >= 0 && d <= 120 * US_PER_MS);
}

static void drain(struct run *x, us_t now) {
    struct reorder_packet k;
    while (reorder_pop(&x->reorder, now, &k)) {
        take(x, &k);
        packet_unref(k.packet);
    }
}

static void feed(struct run *x, struct rd *r) {
    uint64_t seq = 1000000;
    uint32_t ts = 0;
    us_t now = 0;
    while (rd_left(r) >= 6) {
        struct packet *k = packet_take(x->pool);
        CHECK(k);
        seq += (uint64_t)(int64_t)(int8_t)rd_u8(r);
        now += (us_t)rd_u8(r) * US_PER_MS;
        ts += (uint32_t)(int16_t)rd_u16(r);
        uint8_t flags = rd_u8(r);
        size_t len = rd_u8(r);
        struct bytes body = rd_bytes(r, len < rd_left(r) ? len : rd_left(r));
        memcpy(k->data, body.p, body.n);
        struct tap t = {.type = TAP_RTP, .seq = seq, .rtp_ts = ts, .now = now, .packet = k};
        t.marker = flags & 1;
        t.payload_len = (uint16_t)body.n;
        reorder_push(&x->reorder, &t);
        if (flags & 2) {
            timeline_sr(&x->line, &x->clock,
                        &(struct timeline_report){now, (uint64_t)ts << (flags & 31), ts + flags});
        }
        drain(x, now);
        CHECK(reorder_deadline(&x->reorder) > now);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    struct rd r = rd_of(data, n);
    static struct packet_pool *pool; /* one for all runs: it is large */
    pool = pool ? pool : packet_pool_new(REORDER_MAX + 1);
    struct run x = {.pool = pool, .stamp = -1};
    uint8_t flag = rd_u8(&r);
    CHECK(x.pool && reorder_init(&x.reorder, (flag & 0x7f) * 10 * US_PER_MS) == OK);
    depacketizer_init(&x.frames, CODEC_VP8);
    timeline_init(&x.line, flag & 0x80 ? 48000 : 90000);
    feed(&x, &r);
    drain(&x, US_NEVER);
    reorder_free(&x.reorder);
    depacketizer_reset(&x.frames);
    CHECK(packet_pool_idle(pool) == REORDER_MAX + 1);
    return 0;
}
