#include "media/recv/twcc.h"

#include "media/wire/rtcp.h"

#include <string.h>

void recv_twcc_init(struct recv_twcc *t) {
    memset(t, 0, sizeof(*t));
    t->deadline = US_NEVER;
}

static us_t *place(struct recv_twcc *t, uint64_t seq) {
    return &t->at[seq % TWCC_WINDOW];
}

/* Nothing before seq is known any more. */
static void restart(struct recv_twcc *t, uint64_t seq) {
    memset(t->at, 0, sizeof(t->at));
    t->base = t->oldest = seq;
    t->pending = 0;
}

/* seq becomes the highest: free the places up to it and let the window follow. */
static void advance(struct recv_twcc *t, uint64_t high, uint64_t seq) {
    if (seq - high >= TWCC_WINDOW) {
        restart(t, seq);
        return;
    }
    for (uint64_t i = high + 1; i <= seq; i++) {
        *place(t, i) = 0;
    }
    if (seq - t->oldest >= TWCC_WINDOW) {
        t->oldest = seq - TWCC_WINDOW + 1;
    }
    if (t->base < t->oldest) {
        t->base = t->oldest;
    }
}

void recv_twcc_packet(struct recv_twcc *t, us_t now, uint16_t seq16, bool marker) {
    bool first = !t->ext.any;
    uint64_t high = t->ext.high;
    uint64_t seq = seq16_extend(&t->ext, seq16);
    if (first) {
        restart(t, seq);
    } else if (seq > high) {
        advance(t, high, seq);
    } else if (high - seq >= TWCC_WINDOW || (seq >= t->oldest && *place(t, seq))) {
        return; /* too late to matter, or a duplicate: the first arrival counts */
    }
    if (seq < t->oldest) { /* late, before all we knew: its neighbours were cleared by restart */
        t->oldest = seq;
    }
    if (seq < t->base) { /* late: the next feedback goes back to report it */
        t->base = seq;
    }
    *place(t, seq) = now + 1;
    t->pending++;
    t->deadline = us_min(t->deadline, now + TWCC_INTERVAL);
    if (t->pending >= (marker ? TWCC_MARKER_PACKETS : TWCC_PACKETS)) {
        t->deadline = now;
    }
}

us_t recv_twcc_deadline(const struct recv_twcc *t) {
    return t->deadline;
}

bool recv_twcc_write(struct recv_twcc *t, struct wr *w, uint32_t sender, uint32_t media) {
    if (t->pending == 0) {
        return false;
    }
    struct rtcp_twcc_arrival a[TWCC_WINDOW];
    unsigned n = 0;
    uint64_t seq = t->base;
    do { /* something is pending, so there is a first one */
        us_t at = *place(t, seq);
        a[n++] = (struct rtcp_twcc_arrival){
            .seq = (uint16_t)seq, .received = at != 0, .at_us = at ? at - 1 : 0};
    } while (++seq <= t->ext.high);
    unsigned written =
        rtcp_write_twcc(w, &(struct rtcp_twcc_ids){sender, media, t->fb_count}, a, n);
    if (written == 0) {
        return false;
    }
    t->fb_count++;
    t->base += written;
    if (written < n) { /* the highest is a received one, so there is more to tell */
        return true;
    }
    t->pending = 0;
    t->deadline = US_NEVER;
    return false;
}
