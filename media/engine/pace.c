#include "media/engine/pace.h"

#define REPLAY_RATE 10000000 /* [bit/s] ours */
#define TWICE_MAX 4000000    /* [bit/s] ours */
/* ours: 25 kB of 800 kbit/s, with the ten packets that go at once (PACER_BURST_MIN, which is about
 * the initial window of RFC 6928); half a second of a path that carries half the guess */
#define BLIND (250 * US_PER_MS)
#define BLIND_LESS 4 /* ours: of the guess goes on behind that, for who tells late */

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

/* Of a path that has said nothing yet: what is guessed, for as much as that carries in BLIND;
 * behind that hardly anything, since all of it may stand there. While a queue stands what arrives,
 * which is what the path carries. */
static uint64_t careful(const struct session *s, uint64_t guess) {
    if (bwe_queues(s->bwe)) {
        uint64_t arrives = bwe_arrives(s->bwe);
        return arrives > 0 && arrives < guess ? arrives : guess;
    }
    bool much = bwe_blind(s->bwe) > guess * BLIND / 8 / US_PER_S;
    return much && !bwe_tells(s->bwe) ? guess / BLIND_LESS : guess;
}

/* The pacer follows the estimate. What is guessed of a path is asked of it until the viewer tells
 * what arrives: twice as much would stand before one that is narrower (sim late: key frames that
 * its queue had no room for). Then twice a guess may pass, so that what arrives can prove it wrong
 * where the first probe was lost, and so may twice what a first probe has shown, while that is
 * little: of a larger path what is replayed and the key frame of the layer that the proof brings
 * would stand before it together, and the estimate begin with their queue. But not while a queue
 * stands. Once it is to be let go, a picture that is only sent to its end is not held up for it:
 * what is seen of a queue is as old as it is long, and its last packet came a second after it was
 * gone. Who never tells what arrives gets what is replayed at a fixed pace. */
void pace_follow(struct session *s, us_t now) {
    if (!s->bwe) {
        return;
    }
    uint64_t rate = bwe_rate(s->bwe, now);
    bool full = rate < bwe_estimate(s->bwe);
    if (pace_proven(s, now) == 0) {
        uint64_t twice = 2 * rate < TWICE_MAX ? 2 * rate : TWICE_MAX;
        uint64_t more = rate > twice ? rate : twice;
        uint64_t unheard = queue_owes(&s->queue) > 0 ? REPLAY_RATE : 0;
        bool unsure = !bwe_tells(s->bwe) || bwe_queues(s->bwe);
        uint64_t guess = unsure ? careful(s, rate) : full ? rate : more;
        bool guesses = pace_guesses(s, now);
        rate = guesses ? guess : unheard;
        full = full || (guesses && unsure);
    } else if (queue_ends(&s->queue)) {
        rate = bwe_estimate(s->bwe);
    }
    pacer_set(&s->queue.pacer, now, rate, full);
}
