#include "media/bwe/receive.h"

#include <string.h>

#define SILENT (2 * US_PER_S)        /* ours: nothing comes, and nobody need be told */
#define DRAIN_BELOW (15 * US_PER_MS) /* as bwe.c */
#define DRAIN_SPAN (500 * US_PER_MS)
#define DRAIN_LEAST 4
#define TICKS_MAX (INT64_C(1) << 40)
#define BACK_MAX US_PER_S           /* ours: packets change places by less */
#define SETTLING (1500 * US_PER_MS) /* ours: as long the queue of an overuse may stand */

void bwe_receive_init(struct bwe_receive *r, const struct bwe_receive_config *c) {
    memset(r, 0, sizeof(*r));
    r->c = *c;
    aimd_init(&r->aimd, c->start);
}

static struct receive_way *renew(struct receive_way *w, uint32_t key) {
    *w = (struct receive_way){.key = key};
    return w;
}

/* Of this key, or one of which nothing has come for a while; NULL: all are in use. After a pause it
 * begins anew: how far its clock has gone meanwhile the few bits of it do not tell. */
static struct receive_way *way_of(struct bwe_receive *r, us_t now, uint32_t key) {
    struct receive_way *oldest = &r->ways[0];
    for (unsigned i = 0; i < RECEIVE_WAYS; i++) {
        struct receive_way *w = &r->ways[i];
        if (w->any && w->key == key) {
            return now - w->heard > SILENT ? renew(w, key) : w;
        }
        oldest = r->ways[i].heard < oldest->heard ? &r->ways[i] : oldest;
    }
    return !oldest->any || now - oldest->heard > SILENT ? renew(oldest, key) : NULL;
}

/* When the packet was sent [us], by a clock that runs on. One that has gone through 48 days and
 * more is none, and begins anew, as does one that has stepped back. */
static us_t sent_of(struct receive_way *w, us_t now, const struct bwe_received *p) {
    unsigned unused = 32u - p->bits;
    int32_t step = (int32_t)((p->ticks - w->ticks) << unused) / (1 << unused);
    bool back = step < 0 && -(us_t)step * US_PER_S / p->rate > BACK_MAX;
    if (back || w->sent > TICKS_MAX || w->sent < -TICKS_MAX) {
        (void)renew(w, p->key);
    }
    w->sent = w->any ? w->sent + step : 0;
    w->ticks = p->ticks;
    w->any = true;
    w->heard = now;
    return w->sent * US_PER_S / p->rate;
}

/* The queue of an overuse is going: what grew shows in the line for longer than it does (bwe.c). */
static bool draining(const struct bwe_receive *r, us_t now, const struct receive_way *w) {
    bool lately = r->lowered > 0 && now - r->lowered < SETTLING;
    return lately && queue_delay_last(&w->queue) < queue_delay_get(&w->queue);
}

static void timed(struct bwe_receive *r, us_t now, const struct bwe_received *p) {
    struct receive_way *w = way_of(r, now, p->key);
    struct group_delta d;
    if (!w) {
        return;
    }
    us_t sent = sent_of(w, now, p);
    queue_delay_add(&w->queue, now, now, now - sent);
    r->queue = queue_delay_get(&w->queue);
    if (!groups_add(&w->groups, sent, now, &d)) {
        return;
    }
    enum trend_usage usage = trend_add(&w->trend, &d);
    if (usage == TREND_OVERUSE && draining(r, now, w)) {
        usage = TREND_UNDERUSE;
    }
    if (usage == TREND_OVERUSE || (usage == TREND_UNDERUSE && r->usage == TREND_NORMAL)) {
        r->usage = (uint8_t)usage;
    }
}

static uint64_t clamp(const struct bwe_receive *r, uint64_t rate) {
    rate = rate < r->c.min ? r->c.min : rate;
    return rate > r->c.max ? r->c.max : rate;
}

static uint64_t carried(const struct bwe_receive *r) {
    uint64_t rate = r->aimd.rate;
    return clamp(r, r->loss.limit && r->loss.limit < rate ? r->loss.limit : rate);
}

/* Less, while the queue of an overuse goes: else it would stand for seconds. */
uint64_t bwe_receive_rate(const struct bwe_receive *r) {
    uint64_t rate = r->begun ? carried(r) : 0, least = rate / DRAIN_LEAST;
    bool lately = r->lowered > 0 && r->heard - r->lowered < SETTLING;
    if (!lately || r->queue <= DRAIN_BELOW) {
        return rate;
    }
    uint64_t less = r->queue < DRAIN_SPAN ? rate - rate * (uint64_t)r->queue / DRAIN_SPAN : 0;
    return clamp(r, less > least ? less : least);
}

/* Nothing proves at once what a path carries that has lost too much: it is found as after a queue.
 */
static void raise_limit(struct loss *l, us_t passed) {
    if (l->limit && l->fraction < LOSS_LOW) {
        double part = (AIMD_UNPROBED - LOSS_GROWTH) * (double)us_min(passed, US_PER_S) / US_PER_S;
        l->limit += (uint64_t)((double)l->limit * part);
    }
}

static void judge(struct bwe_receive *r, us_t now) {
    us_t passed = now - r->judged;
    struct aimd_input in = {.usage = (enum trend_usage)r->usage,
                            .acked = acked_rate(&r->acked, ACKED_BUCKETS),
                            .acked_short = acked_rate(&r->acked, ACKED_SHORT),
                            .rtt = RECEIVE_RTT,
                            .unprobed = true};
    r->judged = now;
    r->usage = TREND_NORMAL;
    if (in.acked == 0) {
        return;
    }
    if (!r->begun) { /* it sends what it sends: nothing speaks against it */
        r->begun = true;
        r->aimd.rate = clamp(r, in.acked > r->c.start ? in.acked : r->c.start);
    }
    bool less = aimd_update(&r->aimd, now, &in);
    raise_limit(&r->loss, passed);
    less = loss_judge(&r->loss, now, RECEIVE_RTT, carried(r), in.acked_short) || less;
    r->lowered = less ? now : r->lowered;
    r->aimd.rate = clamp(r, r->aimd.rate);
}

void bwe_receive_packet(struct bwe_receive *r, us_t now, const struct bwe_received *p) {
    r->heard = now;
    acked_add(&r->acked, now, p->size);
    if (p->rate > 0) {
        timed(r, now, p);
    }
    if (now - r->judged >= RECEIVE_EVERY) {
        judge(r, now);
    }
}

void bwe_receive_loss(struct bwe_receive *r, us_t now, uint32_t lost, uint32_t expected) {
    if (r->lowered > 0 && now - r->lowered < SETTLING) {
        return; /* of what was sent before */
    }
    r->loss.lost += lost < expected ? lost : expected;
    r->loss.total += expected;
    judge(r, now);
}

us_t bwe_receive_deadline(const struct bwe_receive *r) {
    uint64_t rate = bwe_receive_rate(r);
    if (rate == 0) {
        return US_NEVER;
    }
    bool other = (double)rate < RECEIVE_LESS * (double)r->told ||
                 (double)rate > RECEIVE_MORE * (double)r->told;
    us_t at = r->told ? r->told_at + (other ? RECEIVE_TELL_SOON : RECEIVE_TELL) : r->judged;
    return at - r->heard < SILENT ? at : US_NEVER;
}

uint64_t bwe_receive_tell(struct bwe_receive *r, us_t now) {
    r->told = bwe_receive_rate(r);
    r->told_at = now;
    return r->told;
}
