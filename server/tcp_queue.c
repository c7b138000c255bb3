#include "server/tcp_queue.h"

#include "base/check.h"
#include "media/wire/rtp.h"

static struct packet **at(struct tcp_queue *q, unsigned i) {
    return &q->ring[(q->head + i) % TCP_QUEUE_PACKETS];
}

static size_t framed(const struct packet *p) {
    return FRAMING_HEAD + p->len;
}

bool tcp_queue_put(struct tcp_queue *q, struct packet *p) {
    if (q->n == TCP_QUEUE_PACKETS) {
        return false;
    }
    *at(q, q->n++) = p;
    q->bytes += framed(p);
    return true;
}

static void drop_first(struct tcp_queue *q) {
    struct packet *p = *at(q, 0);
    q->bytes -= framed(p);
    q->head = (q->head + 1) % TCP_QUEUE_PACKETS;
    q->n--;
    packet_unref(p);
}

/* The oldest packet of media that may be dropped; n when there is none. */
static unsigned oldest_media(struct tcp_queue *q) {
    unsigned i = q->sent > 0 ? 1 : 0;
    while (i < q->n && wire_classify(bytes_of((*at(q, i))->data, (*at(q, i))->len)) != WIRE_RTP) {
        i++;
    }
    return i;
}

/* Those before it, few if any, move up. */
static void drop(struct tcp_queue *q, unsigned i) {
    struct packet *p = *at(q, i);
    for (; i > 0; i--) {
        *at(q, i) = *at(q, i - 1);
    }
    *at(q, 0) = p;
    drop_first(q);
}

bool tcp_queue_shed(struct tcp_queue *q) {
    unsigned i = oldest_media(q);
    if (i >= q->n) {
        return false;
    }
    drop(q, i);
    return true;
}

unsigned tcp_queue_expire(struct tcp_queue *q, us_t before) {
    unsigned n = 0;
    for (unsigned i; (i = oldest_media(q)) < q->n && (*at(q, i))->arrival < before; n++) {
        drop(q, i);
    }
    return n;
}

unsigned tcp_queue_pieces(const struct tcp_queue *q, unsigned packets, struct tcp_pieces *ret) {
    unsigned n = 0;
    size_t skip = q->sent;
    for (unsigned i = 0; i < q->n && i < packets; i++) {
        struct packet *p = q->ring[(q->head + i) % TCP_QUEUE_PACKETS];
        put_be16(ret->heads[i], p->len);
        if (skip < FRAMING_HEAD) {
            ret->iov[n++] = (struct iovec){ret->heads[i] + skip, FRAMING_HEAD - skip};
            skip = FRAMING_HEAD;
        }
        ret->iov[n++] =
            (struct iovec){p->data + (skip - FRAMING_HEAD), p->len - (skip - FRAMING_HEAD)};
        skip = 0;
    }
    return n;
}

void tcp_queue_sent(struct tcp_queue *q, size_t n) {
    CHECK(n <= q->bytes - q->sent);
    q->sent += n;
    while (q->n > 0 && q->sent >= framed(*at(q, 0))) {
        q->sent -= framed(*at(q, 0));
        drop_first(q);
    }
}

void tcp_queue_clear(struct tcp_queue *q) {
    while (q->n > 0) {
        drop_first(q);
    }
    q->sent = 0;
}
