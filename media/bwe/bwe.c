/* DESIGN. The rate is the least of what delay, loss and the viewer allow. Delay alone goes up by
 * itself; the loss limit is there only after loss. A probe that proves more raises both at once:
 * that is what brings quality back in a second or two, where growth by 8 % a second takes twenty.
 *
 * A queue that an overuse has built is emptied at once, not over the seconds that 0.85 times the
 * capacity would take: the estimate stays, what is sent meanwhile is less. */
#include "media/bwe/bwe.h"

#include <string.h>

#define FEEDBACK_MISSING US_PER_S    /* ours: browsers send it every 50 to 250 ms */
#define COLLAPSED (80 * US_PER_MS)   /* ours */
#define PROBE_OWN COLLAPSED          /* ours: what a probe makes its own packets wait is less */
#define DRAIN_ABOVE (40 * US_PER_MS) /* ours: a shorter queue empties by itself */
#define WAITED_FOR (250 * US_PER_MS) /* ours: of a longer queue the past is seen for long */
#define QUEUES \
    (25 * US_PER_MS) /* ours: ten packets sent at once at 2 Mbit/s wait less on average */
#define DRAIN_BELOW (15 * US_PER_MS)
#define DRAIN_SPAN (500 * US_PER_MS)   /* the queue shall be gone in this time */
#define DRAIN_MAX (1500 * US_PER_MS)   /* and if it is not, the way itself has become longer */
#define DRAIN_LEAST 4                  /* a fourth of the rate goes on, */
#define DRAIN_LONG (700 * US_PER_MS)   /* ours: or half of that while so much waits */
#define BELIEVE_FOR (1500 * US_PER_MS) /* ours: later there are probes */
#define PROBE_FIRST 3      /* libwebrtc first_exponential_probe_scale: times the start rate */
#define PROBE_FURTHER_BY 2 /* libwebrtc further_exponential_probe_scale */
#define PROBE_CHANGED 2.0  /* ours: times what was carried when it was full: it carries more now */
#define FALLEN_FOR (20 * US_PER_S)             /* ours: so long it is asked with long probes */
#define FALLEN_TO 2                            /* ours: of what it was before, a part as small */
#define PROBE_AFTER_LOWERING (500 * US_PER_MS) /* ours: the queue is gone, then look again */
/* In the middle of what a reference time can be, so that no arrival is negative. */
#define ARRIVED_FIRST ((us_t)64000 << 23)
#define RTT_UNKNOWN (100 * US_PER_MS)
#define USAGE_KNOWN (500 * US_PER_MS) /* ours */
#define FULL_KNOWN DRAIN_MAX          /* ours: no queue of ours stands longer */
#define PROBE_QUIET (20 * US_PER_MS)  /* ours: no question while a queue stands */

void bwe_init(struct bwe *b, const struct bwe_config *c) {
    memset(b, 0, sizeof(*b));
    b->c = *c;
    aimd_init(&b->aimd, c->start);
    b->probe.wait = PROBE_WAIT;
    b->first = true;
}

void bwe_moved(struct bwe *b) {
    uint64_t want = b->want;
    us_t rtt = b->rtt;
    struct bwe_config c = b->c;
    struct seq_ext ext = b->sent.ext;
    bwe_init(b, &c);
    b->sent.ext = ext;
    b->want = want;
    b->rtt = rtt;
}

static uint64_t clamp(const struct bwe *b, uint64_t rate) {
    rate = rate < b->c.min ? b->c.min : rate;
    return rate > b->c.max ? b->c.max : rate;
}

uint64_t bwe_estimate(const struct bwe *b) {
    uint64_t rate = b->aimd.rate;
    if (b->remb && (b->remb < rate || !b->answered)) {
        rate = b->remb;
    }
    if (b->loss.limit && b->loss.limit < rate) {
        rate = b->loss.limit;
    }
    return clamp(b, rate);
}

bool bwe_known(const struct bwe *b, us_t now, us_t settled) {
    bool tried = b->answered && now - b->first_heard >= settled;
    return b->remb > 0 || b->loss.limit > 0 || b->lowered > 0 || tried;
}

bool bwe_awaited(const struct bwe *b, us_t now, us_t wait) {
    return b->answered || b->heard == 0 || now - b->heard < wait;
}

us_t bwe_waits(const struct bwe *b) {
    return b->answered ? queue_delay_get(&b->queue) : 0;
}

