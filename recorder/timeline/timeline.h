/* From RTP timestamps to recording time, per source.
 *
 * DESIGN. Arrival tells only where a source begins; from then on its media clock counts. Sender
 * reports (RFC 3550 section 6.4.1) tie that clock to the sender's NTP clock, which microphone,
 * camera and screen of one participant share; how that clock lies to ours is measured once per
 * participant (struct ntp_clock) and smoothed, so that network jitter does not move pictures.
 * Corrections are slewed, never stepped: at most 5 % faster or slower, for a step back is media
 * that finds its place taken. A sender that sets its clock is recognised by its media clock, which
 * went on; the NTP clock is then measured anew and nothing moves. A media clock that runs away from
 * arrival by more than TIMELINE_ASTRAY is not believed. Times come out in whole milliseconds,
 * strictly rising; frames that come faster than that are moved only a little, for who sends
 * thousands a second would push the time ahead of everybody's. Of a codec that reorders, what comes
 * behind a frame that is shown later gets the next time, too, and says when it is shown (`shift`).
 * Owner: one thread. */
#ifndef ORIEL_RECORDER_TIMELINE_TIMELINE_H
#define ORIEL_RECORDER_TIMELINE_TIMELINE_H

#include "base/seq.h"
#include "base/time.h"

#define TIMELINE_ASTRAY (10 * US_PER_S)
#define TIMELINE_JUMP US_PER_S /* a report further from arrival does not place a beginning */
#define TIMELINE_PUSHED                                                      \
    (100 * US_PER_MS) /* so far ahead a frame is moved behind the one before \
                       */
#define TIMELINE_REFUSED ((us_t)-1)
#define TIMELINE_REORDER \
    US_PER_S /* frames that come after later ones are not further behind them */

/* A participant's NTP clock. Zero: not known yet. */
struct ntp_clock {
    bool any;
    int64_t offset; /* recording time - sender's NTP time [us] */
    uint32_t set;   /* how often it was measured anew: reports of before do not count any more */
};
/* A sender report with this NTP time came at recording time t [us]. */
void ntp_clock_sr(struct ntp_clock *c, us_t t, uint64_t ntp);

struct timeline {
    uint32_t rate; /* [Hz] */
    bool reorders; /* frames may come in another order than they are shown: set by the owner */
    struct seq_ext ext;
    bool anchored, reported;
    uint64_t rtp0; /* extended media time ... */
    us_t t0;       /* ... that is this recording time */
    uint64_t sr_rtp;
    int64_t sr_ntp;   /* [us] */
    uint32_t sr_set;  /* ntp_clock.set when it came */
    uint64_t newest;  /* extended */
    us_t last;        /* last time given out; -1 ms before the first */
    us_t shift;       /* [us] of the last frame: it is shown so much after its time (negative) if it
                         came after frames that are shown later, else 0; whole milliseconds */
    uint32_t astray;  /* how often the clock was not believed */
    uint32_t refused; /* frames for which there was no time */
};

/* A timeline for a media clock of this rate [Hz]; nothing is allocated. */
void timeline_init(struct timeline *l, uint32_t rate);
/* A sender report (RFC 3550 section 6.4.1). */
struct timeline_report {
    us_t at; /* recording time of arrival [us] */
    uint64_t ntp;
    uint32_t rtp_ts;
};
/* Note a sender report, also for the participant's clock; returns its extended RTP timestamp. */
uint64_t timeline_sr(struct timeline *l, struct ntp_clock *c, const struct timeline_report *sr);
/* The source goes on after a pause: what comes next is placed anew. The reports of before are
 * believed if they place it near its arrival (the media clock went on), else forgotten (it is
 * another). */
void timeline_resume(struct timeline *l);
/* The recording time of a frame [us], >= 0 and at least 1 ms after the one before. arrival: its
 * recording time of arrival [us]. TIMELINE_REFUSED: that would be more than TIMELINE_PUSHED after
 * both its own time and its arrival; it is missing in the recording. */
us_t timeline_stamp(struct timeline *l, const struct ntp_clock *c, uint32_t rtp_ts, us_t arrival);

#endif
