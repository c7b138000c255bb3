#include "media/feed/feed.h"

#include <string.h>

#define KEY_FACTOR 4 /* a key frame is about so much larger than another frame */

void feeds_init(struct feeds *all) {
    *all = (struct feeds){0};
    list_init(&all->wants);
}

static us_t gop_age(const struct feed *f) {
    return f->all->gop_age ? f->all->gop_age + FEED_GRACE : FEED_YOUNG;
}

static void init_stream(struct feed *f) {
    f->id = ++f->all->last_id;
    recv_clock_init(&f->clock, codec_clock(f->line->codec));
    recv_keyframe_pause(&f->keyframe);
    f->has_key = false;
    f->presence = (struct presence){0};
    f->newest_seq = 0;
}

enum err feed_init(struct feed *f, struct feeds *all, const struct session_line *line,
                   uint32_t cache) {
    enum err err = packet_cache_init(&f->cache, cache, FEED_CACHE_AGE);
    if (err != OK) {
        return err;
    }
    f->all = all;
    f->cache.total = &all->kept;
    f->line = line;
    list_init(&f->subs);
    list_init(&f->want);
    feed_batch_init(&f->batch);
    init_stream(f);
    return OK;
}

void feed_free(struct feed *f) {
    feed_batch_clear(&f->batch);
    list_remove(&f->want);
    packet_cache_free(&f->cache);
}

void feed_restart(struct feed *f) {
    packet_cache_clear(&f->cache);
    init_stream(f);
}

void feed_pause(struct feed *f) {
    f->live = false;
    packet_cache_release(&f->cache);
    recv_keyframe_pause(&f->keyframe);
    f->has_key = false;
    list_remove(&f->want);
}

static void forget_gop(struct feed *f) {
    f->gop_bytes = 0;
    memset(f->gop_for, 0, sizeof(f->gop_for));
    f->gop_low = 0;
}

/* A picture is held, but its key frame counts only when all of it is here. */
static bool is_copying(const struct feed *f) {
    return !f->has_key && f->cache.holds;
}

/* H.264 sends parameter sets and slices in packets of their own, and each looks like a beginning.
 * Only the first of them is one: a decoder that starts with a slice has no parameters. */
static void note_key(struct feed *f, struct media_packet *p) {
    bool copying = is_copying(f), known = f->has_key || copying, same = known && f->key_ts == p->ts;
    if (same && p->seq > f->key_seq) {
        p->keyframe = false;
        return;
    }
    if (known && p->seq < f->key_seq && !same) {
        return; /* repaired late: there is a newer one */
    }
    if (copying && same) { /* its beginning, of which the rest is still to be copied */
        f->key_seq = p->seq;
        return;
    }
    recv_keyframe_arrived(&f->keyframe, p->at);
    if (!f->has_key || p->ts != f->key_ts) {
        forget_gop(f);
    }
    f->has_key = true;
    f->key_at = p->at;
    f->key_seq = p->seq;
    f->key_ts = p->ts;
}

/* A picture that who gets the lowest frame rate gets, of whatever size. */
static void note_low(struct feed *f, const struct media_packet *p) {
    unsigned lowest = 0;
    for (unsigned i = 0; i < LAYERS_SPATIAL; i++) {
        lowest |= 1u << target_of(i, 0);
    }
    if ((p->layers.needed & lowest) && (f->gop_low == 0 || p->ts != f->low_ts)) {
        f->gop_low++;
        f->low_ts = p->ts;
    }
}

static void count_gop(struct feed *f, const struct media_packet *p) {
    f->gop_bytes += p->payload_len;
    for (unsigned left = p->layers.needed & LAYERS_EVERY; left; left &= left - 1) {
        f->gop_for[__builtin_ctz(left)] += p->payload_len;
    }
    note_low(f, p);
}

/* What is of use only as a whole, from a key frame on, is kept as long as it is whole and within
 * its bounds; else the next key frame begins another. */
static void note_gop(struct feed *f, const struct media_packet *p, bool keep) {
    struct packet_cache *c = &f->cache;
    bool fresh = c->holds || f->gop_bytes == 0; /* else it has been given up already */
    if (p->keyframe && p->seq == f->key_seq && fresh) {
        packet_cache_hold(c, p->seq);
    }
    if (!c->holds || p->seq < c->from) {
        return;
    }
    count_gop(f, p);
    bool whole = keep && (!p->after_gap || p->seq == c->from);
    bool large = f->all->gop_bytes && f->gop_bytes > f->all->gop_bytes;
    if (!whole || large || p->at - f->key_at > gop_age(f)) {
        packet_cache_release(c);
    }
}

