#include "server/net/tcp_queue.h"

#include "base/check.h"
#include "media/wire/rtp.h"

#include <string.h>

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

static void keep_rest(struct tcp_queue *q, struct bytes packet, size_t sent) {
    CHECK(q->begun == 0 && packet.n <= PACKET_CAP && sent < FRAMING_HEAD + packet.n);
    put_be16(q->rest, (uint16_t)packet.n);
    memcpy(q->rest + FRAMING_HEAD, packet.p, packet.n);
    q->begun_at = (uint16_t)sent;
    q->begun = (uint16_t)(FRAMING_HEAD + packet.n);
    q->bytes += (size_t)q->begun - q->begun_at;
}

void tcp_queue_begun(struct tcp_queue *q, struct bytes packet, size_t sent) {
    CHECK(q->bytes == 0);
    keep_rest(q, packet, sent);
}

static bool is_media(const struct packet *p) {
    return wire_classify(bytes_of(p->data, p->len)) == WIRE_RTP;
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
    unsigned i = 0;
    while (i < q->n && !is_media(*at(q, i))) {
        i++;
    }
    if (i == q->n) {
        return false;
    }
    drop(q, i);
    return true;
}

unsigned tcp_queue_expire(struct tcp_queue *q, us_t media, us_t other) {
    unsigned n = 0;
    CHECK(other <= media);
    for (unsigned i = 0; i < q->n && (*at(q, i))->arrival < media;) {
        if ((*at(q, i))->arrival < other || is_media(*at(q, i))) {
            drop(q, i);
            n++;
        } else {
            i++;
        }
    }
    return n;
}

unsigned tcp_queue_pieces(const struct tcp_queue *q, unsigned packets, struct tcp_pieces *ret) {
    unsigned n = 0;
    if (q->begun > 0) {
        ret->iov[n++] =
            (struct iovec){(uint8_t *)q->rest + q->begun_at, (size_t)q->begun - q->begun_at};
    }
    for (unsigned i = 0; i < q->n && i < packets; i++) {
        struct packet *p = q->ring[(q->head + i) % TCP_QUEUE_PACKETS];
        put_be16(ret->heads[i], p->len);
        ret->iov[n++] = (struct iovec){ret->heads[i], FRAMING_HEAD};
        ret->iov[n++] = (struct iovec){p->data, p->len};
    }
    return n;
}

/* Returns how many of the bytes that were sent are not of it. */
static size_t rest_sent(struct tcp_queue *q, size_t n) {
    size_t left = (size_t)q->begun - q->begun_at, part = n < left ? n : left;
    q->begun_at = (uint16_t)(q->begun_at + part);
    q->bytes -= part;
    if (q->begun_at == q->begun) {
        q->begun_at = q->begun = 0;
    }
    return n - part;
}

void tcp_queue_sent(struct tcp_queue *q, size_t n) {
    CHECK(n <= q->bytes);
    n = rest_sent(q, n);
    while (n > 0) {
        const struct packet *p = *at(q, 0);
        if (n < framed(p)) {
            keep_rest(q, bytes_of(p->data, p->len), n);
            n = framed(p);
        }
        n -= framed(p);
        drop_first(q);
    }
}

void tcp_queue_clear(struct tcp_queue *q) {
    while (q->n > 0) {
        drop_first(q);
    }
    q->bytes = 0;
    q->begun_at = q->begun = 0;
}
