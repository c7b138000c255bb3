#include "media/recv/police.h"

/* When the packet will be paid for, or US_NEVER when that is too far ahead. */
static us_t paid_at(us_t before, us_t now, us_t cost) {
    us_t at = us_max(before, now) + cost;
    return at - now <= POLICE_BURST ? at : US_NEVER;
}

bool police_spend(us_t *paid, uint32_t per_second, us_t now, size_t n) {
    us_t at = per_second ? paid_at(*paid, now, (us_t)n * US_PER_S / per_second) : now;
    if (at == US_NEVER) {
        return false;
    }
    *paid = at;
    return true;
}

static bool charge(struct police_account *a, const struct police_limit *l, us_t now, size_t n) {
    us_t packets = l->packets ? paid_at(a->packets, now, US_PER_S / l->packets) : now;
    us_t bytes = l->bytes ? paid_at(a->bytes, now, (us_t)n * US_PER_S / l->bytes) : now;
    if (packets == US_NEVER || bytes == US_NEVER) {
        return false;
    }
    a->packets = packets;
    a->bytes = bytes;
    return true;
}

bool police_pass(struct policer *p, const struct police_limit *l, us_t now, size_t n) {
    bool conforms = charge(p->cut ? &p->sent : &p->passed, l, now, n);
    p->over_at = conforms ? p->over_at : now;
    return conforms;
}

void police_cut(struct policer *p) {
    p->sent = p->cut ? p->sent : p->passed;
    p->cut = true;
}

bool police_resume(struct policer *p, const struct police_limit *l, us_t now, size_t n) {
    if (now < police_room_at(p) || !charge(&p->passed, l, now, n)) {
        return false;
    }
    p->cut = false;
    return true;
}

us_t police_room_at(const struct policer *p) {
    return p->cut ? us_max(p->passed.packets, p->passed.bytes) - POLICE_ROOM : 0;
}
