#include "media/mix/jitter.h"

#include "base/seq.h"

#define RATE 48 /* [1/ms] of Opus (RFC 7587 section 4.1) */
#define SLEW 40 /* 1/40 of the time that passes */
/* [us] that a voice waits longer than it must, or less than it should, and is left alone */
#define AHEAD (20 * US_PER_MS)
#define BEHIND (10 * US_PER_MS)
#define SLEW_TIME (120 * US_PER_MS) /* [us] of a packet at most */

/* Media time of a timestamp [us]. */
static us_t sound_of(const struct jitter *j, uint32_t ts) {
    return j->sound + (us_t)ts32_diff(ts, j->ts) * US_PER_MS / RATE;
}

static void begin(struct jitter *j, us_t at, uint32_t ts) {
    *j = (struct jitter){.any = true,
                         .begun = at,
                         .ts = ts,
                         .offset = at,
                         .since = at,
                         .now = {at, at},
                         .past = {at, at}};
}

/* What came too long ago says nothing of how late packets are now. */
static void note(struct jitter *j, us_t at, us_t sample) {
    us_t age = at - j->since;
    if (age >= JITTER_WINDOW) {
        j->past = age < 2 * JITTER_WINDOW ? j->now : (struct jitter_extremes){sample, sample};
        j->now = (struct jitter_extremes){sample, sample};
        j->since = at;
    }
    j->now.least = us_min(j->now.least, sample);
    j->now.most = us_max(j->now.most, sample);
}

static us_t least_of(const struct jitter *j) {
    return us_min(j->now.least, j->past.least);
}

/* Move to where the voice should be: at once when this packet would be too late, else slowly. */
static void follow(struct jitter *j, us_t sample, us_t patience, us_t passed) {
    us_t want = us_max(least_of(j), us_max(j->now.most, j->past.most) - patience);
    us_t step = us_min(us_max(passed, 0), SLEW_TIME) / SLEW;
    us_t move = want - j->offset;
    if (j->moves || move > BEHIND || move < -AHEAD) {
        j->moves = move > step || move < -step;
        j->offset += move > step ? step : move < -step ? -step : move;
    }
    j->offset = us_max(j->offset, sample - patience);
}

/* A voice that has just begun, with packets that were late, as this one shows. */
static bool began_late(const struct jitter *j, us_t at, us_t sample) {
    us_t early = least_of(j) - sample;
    return at - j->begun < JITTER_YOUNG && early > BEHIND && early <= JITTER_ASTRAY;
}

enum jitter_verdict jitter_place(struct jitter *j, us_t at, uint32_t ts, us_t patience, us_t *ret) {
    if (!j->any) {
        begin(j, at, ts);
        *ret = at;
        return JITTER_BEGINS;
    }
    us_t sound = sound_of(j, ts), sample = at - sound;
    us_t early = j->offset - sample, late = sample - j->offset - patience;
    bool astray = early > JITTER_ASTRAY || late > JITTER_ASTRAY;
    if (astray && ++j->astray < JITTER_RUN) {
        return JITTER_REFUSED;
    }
    if (astray || began_late(j, at, sample)) {
        us_t begun = astray ? at : j->begun;
        begin(j, at, ts);
        j->begun = begun;
        *ret = at;
        return JITTER_BEGINS;
    }
    note(j, at, sample);
    follow(j, sample, patience, sound - j->sound);
    j->astray = 0;
    j->ts = ts;
    j->sound = sound;
    *ret = sound + j->offset;
    return JITTER_PLACED;
}

us_t jitter_place_old(const struct jitter *j, uint32_t ts) {
    return sound_of(j, ts) + j->offset;
}
