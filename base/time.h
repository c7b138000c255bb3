/* Time as a typed value. Nothing in base, media, signaling or recorder reads a clock: `now` is
 * always an argument. us_t is monotonic and has no epoch; wall_t is UTC and never used to order
 * events. Thread: any. */
#ifndef ORIEL_BASE_TIME_H
#define ORIEL_BASE_TIME_H

#include <stdbool.h>
#include <stdint.h>

typedef int64_t us_t; /* [us] monotonic */

#define US_NEVER INT64_MAX /* a deadline that does not come */
#define US_PER_MS ((us_t)1000)
#define US_PER_S ((us_t)1000000)

typedef struct {
    int64_t us; /* [us] since 1970-01-01T00:00:00Z */
} wall_t;

/* The earlier of two deadlines. */
static inline us_t us_min(us_t a, us_t b) {
    return a < b ? a : b;
}

/* The later of two. */
static inline us_t us_max(us_t a, us_t b) {
    return a > b ? a : b;
}

#define WALL_TEXT_MAX 64 /* [bytes] with the NUL */
/* RFC 3339, UTC, to the millisecond below: "2026-01-02T03:04:05.678Z". Years beyond four digits are
 * written as they are. out holds WALL_TEXT_MAX bytes; returns out. */
const char *wall_text(wall_t w, char *out);

/* The inverse, as people and programs write it: a full RFC 3339 date-time ("2026-01-02T03:04:05Z",
 * with a fraction or another offset as you like), or a date alone, which is its first instant in
 * UTC. A leap second is the second after. False for anything else; *ret untouched. */
bool wall_parse(const char *text, wall_t *ret);

/* 64-bit NTP timestamp (RFC 5905 section 6: 32.32 fixed point since 1900). */
uint64_t ntp_from_wall(wall_t w);
/* Inverse of ntp_from_wall, to the microsecond; eras other than the current one are not handled. */
wall_t wall_from_ntp(uint64_t ntp);
/* The middle 32 bits of an NTP timestamp (RFC 3550 section 4), units of 1/65536 s. */
uint32_t ntp_middle(uint64_t ntp);

#endif
