#include "media/out/seal.h"

#include "media/out/descriptor.h"
#include "media/out/queue.h"
#include "media/out/redundant.h"

#include <string.h>

#define OSN_LEN 2                         /* [bytes] RFC 4588 section 4 */
static const struct media_packet nothing; /* has no extension and no payload */

/* [bytes] What a packet may be longer than it came: the words of its extensions, MID and
 * transport-wide number, their two-byte form and a longer dependency descriptor; padding, the
 * number of a retransmission, and the tag. */
#define GROWTH_MAX (4 + 3 + (2 + MID_MAX) + 4 + 2 + 4 + BATCH_PADDING + OSN_LEN + 16)
_Static_assert(RTP_LEN_MAX + GROWTH_MAX <= PACKET_CAP, "what is taken can be passed on");

#define DESCRIPTOR_MAX 8 /* [bytes] RFC 7741 section 4.2: 6 at most */

/* What is sealed, in pieces, and room for those that are this viewer's own. */
struct pieces {
    struct srtp_plain plain;
    uint8_t osn[OSN_LEN];
    uint8_t red[REDUNDANCY_MAX * RED_HEAD_BLOCK + RED_HEAD_LAST];
    uint8_t descriptor[DESCRIPTOR_MAX];
    uint8_t padding[UINT8_MAX];
    uint8_t dependency[DEPENDENCY_LEN_MAX];
};

static void piece(struct pieces *x, struct bytes b) {
    x->plain.piece[x->plain.n++] = b;
}

/* The payload as the viewer gets it: the shared bytes, behind a descriptor of its own where picture
 * ids differ. */
static void add_payload(struct pieces *x, struct stream *s, const struct media_packet *p) {
    const struct vp8 *d = &p->vp8;
    struct bytes in = media_packet_payload(p);
    uint16_t picture_id = 0;
    uint8_t tl0picidx = 0;
    if (p->numbered && d->len <= DESCRIPTOR_MAX) {
        rewrite_vp8_map(&s->vp8, d, &picture_id, &tl0picidx);
        if ((d->ids.has_picture_id && picture_id != d->ids.picture_id) ||
            (d->ids.has_tl0picidx && tl0picidx != d->ids.tl0picidx)) {
            memcpy(x->descriptor, in.p, d->len);
            picture_ids_write(x->descriptor, &d->ids, picture_id, tl0picidx);
            piece(x, bytes_of(x->descriptor, d->len));
            in = bytes_of(in.p + d->len, in.n - d->len);
        }
    }
    piece(x, in);
}

static void add_padding(struct pieces *x, uint8_t n) {
    if (n > 0) {
        memset(x->padding, 0, n);
        x->padding[n - 1] = n; /* RFC 3550 section 5.1: the last byte counts them */
        piece(x, bytes_of(x->padding, n));
    }
}

/* RFC 3711 section 9.1, RFC 7714 section 8.4: an index of a key that somebody else may use must
 * never be used here. */
static bool leased(const struct stream *s, struct lease *l, uint64_t index) {
    bool covered = lease_covers(l, index);
    s->transport->all->c.counters->drop_lease += !covered;
    return covered;
}

/* Where and when a packet goes: what is not of the packet itself. */
struct placing {
    us_t now; /* [us] */
    uint64_t index;
    uint16_t twcc;
};

static bool seal(struct stream *s, const struct placing *at, struct bytes header,
                 const struct pieces *x, struct train *t) {
    size_t left = sizeof(t->data) - t->len;
    struct wr w = wr_of(t->data + t->len, left < PACKET_CAP ? left : PACKET_CAP);
    size_t len = srtp_seal_pieces(s->transport->sealer, at->index, header, &x->plain, &w);
    if (len == 0) {
        return false;
    }
    train_add(t, len);
    if (s->queue) {
        pacer_spend(&s->queue->pacer, len);
    }
    if (s->bwe && s->header.twcc) {
        bwe_sent(s->bwe, at->now, at->twcc, (uint16_t)len);
    }
    return true;
}

