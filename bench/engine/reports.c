#include "bench/engine/reports.h"

#include "base/alloc.h"
#include "base/check.h"
#include "media/wire/rtcp.h"
#include "media/wire/rtp.h"

#define WAY (20 * US_PER_MS)
#define SPACING 250 /* [us] between packets that were sent at once: what the wire can tell */

void reports_open(struct reports *r, struct house *h) {
    *r = (struct reports){h, mem_zalloc(h->n_viewers + 1, sizeof(r->viewers[0]))};
    CHECK(r->viewers);
    for (unsigned i = 1; i <= h->n_viewers; i++) {
        r->viewers[i].sealer = srtp_sealer_new(&h->clients[i].keys);
        r->viewers[i].due = h->now + REPORTS_EVERY * i / h->n_viewers;
        CHECK(r->viewers[i].sealer);
    }
}

void reports_close(struct reports *r) {
    for (unsigned i = 1; i <= r->house->n_viewers; i++) {
        srtp_sealer_free(r->viewers[i].sealer);
    }
    r->viewers = mem_free(r->viewers);
}

void reports_sent(struct reports *r, const struct addr *to, struct bytes first, unsigned n) {
    unsigned who = sink_index(to);
    if (who == 0 || wire_classify(first) != WIRE_RTP) {
        return;
    }
    struct reporter *v = &r->viewers[who];
    for (unsigned i = 0; i < n; i++) {
        v->sent[v->next++ % REPORTS_SENT_MAX] = r->house->now;
    }
}

/* A report of everything since the last one. */
static struct packet *report(struct reports *r, unsigned who) {
    struct reporter *v = &r->viewers[who];
    struct rtcp_twcc_arrival a[REPORTS_SENT_MAX];
    uint8_t plain[512];
    struct wr w = wr_of(plain, sizeof(plain));
    unsigned n = 0;
    us_t last = 0;
    v->first = (uint16_t)(v->next - v->first) > REPORTS_SENT_MAX
                   ? (uint16_t)(v->next - REPORTS_SENT_MAX)
                   : v->first;
    for (; v->first != v->next; v->first++) {
        us_t at = us_max(v->sent[v->first % REPORTS_SENT_MAX] + WAY, last + SPACING);
        a[n++] = (struct rtcp_twcc_arrival){v->first, true, at};
        last = at;
    }
    struct rtcp_twcc_ids ids = {who, r->house->clients[who].params.lines[0].ssrc, v->count++};
    if (n == 0 || rtcp_write_twcc(&w, &ids, a, n) == 0) {
        return NULL;
    }
    struct packet *k = packet_take(r->house->pool);
    CHECK(k);
    struct wr out = wr_of(k->data, sizeof(k->data));
    k->len = (uint16_t)srtp_seal_rtcp(v->sealer, v->index++, bytes_of(plain, wr_len(&w)), &out);
    k->from = r->house->clients[who].addr;
    k->arrival = r->house->now;
    CHECK(k->len > 0);
    return k;
}

unsigned reports_due(struct reports *r, struct packet *ret[REPORTS_BATCH]) {
    unsigned n = 0;
    for (unsigned i = 1; i <= r->house->n_viewers && n < REPORTS_BATCH; i++) {
        if (r->viewers[i].due <= r->house->now) {
            r->viewers[i].due += REPORTS_EVERY;
            ret[n] = report(r, i);
            n += ret[n] != NULL;
        }
    }
    return n;
}
