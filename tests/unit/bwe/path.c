#include "tests/unit/bwe/path.h"

#include "tests/unit/test.h"

#define STEP US_PER_MS
#define FRAME (US_PER_S / 30)
#define REPORT (50 * US_PER_MS)
#define PACING 2.5
#define PADDING 280 /* [bytes] what RTP padding can be, with its header */

void path_init(struct path *p, struct bottleneck *link, const struct bwe_config *c, uint64_t seed) {
    memset(p, 0, sizeof(*p));
    p->link = link;
    p->now = US_PER_S;
    p->skew = 12345678;
    p->want = c->max;
    p->seq = p->reported = 65000;
    p->frame_at = p->now;
    rng_seed(&p->rng, seed);
    bwe_init(&p->bwe, c);
    bwe_rtt(&p->bwe, 2 * link->delay);
}

static unsigned below(struct path *p, unsigned n) {
    struct rng rng = rng_from_seeded(&p->rng);
    return rng_below(&rng, n);
}

/* When a packet of this size, sent now, arrives; US_NEVER: never. */
static us_t through(struct path *p, unsigned size) {
    struct bottleneck *l = p->link;
    us_t wait = us_max(0, l->free_at - p->now);
    if (l->down || wait > l->queue_max || below(p, 1000000) < l->loss_ppm) {
        return US_NEVER;
    }
    l->free_at = us_max(l->free_at, p->now) + (us_t)(size * 8 * US_PER_S / l->rate);
    p->delays[wait / US_PER_MS < 999 ? wait / US_PER_MS : 999]++;
    p->delay_max = us_max(p->delay_max, wait);
    us_t at = l->free_at + l->delay + (l->jitter ? below(p, (unsigned)l->jitter) : 0);
    p->last_arrival = us_max(p->last_arrival, at);
    return p->last_arrival;
}

static void send_one(struct path *p, unsigned size) {
    unsigned i = p->head++ % PATH_PACKETS;
    p->sent[i].seq = p->seq;
    p->sent[i].size = (uint16_t)size;
    p->sent[i].at = through(p, size);
    p->sent_bytes += size;
    bwe_sent(&p->bwe, p->now, p->seq++, (uint16_t)size);
}

/* The pacer: media first, at 2.5 times the rate; a probe at its own. */
static void send(struct path *p) {
    uint64_t probe = bwe_probe_due(&p->bwe, p->now) ? p->bwe.probe.rate : 0;
    double rate = (double)bwe_rate(&p->bwe, p->now) * PACING;
    if (p->now >= p->frame_at) {
        double use = (double)bwe_rate(&p->bwe, p->now);
        bool fits = use >= (double)p->want || (p->whole && !bwe_known(&p->bwe, p->now, US_PER_S));
        use = fits ? (double)p->want : p->whole ? (double)p->small : use;
        p->owed += use / 8 * FRAME / US_PER_S;
        p->frame_at += FRAME;
    }
    rate = probe ? (double)probe : rate;
    double step = rate / 8 * STEP / US_PER_S;
    p->tokens = p->tokens + step < step + PATH_MTU ? p->tokens + step : step + PATH_MTU;
    for (;;) {
        bool media = p->owed >= PATH_MTU;
        unsigned size = media ? PATH_MTU : PADDING;
        if (p->tokens < size || (!media && !bwe_probe_due(&p->bwe, p->now))) {
            break;
        }
        p->owed -= media ? size : 0;
        p->padding_bytes += media ? 0 : size;
        p->tokens -= size;
        send_one(p, size);
    }
}

static void arrive(struct path *p) {
    while (p->tail != p->head) {
        unsigned i = p->tail % PATH_PACKETS;
        if (p->sent[i].at != US_NEVER && p->sent[i].at > p->now) {
            return;
        }
        /* A loss shows only when something later has arrived. */
        bool received = p->sent[i].at != US_NEVER;
        if (!received && p->head - p->tail < 2) {
            return;
        }
        if (p->n < 512) {
            p->arrived[p->n++] = (struct rtcp_twcc_arrival){p->sent[i].seq, received,
                                                            received ? p->sent[i].at + p->skew : 0};
        }
        p->arrived_bytes += received ? p->sent[i].size : 0;
        p->tail++;
    }
}

static void report(struct path *p) {
    unsigned last = p->n;
    while (last > 0 && !p->arrived[last - 1].received) {
        last--;
    }
    if (last == 0 || p->now < p->report_at) {
        return;
    }
    p->report_at = p->now + REPORT;
    for (unsigned done = 0; done < last;) {
        unsigned i = p->fb_head % 64;
        struct wr w = wr_of(p->feedback[i].bytes, sizeof(p->feedback[i].bytes));
        unsigned n =
            rtcp_write_twcc(&w, &(struct rtcp_twcc_ids){1, 2, 3}, p->arrived + done, last - done);
        if (n == 0) {
            done++; /* lost, with nothing behind it that fits */
            continue;
        }
        p->feedback[i].size = (uint16_t)wr_len(&w);
        p->feedback[i].at = p->now + p->link->delay;
        p->fb_head += !p->deaf && !p->link->down;
        done += n;
    }
    memmove(p->arrived, p->arrived + last, (p->n - last) * sizeof(p->arrived[0]));
    p->n -= last;
}

static void hear(struct path *p) {
    for (; p->fb_tail != p->fb_head && p->feedback[p->fb_tail % 64].at <= p->now; p->fb_tail++) {
        struct bytes rest =
            bytes_of(p->feedback[p->fb_tail % 64].bytes, p->feedback[p->fb_tail % 64].size);
        struct rtcp_packet k;
        struct rtcp_twcc_reader r;
        struct rtcp_twcc_arrival a;
        EXPECT_EQ(rtcp_next(&rest, &k), OK);
        EXPECT_EQ(rtcp_twcc_begin(&k, bwe_near(&p->bwe), &r), OK);
        bwe_feedback_begin(&p->bwe, p->now);
        while (rtcp_twcc_next(&r, &a)) {
            bwe_feedback_arrival(&p->bwe, p->now,
                                 &(struct bwe_arrival){a.seq, a.received, a.at_us});
        }
        bwe_feedback_end(&p->bwe, p->now);
        EXPECT_EQ(r.left, 0);
    }
}

void path_step(struct path *p) {
    p->now += STEP;
    bwe_want(&p->bwe, p->want);
    arrive(p);
    report(p);
    hear(p);
    if (bwe_deadline(&p->bwe) <= p->now) {
        bwe_timeout(&p->bwe, p->now);
    }
    send(p);
}

void path_run(struct path *p, us_t until) {
    while (p->now < until) {
        path_step(p);
    }
}

unsigned path_waited(struct path *p, unsigned percentile) {
    uint64_t total = 0, sum = 0;
    unsigned ms = 0;
    for (unsigned i = 0; i < 1000; i++) {
        total += p->delays[i];
    }
    for (; ms < 999 && (sum += p->delays[ms]) * 100 < total * percentile; ms++) {
    }
    memset(p->delays, 0, sizeof(p->delays));
    p->delay_max = 0;
    return ms;
}
