#include "media/feed/presence.h"

#include "base/seq.h"

/* A picture is over. */
static bool judge(struct presence *x, us_t now) {
    if (x->seen >= x->top) {
        x->n = x->lack = 0;
        x->at = now;
        return false;
    }
    x->lack = x->seen > x->lack ? x->seen : x->lack;
    x->n++;
    if (x->n < PRESENCE_PICTURES || now - x->at < PRESENCE_ABSENT) {
        x->n = x->n < PRESENCE_PICTURES ? x->n : PRESENCE_PICTURES;
        return false;
    }
    x->top = x->lack;
    x->n = x->lack = 0;
    x->at = now;
    return true;
}

bool presence_note(struct presence *x, const struct media_packet *p) {
    uint8_t spatial = p->layers.spatial;
    bool changed = false;
    if (!x->any || ts32_newer(p->ts, x->ts)) {
        changed = x->any && judge(x, p->at);
        x->at = x->any ? x->at : p->at;
        x->any = true;
        x->ts = p->ts;
        x->seen = 0;
    } else if (p->ts != x->ts) {
        return false; /* a repair */
    }
    x->seen = spatial > x->seen ? spatial : x->seen;
    if (spatial > x->top) {
        x->top = spatial;
        changed = true;
    }
    return changed;
}
