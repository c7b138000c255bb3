#include "media/out/seal.h"

#include "base/check.h"

#include <string.h>

#define EXTS_MAX 3
#define EXT_LEN_MAX 16 /* [bytes] RFC 8285 section 4.2, one-byte form */
/* [bytes] fixed header and extensions, and an original sequence number */
#define HEAD_MAX (RTP_FIXED_HEADER + 4 + EXTS_MAX * (1 + EXT_LEN_MAX) + 3 + 2)
#define OSN_LEN 2 /* [bytes] RFC 4588 section 4 */

/* What the outgoing packet is made of before it is sealed. */
struct plain {
    struct rtp header;
    struct rtp_write_ext ext[EXTS_MAX];
    size_t n_ext;
    struct bytes payload;        /* behind `room` bytes in scratch, or the shared bytes */
    uint8_t scratch[PACKET_CAP]; /* a payload whose descriptor is rewritten */
};

/* An element of the source's packet that the stream passes on under its own id. */
static void pass(struct plain *x, const struct stream *s, const struct media_packet *p,
                 enum packet_ext which, enum rtp_ext kind) {
    uint8_t id = s->line->ext.id[kind], len = p->ext_len[which];
    if (id != 0 && len > 0 && len <= EXT_LEN_MAX) {
        x->ext[x->n_ext++] =
            (struct rtp_write_ext){.id = id, .len = len, .p = p->packet->data + p->ext_at[which]};
    }
}

static void extensions(struct plain *x, const struct stream *s, const struct media_packet *p) {
    uint8_t mid = s->line->ext.id[RTP_EXT_MID];
    x->n_ext = 0;
    if (mid) {
        x->ext[x->n_ext++] = (struct rtp_write_ext){
            .id = mid, .len = (uint8_t)strlen(s->line->mid), .p = (const uint8_t *)s->line->mid};
    }
    pass(x, s, p, PACKET_EXT_AUDIO_LEVEL, RTP_EXT_AUDIO_LEVEL);
    pass(x, s, p, PACKET_EXT_ORIENTATION, RTP_EXT_ORIENTATION);
}

/* The payload as the viewer gets it: the shared bytes, or a copy in scratch (behind `room` bytes)
 * when picture ids differ or when room is asked for. */
static void viewer_payload(struct plain *x, struct stream *s, const struct media_packet *p,
                           size_t room) {
    const struct vp8 *d = &p->vp8;
    uint16_t picture_id = 0;
    uint8_t tl0picidx = 0;
    bool rewrite = p->has_vp8;
    x->payload = media_packet_payload(p);
    if (rewrite) {
        rewrite_vp8_map(&s->vp8, d, &picture_id, &tl0picidx);
        rewrite = (d->has_picture_id && picture_id != d->picture_id) ||
                  (d->has_tl0picidx && tl0picidx != d->tl0picidx);
    }
    if (!rewrite && room == 0) {
        return;
    }
    CHECK(room + x->payload.n <= sizeof(x->scratch));
    memcpy(x->scratch + room, x->payload.p, x->payload.n);
    if (rewrite) {
        vp8_rewrite(x->scratch + room, d, picture_id, tl0picidx);
    }
    x->payload = bytes_of(x->scratch + room, x->payload.n);
}

static void prepare(struct plain *x, struct stream *s, const struct media_packet *p,
                    const struct rewrite_out *o) {
    x->header = (struct rtp){.pt = s->line->pt,
                             .marker = p->marker,
                             .seq = (uint16_t)o->index,
                             .ts = o->ts,
                             .ssrc = s->line->ssrc};
    extensions(x, s, p);
}

/* A packet of len bytes is in ret; 0 = it could not be sealed. */
static bool sent(struct stream *s, size_t len, struct datagram *ret) {
    struct transport *t = s->transport;
    ret->len = len;
    if (len == 0) {
        return false;
    }
    transport_address(t, ret);
    t->all->c.counters->rtp_out++;
    t->packets_out++;
    t->bytes_out += len;
    return true;
}

static size_t seal(struct stream *s, const struct media_packet *p, const struct rewrite_out *o,
                   struct datagram *ret) {
    struct plain x;
    uint8_t head[HEAD_MAX];
    prepare(&x, s, p, o);
    size_t n = rtp_write_header(head, sizeof(head), &x.header, x.ext, x.n_ext);
    viewer_payload(&x, s, p, 0);
    struct wr w = wr_of(ret->data, sizeof(ret->data));
    return n ? srtp_seal_rtp(s->transport->sealer, o->index, bytes_of(head, n), x.payload, &w) : 0;
}

bool seal_media(struct stream *s, const struct media_packet *p, const struct rewrite_out *o,
                struct datagram *ret) {
    if (!sent(s, seal(s, p, o, ret), ret)) {
        return false;
    }
    transport_earn(s->transport, ret->len);
    s->packets++;
    s->octets += p->payload_len;
    return true;
}

bool seal_again(struct stream *s, const struct media_packet *p, const struct rewrite_out *o,
                struct datagram *ret) {
    return sent(s, seal(s, p, o, ret), ret);
}

bool seal_rtx(struct stream *s, const struct media_packet *p, const struct rewrite_out *o,
              struct datagram *ret) {
    struct plain x;
    uint8_t head[HEAD_MAX];
    struct wr hw = wr_of(head, sizeof(head));
    prepare(&x, s, p, o);
    size_t n = send_rtx_head(&s->rtx, &hw, &x.header, x.ext, x.n_ext);
    if (n < OSN_LEN || (size_t)p->payload_len + OSN_LEN > sizeof(x.scratch)) {
        return false;
    }
    viewer_payload(&x, s, p, OSN_LEN);
    memcpy(x.scratch, head + n - OSN_LEN, OSN_LEN); /* it is encrypted with the payload */
    struct wr w = wr_of(ret->data, sizeof(ret->data));
    size_t len =
        srtp_seal_rtp(s->transport->sealer, send_rtx_index(&s->rtx), bytes_of(head, n - OSN_LEN),
                      bytes_of(x.scratch, x.payload.n + OSN_LEN), &w);
    return sent(s, len, ret);
}
