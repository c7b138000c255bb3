/* The receiving slots of a browser: reorder, ask for what is missing, give up in time, and watch
 * that one continuous stream comes out whatever source fills the slot. */
#include "base/alloc.h"
#include "base/check.h"
#include "media/wire/red.h"
#include "media/wire/rtp.h"
#include "tests/sim/sim_fec.h"
#include "tests/sim/sim_world.h"

#define NACK_EVERY (70 * US_PER_MS)
#define VIDEO_PATIENCE (700 * US_PER_MS)
#define AUDIO_PATIENCE (60 * US_PER_MS)
/* The first packet is processed after this, for it may have overtaken its predecessors. */
#define HEAD_WAIT (25 * US_PER_MS)
#define AUDIO_TICKS 960 /* [1/48000 s] between two packets of sound */
#define PLI_EVERY (300 * US_PER_MS)
/* How far the RTP clock may run from the arrival clock at a change of source. */
#define CLOCK_SLACK (1200 * US_PER_MS)
#define QUEUE_SLACK (2700 * US_PER_MS) /* where a path may be full */
/* How long before its last packet a slot must have begun with what it shows for an engine that was
 * rebuilt to know: its state may be a second old, and a packet on its way. */
#define RESTART_KNOWS (1200 * US_PER_MS)

struct play *play_new(const struct session_line *line) {
    struct play *p = mem_zalloc(1, sizeof(*p));
    CHECK(p);
    p->line = line;
    p->video = line->codec != CODEC_OPUS;
    if (line->fec_pt) {
        p->fec = mem_zalloc(1, sizeof(*p->fec));
        CHECK(p->fec);
    }
    return p;
}

uint16_t play_shows(const struct play *p) {
    return p->last.content.participant;
}

struct play *browser_slot(struct browser *b, enum slot_kind kind, unsigned index) {
    for (unsigned i = 0; i < b->n_plays; i++) {
        const struct session_line *l = b->plays[i]->line;
        if (l->slot == kind && l->slot_index == index) {
            return b->plays[i];
        }
    }
    return NULL;
}

static us_t patience(const struct play *p) {
    return p->line->nack ? VIDEO_PATIENCE : AUDIO_PATIENCE;
}

static bool same_stream(const struct content *a, const struct content *b) {
    return a->participant == b->participant && a->kind == b->kind && a->layer == b->layer;
}

/* Another size of the same picture. */
static bool same_picture(const struct content *is, const struct content *was) {
    return is->svc && same_stream(is, was) && is->picture_id == was->picture_id;
}

static void check_clock(struct browser *b, const struct play *p, const struct held *h) {
    int32_t ticks = ts32_diff(h->ts, p->last.ts);
    bool same = same_stream(&h->content, &p->last.content);
    bool same_frame =
        (same && p->video && !h->content.start && h->content.frame == p->last.content.frame) ||
        same_picture(&h->content, &p->last.content);
    us_t by_rtp = (us_t)ticks * US_PER_S / codec_clock(p->line->codec);
    us_t by_arrival = h->at - p->last.at;
    if (same_frame ? ticks != 0 : ticks <= 0) {
        world_fail(b->w, "browser %u mid %s: time runs back %d ticks at seq %llu", b->number,
                   p->line->mid, (int)ticks, (unsigned long long)h->seq);
        return;
    }
    us_t slack = b->way->c.rate ? QUEUE_SLACK : CLOCK_SLACK;
    if (by_rtp < by_arrival - slack || by_rtp > by_arrival + slack) {
        world_fail(b->w, "browser %u mid %s: %lld us by RTP but %lld us by arrival", b->number,
                   p->line->mid, (long long)by_rtp, (long long)by_arrival);
    }
}

/* References are distances of picture ids: they do not close up. A picture has one end, but for one
 * in the middle of which a viewer began anew: it was too far behind, or had said that it is lost.
 */
