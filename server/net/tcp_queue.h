/* What one ICE-TCP connection has still to send: whole packets, framed by RFC 4571 as they leave.
 * TCP never loses a packet, it makes those behind wait; so what is too old, or too much, is dropped
 * here before the connection has begun to send it, the oldest media first, as a network would.
 * STUN, DTLS and RTCP may wait longer: who sends them says them again in time. A packet that has
 * been sent in part is kept here and needs no buffer of the pool: it is the one thing that must not
 * be dropped. It knows no socket. Owner: one worker thread. */
#ifndef ORIEL_SERVER_NET_TCP_QUEUE_H
#define ORIEL_SERVER_NET_TCP_QUEUE_H

#include "base/packet.h"
#include "media/wire/framing.h"

#include <sys/uio.h>

#define TCP_QUEUE_PACKETS 256

/* All zero is empty. */
struct tcp_queue {
    struct packet *ring[TCP_QUEUE_PACKETS]; /* our references; arrival: when it was put */
    unsigned head, n;
    size_t bytes;             /* that are to be sent, framed */
    uint16_t begun_at, begun; /* [bytes] of the rest below: where it begins, where it ends */
    uint8_t rest[FRAMING_HEAD + PACKET_CAP]; /* of a packet sent in part, which goes first */
};

/* Append; takes over the reference. False when there is no place: nothing was taken. */
bool tcp_queue_put(struct tcp_queue *q, struct packet *p);
/* Of this packet so many bytes, framed, were sent: fewer than it has. Only into an empty queue. */
void tcp_queue_begun(struct tcp_queue *q, struct bytes packet, size_t sent);
/* Drop the oldest packet of media; false when there is none. */
bool tcp_queue_shed(struct tcp_queue *q);
/* Drop media that was put before `media`, and all that was put before `other`, which is not later.
 * Returns how many. */
unsigned tcp_queue_expire(struct tcp_queue *q, us_t media, us_t other);
struct tcp_pieces {
    struct iovec iov[2 * TCP_QUEUE_PACKETS + 1];
    uint8_t heads[TCP_QUEUE_PACKETS][FRAMING_HEAD];
};
/* What is to be sent next, framed, of at most so many packets. Returns the pieces in iov, which are
 * valid until the queue is changed. */
unsigned tcp_queue_pieces(const struct tcp_queue *q, unsigned packets, struct tcp_pieces *ret);
/* So many bytes of it were sent. */
void tcp_queue_sent(struct tcp_queue *q, size_t n);
/* Drop all. */
void tcp_queue_clear(struct tcp_queue *q);

#endif
