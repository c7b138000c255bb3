#include "media/feed/cache.h"

#include "base/alloc.h"
#include "base/check.h"

#include <string.h>

#define CACHE_MIN 64
#define CACHE_MAX 4096

enum err packet_cache_init(struct packet_cache *c, uint32_t cap, us_t age) {
    memset(c, 0, sizeof(*c));
    if (cap < CACHE_MIN || cap > CACHE_MAX || (cap & (cap - 1)) != 0 || age <= 0) {
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

static void let_go(struct media_packet *k) {
    packet_unref(k->packet);
    memset(k, 0, sizeof(*k));
}

void packet_cache_clear(struct packet_cache *c) {
    for (uint64_t seq = c->oldest; seq < c->high; seq++) {
        let_go(place(c, seq));
    }
    c->oldest = c->high = 0;
}

void packet_cache_free(struct packet_cache *c) {
    packet_cache_clear(c);
    mem_free(c->ring);
    memset(c, 0, sizeof(*c));
}

/* Let the ring end at seq, which is beyond its present end. */
static void advance(struct packet_cache *c, uint64_t seq) {
    if (c->high == 0 || seq - c->oldest >= 2 * (uint64_t)c->cap) {
        packet_cache_clear(c);
        c->oldest = seq;
    }
    while (seq - c->oldest >= c->limit) {
        let_go(place(c, c->oldest));
        c->oldest++;
    }
    c->high = seq + 1;
}

void packet_cache_store(struct packet_cache *c, const struct media_packet *k) {
    CHECK(k->packet);
    if (k->seq >= c->high || c->high == 0) {
        advance(c, k->seq);
    } else if (c->high - k->seq > c->limit) {
        return;
    } else if (k->seq < c->oldest) {
        c->oldest = k->seq;
    }
    struct media_packet *p = place(c, k->seq);
    if (!p->packet) {
        *p = *k;
        packet_ref(p->packet);
    }
    packet_cache_expire(c, k->at);
}

const struct media_packet *packet_cache_find(const struct packet_cache *c, us_t now, uint64_t seq) {
    if (seq < c->oldest || seq >= c->high) {
        return NULL;
    }
    const struct media_packet *p = place(c, seq);
    return p->packet && now - p->at <= c->age ? p : NULL;
}

void packet_cache_pad(struct packet_cache *c, uint64_t seq, uint8_t padding) {
    if (seq >= c->oldest && seq < c->high && place(c, seq)->packet) {
        place(c, seq)->padding = padding;
    }
}

/* Sequence order is nearly time order: stop at the first packet that is young enough. */
void packet_cache_expire(struct packet_cache *c, us_t now) {
    while (c->oldest < c->high) {
        struct media_packet *p = place(c, c->oldest);
        if (p->packet && now - p->at <= c->age) {
            return;
        }
        let_go(p);
        c->oldest++;
    }
    c->oldest = c->high = 0;
}
