#include "bench/load/stamp.h"

#include "base/check.h"

#define MAGIC 0x4f726c53U

void stamp_write(uint8_t *payload, size_t n, const struct stamp *s) {
    CHECK(n >= STAMP_LEN);
    struct wr w = wr_of(payload + n - STAMP_LEN, STAMP_LEN);
    wr_u32(&w, MAGIC);
    wr_u32(&w, s->ssrc);
    wr_u64(&w, s->number);
    wr_u64(&w, s->at);
}

bool stamp_read(struct bytes payload, struct stamp *ret) {
    if (payload.n < STAMP_LEN) {
        return false;
    }
    struct rd r = rd_of(payload.p + payload.n - STAMP_LEN, STAMP_LEN);
    if (rd_u32(&r) != MAGIC) {
        return false;
    }
    ret->ssrc = rd_u32(&r);
    ret->number = rd_u64(&r);
    ret->at = rd_u64(&r);
    return true;
}