static void check_svc_step(struct browser *b, const struct play *p, const struct held *h) {
    const struct content *was = &p->last.content, *is = &h->content;
    uint32_t apart = is->frame / SVC_SIZES - was->frame / SVC_SIZES;
    unsigned step = (is->picture_id - was->picture_id) & 0x7fff;
    bool goes_on = same_stream(is, was) && step == apart, begins = is->keyframe && step == 1;
    const struct engine_counters *n = engine_counters(world_engine(b->w, b));
    bool anew = begins && n->given_up + n->replays > 0;
    if (!goes_on && !begins) {
        world_fail(b->w, "browser %u mid %s: picture id %u after %u, frame %u after %u", b->number,
                   p->line->mid, is->picture_id, was->picture_id, is->frame, was->frame);
    } else if (p->last.marker == same_picture(is, was) && !(anew && !p->last.marker)) {
        world_fail(b->w, "browser %u mid %s: picture %u %s", b->number, p->line->mid,
                   was->picture_id, p->last.marker ? "ends twice" : "has no end");
    }
}

/* Two packets with consecutive sequence numbers: h follows p->last without a gap. */
static void check_video_step(struct browser *b, struct play *p, const struct held *h) {
    const struct content *was = &p->last.content, *is = &h->content;
    bool same = same_stream(is, was);
    /* A key frame may come once more, from the cache, when a slot returns to a source. */
    bool same_frame = same && is->frame == was->frame && !is->start;
    if (same_frame) {
        if (is->packet != was->packet + 1 || is->picture_id != was->picture_id) {
            world_fail(b->w, "browser %u mid %s: packets of a frame out of order", b->number,
                       p->line->mid);
        }
        return;
    }
    /* Frames of higher temporal layers may be left out, and no number with them. */
    bool next = is->layered ? (int32_t)(is->frame - was->frame) > 0 : is->frame == was->frame + 1;
    bool next_frame = same && next && was->packet + 1 == was->n_packets;
    if (!is->start || (!next_frame && !is->keyframe)) {
        world_fail(b->w, "browser %u mid %s: %s without a key frame at seq %llu", b->number,
                   p->line->mid, same ? "frames missing" : "another source",
                   (unsigned long long)h->seq);
    } else if (is->svc) {
        check_svc_step(b, p, h);
    } else if (is->codec == CODEC_VP8 &&
               (is->picture_id != ((was->picture_id + 1) & 0x7fff) ||
                is->tl0picidx != (uint8_t)(was->tl0picidx + (is->tid == 0)))) {
        world_fail(b->w, "browser %u mid %s: picture id %u after %u, tl0picidx %u after %u",
                   b->number, p->line->mid, is->picture_id, was->picture_id, is->tl0picidx,
                   was->tl0picidx);
    }
}

/* An engine that was rebuilt goes on ahead of all that may have been sent, with a key frame. What
 * it does not know of is a picture from the cache that a slot began with since its state was
 * written: time has then run faster than the clock (a real slot is written when that happens). With
 * that a decoder takes any picture id; it can be one behind when the engine knows of no picture,
 * and shows another source than the one that they began with. */
static void check_restart(struct browser *b, const struct play *p, const struct held *h) {
    unsigned ahead = (h->content.picture_id - p->last.content.picture_id) & 0x7fff;
    bool behind = ahead == 0 || ahead >= 0x4000;
    bool same = p->switches == 0 && same_stream(&h->content, &p->last.content);
    if (!p->video || p->last.at - p->changed_at > RESTART_KNOWS) {
        check_clock(b, p, h);
    }
    if (p->video && b->w->lossless && (!h->content.keyframe || (same && behind))) {
        world_fail(b->w, "browser %u mid %s: goes on with picture %u after %u, %s key frame",
                   b->number, p->line->mid, h->content.picture_id, p->last.content.picture_id,
                   h->content.keyframe ? "a" : "no");
    }
}

/* A lease of which nothing was used is none: then sequence numbers run on. */
static bool is_first_after_crash(const struct world *w, const struct play *p,
                                 const struct held *h) {
    return w->crashes > 0 && h->order >= w->crashed_from && p->last.order < w->crashed_from;
}

