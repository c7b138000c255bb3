#include "media/wire/framing.h"

#include "base/check.h"

_Static_assert(FRAMING_CAP >= 2 * (FRAMING_HEAD + PACKET_CAP), "room is never 0 for long");

static size_t left(const struct framing *f) {
    return (size_t)f->n - f->at;
}

static void skip_empty(struct framing *f) {
    while (left(f) >= FRAMING_HEAD && be16(f->data + f->at) == 0) {
        f->at += FRAMING_HEAD;
    }
}

uint8_t *framing_room(struct framing *f, size_t *ret_n) {
    skip_empty(f);
    memmove(f->data, f->data + f->at, left(f));
    f->n = (uint16_t)left(f);
    f->at = 0;
    *ret_n = FRAMING_CAP - f->n;
    return f->data + f->n;
}

void framing_wrote(struct framing *f, size_t n) {
    CHECK(n <= FRAMING_CAP - f->n);
    f->n = (uint16_t)(f->n + n);
}

enum framing_verdict framing_next(struct framing *f, struct bytes *ret) {
    skip_empty(f);
    if (left(f) < FRAMING_HEAD) {
        return FRAMING_MORE;
    }
    size_t n = be16(f->data + f->at);
    if (n > PACKET_CAP) {
        return FRAMING_BAD;
    }
    if (left(f) < FRAMING_HEAD + n) {
        return FRAMING_MORE;
    }
    *ret = bytes_of(f->data + f->at + FRAMING_HEAD, n);
    f->at = (uint16_t)(f->at + FRAMING_HEAD + n);
    return FRAMING_PACKET;
}

bool framing_waits(const struct framing *f) {
    struct rd r = rd_of(f->data + f->at, left(f));
    while (rd_left(&r) >= FRAMING_HEAD) {
        size_t n = rd_u16(&r);
        if (n > 0) {
            return n > PACKET_CAP || rd_left(&r) >= n;
        }
    }
    return false;
}