bool bwe_queues(const struct bwe *b) {
    return bwe_waits(b) > QUEUES;
}

uint64_t bwe_arrives(const struct bwe *b) {
    uint64_t rate = acked_rate(&b->acked, ACKED_SHORT);
    return rate > 0 ? rate : acked_begun(&b->acked);
}

bool bwe_lossy(const struct bwe *b) {
    return bwe_loss(b) > LOSS_LOW;
}

double bwe_loss(const struct bwe *b) {
    return queue_delay_get(&b->queue) < DRAIN_ABOVE ? b->loss.mean : 0;
}

static us_t rtt(const struct bwe *b) {
    return b->rtt > 0 ? b->rtt : RTT_UNKNOWN;
}

uint64_t bwe_rate(const struct bwe *b, us_t now) {
    uint64_t rate = bwe_estimate(b);
    us_t queue = queue_delay_get(&b->queue);
    if (now >= b->drain_until || queue <= DRAIN_BELOW) {
        return rate;
    }
    uint64_t least = rate / (queue < DRAIN_LONG ? DRAIN_LEAST : 2 * DRAIN_LEAST);
    uint64_t less = queue < DRAIN_SPAN ? rate - rate * (uint64_t)queue / DRAIN_SPAN : 0;
    return less > least ? less : least;
}

void bwe_sent(struct bwe *b, us_t now, uint16_t seq, uint16_t size) {
    struct bwe_packet p = {.size = size};
    if (b->probe.sending) {
        p.probe = probe_sent(&b->probe, now, size);
    }
    sent_add(&b->sent, now, seq, p);
    b->blind += bwe_tells(b) ? 0 : size;
    if (!b->sending) {
        b->sending = true;
        b->unheard = now;
    }
    if (b->heard == 0) {
        b->heard = now;
    }
}

int64_t bwe_near(const struct bwe *b) {
    return b->arrived ? b->arrived : ARRIVED_FIRST;
}

/* Floor and ceiling hold for what is remembered too, or it would take long to come back. */
static void settle(struct bwe *b) {
    b->aimd.rate = clamp(b, b->aimd.rate);
    if (b->loss.limit) {
        b->loss.limit = clamp(b, b->loss.limit);
    }
}

/* The rate went down from `before`. */
static void lowered(struct bwe *b, us_t now, uint64_t before) {
    b->lowered = now;
    if (queue_delay_get(&b->queue) > DRAIN_ABOVE) {
        b->drain_until = now + DRAIN_MAX;
    }
    /* A small step belongs to a rate that is near its capacity: what was asked is still known. */
    if (bwe_estimate(b) < before / 10 * 7) {
        b->probe.wait = PROBE_WAIT;
        b->fallen.from = before > b->fallen.from ? before : b->fallen.from;
        b->fallen.at = now;
    }
    probe_stop(&b->probe, now + rtt(b) + PROBE_AFTER_LOWERING);
}

/* So much of the rate is used that it grows by itself: what is not used is not tried. */
static bool grows(const struct bwe *b, us_t now) {
    uint64_t acked = acked_rate(&b->acked, ACKED_BUCKETS);
    double limit = AIMD_BEYOND * (double)acked + AIMD_BEYOND_ADD;
    return now - b->measured < USAGE_KNOWN && (double)b->aimd.rate <= limit;
}

/* A path that has been full is shared, for all we know, and a probe that falls between two pictures
 * of others measures all of it: who has most of a path already would have it proven again and
 * again. So there growth is additive, unless the path carries much more than it did, or all that is
 * wanted. What is left of the proof [bit/s]. */
static uint64_t believed(const struct bwe *b, us_t now, uint64_t proven) {
    double capacity = b->aimd.capacity, left = AIMD_BETA * capacity;
    if (capacity == 0 || !grows(b, now) || (double)proven >= PROBE_CHANGED * capacity ||
        (double)proven >= PROBE_SATURATED * (double)b->probe.rate) {
        return proven;
    }
    return (double)proven < left ? proven : (uint64_t)left; /* as after the last overuse */
}

/* It has lost most of the path to others a short while ago. */
static bool has_fallen(const struct bwe *b, us_t now) {
    return b->fallen.at > 0 && now - b->fallen.at < FALLEN_FOR;
}