static void check_step(struct browser *b, struct play *p, const struct held *h) {
    if (h->content.participant == b->mark) {
        world_fail(b->w, "browser %u receives its own media", b->number);
    }
    if (p->packets == 0) {
        if (b->w->lossless && p->video && !h->content.keyframe) {
            world_fail(b->w, "browser %u mid %s: begins without a key frame", b->number,
                       p->line->mid);
        }
        return;
    }
    if (p->restarted || is_first_after_crash(b->w, p, h)) {
        check_restart(b, p, h);
    } else if (!p->gap) {
        check_clock(b, p, h);
        if (p->video) {
            check_video_step(b, p, h);
        }
    }
    bool other = h->content.participant != p->last.content.participant ||
                 h->content.kind != p->last.content.kind;
    p->switches += other;
    p->resizes += !other && h->content.layer != p->last.content.layer;
    /* With a key frame it may have begun anew. */
    p->changed_at = other || h->content.keyframe ? b->w->now : p->changed_at;
}

static void decoded(struct play *p, us_t now, const struct content *c) {
    p->frames++;
    if (p->first_frame == 0) {
        p->first_frame = now;
        p->first_number = c->frame;
    } else {
        p->longest = us_max(p->longest, now - p->last_frame);
    }
    p->last_frame = now;
    p->last_number = c->frame;
    p->decoded[c->frame % DECODED] = c->frame + 1;
}

/* A frame begins: is there what it needs? */
static void begin_frame(struct browser *b, struct play *p, const struct content *c) {
    uint32_t needs = c->frame - c->back;
    if (c->keyframe || !same_stream(c, &p->last.content)) {
        memset(p->decoded, 0, sizeof(p->decoded));
    }
    p->broken = p->broken && !c->keyframe;
    p->decodable = c->keyframe || p->decoded[needs % DECODED] == needs + 1;
    p->chain = p->decodable;
    p->frame_whole = true;
    p->keyframes += c->keyframe;
    if (!p->decodable && !p->broken) {
        world_fail(b->w, "browser %u mid %s: frame %u needs %u, which did not come", b->number,
                   p->line->mid, c->frame, needs);
    }
}

static void decode(struct browser *b, struct play *p, const struct held *h) {
    const struct content *c = &h->content;
    if (!p->video) {
        decoded(p, b->w->now, c);
        return;
    }
    if (p->gap) {
        p->frame_whole = false;
    }
    if (p->gap || p->restarted || p->packets == 0) { /* what came before is not known */
        p->broken = true;
    }
    if (c->start) {
        begin_frame(b, p, c);
    }
    if (c->packet + 1 == c->n_packets && p->frame_whole && p->decodable) {
        decoded(p, b->w->now, c);
    }
}

static void process_in_order(struct browser *b, struct play *p) {
    while (b->w->now >= p->begun_at + HEAD_WAIT) {
        struct held *h = &p->ring[p->next % RING];
        if (!h->have || h->seq != p->next) {
            return;
        }
        if (!h->empty) {
            check_step(b, p, h);
            decode(b, p, h);
            p->last = *h;
        }
        p->gap = p->restarted = false;
        p->packets++;
        p->next++;
        h->have = false;
    }
}

static void note_gaps(struct play *p, us_t now, uint64_t from, uint64_t seq) {
    for (uint64_t s = from; s < seq; s++) {
        struct held *h = &p->ring[s % RING];
        if (h->seq != s) {
            *h = (struct held){.seq = s, .at = now};
        }
    }
}

/* Browsers take a long step in sequence numbers for a stream that begins anew: nothing before it is
 * asked for. After each crash of the engine one lease may be left out. */
static bool restart(const struct browser *b, struct play *p, us_t now, uint64_t seq) {
    uint64_t leases = 1 + (seq - p->next) / (LEASE_STEP + RING);
    if (p->restarts + leases > b->w->crashes) {
        return false;
    }
    memset(p->ring, 0, sizeof(p->ring));
    p->next = p->first_seq = seq;
    p->received = p->reported_expected = p->reported_received = 0;
    p->begun_at = now;
    p->restarts += (unsigned)leases;
    p->gap = p->restarted = true;
    return true;
}

