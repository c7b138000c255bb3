/* libs: media_send media_feed */
/* A stream of operations and time against the receive and send machinery of one source and one
 * slot. Promises checked: no index is handed out twice, a deadline that was served moves on, NACKs
 * name only what is missing, feedback drains. */
#include "base/check.h"
#include "media/feed/cache.h"
#include "media/recv/nack.h"
#include "media/recv/rtx.h"
#include "media/recv/stream.h"
#include "media/recv/twcc.h"
#include "media/send/rewrite.h"

#include <string.h>

#define INDEX_MAX (1u << 20)
#define OPS_MAX 200

struct world {
    us_t now;
    struct recv_stats stats;
    struct recv_nack nack;
    struct recv_twcc twcc;
    struct rewrite rewrite;
    struct packet_cache cache;
    struct packet_pool *pool;
    uint64_t high;
};

static uint8_t used[INDEX_MAX / 8]; /* indices handed out */

static void forward(struct world *w, uint64_t seq, uint32_t ts) {
    struct rewrite_in in = {.source = 1, .ts = ts, .seq = seq};
    struct rewrite_out out;
    if (rewrite_map(&w->rewrite, w->now, &in, &out) != REWRITE_OK || out.index >= INDEX_MAX) {
        return;
    }
    CHECK(!(used[out.index / 8] & 1 << out.index % 8));
    used[out.index / 8] |= (uint8_t)(1 << out.index % 8);
    uint64_t back, index;
    enum rewrite_verdict v = rewrite_reverse(&w->rewrite, (uint16_t)out.index, &back, &index);
    CHECK(v != REWRITE_OK || index != out.index || back == seq);
}

static void receive(struct world *w, uint16_t seq16, uint8_t flags) {
    struct recv_arrival a = {.at = w->now, .seq = seq16, .ts = seq16 * 100u, .payload = 10};
    uint64_t seq;
    a.recovered = flags & 1;
    if (recv_stats_packet(&w->stats, &a, &seq) != SEQ_NEW) {
        return;
    }
    w->high = seq > w->high ? seq : w->high;
    recv_nack_packet(&w->nack, w->now, seq);
    recv_twcc_packet(&w->twcc, w->now, (uint16_t)(seq16 + flags), flags & 2);
    struct packet *p = packet_take(w->pool);
    if (p) {
        struct media_packet k = {.packet = p, .seq = seq, .at = w->now};
        packet_cache_store(&w->cache, &k);
        packet_unref(p);
    }
    if (flags & 4) {
        rewrite_skip(&w->rewrite, 1, seq);
    } else {
        forward(w, seq, a.ts);
    }
}

static void serve_deadlines(struct world *w) {
    uint16_t ask[NACK_MAX];
    if (recv_nack_deadline(&w->nack) <= w->now) {
        recv_nack_poll(&w->nack, w->now, 0, ask, NACK_MAX);
        CHECK(recv_nack_deadline(&w->nack) > w->now);
    }
    for (unsigned i = 0; recv_twcc_deadline(&w->twcc) <= w->now; i++) {
        uint8_t buf[1200];
        struct wr out = wr_of(buf, sizeof(buf));
        CHECK(i <= TWCC_WINDOW);
        recv_twcc_write(&w->twcc, &out, 1, 2);
        CHECK(wr_len(&out) > 0);
    }
}

static void snapshot(struct world *w, uint8_t how) {
    struct rewrite_state slot = {0};
    rewrite_export(&w->rewrite, w->now, &slot);
    slot.index += how & 0x7f;
    (how & 0x80 ? rewrite_rejoin : rewrite_import)(&w->rewrite, w->now, &slot);
}

static void undo_rtx(struct world *w, struct rd *r, size_t n) {
    struct packet *p = packet_take(w->pool);
    struct bytes b = rd_bytes(r, n < rd_left(r) ? n : rd_left(r));
    if (!p) {
        return;
    }
    memcpy(p->data, b.p, b.n);
    p->len = (uint16_t)b.n;
    if (recv_rtx_undo(p, 96, 1) == OK) {
        CHECK(p->len + 2u == b.n);
    } else {
        CHECK(p->len == b.n && memcmp(p->data, b.p, b.n) == 0);
    }
    packet_unref(p);
}

static void operate(struct world *w, struct rd *r) {
    uint8_t op = rd_u8(r), arg = rd_u8(r);
    struct rewrite_in in = {.source = 1, .ts = arg, .seq = w->high + arg % 8};
    struct rtcp_report report;
    switch (op % 8) {
    case 0:
        w->now += arg * US_PER_MS;
        break;
    case 1:
        receive(w, rd_u16(r), arg);
        break;
    case 2:
        rewrite_switch(&w->rewrite, w->now, 90000, &in);
        break;
    case 3:
        snapshot(w, arg);
        break;
    case 4:
        undo_rtx(w, r, arg);
        break;
    case 5:
        recv_stats_report(&w->stats, w->now, 1, &report);
        packet_cache_expire(&w->cache, w->now);
        break;
    default: /* mostly near the newest packet, as on a real path */
        receive(w, (uint16_t)(w->high + 1 - (op & 0x20 ? arg % 32 : 0) + op / 64), arg & 7);
        break;
    }
    serve_deadlines(w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct world w;
    memset(&w, 0, sizeof(w));
    memset(used, 0, sizeof(used));
    w.now = 1;
    w.pool = packet_pool_new(96);
    CHECK(w.pool && packet_cache_init(&w.cache, 64, US_PER_S) == OK);
    recv_stats_init(&w.stats, 90000);
    recv_nack_init(&w.nack, true);
    recv_twcc_init(&w.twcc);
    struct rd r = rd_of(data, size);
    rewrite_init(&w.rewrite, rd_u16(&r) & REWRITE_SEQ_START_MAX, rd_u32(&r));
    for (unsigned i = 0; i < OPS_MAX && rd_left(&r) > 1; i++) {
        operate(&w, &r);
    }
    packet_cache_free(&w.cache);
    packet_pool_free(w.pool);
    return 0;
}