static void answer(struct bwe *b, us_t now) {
    uint64_t proven;
    if (!probe_answer(&b->probe, now, &proven)) {
        return;
    }
    uint64_t before = bwe_estimate(b);
    proven = believed(b, now, proven);
    bool more = proven > before;
    if (more) {
        aimd_proven(&b->aimd, now, proven);
        loss_proven(&b->loss, proven);
    }
    if (proven > before + before / 4) {
        b->probe.wait = PROBE_WAIT;
    }
    /* It carried most of what was asked: ask for more at once. */
    if (more && (double)proven >= PROBE_FURTHER * (double)b->probe.rate) {
        b->probe.next = now;
        return;
    }
    b->probe.next = now + b->probe.wait + (has_fallen(b, now) ? PROBE_SHIFT : 0);
    b->probe.wait = us_min(2 * b->probe.wait, PROBE_WAIT_MAX);
}

/* What arrives is carried, whatever was guessed of the path: without this a stream that nobody
 * doubted at first would be taken away as soon as the guess counts as known. Both windows, so that
 * no probe counts, and no queue: flows that share a path become equal by what they do not take.
 * After the first queue it is no guess any more. */
static void believe(struct bwe *b, us_t now, const struct aimd_input *in) {
    uint64_t least = in->acked < in->acked_short ? in->acked : in->acked_short;
    bool queue = in->usage != TREND_NORMAL || queue_delay_get(&b->queue) > DRAIN_BELOW;
    bool early = now - b->first_heard < BELIEVE_FOR;
    if (early && !queue && b->aimd.lowered == 0 && least > bwe_estimate(b) / 4 * 5) {
        aimd_proven(&b->aimd, now, least);
        loss_proven(&b->loss, least);
    }
}

/* What was last seen of the queue and of how it grows is out of date: nothing but probes went out.
 */
static bool is_stale(const struct bwe *b, us_t now) {
    return b->measured > 0 && now - b->measured > USAGE_KNOWN;
}

/* More is under way than the rate and the round trip have room for: it waits somewhere. */
static bool is_crowded(const struct bwe *b, us_t now, uint64_t rate) {
    uint64_t room = rate / 8 * (uint64_t)(rtt(b) + COLLAPSED) / US_PER_S, bytes = 0;
    for (uint64_t i = 0; i < SENT_PACKETS && bytes <= room; i++) {
        const struct bwe_packet *p = &b->sent.ring[(b->sent.ext.high - i) % SENT_PACKETS];
        if (p->state != SENT_UNKNOWN || sent_at(p, now) <= b->newest) {
            break;
        }
        bytes += p->size;
    }
    return bytes > room;
}

/* The path is so much slower that the line need not be waited for: even the last packets have
 * waited long, and far less arrives than is allowed; half as long when it is much less and the path
 * is crowded. A path that is narrower than the guess to begin with has no line yet, and 20 groups
 * take a second to come through. */
static bool collapsed(const struct bwe *b, us_t now, uint64_t acked) {
    bool growing =
        b->trend.n < TREND_WINDOW ? queue_delay_get(&b->queue) > b->queued : b->trend.slope > 0;
    uint64_t rate = bwe_estimate(b);
    us_t last = queue_delay_last(&b->queue);
    if (is_stale(b, now) || last <= COLLAPSED / 2 || acked == 0 || !growing) {
        return false;
    }
    return last > COLLAPSED ? acked < rate / 4 * 3 : acked < rate / 4 && is_crowded(b, now, rate);
}

/* One packet of a feedback. Returns true when its group tells how the path is used. */
static bool arrival(struct bwe *b, us_t now, const struct bwe_arrival *a, struct group_delta *ret) {
    struct bwe_packet *p = sent_find(&b->sent, a->seq);
    if (!p || p->state == SENT_RECEIVED) {
        return false;
    }
    us_t sent = sent_at(p, now);
    if (p->state == SENT_UNKNOWN && sent > b->lowered) {
        loss_packet(&b->loss, sent, a->received);
    }
    p->state = a->received ? SENT_RECEIVED : SENT_LOST;
    if (!a->received) {
        return false;
    }
    b->arrived = us_max(b->arrived, a->at);
    acked_add(&b->acked, a->at, p->size);
    if (p->probe) {
        probe_arrived(&b->probe, p->probe, a->at, p->size);
        if (b->trend.n < TREND_WINDOW || queue_delay_wait(&b->queue, a->at - sent) < PROBE_OWN) {
            return false; /* its queue is our question, not the path's answer */
        }
    }
    b->measured = now;
    b->newest = us_max(b->newest, sent);
    queue_delay_add(&b->queue, now, a->at, a->at - sent);
    return groups_add(&b->groups, sent, a->at, ret);
}