static void hold(struct browser *b, struct play *p, us_t now, const struct held *in) {
    if (!p->begun) {
        p->begun = true;
        p->begun_at = p->changed_at = now;
        p->next = p->first_seq = in->seq;
    }
    if (in->seq < p->next) {
        if (p->packets > 0) {
            return;
        }
        note_gaps(p, now, in->seq, p->next);
        p->next = p->first_seq = in->seq; /* overtaken by the first one to arrive */
    }
    if (in->seq >= p->next + RING && !restart(b, p, now, in->seq)) {
        world_fail(b->w, "browser %u mid %s: sequence numbers jump by %llu", b->number,
                   p->line->mid, (unsigned long long)(in->seq - p->next));
        return;
    }
    note_gaps(p, now, p->next, in->seq);
    struct held *h = &p->ring[in->seq % RING];
    if (h->have && h->seq == in->seq) {
        return;
    }
    if (h->seq == in->seq && h->asked) {
        p->repaired++;
        if (p->repairs) {
            samples_add(p->repairs, now - h->at);
        }
    }
    p->received += !in->repeated; /* reports count what came by itself */
    *h = *in;
    h->at = now;
    h->order = b->w->delivered;
    h->have = true;
    process_in_order(b, p);
    play_due(b, p, now);
}

static struct play *by_ssrc(struct browser *b, uint32_t ssrc, bool *ret_rtx) {
    for (unsigned i = 0; i < b->n_plays; i++) {
        const struct session_line *l = b->plays[i]->line;
        *ret_rtx = ssrc == l->rtx_ssrc;
        if (ssrc == l->ssrc || *ret_rtx) {
            return b->plays[i];
        }
    }
    return NULL;
}

/* What came of it in a packet of sound. */
static void hear(struct browser *b, struct play *p, const struct rtp *r, struct bytes payload,
                 unsigned packets_back) {
    struct held in = {.seq = seq16_extend(&p->ext, (uint16_t)(r->seq - packets_back)),
                      .ts = r->ts - packets_back * AUDIO_TICKS,
                      .repeated = packets_back > 0};
    if (!content_read(payload, (enum codec)p->line->codec, &in.content)) {
        world_fail(b->w, "browser %u mid %s: sound is not what anybody sent", b->number,
                   p->line->mid);
        return;
    }
    invariant_content(b->w, b, &in.content);
    if (packets_back == 0 || (p->packets > 0 && in.seq >= p->next)) {
        hold(b, p, b->w->now, &in);
    }
}

/* RFC 2198: blocks of the packets before it, then its own. */
static void hear_all(struct browser *b, struct play *p, const struct rtp *r) {
    struct red red;
    if (red_parse(r->payload, &red) != OK || red.primary.pt != p->line->pt) {
        world_fail(b->w, "browser %u mid %s: malformed redundancy", b->number, p->line->mid);
        return;
    }
    for (unsigned i = 0; i < red.n; i++) {
        const struct red_block *x = &red.redundant[i];
        unsigned back = red.n - i;
        if (x->pt != p->line->pt || x->back != back * AUDIO_TICKS) {
            world_fail(b->w, "browser %u mid %s: block %u of %u is %u older", b->number,
                       p->line->mid, i, red.n, x->back);
        }
        hear(b, p, r, x->payload, back);
    }
    hear(b, p, r, red.primary.payload, 0);
}

static void note_number(struct browser *b, struct play *p, us_t now, const struct rtp *r,
                        size_t len) {
    struct bytes ext = rtp_ext_find(r, p->line->ext.id[RTP_EXT_TWCC]);
    if (b->feedback && p->line->twcc && ext.n == 2) {
        b->numbered += len + srtp_tag_len(b->keys.profile);
        rtcp_note(b, now, be16(ext.p), r->ssrc);
    }
}

