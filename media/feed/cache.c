#include "media/feed/cache.h"

#include "base/alloc.h"
#include "base/check.h"

#include <string.h>

#define GAP_MAX 256     /* missing numbers: as many as are asked for (recv/nack.h) */
#define STORE_STEP 32   /* places that may be left behind with each packet, */
#define EXPIRE_STEP 512 /* and at once otherwise */

enum err packet_cache_init(struct packet_cache *c, uint32_t cap, us_t age) {
    memset(c, 0, sizeof(*c));
    if (cap < PACKET_CACHE_MIN || cap > PACKET_CACHE_MAX || (cap & (cap - 1)) != 0 || age <= 0) {
        return ERR_RANGE;
    }
    c->ring = mem_zalloc(cap, sizeof(*c->ring));
    if (!c->ring) {
        return ERR_NOMEM;
    }
    c->cap = cap;
    c->limit = cap;
    c->age = age;
    return OK;
}

static struct media_packet *place(const struct packet_cache *c, uint64_t seq) {
    return &c->ring[seq & (c->cap - 1)];
}

static void count(const struct packet_cache *c, int n) {
    if (c->total) {
        *c->total += (uint32_t)n;
    }
}

/* The oldest place is left behind. */
static void let_go(struct packet_cache *c) {
    struct media_packet *k = place(c, c->oldest);
    count(c, k->packet ? -1 : 0);
    packet_unref(k->packet);
    memset(k, 0, sizeof(*k));
    c->holds = c->holds && c->oldest < c->from;
    c->oldest++;
}

void packet_cache_clear(struct packet_cache *c) {
    while (c->oldest < c->high) {
        let_go(c);
    }
    c->oldest = c->high = 0;
    c->holds = c->fills = false;
}

void packet_cache_free(struct packet_cache *c) {
    packet_cache_clear(c);
    mem_free(c->ring);
    memset(c, 0, sizeof(*c));
}

/* Let the ring end at seq, which is beyond its present end. */
static void advance(struct packet_cache *c, uint64_t seq) {
    bool far = (seq - c->high > GAP_MAX && !c->fills) || seq - c->oldest >= 2 * (uint64_t)c->cap;
    if (c->high == 0 || far) {
        packet_cache_clear(c);
        c->oldest = seq;
    }
    while (seq - c->oldest >= c->cap) {
        let_go(c);
    }
    for (unsigned i = 0; i < STORE_STEP && seq - c->oldest >= c->limit; i++) {
        let_go(c);
    }
    c->high = seq + 1;
}

/* Sequence order is nearly time order: stop at the first packet that is young enough. */
static void expire(struct packet_cache *c, us_t now, unsigned most) {
    for (unsigned i = 0; i < most && c->oldest < c->high; i++) {
        const struct media_packet *p = place(c, c->oldest);
        if ((c->holds && c->oldest >= c->from) || (p->packet && now - p->at <= c->age)) {
            return;
        }
        let_go(c);
    }
    if (c->oldest == c->high) {
        c->oldest = c->high = 0;
    }
}

/* Make a place for seq. False when it is too old for one. */
static bool reach(struct packet_cache *c, uint64_t seq) {
    if (seq >= c->high || c->high == 0) {
        advance(c, seq);
    } else if (c->high - seq > c->limit) {
        return false;
    } else if (seq < c->oldest) {
        c->oldest = seq;
    }
    return true;
}

void packet_cache_store(struct packet_cache *c, const struct media_packet *k) {
    CHECK(k->packet);
    if (!reach(c, k->seq)) {
        return;
    }
    struct media_packet *p = place(c, k->seq);
    if (!p->packet) {
        *p = *k;
        packet_ref(p->packet);
        count(c, 1);
    }
    expire(c, k->at, STORE_STEP);
}

void packet_cache_skip(struct packet_cache *c, us_t at, uint64_t seq) {
    struct media_packet *p = reach(c, seq) ? place(c, seq) : NULL;
    if (p && !p->packet) {
        *p = (struct media_packet){.seq = seq, .at = at, .skipped = true};
    }
}

bool packet_cache_skipped(const struct packet_cache *c, uint64_t seq) {
    return seq >= c->oldest && seq < c->high && place(c, seq)->skipped;
}

void packet_cache_hold(struct packet_cache *c, uint64_t seq) {
    c->from = seq;
    c->holds = true;
    c->fills = false;
}

void packet_cache_release(struct packet_cache *c) {
    c->holds = c->fills = false;
}

const struct media_packet *packet_cache_find(const struct packet_cache *c, us_t now, uint64_t seq) {
    if (seq < c->oldest || seq >= c->high) {
        return NULL;
    }
    const struct media_packet *p = place(c, seq);
    bool kept = (c->holds && seq >= c->from) || now - p->at <= c->age;
    return p->packet && kept ? p : NULL;
}

void packet_cache_pad(struct packet_cache *c, uint64_t seq, uint8_t padding) {
    if (seq >= c->oldest && seq < c->high && place(c, seq)->packet) {
        place(c, seq)->padding = padding;
    }
}

void packet_cache_expire(struct packet_cache *c, us_t now) {
    expire(c, now, EXPIRE_STEP);
}
