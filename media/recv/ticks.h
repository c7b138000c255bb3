/* Microseconds and ticks of an RTP clock, without overflow for any us_t. Thread: any. */
#ifndef ORIEL_MEDIA_RECV_TICKS_H
#define ORIEL_MEDIA_RECV_TICKS_H

#include "base/time.h"

/* us [us], also negative, in ticks of a clock of rate [Hz]; rounded towards zero. */
static inline int64_t ticks_of_us(us_t us, uint32_t rate) {
    return us / US_PER_S * rate + us % US_PER_S * rate / US_PER_S;
}

/* Ticks, also negative, in [us]; rate [Hz], not 0. */
static inline us_t us_of_ticks(int64_t ticks, uint32_t rate) {
    return ticks / rate * US_PER_S + ticks % rate * US_PER_S / rate;
}

#endif
