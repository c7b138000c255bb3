/* What a received datagram is, and whose: the way from a socket to a peer. Nothing before the
 * peer's own authentication changes state. */
#include "media/peer.h"
#include "media/tour.h"

static void from_peer(struct engine *e, us_t now, struct packet *k, enum wire_kind kind) {
    struct path *path = NULL;
    struct peer *p = peer_by_addr(e, &k->from, &path);
    if (!p) {
        e->n.drop_unknown_address++;
        return;
    }
    if (kind == WIRE_DTLS) {
        peer_dtls_input(p, now, k);
        return;
    }
    if (p->state != PEER_CONNECTED) { /* early media before the handshake has given us keys */
        e->n.drop_srtp++;
        return;
    }
    size_t len = k->len;
    enum err err = kind == WIRE_RTP ? srtp_open_rtp(p->opener, k->data, &len)
                                    : srtp_open_rtcp(p->opener, k->data, &len);
    if (err != OK) {
        e->n.drop_srtp++;
        return;
    }
    p->packets_in++;
    p->bytes_in += k->len;
    k->len = (uint16_t)len;
    peer_heard(p, now, path);
    if (kind == WIRE_RTP) {
        peer_rtp_input(p, now, k);
    } else {
        peer_rtcp_input(p, now, k);
    }
    peer_reschedule(p, now);
}

void engine_input(struct engine *e, us_t now, struct packet *p) {
    engine_begin(e, now);
    e->n.datagrams_in++;
    e->n.bytes_in += p->len;
    enum wire_kind kind = wire_classify(bytes_of(p->data, p->len));
    switch (kind) {
    case WIRE_STUN:
        peer_stun(e, now, p);
        break;
    case WIRE_DTLS:
    case WIRE_RTP:
    case WIRE_RTCP:
        from_peer(e, now, p, kind);
        break;
    default:
        e->n.drop_other++;
        break;
    }
    packet_unref(p);
    engine_end(e);
}
