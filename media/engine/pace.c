#include "media/engine/pace.h"

#define REPLAY_RATE 10000000 /* [bit/s] ours */
#define TWICE_MAX 4000000    /* [bit/s] ours */

bool pace_numbered(const struct session *s) {
    bool numbered = false;
    for (unsigned i = 0; i < s->n_slots; i++) {
        numbered = numbered || s->slots[i].stream.header.twcc;
    }
    return numbered;
}

bool pace_guesses(const struct session *s, us_t now) {
    return s->bwe && pace_numbered(s) && bwe_awaited(s->bwe, now, ALLOT_AWAIT);
}

uint64_t pace_proven(const struct session *s, us_t now) {
    return s->bwe && bwe_known(s->bwe, now, ALLOT_SETTLE) ? bwe_rate(s->bwe, now) : 0;
}

/* The pacer follows the estimate. Twice a guess may pass, so that what arrives can prove it wrong
 * where the first probe was lost, and so may twice what a first probe has shown, while that is
 * little: of a larger path what is replayed and the key frame of the layer that the proof brings
 * would stand before it together, and the estimate begin with their queue. Before the first
 * feedback what is replayed behind a key frame goes at the guess: it could not prove it wrong yet,
 * and twice as much would stand before a path that is narrower (sim narrow: a second). After that
 * at twice, too, or it would never catch up with a source that sends as much as is guessed (loss5);
 * but not while that makes a queue.
 * Who never tells what arrives gets what is replayed at a fixed pace. */
void pace_follow(struct session *s, us_t now) {
    if (!s->bwe) {
        return;
    }
    uint64_t rate = bwe_rate(s->bwe, now);
    bool full = rate < bwe_estimate(s->bwe);
    if (pace_proven(s, now) == 0) {
        uint64_t twice = 2 * rate < TWICE_MAX ? 2 * rate : TWICE_MAX;
        uint64_t blind = queue_owes(&s->queue) > 0 ? REPLAY_RATE : 0;
        bool careful = full || (!bwe_answered(s->bwe) && queue_catches_up(&s->queue));
        uint64_t more = careful ? rate : twice;
        uint64_t guess = rate > twice ? rate : more;
        rate = pace_guesses(s, now) ? guess : blind;
    }
    pacer_set(&s->queue.pacer, now, rate, full);
}
