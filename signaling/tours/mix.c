#include "signaling/tours/mix.h"

#include "signaling/tell/effects.h"

#include <string.h>

/* Listeners of this tour with a sub. */
static uint32_t listeners_of(const struct tour *t, const char *sub) {
    uint32_t n = 0;
    LIST_EACH(l, &t->viewers) {
        const struct session *session = LIST_ENTRY(l, struct session, in_viewers);
        n += session->params.mix && strcmp(session->sub, sub) == 0;
    }
    return n;
}

enum code mix_check(const struct signaling *s, const struct tour *t, const char *sub) {
    if (s->config.max_mix == 0) {
        return CODE_MIX_OFF;
    }
    bool full = s->n_mix >= s->config.max_mix || t->n_mix >= s->config.max_mix_per_tour ||
                listeners_of(t, sub) >= s->config.max_mix_per_token;
    return full ? CODE_MIX_FULL : CODE_OK;
}

void mix_choose(const struct tour *t, struct session *session) {
    const struct seat *self = seat_by_sub(t, session->sub);
    session->params.mix = true;
    session->params.without = self ? self->id : 0;
}

static void tell_workers(struct signaling *s, const struct tour *t, bool on) {
    command(s, t->span, (struct command){.type = COMMAND_TOUR_MIX, .tour = t->id, .on = on});
}

/* The mix makes what the listener's worker is to show. The worker is told for itself, whatever
 * becomes of the order to the mix: it must never show one's own voice. */
static void tell_mix(struct signaling *s, const struct session *session, bool on) {
    effect(s, (struct signaling_effect){.type = EFFECT_MIX,
                                        .tour = session->tour->id,
                                        .worker = session->worker,
                                        .peer = session->params.peer,
                                        .participant = session->params.without,
                                        .on = on});
    if (on) {
        command_peer(
            s, session,
            (struct command){.type = COMMAND_PEER_WITHOUT, .participant = session->params.without});
    }
}

/* The mix is told first: what workers tell it then is of a tour that it knows. */
void mix_begin(struct signaling *s, const struct session *session) {
    s->n_mix++;
    tell_mix(s, session, true);
    if (session->tour->n_mix++ == 0) {
        tell_workers(s, session->tour, true);
    }
}

void mix_end(struct signaling *s, const struct session *session) {
    s->n_mix--;
    tell_mix(s, session, false);
    if (--session->tour->n_mix == 0) {
        tell_workers(s, session->tour, false);
    }
}

void mix_spread(struct signaling *s, const struct tour *t) {
    if (t->n_mix > 0) {
        tell_workers(s, t, true);
    }
}

void mix_self(struct signaling *s, const struct tour *t, const char *sub, uint64_t participant) {
    LIST_EACH(l, &t->viewers) {
        struct session *session = LIST_ENTRY(l, struct session, in_viewers);
        if (session->params.mix && strcmp(session->sub, sub) == 0 &&
            session->params.without != participant) {
            session->params.without = participant;
            tell_mix(s, session, true);
        }
    }
}
