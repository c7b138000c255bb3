/* What one ICE-TCP connection has still to send: whole packets, framed by RFC 4571 as they leave.
 * TCP never loses a packet, it makes those behind wait; so what is too old, or too much, is dropped
 * here before the connection has begun to send it, the oldest media first, as a network would.
 * STUN, DTLS and RTCP are small and stay. It knows no socket. Owner: one worker thread. */
#ifndef ORIEL_SERVER_TCP_QUEUE_H
#define ORIEL_SERVER_TCP_QUEUE_H

#include "base/packet.h"
#include "media/wire/framing.h"

#include <sys/uio.h>

#define TCP_QUEUE_PACKETS 256

/* All zero is empty. */
struct tcp_queue {
    struct packet *ring[TCP_QUEUE_PACKETS]; /* our references; arrival: when it was put */
    unsigned head, n;
    size_t bytes; /* of all of them, framed; what of the first has been sent counts too */
    size_t sent;  /* [bytes] of the first one, framed */
};

/* Append; takes over the reference. False when there is no place: nothing was taken. */
bool tcp_queue_put(struct tcp_queue *q, struct packet *p);
/* Drop the oldest packet of media of which nothing has been sent; false when there is none. */
bool tcp_queue_shed(struct tcp_queue *q);
/* The same with all that were put before this time. Returns how many. */
unsigned tcp_queue_expire(struct tcp_queue *q, us_t before);
struct tcp_pieces {
    struct iovec iov[2 * TCP_QUEUE_PACKETS];
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
