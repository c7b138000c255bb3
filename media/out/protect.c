#include "media/out/protect.h"

#include "base/alloc.h"
#include "media/wire/rtp.h"

#include <string.h>

struct protect_sums {
    struct flexfec sum[2];
    uint8_t fills; /* of sum */
};

unsigned protect_every(unsigned before, double loss, unsigned percent) {
    double limit = (before > 0 ? 0.5 : 1) * percent / 100;
    if (percent == 0 || loss < limit) {
        return 0;
    }
    unsigned every = (unsigned)(0.5 / loss);
    every = every < PROTECT_EVERY_MIN ? PROTECT_EVERY_MIN : every;
    return every > PROTECT_EVERY_MAX ? PROTECT_EVERY_MAX : every;
}

void protect_set(struct protect *x, unsigned every) {
    if (x->pt == 0 || every == 0) {
        protect_free(x);
        return;
    }
    if (!x->sums) {
        x->sums = mem_zalloc(1, sizeof(*x->sums));
    }
    x->every = (uint8_t)(x->sums ? every : 0);
}

void protect_free(struct protect *x) {
    x->sums = mem_free(x->sums);
    x->every = 0;
    x->ready = false;
}

/* What nobody has sent by now gives way: its packets are old. */
static struct flexfec *close_group(struct protect *x, us_t now) {
    struct protect_sums *s = x->sums;
    s->fills = !s->fills;
    x->closed = now;
    x->ready = true;
    memset(&s->sum[s->fills], 0, sizeof(s->sum[0]));
    return &s->sum[s->fills];
}

bool protect_add(struct protect *x, us_t now, struct bytes header, const struct bytes *piece,
                 unsigned n) {
    struct flexfec *f = &x->sums->sum[x->sums->fills];
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
    return x->ready ? &x->sums->sum[!x->sums->fills] : NULL;
}

void protect_sent(struct protect *x) {
    x->ready = false;
}
