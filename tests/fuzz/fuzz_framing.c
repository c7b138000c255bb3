/* libs: media_wire */
/* A TCP stream of framed packets, cut in two ways: what is found is the same, and lies within. The
 * first byte says how the stream is cut. */
#include "base/check.h"
#include "media/wire/framing.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct found {
    size_t packets, bytes;
    uint32_t sum;
    bool bad;
};

static void take(struct framing *f, struct found *ret) {
    struct bytes p;
    enum framing_verdict v;
    bool waits = framing_waits(f);
    if (!waits) { /* as a connection does, which then reads more: there must be room */
        return;
    }
    while ((v = framing_next(f, &p)) == FRAMING_PACKET) {
        CHECK(waits && p.n > 0 && p.n <= PACKET_CAP);
        CHECK(p.p >= f->data && p.p + p.n <= f->data + f->n);
        for (size_t i = 0; i < p.n; i++) {
            ret->sum = ret->sum * 31 + p.p[i];
        }
        ret->packets++;
        ret->bytes += p.n;
        waits = framing_waits(f);
    }
    CHECK(waits == (v == FRAMING_BAD));
    ret->bad = v == FRAMING_BAD;
}

static struct found read_all(const uint8_t *data, size_t size, size_t piece) {
    struct found ret = {0};
    static struct framing f;
    f = (struct framing){0};
    while (size > 0 && !ret.bad) {
        size_t room;
        uint8_t *to = framing_room(&f, &room);
        CHECK(room > 0);
        size_t n = size < piece ? size : piece;
        n = n < room ? n : room;
        memcpy(to, data, n);
        framing_wrote(&f, n);
        data += n;
        size -= n;
        take(&f, &ret);
    }
    return ret;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 2) {
        return 0;
    }
    struct found a = read_all(data + 1, size - 1, (size_t)data[0] + 1);
    struct found b = read_all(data + 1, size - 1, FRAMING_CAP);
    CHECK(a.packets == b.packets && a.bytes == b.bytes && a.sum == b.sum && a.bad == b.bad);
    return 0;
}
