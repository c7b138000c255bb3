#include "media/out/protect.h"

#include "base/alloc.h"
#include "media/wire/rtp.h"

#include <string.h>

struct protect *protect_new(uint8_t pt, uint32_t ssrc, uint64_t next) {
    struct protect *x = mem_zalloc(1, sizeof(*x));
    if (x) {
        x->pt = pt;
        x->ssrc = ssrc;
        x->next = next;
        lease_init(&x->lease, LEASE_END_MAX);
    }
    return x;
}

unsigned protect_every(unsigned before, double loss, unsigned percent) {
    double limit = (before > 0 ? 0.5 : 1) * percent / 100;
    if (percent == 0 || loss < limit) {
        return 0;
    }
    unsigned every = (unsigned)(0.5 / loss);
    every = every < PROTECT_EVERY_MIN ? PROTECT_EVERY_MIN : every;
    return every > PROTECT_EVERY_MAX ? PROTECT_EVERY_MAX : every;
}

/* The group that fills now is empty. */
static struct flexfec *begin_group(struct protect *x) {
    struct flexfec *f = &x->sum[x->fills];
    memset(f, 0, sizeof(*f));
    return f;
}

void protect_forget(struct protect *x) {
    x->ready = false;
    (void)begin_group(x);
}

void protect_set(struct protect *x, unsigned every) {
    if (x->every == 0 || every == 0) {
        protect_forget(x);
    }
    x->every = (uint8_t)every;
}

/* What nobody has sent by now gives way: its packets are old. */
static struct flexfec *close_group(struct protect *x, us_t now) {
    x->fills = !x->fills;
    x->closed = now;
    x->ready = true;
    return begin_group(x);
}

bool protect_add(struct protect *x, us_t now, struct bytes header, const struct bytes *piece,
                 unsigned n) {
    struct flexfec *f = &x->sum[x->fills];
    size_t len = header.n - RTP_FIXED_HEADER;
    for (unsigned i = 0; i < n; i++) {
        len += piece[i].n;
    }
    if (len > FLEXFEC_BODY_MAX) {
        return x->ready; /* unusually long: NACK repairs it */
    }
    if (!flexfec_takes(f, be16(header.p + 2), len)) {
        f = close_group(x, now);
    }
    flexfec_add(f, header, piece, n);
    bool marker = header.p[1] & 0x80;
    bool whole = marker && (2 * f->n >= x->every || now - x->closed >= PROTECT_WAIT);
    if (f->n >= x->every || whole) {
        (void)close_group(x, now);
    }
    return x->ready;
}

const struct flexfec *protect_ready(const struct protect *x) {
    return x->ready ? &x->sum[!x->fills] : NULL;
}

void protect_sent(struct protect *x) {
    x->ready = false;
}
