#include "media/send/limit.h"

/* Streams lie apart in the table, so that those of one viewer seldom meet. */
static struct send_limit_place *place(struct send_limit *l, uint8_t stream, uint16_t seq) {
    return &l->places[(seq + stream * 197u) % SEND_LIMIT_PLACES];
}

bool send_limit_pass(struct send_limit *l, us_t now, us_t rtt, uint8_t stream, uint16_t seq) {
    us_t pause = us_min(us_max(rtt, SEND_LIMIT_MIN), SEND_LIMIT_MAX);
    struct send_limit_place *p = place(l, stream, seq);
    uint32_t since = (uint32_t)now - p->at;
    bool known =
        p->tries > 0 && p->seq == seq && p->stream == stream && since < (uint32_t)SEND_LIMIT_AGE;
    if (known && (since < (uint32_t)pause || p->tries == SEND_LIMIT_TRIES)) {
        return false;
    }
    uint8_t tries = known ? p->tries : 0;
    *p = (struct send_limit_place){
        .at = (uint32_t)now, .seq = seq, .stream = stream, .tries = (uint8_t)(tries + 1)};
    return true;
}
