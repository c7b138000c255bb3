#include "media/engine/reception.h"

#include "media/engine/event.h"

static bool is_paused(const struct session *s) {
    for (unsigned i = 0; i < s->n_slots; i++) {
        if (event_is_paused(s, i)) {
            return true;
        }
    }
    return false;
}

static enum reception judge(const struct session *s, bool less) {
    double loss = s->bwe ? bwe_loss(s->bwe) : 0;
    if (loss >= RECEPTION_LOSS_POOR || s->rtt >= RECEPTION_RTT_POOR || is_paused(s)) {
        return RECEPTION_POOR;
    }
    bool fair = loss >= RECEPTION_LOSS_FAIR || s->rtt >= RECEPTION_RTT_FAIR || less;
    return fair ? RECEPTION_FAIR : RECEPTION_GOOD;
}

void reception_look(struct session *s, us_t now, bool less) {
    enum reception is = judge(s, less);
    int8_t way = (int8_t)((is > s->reception.is) - (is < s->reception.is));
    if (way != s->reception.way) {
        s->reception.way = way;
        s->reception.since = now;
    }
    us_t lasts = way > 0 ? RECEPTION_WORSENS : RECEPTION_MENDS;
    if (way != 0 && now - s->reception.since >= lasts) {
        s->reception.is = (uint8_t)is;
        s->reception.way = 0;
        event_session(s);
    }
}
