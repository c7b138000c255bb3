/* Fan-out: from one received packet to every slot that shows its source, one seal at a time. */
#include "base/check.h"
#include "media/peer.h"

#define EXTS_MAX 3
/* [bytes] fixed header and extensions of 16 bytes each, and an original sequence number */
#define HEAD_MAX (RTP_FIXED_HEADER + 4 + EXTS_MAX * 17 + 3 + 2)

bool forward_idle(const struct engine *e) {
    return !e->fanout.packet && e->n_resend == 0;
}

void forward_start(struct engine *e, const struct fanout *f) {
    CHECK(!e->fanout.packet);
    e->fanout = *f;
    e->fanout.next = NULL;
    packet_ref(f->packet);
}

void forward_stop(struct engine *e) {
    e->fanout.packet = packet_unref(e->fanout.packet);
    e->n_resend = 0;
    e->n_replay = 0;
}

bool forward_resend(struct engine *e, struct slot *s, uint16_t seq) {
    if (e->n_resend == ENGINE_RESEND_MAX) {
        return false;
    }
    unsigned at = (e->resend_head + e->n_resend++) % ENGINE_RESEND_MAX;
    e->resend[at] = (struct resend){.slot = s, .seq = seq};
    return true;
}

/* An element of the source's packet that the slot passes on under its own id. */
static size_t pass(struct rtp_write_ext *out, const struct slot *slot, const struct fanout *f,
                   enum rtp_ext kind) {
    uint8_t id = slot->s.ext.id[kind];
    struct bytes in = rtp_ext_find(&f->rtp, f->source->line->s.ext.id[kind]);
    if (id == 0 || in.n == 0 || in.n > 16) {
        return 0;
    }
    *out = (struct rtp_write_ext){.id = id, .len = (uint8_t)in.n, .p = in.p};
    return 1;
}

static size_t extensions(struct rtp_write_ext out[EXTS_MAX], const struct slot *slot,
                         const struct fanout *f) {
    size_t n = 0;
    uint8_t mid = slot->s.ext.id[RTP_EXT_MID];
    if (mid) {
        out[n++] = (struct rtp_write_ext){
            .id = mid, .len = (uint8_t)strlen(slot->s.mid), .p = (const uint8_t *)slot->s.mid};
    }
    n += pass(out + n, slot, f, RTP_EXT_AUDIO_LEVEL);
    n += pass(out + n, slot, f, RTP_EXT_ORIENTATION);
    return n;
}

/* The payload as the viewer gets it: the shared bytes, or a copy in the scratch buffer (behind
 * `room` bytes) when picture ids differ or when room is asked for. */
static struct bytes viewer_payload(struct engine *e, struct slot *s, const struct fanout *f,
                                   size_t room) {
    struct bytes in = f->rtp.payload;
    const struct vp8 *d = &f->vp8;
    uint16_t picture_id = 0;
    uint8_t tl0picidx = 0;
    bool rewrite = f->has_vp8;
    if (rewrite) {
        rewrite_vp8_map(&s->vp8, d, &picture_id, &tl0picidx);
        rewrite = (d->has_picture_id && picture_id != d->picture_id) ||
                  (d->has_tl0picidx && tl0picidx != d->tl0picidx);
    }
    if (!rewrite && room == 0) {
        return in;
    }
    CHECK(room + in.n <= sizeof(e->scratch));
    memcpy(e->scratch + room, in.p, in.n);
    if (rewrite) {
        vp8_rewrite(e->scratch + room, d, picture_id, tl0picidx);
    }
    return bytes_of(e->scratch + room, in.n);
}

static void sent(struct slot *s, size_t len, size_t payload) {
    struct peer *p = s->peer;
    p->engine->n.rtp_out++;
    p->packets_out++;
    p->bytes_out += len;
    s->packets += payload > 0;
    s->octets += (uint32_t)payload;
}

static struct rtp out_header(const struct slot *s, const struct fanout *f,
                             const struct rewrite_out *o) {
    return (struct rtp){.pt = s->s.pt,
                        .marker = f->rtp.marker,
                        .seq = (uint16_t)o->index,
                        .ts = o->ts,
                        .ssrc = s->s.ssrc};
}

static bool send_to(struct engine *e, struct slot *s, const struct fanout *f,
                    const struct rewrite_out *o, struct datagram *ret) {
    struct rtp_write_ext ext[EXTS_MAX];
    uint8_t head[HEAD_MAX];
    struct rtp h = out_header(s, f, o);
    size_t n = rtp_write_header(head, sizeof(head), &h, ext, extensions(ext, s, f));
    struct bytes payload = viewer_payload(e, s, f, 0);
    struct wr w = wr_of(ret->data, sizeof(ret->data));
    ret->len = n ? srtp_seal_rtp(s->peer->sealer, o->index, bytes_of(head, n), payload, &w) : 0;
    if (ret->len == 0) {
        return false;
    }
    ret->to = s->peer->paths[s->peer->selected].addr;
    sent(s, ret->len, payload.n);
    return true;
}

