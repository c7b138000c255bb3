#include "media/recv/red.h"

static unsigned remembered(const struct recv_red *x) {
    return x->n < RECV_RED_KNOWN ? x->n : RECV_RED_KNOWN;
}

void recv_red_note(struct recv_red *x, uint64_t seq, uint32_t ts) {
    unsigned at = x->n % RECV_RED_KNOWN;
    x->known[at].seq = (uint32_t)seq;
    x->known[at].ts = ts;
    /* Never back to "few are known". */
    x->n = x->n + 1 < 2 * RECV_RED_KNOWN ? x->n + 1 : RECV_RED_KNOWN;
}

static int sign(uint32_t a, uint32_t b) {
    int32_t d = (int32_t)(a - b);
    return d < 0 ? -1 : d > 0;
}

/* Is it missing, and in order with everything that is known? Something older must be known: before
 * the first packet there was nothing for anybody. */
static bool fits(const struct recv_red *x, uint32_t seq, uint32_t ts) {
    bool older = false;
    for (unsigned i = 0; i < remembered(x); i++) {
        int order = sign(x->known[i].seq, seq);
        if (order == 0 || order != sign(x->known[i].ts, ts)) {
            return false;
        }
        older = older || order < 0;
    }
    return older;
}

bool recv_red_place(const struct recv_red *x, const struct recv_red_block *b, uint64_t *ret_seq) {
    if (b->back == 0 || b->length == 0) {
        return false;
    }
    const uint32_t by_time = b->back % b->length == 0 ? b->back / b->length : 0;
    const uint32_t distances[2] = {by_time, b->nth};
    for (unsigned i = 0; i < 2; i++) {
        uint32_t d = distances[i];
        if (d >= b->nth && d > 0 && d < b->seq &&
            fits(x, (uint32_t)(b->seq - d), b->ts - b->back)) {
            *ret_seq = b->seq - d;
            return true;
        }
    }
    return false;
}
