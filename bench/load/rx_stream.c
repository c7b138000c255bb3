#include "bench/load/rx_stream.h"

#include "base/bytes.h"
#include "base/seq.h"

/* Begin above zero, so that packets before the first one have an index too. */
#define ROLLOVER_AT_FIRST 1

/* RFC 3711 section 3.3.1: the index nearest to the highest one so far. */
static uint64_t index_of(const struct rx_stream *s, uint16_t seq) {
    return s->high + (uint64_t)(int64_t)seq16_diff(seq, (uint16_t)s->high);
}

static enum rx_verdict judge(struct rx_stream *s, uint64_t index, uint32_t end) {
    uint64_t *slot = &s->tag[index % RX_WINDOW], mark = index << 32 | end;
    if (index + RX_WINDOW <= s->high) {
        s->too_old++;
        return RX_TOO_OLD;
    }
    if (*slot >> 32 == (uint32_t)index) {
        bool same = *slot == mark;
        s->duplicate += same;
        s->reused += !same;
        return same ? RX_DUPLICATE : RX_REUSED;
    }
    *slot = mark;
    s->received++;
    if (index < s->high) {
        s->late++;
        return RX_LATE;
    }
    s->high = index;
    return RX_NEW;
}

enum rx_verdict rx_stream_take(struct rx_stream *s, uint16_t seq, const uint8_t *packet, size_t n,
                               uint64_t *ret_index) {
    if (!s->begun) {
        s->begun = true;
        s->first = s->high = (uint64_t)ROLLOVER_AT_FIRST << 16 | seq;
    }
    *ret_index = index_of(s, seq);
    enum rx_verdict v = judge(s, *ret_index, be32(packet + n - 4));
    /* Reordered ones may have come before the one that was seen first. */
    s->first = *ret_index < s->first && v == RX_LATE ? *ret_index : s->first;
    return v;
}

uint64_t rx_stream_missing(const struct rx_stream *s) {
    uint64_t expected = s->begun ? s->high - s->first + 1 : 0;
    return expected > s->received ? expected - s->received : 0;
}

void rx_stream_repair(struct rx_stream *s, uint64_t index) {
    s->tag[index % RX_WINDOW] = index << 32;
    s->received++;
}
