#include "recorder/timeline/reorder.h"

#include "base/alloc.h"

#define MASK (REORDER_MAX - 1)
/* The first packet to arrive need not be the first that was sent: the beginning settles. */
#define FIRST_WAIT (100 * US_PER_MS)

static struct reorder_packet *at(const struct reorder *r, uint32_t i) {
    return &r->ring[(r->head + i) & MASK];
}

enum err reorder_init(struct reorder *r, us_t wait) {
    *r = (struct reorder){.wait = wait};
    r->ring = mem_zalloc(REORDER_MAX, sizeof(*r->ring));
    return r->ring ? OK : ERR_NOMEM;
}

void reorder_free(struct reorder *r) {
    for (uint32_t i = 0; i < r->n; i++) {
        packet_unref(at(r, i)->packet);
    }
    r->ring = mem_free(r->ring);
    r->n = 0;
}

/* Where seq belongs among the packets held; nearly always at the end. */
static uint32_t place_of(const struct reorder *r, uint64_t seq) {
    uint32_t i = r->n;
    while (i > 0 && at(r, i - 1)->seq >= seq) {
        i--;
    }
    return i;
}

/* A hole is as old as the first packet that was seen behind it. */
static void note_hole(struct reorder *r) {
    if (r->n == 0 || at(r, 0)->seq == r->next) {
        return;
    }
    r->since = at(r, 0)->at;
    for (uint32_t i = 1; i < r->n; i++) {
        r->since = us_min(r->since, at(r, i)->at);
    }
}

bool reorder_push(struct reorder *r, const struct tap *t) {
    uint32_t i = place_of(r, t->seq);
    bool late = r->any && t->seq < r->next;
    if (late || r->n == REORDER_MAX || (i < r->n && at(r, i)->seq == t->seq)) {
        packet_unref(t->packet);
        return false;
    }
    if (r->n == 0 && !r->any) {
        r->since = t->now;
    }
    for (uint32_t k = r->n; k > i; k--) {
        *at(r, k) = *at(r, k - 1);
    }
    r->n++;
    *at(r, i) = (struct reorder_packet){.seq = t->seq,
                                        .at = t->now,
                                        .rtp_ts = t->rtp_ts,
                                        .payload_at = t->payload_at,
                                        .payload_len = t->payload_len,
                                        .level = t->audio_level,
                                        .marker = t->marker != 0,
                                        .packet = t->packet};
    if (r->any && r->n == 1) {
        note_hole(r);
    }
    return true;
}

bool reorder_pop(struct reorder *r, us_t now, struct reorder_packet *ret) {
    if (r->n == 0) {
        return false;
    }
    if (r->n < REORDER_MAX && now < reorder_deadline(r)) {
        return false;
    }
    struct reorder_packet *first = at(r, 0);
    uint64_t missing = r->any ? first->seq - r->next : 0;
    r->any = true;
    *ret = *first;
    ret->missing = missing > UINT32_MAX ? UINT32_MAX : (uint32_t)missing;
    r->next = first->seq + 1;
    r->head = (r->head + 1) & MASK;
    r->n--;
    note_hole(r);
    return true;
}

us_t reorder_deadline(const struct reorder *r) {
    if (r->n == 0) {
        return US_NEVER;
    }
    if (!r->any) {
        return r->since + us_min(r->wait, FIRST_WAIT);
    }
    /* What is in order is due at once, whatever the clocks say. */
    return at(r, 0)->seq == r->next ? INT64_MIN : r->since + r->wait;
}