/* The queue that was made is being let go, and does go: less arrives because less is sent, which
 * says nothing of the path, and the line still shows how the queue grew. To lower the rate once
 * more by that cost a fifth of the path after each overuse. A path that becomes narrow just then is
 * no such case: its packets come so rarely that the last five are older than what is smoothed. Once
 * the queue is gone, the line still has to see it; and gone it is when what waits is short, for at
 * half a megabit a packet alone takes 20 ms. */
static bool draining(const struct bwe *b, us_t now) {
    bool lately = b->lowered > 0 && (now - b->lowered < DRAIN_MAX || now < b->drain_until);
    us_t queue = queue_delay_get(&b->queue);
    bool growing = queue > b->queued && queue_delay_last(&b->queue) > COLLAPSED;
    bool gone = now < b->drain_until && queue_delay_last(&b->queue) <= DRAIN_ABOVE;
    return gone || (lately && !growing && queue_delay_last(&b->queue) < queue);
}

/* How the path was used when that was last seen. When nothing but probes goes out it is not seen:
 * an overuse that was the last thing seen would be counted with every feedback, lower the rate each
 * time and stop the probe that is the only way out. */
static enum trend_usage usage_known(const struct bwe *b, us_t now) {
    return is_stale(b, now) ? TREND_NORMAL : (enum trend_usage)b->trend.usage;
}

void bwe_feedback_begin(struct bwe *b, us_t now) {
    b->seen = (uint8_t)usage_known(b, now);
    b->queued = queue_delay_get(&b->queue);
    b->overuse = false;
    b->heard = b->unheard = now;
    b->first_heard = b->answered ? b->first_heard : now;
    b->answered = true;
    b->sending = false;
}

void bwe_feedback_arrival(struct bwe *b, us_t now, const struct bwe_arrival *a) {
    struct group_delta d;
    if (arrival(b, now, a, &d)) {
        b->seen = (uint8_t)trend_add(&b->trend, &d);
        b->overuse = b->overuse || b->seen == TREND_OVERUSE;
    }
}

/* What has arrived last was sent before the last decrease, and stood in the queue that it is for.
 */
static bool past_is_seen(const struct bwe *b, us_t now) {
    return !is_stale(b, now) && b->newest <= b->lowered && b->queued > WAITED_FOR;
}

/* While the queue that the rate was lowered for passes by, the path is full, and what arrives is
 * what it carries. That is known better now than then, from 160 ms in which it had just become
 * slow: a fourth less was taken for it at times, and the probe that found out came a second late.
 */
static void correct(struct bwe *b, us_t now, const struct aimd_input *in) {
    uint64_t least = in->acked < in->acked_short ? in->acked : in->acked_short;
    if (in->before && now - b->lowered > ACKED_BUCKETS * ACKED_BUCKET) {
        aimd_carried(&b->aimd, least);
    }
}

void bwe_feedback_end(struct bwe *b, us_t now) {
    struct aimd_input in = {.usage = b->overuse ? TREND_OVERUSE : (enum trend_usage)b->seen,
                            .acked = acked_rate(&b->acked, ACKED_BUCKETS),
                            .acked_short = acked_rate(&b->acked, ACKED_SHORT),
                            .rtt = rtt(b),
                            .enough = b->want,
                            .shallow = queue_delay_get(&b->queue) < DRAIN_BELOW,
                            .before = past_is_seen(b, now)};
    if (in.before && now < b->drain_until) {
        b->drain_until = now + DRAIN_MAX; /* the decrease has not come through yet */
    }
    if (collapsed(b, now, in.acked_short)) {
        in.usage = TREND_OVERUSE;
    }
    bool waits = in.usage == TREND_OVERUSE ? draining(b, now) : in.before;
    in.usage = waits ? TREND_UNDERUSE : in.usage;
    uint64_t before = bwe_estimate(b);
    bool less = aimd_update(&b->aimd, now, &in);
    less = loss_judge(&b->loss, now, rtt(b), bwe_estimate(b), in.acked_short) || less;
    if (less) {
        lowered(b, now, before);
    } else {
        correct(b, now, &in);
        believe(b, now, &in);
        answer(b, now);
    }
    settle(b);
    bwe_timeout(b, now);
}

void bwe_rtt(struct bwe *b, us_t rtt) {
    b->rtt = us_max(rtt, 0);
}

void bwe_remb(struct bwe *b, uint64_t rate) {
    b->remb = rate;
}

