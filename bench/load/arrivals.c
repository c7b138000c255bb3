#include "bench/load/arrivals.h"

void arrivals_add(struct arrivals *a, uint16_t seq, uint64_t at_us) {
    if (!a->begun) {
        a->begun = true;
        a->base = seq;
        a->epoch = at_us;
    }
    uint16_t offset = (uint16_t)(seq - a->base);
    if (offset >= ARRIVALS_MAX) {
        return;
    }
    for (; a->n <= offset; a->n++) {
        a->at[a->n] = 0;
    }
    a->at[offset] = at_us > a->epoch ? (uint32_t)(at_us - a->epoch) + 1 : 1;
}

void arrivals_report(struct arrivals *a, struct wr *w, uint32_t sender, uint32_t media) {
    struct rtcp_twcc_arrival v[ARRIVALS_MAX];
    struct rtcp_twcc_ids ids = {sender, media, a->fb_count};
    for (unsigned i = 0; i < a->n; i++) {
        v[i] = (struct rtcp_twcc_arrival){.seq = (uint16_t)(a->base + i),
                                          .received = a->at[i] != 0,
                                          .at_us = (int64_t)a->at[i] - 1};
    }
    unsigned done = a->n ? rtcp_write_twcc(w, &ids, v, a->n) : 0;
    a->fb_count += done > 0;
    /* What did not fit, or was never received, is not reported. */
    a->base = (uint16_t)(a->base + a->n);
    a->n = 0;
}