static size_t head_len(const struct stream *s, const struct media_packet *p) {
    return header_len(&s->header, p, descriptor_goes(s, p) ? descriptor_len(s, p) : 0);
}

/* With what goes with it when it goes out now. */
size_t seal_media_len(const struct stream *s, us_t now, const struct media_packet *p) {
    struct redundant more;
    redundant_of(s, now, p, &more);
    return head_len(s, p) + more.len + p->payload_len + p->padding + s->transport->tag_len;
}

size_t seal_rtx_len(const struct stream *s, const struct media_packet *p) {
    return head_len(s, p) + OSN_LEN + p->payload_len + s->transport->tag_len;
}

static struct header_values values(struct stream *s, const struct media_packet *p,
                                   const struct rewrite_out *o) {
    return (struct header_values){.pt = s->line->pt,
                                  .marker = stream_ends(s, p),
                                  .padded = p->padding > 0,
                                  .seq = (uint16_t)o->index,
                                  .twcc = s->header.twcc ? s->transport->twcc_next++ : 0,
                                  .ts = o->ts,
                                  .ssrc = s->line->ssrc};
}

static void add_descriptor(struct pieces *x, struct stream *s, const struct media_packet *p,
                           struct header_values *v) {
    if (descriptor_goes(s, p)) {
        v->descriptor = bytes_of(x->dependency, descriptor_write(s, p, x->dependency));
    }
}

/* The packets before p as redundant blocks, the oldest first. Theirs and its own payload type in
 * there is that of Opus. */
static void add_redundant(struct pieces *x, const struct stream *s, const struct media_packet *p,
                          const struct redundant *more) {
    struct wr w = wr_of(x->red, sizeof(x->red));
    struct bytes *head = &x->plain.piece[x->plain.n++];
    for (unsigned i = more->n; i-- > 0;) {
        const struct media_packet *before = &more->p[i];
        red_write_block(&w, s->line->pt, (uint16_t)(p->ts - before->ts), before->payload_len);
        piece(x, media_packet_payload(before));
    }
    red_write_last(&w, s->line->pt);
    *head = bytes_of(x->red, wr_len(&w));
}

struct content {
    const struct media_packet *p;
    const struct redundant *more; /* goes with it */
    bool again;                   /* it went out before */
};

/* What is to be repaired if it gets lost, as the viewer will put it together. */
static void protect(struct stream *s, us_t now, const struct content *c, struct header_values v,
                    const struct pieces *x) {
    uint8_t head[HEADER_MAX];
    if (!s->protect || s->protect->every == 0 || c->again || !s->queue) {
        return;
    }
    v.twcc = 0;
    size_t n = header_write(&s->header, c->p, &v, head);
    if (protect_add(s->protect, now, bytes_of(head, n), x->plain.piece, x->plain.n)) {
        s->queue->repairs = s;
    }
}

static bool seal_content(struct stream *s, us_t now, const struct content *c,
                         const struct rewrite_out *o, struct train *t) {
    const struct media_packet *p = c->p;
    struct pieces x;
    uint8_t head[HEADER_MAX];
    if (!leased(s, &s->lease, o->index)) {
        return false;
    }
    struct header_values v = values(s, p, o);
    v.pt = c->more->n > 0 ? s->red.pt : v.pt;
    add_descriptor(&x, s, p, &v);
    size_t n = header_write(&s->header, p, &v, head);
    x.plain.n = 0;
    if (c->more->n > 0) {
        add_redundant(&x, s, p, c->more);
    }
    add_payload(&x, s, p);
    add_padding(&x, p->padding);
    if (!seal(s, &(struct placing){now, o->index, v.twcc}, bytes_of(head, n), &x, t)) {
        return false;
    }
    protect(s, now, c, v, &x);
    return true;
}

