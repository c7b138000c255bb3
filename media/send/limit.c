#include "media/send/limit.h"

/* Streams lie apart in the table, so that those of one viewer seldom meet. */
static struct send_limit_place *place(struct send_limit *l, uint8_t stream, uint16_t seq) {
    return &l->places[(seq + stream * 197u) % SEND_LIMIT_PLACES];
}

/* One more request for the packet that has this place. A place is forgotten long before the clock
 * of 16 bits comes round. */
static void count(struct send_limit_place *p, us_t now) {
    uint16_t ms = (uint16_t)(now / US_PER_MS);
    if ((uint16_t)(ms - p->since) >= US_PER_S / US_PER_MS) {
        p->since = ms;
        p->asks = 0;
    }
    p->asks += p->asks <= SEND_LIMIT_ASKS;
}

enum send_limit_verdict send_limit_pass(struct send_limit *l, us_t now, us_t rtt, uint8_t stream,
                                        uint16_t seq) {
    us_t pause = us_min(us_max(rtt, SEND_LIMIT_MIN), SEND_LIMIT_MAX);
    struct send_limit_place *p = place(l, stream, seq);
    uint32_t since = (uint32_t)now - p->at;
    bool known =
        p->tries > 0 && p->seq == seq && p->stream == stream && since < (uint32_t)SEND_LIMIT_AGE;
    if (!known) {
        *p = (struct send_limit_place){
            .seq = seq, .stream = stream, .since = (uint16_t)(now / US_PER_MS)};
    }
    count(p, now);
    if (known && (since < (uint32_t)pause || p->tries == SEND_LIMIT_TRIES)) {
        return p->asks > SEND_LIMIT_ASKS ? SEND_LIMIT_ABUSE : SEND_LIMIT_AGAIN;
    }
    p->at = (uint32_t)now;
    p->tries++;
    return SEND_LIMIT_PASS;
}