/* A key frame counts as a frame: it comes once in a while, and mostly because the feed has just
 * been chosen. Counted in full it would make that choice look like a mistake, and undo it. */
static void note_rate(struct feed *f, const struct media_packet *p) {
    bool of_key = f->has_key && p->ts == f->key_ts;
    meter_add(&f->meter, p->at, &p->layers, of_key ? p->payload_len / KEY_FACTOR : p->payload_len);
}

bool feed_packet(struct feed *f, struct media_packet *p, bool keep) {
    if (p->keyframe) {
        note_key(f, p);
    }
    note_rate(f, p);
    if (keep) {
        packet_cache_store(&f->cache, p);
        f->newest_seq = p->seq > f->newest_seq ? p->seq : f->newest_seq;
    } else {
        packet_cache_expire(&f->cache, p->at);
    }
    note_gop(f, p, keep);
    return feed_is_video(f) && presence_note(&f->presence, p);
}

void feed_skip(struct feed *f, us_t at, uint64_t seq) {
    packet_cache_skip(&f->cache, at, seq);
}

void feed_padded(struct feed *f) {
    for (unsigned i = 0; i < f->batch.n; i++) {
        if (f->batch.p[i].padding > 0) {
            packet_cache_pad(&f->cache, f->batch.p[i].seq, f->batch.p[i].padding);
        }
    }
}

bool feed_recall(const struct feed *f, us_t now, uint64_t seq, struct media_packet *ret) {
    const struct media_packet *p = packet_cache_find(&f->cache, now, seq);
    if (!p) {
        return false;
    }
    *ret = *p;
    return true;
}

bool feed_replayable(const struct feed *f, us_t now, uint64_t *ret_first) {
    bool whole = f->has_key && f->cache.holds && now - f->key_at < gop_age(f);
    if (!whole || !packet_cache_find(&f->cache, now, f->key_seq)) {
        return false;
    }
    *ret_first = f->key_seq;
    return true;
}

void feed_copy_begin(struct feed *f, const struct media_packet *key) {
    f->key_at = key->at;
    f->key_seq = key->seq;
    f->key_ts = key->ts;
    forget_gop(f);
    packet_cache_hold(&f->cache, key->seq);
    f->cache.fills = true;
}

bool feed_copy(struct feed *f, const struct media_packet *p) {
    if (!p->packet) {
        if (p->skipped) {
            packet_cache_skip(&f->cache, p->at, p->seq);
        }
        return false;
    }
    packet_cache_store(&f->cache, p);
    if (p->seq == f->key_seq) {
        packet_cache_hold(&f->cache, p->seq); /* again: in an empty ring nothing was to be held */
        f->cache.fills = true;
    }
    f->newest_seq = p->seq > f->newest_seq ? p->seq : f->newest_seq;
    return presence_note(&f->presence, p);
}

/* What came live meanwhile may have been there before, or not been counted: all of it is. */
bool feed_copied(struct feed *f, us_t now) {
    struct packet_cache *c = &f->cache;
    bool whole = is_copying(f) && c->from == f->key_seq && now - f->key_at < gop_age(f) &&
                 packet_cache_find(c, now, f->key_seq);
    c->fills = false;
    forget_gop(f);
    for (uint64_t seq = f->key_seq; whole && seq < c->high; seq++) {
        const struct media_packet *p = packet_cache_find(c, now, seq);
        if (p) {
            count_gop(f, p);
            whole = !p->after_gap || seq == c->from;
        }
    }
    if (whole) {
        f->has_key = true;
    } else {
        packet_cache_release(c);
    }
    return whole;
}

static void need(struct feed *f, bool lost) {
    if (!feed_is_video(f) || !f->live) {
        return;
    }
    (lost ? recv_keyframe_lost : recv_keyframe_need)(&f->keyframe);
    if (list_empty(&f->want)) {
        list_push(&f->all->wants, &f->want);
    }
}

void feed_need_keyframe(struct feed *f) {
    need(f, false);
}

void feed_lost_picture(struct feed *f) {
    need(f, true);
}