static void take(struct browser *b, struct play *p, us_t now, const struct rtp *r, bool rtx) {
    struct bytes payload = r->payload;
    if (rtx && payload.n == 0) {
        return; /* padding only, a probe */
    }
    uint16_t seq = r->seq;
    if (rtx) {
        seq = payload.n >= 2 ? be16(payload.p) : 0;
        payload = bytes_of(payload.p + 2, payload.n - 2);
    }
    struct held in = {.seq = seq16_extend(&p->ext, seq), .ts = r->ts, .marker = r->marker};
    in.empty = rtx && payload.n == 0;
    if (!in.empty && !content_read(payload, (enum codec)p->line->codec, &in.content)) {
        world_fail(b->w, "browser %u mid %s: payload is not what anybody sent", b->number,
                   p->line->mid);
        return;
    }
    if (!in.empty) {
        invariant_content(b->w, b, &in.content);
    }
    hold(b, p, now, &in);
}

/* Of what is on the stage something is missing: is it here, by what repairs it? */
static bool repair(struct browser *b, us_t now, const struct rtp *r, size_t len) {
    for (unsigned i = 0; i < b->n_plays; i++) {
        struct play *p = b->plays[i];
        uint8_t packet[1500];
        struct rtp x;
        if (!p->fec || r->ssrc != p->line->fec_ssrc) {
            continue;
        }
        note_number(b, p, now, r, len);
        size_t n = sim_fec_repair(p->fec, r->payload, packet);
        if (n > 0) {
            if (rtp_parse(bytes_of(packet, n), &x) != OK) {
                world_fail(b->w, "browser %u: what was put together is no packet", b->number);
                return true;
            }
            sim_fec_note(p->fec, packet, n, bytes_of(NULL, 0));
            take(b, p, now, &x, false);
        }
        return true;
    }
    return false;
}

void play_input(struct browser *b, us_t now, uint8_t *packet, size_t len) {
    struct rtp r;
    bool rtx = false;
    enum err err = rtp_parse(bytes_of(packet, len), &r);
    struct play *p = err == OK ? by_ssrc(b, r.ssrc, &rtx) : NULL;
    if (p && !rtx && p->line->red_pt && r.pt == p->line->red_pt) {
        hear_all(b, p, &r);
        return;
    }
    if (err == OK && !p && repair(b, now, &r, len)) {
        return;
    }
    if (!p || r.pt != (rtx ? p->line->rtx_pt : p->line->pt)) {
        world_fail(b->w, "browser %u: RTP that belongs to no slot", b->number);
        return;
    }
    note_number(b, p, now, &r, len);
    if (p->fec && !rtx) {
        sim_fec_note(p->fec, packet, len, rtp_ext_find(&r, p->line->ext.id[RTP_EXT_TWCC]));
    }
    take(b, p, now, &r, rtx);
}

static void ask_again(struct browser *b, struct play *p, us_t now) {
    uint16_t seqs[64];
    unsigned n = 0;
    for (uint64_t s = p->next; s <= p->ext.high && n < 64; s++) {
        struct held *h = &p->ring[s % RING];
        if (h->seq == s && !h->have && (h->nacked == 0 || now - h->nacked >= NACK_EVERY)) {
            h->nacked = now;
            h->asked = true;
            seqs[n++] = (uint16_t)s;
        }
    }
    if (n > 0) {
        rtcp_nack(b, p, seqs, n);
    }
}

void play_due(struct browser *b, struct play *p, us_t now) {
    if (!p->begun) {
        return;
    }
    process_in_order(b, p);
    while (p->next <= p->ext.high && !b->w->failed) {
        struct held *h = &p->ring[p->next % RING];
        if (h->have || now - h->at < patience(p)) {
            break;
        }
        p->lost++;
        p->gap = true;
        p->next++;
        process_in_order(b, p);
    }
    if (p->line->nack) {
        ask_again(b, p, now);
    }
    if (p->video && (!p->chain || p->gap) && p->packets > 0 && now - p->pli_at >= PLI_EVERY) {
        p->pli_at = now;
        p->plis++;
        rtcp_pli(b, p);
    }
}

us_t play_deadline(const struct play *p) {
    if (!p->begun || p->next > p->ext.high) {
        return US_NEVER;
    }
    const struct held *h = &p->ring[p->next % RING];
    if (h->have) {
        return p->begun_at + HEAD_WAIT;
    }
    us_t give_up = h->at + patience(p);
    return p->line->nack ? us_min(give_up, h->nacked + NACK_EVERY) : give_up;
}
