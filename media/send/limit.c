#include "media/send/limit.h"

bool send_limit_pass(struct send_limit *l, us_t now, us_t rtt, uint16_t seq) {
    us_t pause = us_min(us_max(rtt, SEND_LIMIT_MIN), SEND_LIMIT_MAX);
    struct send_limit_place *p = &l->places[seq % SEND_LIMIT_PLACES];
    if (p->used && p->seq == seq && (uint32_t)now - p->at < (uint32_t)pause) {
        return false;
    }
    *p = (struct send_limit_place){.at = (uint32_t)now, .seq = seq, .used = true};
    return true;
}
