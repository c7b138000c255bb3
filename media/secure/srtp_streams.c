#include "media/secure/srtp_streams.h"

#include "base/alloc.h"
#include "base/check.h"
#include "media/secure/srtp.h"

#include <string.h>

#define CAP_FIRST 2 /* a viewer has one or two streams of reports, a publisher a few of media */

bool streams_init(struct streams *t) {
    *t = (struct streams){.live = mem_alloc(CAP_FIRST * sizeof(*t->live)), .cap_live = CAP_FIRST};
    return t->live;
}

void streams_free(struct streams *t) {
    t->live = mem_free(t->live);
    t->gone = mem_free(t->gone);
}

struct stream *streams_find(struct streams *t, uint32_t ssrc) {
    if (t->last < t->n_live && t->live[t->last].ssrc == ssrc) {
        return &t->live[t->last];
    }
    for (unsigned i = 0; i < t->n_live; i++) {
        if (t->live[i].ssrc == ssrc) {
            t->last = i;
            return &t->live[i];
        }
    }
    return NULL;
}

static struct stream_gone *find_gone(const struct streams *t, uint32_t ssrc) {
    for (unsigned i = 0; i < t->n_gone; i++) {
        if (t->gone[i].ssrc == ssrc) {
            return &t->gone[i];
        }
    }
    return NULL;
}

bool streams_was_let_go(const struct streams *t, uint32_t ssrc, struct stream *ret) {
    const struct stream_gone *g = find_gone(t, ssrc);
    if (!g) {
        return false;
    }
    *ret = (struct stream){.ssrc = ssrc,
                           .rtp_next = g->rtp_floor,
                           .rtp_floor = g->rtp_floor,
                           .rtcp_next = g->rtcp_floor,
                           .rtcp_floor = g->rtcp_floor,
                           .pending = g->rtp_floor > 0};
    return true;
}

static enum err grow(struct streams *t) {
    unsigned cap = 2 * t->cap_live;
    struct stream *live = mem_realloc(t->live, cap * sizeof(*live));
    if (!live) {
        return ERR_NOMEM;
    }
    t->live = live;
    t->cap_live = cap;
    return OK;
}

enum err streams_reserve(struct streams *t, uint32_t ssrc) {
    if (t->n_live < SRTP_STREAMS_MAX) {
        return t->n_live < t->cap_live ? OK : grow(t);
    }
    if (!t->gone) {
        t->gone = mem_alloc(SRTP_STREAMS_GONE_MAX * sizeof(*t->gone));
        return t->gone ? OK : ERR_NOMEM;
    }
    /* One that comes back leaves its place to the one that goes. */
    return t->n_gone < SRTP_STREAMS_GONE_MAX || find_gone(t, ssrc) ? OK : ERR_FULL;
}

static unsigned least_recently_used(const struct streams *t) {
    unsigned best = 0;
    for (unsigned i = 1; i < t->n_live; i++) {
        if (t->live[i].used < t->live[best].used) {
            best = i;
        }
    }
    return best;
}

static struct stream_gone gone_of(const struct stream *s) {
    /* A floor is never above the next index: it is where that once was. */
    return (struct stream_gone){
        .ssrc = s->ssrc, .rtp_floor = s->rtp_next, .rtcp_floor = s->rtcp_next};
}

bool streams_enter(struct streams *t, const struct stream *s, uint32_t *ret_gone) {
    struct stream_gone *back = find_gone(t, s->ssrc);
    if (back) {
        *back = t->gone[--t->n_gone];
    }
    bool full = t->n_live == SRTP_STREAMS_MAX;
    unsigned at = full ? least_recently_used(t) : t->n_live;
    if (full) {
        CHECK(t->n_gone < SRTP_STREAMS_GONE_MAX);
        *ret_gone = t->live[at].ssrc;
        t->gone[t->n_gone++] = gone_of(&t->live[at]);
    } else {
        CHECK(t->n_live < t->cap_live);
        t->n_live++;
    }
    t->live[at] = *s;
    t->last = at;
    return full;
}

uint64_t stream_index(const struct stream *s, uint16_t seq) {
    if (s->rtp_next == 0) {
        return seq;
    }
    uint64_t high = s->rtp_next - 1, roc = high >> 16;
    uint16_t local = (uint16_t)high;
    if (local < 0x8000) {
        roc -= seq - local > 0x8000 && roc > 0;
    } else {
        roc += local - 0x8000 > seq;
    }
    return roc << 16 | seq;
}

/* A window is a ring of one bit for each of the last n_words * 64 indices below next (RFC 3711
 * section 3.3.2). */
static bool window_has(const uint64_t *seen, unsigned n_words, uint64_t next, uint64_t index) {
    uint64_t size = 64 * (uint64_t)n_words;
    if (index >= next) {
        return false;
    }
    return next - index > size || (seen[index % size / 64] >> index % 64 & 1) != 0;
}

static void window_enter(uint64_t *seen, unsigned n_words, uint64_t next, uint64_t index) {
    uint64_t size = 64 * (uint64_t)n_words;
    if (index >= next && index - next >= size) {
        memset(seen, 0, n_words * sizeof(*seen));
        next = index;
    }
    for (uint64_t i = next; i < index; i++) {
        seen[i % size / 64] &= ~(UINT64_C(1) << i % 64);
    }
    seen[index % size / 64] |= UINT64_C(1) << index % 64;
}

bool stream_had_rtp(const struct stream *s, uint64_t index) {
    return index < s->rtp_floor ||
           (!s->pending && window_has(s->rtp_seen, ARRAY_LEN(s->rtp_seen), s->rtp_next, index));
}

bool stream_had_rtcp(const struct stream *s, uint32_t index) {
    return index < s->rtcp_floor ||
           window_has(s->rtcp_seen, ARRAY_LEN(s->rtcp_seen), s->rtcp_next, index);
}

void stream_heard_rtp(struct streams *t, struct stream *s, uint64_t index) {
    s->used = ++t->clock;
    if (s->pending) { /* what was known is only near: the window begins here */
        s->rtp_next = index;
        s->pending = false;
    }
    window_enter(s->rtp_seen, ARRAY_LEN(s->rtp_seen), s->rtp_next, index);
    s->rtp_next = index >= s->rtp_next ? index + 1 : s->rtp_next;
}

void stream_heard_rtcp(struct streams *t, struct stream *s, uint32_t index) {
    s->used = ++t->clock;
    window_enter(s->rtcp_seen, ARRAY_LEN(s->rtcp_seen), s->rtcp_next, index);
    s->rtcp_next = index >= s->rtcp_next ? index + 1 : s->rtcp_next;
}
