#include "media/engine/schedule.h"

#include "media/engine/estimate.h"
#include "media/engine/rtcp_out.h"
#include "media/engine/source.h"
#include "media/transport/lifecycle.h"

/* rtcp: rtcp_out_deadline, which looks at everything that the session sends. */
static us_t deadline(const struct session *s, us_t rtcp) {
    us_t at = us_min(transport_deadline(&s->transport), estimate_deadline(s));
    for (unsigned i = 0; i < s->n_lines; i++) {
        if (s->sources[i]) {
            at = us_min(at, source_deadline(s->sources[i]));
        }
    }
    /* While it waits for engine_output its RTCP is no reason to be woken. */
    return list_empty(&s->ready) ? us_min(at, rtcp) : at;
}

static void set_timer(struct session *s, us_t at) {
    if (at != s->timer.timer.at) {
        timers_set(&s->engine->timers, &s->timer.timer, at);
    }
}

void schedule_output(struct session *s) {
    if (list_empty(&s->ready)) {
        list_push(&s->engine->ready, &s->ready);
    }
}

void schedule(struct session *s, us_t now) {
    if (s->transport.state == TRANSPORT_CLOSED) {
        return;
    }
    us_t rtcp = rtcp_out_deadline(s);
    if (rtcp <= now) {
        schedule_output(s);
    }
    set_timer(s, deadline(s, rtcp));
}

void schedule_drained(struct session *s, us_t now) {
    /* What could not be sent now is tried again soon, but never in a loop without time passing. */
    set_timer(s, us_max(deadline(s, rtcp_out_deadline(s)), now + US_PER_MS));
}