/* The next viewer of the packet that is being fanned out. */
static bool fan_out(struct engine *e, us_t now, struct datagram *ret) {
    struct fanout *f = &e->fanout;
    if (!f->packet) {
        return false;
    }
    struct link *l = f->next ? f->next : f->source->subs.next;
    while (l != &f->source->subs) {
        struct sub *sub = LIST_ENTRY(l, struct sub, link);
        struct rewrite_out o;
        l = l->next; /* the sub may leave the list when its slot switches */
        f->next = l;
        if (peer_sendable(sub->slot->peer, now) && slot_map(sub, now, f, &o) &&
            send_to(e, sub->slot, f, &o, ret)) {
            return true;
        }
    }
    f->packet = packet_unref(f->packet);
    return false;
}

/* The cached packet as if it were fanned out now. */
static bool recall(struct source *source, us_t now, uint64_t seq, struct fanout *ret) {
    const struct cached *k = send_cache_find(&source->cache, now, seq);
    struct rtp r;
    if (!k || rtp_parse(bytes_of(k->packet->data, k->packet->len), &r) != OK) {
        return false;
    }
    fanout_fill(ret, source, k->packet, &r, seq);
    return true;
}

static bool send_rtx(struct engine *e, struct slot *s, const struct fanout *f,
                     const struct rewrite_out *o, struct datagram *ret) {
    struct rtp_write_ext ext[EXTS_MAX];
    uint8_t head[HEAD_MAX];
    struct wr hw = wr_of(head, sizeof(head));
    struct rtp h = out_header(s, f, o);
    size_t n = send_rtx_head(&s->rtx, &hw, &h, ext, extensions(ext, s, f));
    if (n < 2 || f->rtp.payload.n + 2 > sizeof(e->scratch)) {
        return false;
    }
    struct bytes payload = viewer_payload(e, s, f, 2);
    memcpy(e->scratch, head + n - 2, 2); /* the original sequence number is encrypted with it */
    struct wr w = wr_of(ret->data, sizeof(ret->data));
    ret->len = srtp_seal_rtp(s->peer->sealer, send_rtx_index(&s->rtx), bytes_of(head, n - 2),
                             bytes_of(e->scratch, payload.n + 2), &w);
    if (ret->len == 0) {
        return false;
    }
    ret->to = s->peer->paths[s->peer->selected].addr;
    sent(s, ret->len, 0);
    e->n.rtx_out++;
    return true;
}

static bool resend(struct engine *e, us_t now, const struct resend *r, struct datagram *ret) {
    struct fanout f = {0};
    struct rewrite_out o = {0};
    uint64_t seq = 0;
    struct slot *s = r->slot;
    struct source *source = slot_shown(s);
    if (!source || source->line->ssrc != s->rewrite.source ||
        rewrite_reverse(&s->rewrite, r->seq, &seq, &o.index) != REWRITE_OK ||
        !recall(source, now, seq, &f)) {
        e->n.nack_missed++;
        return false;
    }
    o.ts = rewrite_ts(&s->rewrite, f.rtp.ts);
    return send_rtx(e, s, &f, &o, ret);
}

bool forward_replay(struct engine *e, struct slot *s, struct source *source, us_t now) {
    bool young = source->has_key && now - source->key_at < SOURCE_REPLAY_AGE;
    if (!young || e->n_replay == ENGINE_REPLAY_MAX || !peer_sendable(s->peer, now) ||
        !send_cache_find(&source->cache, now, source->key_seq)) {
        return false;
    }
    e->replay[e->n_replay++] = (struct replay){
        .slot = s, .source = source, .next = source->key_seq, .end = source->stats.ext.high + 1};
    return true;
}

void forward_forget(struct engine *e, const struct peer *p) {
    for (unsigned i = 0; i < e->n_replay;) {
        const struct replay *r = &e->replay[i];
        if (r->slot->peer == p || r->source->peer == p) {
            e->replay[i] = e->replay[--e->n_replay];
        } else {
            i++;
        }
    }
}

/* The next packet of a replay; false when it is over. What is missing in the cache is missing for
 * everybody and repaired like any loss. */
static bool replay(struct engine *e, us_t now, struct replay *r, struct datagram *ret) {
    for (struct fanout f; r->next < r->end;) {
        uint64_t seq = r->next++;
        struct sub *sub = slot_sub(r->slot, r->source);
        struct rewrite_out o;
        if (!sub) {
            return false;
        }
        if (recall(r->source, now, seq, &f) && slot_map(sub, now, &f, &o) &&
            send_to(e, r->slot, &f, &o, ret)) {
            return true;
        }
    }
    return false;
}

bool forward_output(struct engine *e, us_t now, struct datagram *ret) {
    while (e->n_resend > 0) {
        struct resend r = e->resend[e->resend_head];
        e->resend_head = (e->resend_head + 1) % ENGINE_RESEND_MAX;
        e->n_resend--;
        if (peer_sendable(r.slot->peer, now) && resend(e, now, &r, ret)) {
            return true;
        }
    }
    while (e->n_replay > 0) {
        if (replay(e, now, &e->replay[e->n_replay - 1], ret)) {
            return true;
        }
        e->n_replay--;
    }
    return fan_out(e, now, ret);
}
