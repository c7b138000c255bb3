/* DESIGN. BIO_s_mem would merge the datagrams of a flight into one stream. This BIO keeps them
 * apart: each read yields one whole datagram, each write is one datagram. */
#include "media/secure/dtls_impl.h"

static int link_read(BIO *b, char *out, int cap) {
    struct dtls_link *l = BIO_get_data(b);
    BIO_clear_retry_flags(b);
    if (!l || l->in.n == 0 || cap <= 0) {
        BIO_set_retry_read(b);
        return -1;
    }
    /* As recv does, a datagram that does not fit is cut off, never split. */
    size_t n = l->in.n < (size_t)cap ? l->in.n : (size_t)cap;
    memcpy(out, l->in.p, n);
    l->in = bytes_of(NULL, 0);
    return (int)n;
}

static int link_write(BIO *b, const char *p, int n) {
    struct dtls_link *l = BIO_get_data(b);
    BIO_clear_retry_flags(b);
    if (!l || n <= 0) {
        return n;
    }
    if (l->aside) {
        wr_bytes(l->aside, p, (size_t)n);
        return n;
    }
    struct flight *f = &l->out;
    if (!f->open) { /* what OpenSSL writes after a new input is a new flight */
        f->open = true;
        f->len = f->at = 0;
    }
    if ((size_t)n > DTLS_MTU || f->len + 2 + (size_t)n > FLIGHT_CAP) {
        f->overflow = true;
        return n;
    }
    put_be16(f->buf + f->len, (uint16_t)n);
    memcpy(f->buf + f->len + 2, p, (size_t)n);
    f->len += 2 + (size_t)n;
    return n;
}

static long link_ctrl(BIO *b, int cmd, long num, void *ptr) {
    (void)b;
    (void)num;
    (void)ptr;
    switch (cmd) {
    case BIO_CTRL_FLUSH:
    case BIO_CTRL_DGRAM_SET_NEXT_TIMEOUT:
        return 1;
    case BIO_CTRL_DGRAM_QUERY_MTU:
    case BIO_CTRL_DGRAM_GET_MTU:
    case BIO_CTRL_DGRAM_GET_FALLBACK_MTU:
        return DTLS_MTU;
    default: /* BIO_CTRL_WPENDING, _PENDING, _DGRAM_GET_MTU_OVERHEAD ...: nothing */
        return 0;
    }
}

static int link_create(BIO *b) {
    BIO_set_init(b, 1);
    return 1;
}

BIO_METHOD *dtls_bio_method(void) {
    BIO_METHOD *m = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "oriel datagrams");
    if (!m) {
        return NULL;
    }
    if (!BIO_meth_set_read(m, link_read) || !BIO_meth_set_write(m, link_write) ||
        !BIO_meth_set_ctrl(m, link_ctrl) || !BIO_meth_set_create(m, link_create)) {
        BIO_meth_free(m);
        return NULL;
    }
    return m;
}
