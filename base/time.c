#include "base/time.h"

/* Seconds from 1900-01-01 to 1970-01-01 (RFC 5905 figure 4). */
#define NTP_UNIX_OFFSET 2208988800LL

uint64_t ntp_from_wall(wall_t w) {
    int64_t s = w.us / US_PER_S, us = w.us % US_PER_S;
    if (us < 0) {
        us += US_PER_S;
        s--;
    }
    uint64_t fraction = ((uint64_t)us << 32) / (uint64_t)US_PER_S;
    return (uint64_t)(uint32_t)(s + NTP_UNIX_OFFSET) << 32 | fraction;
}

wall_t wall_from_ntp(uint64_t ntp) {
    int64_t s = (int64_t)(ntp >> 32) - NTP_UNIX_OFFSET;
    /* Rounding undoes the truncation of ntp_from_wall. */
    uint64_t us = ((ntp & 0xffffffffu) * (uint64_t)US_PER_S + (UINT64_C(1) << 31)) >> 32;
    return (wall_t){s * US_PER_S + (int64_t)us};
}

uint32_t ntp_middle(uint64_t ntp) {
    return (uint32_t)(ntp >> 16);
}