bool seal_again(struct stream *s, us_t now, const struct media_packet *p,
                const struct rewrite_out *o, struct train *t) {
    static const struct redundant none;
    return seal_content(s, now, &(struct content){p, &none, true}, o, t);
}

bool seal_media(struct stream *s, us_t now, const struct media_packet *p,
                const struct rewrite_out *o, struct train *t) {
    struct redundant more;
    redundant_of(s, now, p, &more);
    if (!seal_content(s, now, &(struct content){p, &more, false}, o, t)) {
        return false;
    }
    transport_earn(s->transport, p->payload_len);
    s->transport->all->c.counters->padded_out += p->padding > 0;
    s->transport->all->c.counters->red_out += more.n > 0;
    s->packets++;
    s->octets += p->payload_len + (uint32_t)more.len;
    return true;
}

bool seal_rtx(struct stream *s, us_t now, const struct media_packet *p, const struct rewrite_out *o,
              struct train *t) {
    struct pieces x;
    uint8_t head[HEADER_MAX];
    if (!leased(s, &s->rtx.lease, s->rtx.next)) {
        return false;
    }
    struct header_values v = values(s, p, o);
    uint64_t index = s->rtx.next++; /* taken before it is used */
    v.pt = s->rtx.pt;
    v.ssrc = s->rtx.ssrc;
    v.seq = (uint16_t)index;
    v.padded = false;
    add_descriptor(&x, s, p, &v);
    size_t n = header_write(&s->header, p, &v, head);
    put_be16(x.osn, (uint16_t)o->index);
    x.plain.n = 0;
    piece(&x, bytes_of(x.osn, OSN_LEN));
    add_payload(&x, s, p);
    return seal(s, &(struct placing){now, index, v.twcc}, bytes_of(head, n), &x, t);
}

/* A packet in a stream beside the media, that is none itself. */
struct beside {
    uint8_t pt;
    uint32_t ssrc;
    uint64_t index; /* of that stream, taken */
    bool padded;
};

static bool seal_beside(struct stream *s, us_t now, const struct beside *b, const struct pieces *x,
                        struct train *t) {
    uint8_t head[HEADER_MAX];
    struct rewrite_out o = {.index = b->index, .ts = s->rewrite.last_ts};
    struct header_values v = values(s, &nothing, &o);
    v.pt = b->pt;
    v.ssrc = b->ssrc;
    v.padded = b->padded;
    size_t n = header_write(&s->header, &nothing, &v, head);
    return seal(s, &(struct placing){now, b->index, v.twcc}, bytes_of(head, n), x, t);
}

size_t seal_padding_len(const struct stream *s) {
    return header_len(&s->header, &nothing, 0) + UINT8_MAX + s->transport->tag_len;
}

bool seal_padding(struct stream *s, us_t now, struct train *t) {
    struct pieces x;
    if (!leased(s, &s->rtx.lease, s->rtx.next)) {
        return false;
    }
    x.plain.n = 0;
    add_padding(&x, UINT8_MAX);
    struct beside b = {s->rtx.pt, s->rtx.ssrc, s->rtx.next++, true};
    return seal_beside(s, now, &b, &x, t);
}

size_t seal_repair_len(const struct stream *s, const struct flexfec *f) {
    return header_len(&s->header, &nothing, 0) + FLEXFEC_HEADER + f->len + s->transport->tag_len;
}

bool seal_repair(struct stream *s, us_t now, const struct flexfec *f, struct train *t) {
    struct pieces x;
    uint8_t about[FLEXFEC_HEADER];
    if (!leased(s, &s->protect->lease, s->protect->next)) {
        return false;
    }
    flexfec_write_header(f, about);
    x.plain.n = 0;
    piece(&x, bytes_of(about, sizeof(about)));
    piece(&x, bytes_of(f->body, f->len));
    struct beside b = {s->protect->pt, s->protect->ssrc, s->protect->next++, false};
    return seal_beside(s, now, &b, &x, t);
}