void bwe_report(struct bwe *b, us_t now, uint32_t lost, uint32_t expected) {
    if (b->answered || expected == 0) {
        return;
    }
    b->reports = true;
    b->loss.lost += lost < expected ? lost : expected;
    b->loss.total += expected;
    bool less = loss_judge(&b->loss, now, rtt(b), bwe_estimate(b), 0);
    if (!less && b->loss.fraction < LOSS_LOW) { /* nothing else tells it to grow */
        us_t passed = us_min(now - b->heard, US_PER_S);
        b->aimd.rate +=
            (uint64_t)((double)b->aimd.rate * (LOSS_GROWTH - 1) * (double)passed / US_PER_S);
    }
    b->heard = now;
    settle(b);
}

void bwe_want(struct bwe *b, uint64_t rate) {
    b->want = rate;
}

/* More is wanted than is known to be there, and nothing speaks against asking. */
static bool curious(const struct bwe *b) {
    uint64_t rate = bwe_estimate(b);
    bool heard = !b->sending || b->unheard == b->heard;
    return b->answered && heard && !b->probe.open && rate < b->want && rate < b->c.max;
}

bool bwe_searches(const struct bwe *b, us_t now) {
    return b->probe.open || (curious(b) && b->probe.next <= now);
}

us_t bwe_deadline(const struct bwe *b) {
    us_t due = US_NEVER;
    if (b->answered && b->sending) {
        due = b->unheard + FEEDBACK_MISSING;
    }
    if (b->probe.open) {
        due = us_min(due, us_min(probe_next(&b->probe), b->probe.begun + PROBE_ANSWER));
    } else if (curious(b)) {
        due = us_min(due, us_max(b->probe.next, b->drain_until));
    }
    return due;
}

/* A queue stands, as far as is known: of a path that carries nothing but probes, because all that
 * it could carry is paused, it would else be true for ever what was true before the pause. */
static bool is_full(const struct bwe *b, us_t now) {
    bool full = queue_delay_get(&b->queue) > PROBE_QUIET || b->trend.usage == TREND_OVERUSE;
    return full && now - b->measured < FULL_KNOWN;
}

/* How long the next probe lasts. Who shares a path with pictures of others, and has lost most of
 * it to them, asks with short ones again and again just while one of those is under way, and gets
 * little for an answer: a long one lasts as long as theirs are apart. Only then, and for half as
 * much again, since it disturbs them, and makes a queue of a path that is narrow. */
static us_t span_of(struct bwe *b, us_t now) {
    bool fallen =
        b->fallen.from > 0 && has_fallen(b, now) && bwe_estimate(b) < b->fallen.from / FALLEN_TO;
    b->fallen.from = fallen ? b->fallen.from : 0;
    return fallen ? PROBE_SPAN_LONG : PROBE_SPAN;
}

static void ask(struct bwe *b, us_t now) {
    uint64_t rate = bwe_estimate(b);
    bool far = b->first || b->aimd.capacity > 0;
    uint64_t to = rate * (far ? PROBE_FIRST : PROBE_FURTHER_BY);
    /* An eighth more than is wanted: what is proven is a little less than what was asked. */
    uint64_t enough = b->want + b->want / 8;
    us_t span = span_of(b, now);
    b->first = false;
    to = span > PROBE_SPAN ? rate + rate / 2 : to;
    to = to < enough ? to : enough;
    probe_begin(&b->probe, now, to < b->c.max ? to : b->c.max, span);
}

void bwe_timeout(struct bwe *b, us_t now) {
    if (b->answered && b->sending && now - b->unheard >= FEEDBACK_MISSING) {
        uint64_t before = bwe_estimate(b);
        b->unheard = now;
        b->aimd.rate /= 2;
        b->aimd.capacity = 0; /* it may be another path by now */
        settle(b);
        lowered(b, now, before);
        /* Does anybody hear? Media may have stopped. */
        probe_begin(&b->probe, now, bwe_estimate(b), PROBE_SPAN);
    }
    probe_tick(&b->probe, now);
    answer(b, now);
    if (!curious(b) || now < b->probe.next || now < b->drain_until) {
        return;
    }
    if (is_full(b, now)) {
        b->probe.next = now + PROBE_AFTER_LOWERING;
        return;
    }
    ask(b, now);
}

uint32_t bwe_probe_due(const struct bwe *b, us_t now) {
    return probe_due(&b->probe, now);
}
