/* Maps a source's RTP timestamps to the server's clock by its sender reports (RFC 3550 section
 * 6.4.1), so that what we send on carries one common clock: the base of lip sync.
 *
 * DESIGN. A sender report says "NTP time and RTP timestamp of one instant" in the sender's clock.
 * clock_offset estimates server minus sender as the smallest (arrival - NTP) of the last 30 to
 * 60 s, because queueing only ever adds. All streams of a participant share one clock_offset,
 * so an error in it moves them together. Owner: one worker. */
#ifndef ORIEL_MEDIA_RECV_CLOCK_H
#define ORIEL_MEDIA_RECV_CLOCK_H

#include "base/time.h"

#include <stdbool.h>
#include <stdint.h>

#define CLOCK_WINDOW (30 * US_PER_S)
#define CLOCK_STEP (2 * US_PER_S) /* a sample this far above the estimate: the clock was set */

struct clock_offset { /* one per participant; zeroed = nothing known */
    int64_t now_min;  /* [us] smallest (arrival - ntp) of the current window */
    int64_t past_min; /* [us] of the window before */
    us_t started;     /* [us] of the current window */
    bool any;
};

struct recv_clock {  /* one per stream; zeroed but for rate = nothing known */
    uint32_t rate;   /* [Hz] */
    uint32_t sr_ts;  /* [media clock] of the last sender report */
    uint64_t sr_ntp; /* its NTP time */
    us_t sr_at;      /* [us] its arrival */
    bool any;
};

/* The estimate, to be saved; 0 = nothing known. */
int64_t clock_offset_save(const struct clock_offset *o);
/* Go on with a saved one at time now. */
void clock_offset_load(struct clock_offset *o, us_t now, int64_t saved);
/* Note a sender report in the participant's estimate. */
void clock_offset_sr(struct clock_offset *o, us_t now, uint64_t ntp);
void recv_clock_init(struct recv_clock *c, uint32_t rate);
/* Note a sender report of this stream. ntp 0 means "no wall clock" (section 6.4.1): ignored. */
void recv_clock_sr(struct recv_clock *c, us_t now, uint64_t ntp, uint32_t ts);
/* The stream's RTP timestamp that corresponds to the server's time t. False without a report. */
bool recv_clock_ts_at(const struct recv_clock *c, const struct clock_offset *o, us_t t,
                      uint32_t *ret_ts);
/* The server's time [us] of an RTP timestamp near the last report. False without a report. */
bool recv_clock_time_of(const struct recv_clock *c, const struct clock_offset *o, uint32_t ts,
                        us_t *ret_at);

#endif
