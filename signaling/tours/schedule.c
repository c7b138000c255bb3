#include "signaling/tours/schedule.h"

#include "base/json_write.h"
#include "signaling/state/unkept.h"
#include "signaling/tell/effects.h"

void schedule_arm(struct signaling *s, us_t now, struct tour *t) {
    enum end_reason why;
    us_t at = t->id ? tour_ends_at(s, t, &why) : US_NEVER;
    unkept(s, t, UNKEPT_TOUR);
    t->end_told = t->end_told && at - now <= ENDING_NOTICE; /* it was put off: again, then */
    if (at != US_NEVER && !t->end_told) {
        at = us_max(now, at - ENDING_NOTICE);
    }
    timers_set(&s->timers, &t->end.timer, at);
}

static void tell_ending(struct signaling *s, const struct tour *t, enum end_reason why) {
    char text[WALL_TEXT_MAX];
    struct buffer o = {0};
    json_open(&o, NULL, '{');
    json_put_string(&o, "type", "tour_ending");
    json_put_string(&o, "at", wall_text(tour_ends_by(s, t), text));
    json_put_string(&o, "reason", end_reason_name(why));
    json_close(&o, '}');
    send_all(s, t, NULL, &o);
}

bool schedule_due(struct signaling *s, us_t now, struct tour *t, enum end_reason *why) {
    us_t at = tour_ends_at(s, t, why);
    if (now >= at) {
        return true;
    }
    if (at - now <= ENDING_NOTICE && !t->end_told) {
        t->end_told = true;
        tell_ending(s, t, *why);
    }
    schedule_arm(s, now, t);
    return false;
}
