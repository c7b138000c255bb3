/* NACK generator (RFC 4585 section 6.2.1): finds gaps, waits out small reordering, asks, repeats
 * about every round trip, and gives up after 10 times or 1 s; at once where the sender has agreed
 * to no NACK, and after one answer's time where it has not answered any for long. 4 KiB: the engine
 * keeps it only for sources that have sent something. Owner: one worker. */
#ifndef ORIEL_MEDIA_RECV_NACK_H
#define ORIEL_MEDIA_RECV_NACK_H

#include "base/time.h"

#include <stdbool.h>
#include <stdint.h>

#define NACK_MAX 256                     /* missing packets remembered */
#define NACK_REORDER 3                   /* newer sequence numbers that end the patience */
#define NACK_REORDER_US (10 * US_PER_MS) /* or this time */
#define NACK_INTERVAL_MIN (20 * US_PER_MS)
#define NACK_RTT_UNKNOWN (100 * US_PER_MS) /* assumed until a report tells the round trip */
#define NACK_TRIES 10
#define NACK_AGE (1 * US_PER_S)
#define NACK_DEAF 16 /* packets in a row that were asked for until the end, and none came */

struct nack_item {
    uint32_t seq;   /* low half of the extended sequence number */
    uint32_t found; /* [us] low half of the time the gap was seen */
    uint32_t next;  /* [us] low half of the time to ask */
    uint32_t tries;
};

struct recv_nack {
    uint64_t high; /* highest extended sequence number seen */
    bool any;
    bool unasked;   /* the sender has not agreed to be asked: what is missing is lost */
    uint8_t deaf;   /* packets in a row that it was asked for in vain, at most NACK_DEAF */
    uint16_t n;     /* items, ascending by seq */
    us_t deadline;  /* [us] US_NEVER when nothing is missing */
    uint64_t lost;  /* highest extended sequence number given up: see recv_nack_take_lost */
    uint64_t asked; /* sequence numbers asked for, repeats included */
    struct nack_item items[NACK_MAX];
};

/* Nothing received yet, nothing missing. agreed: the sender said that it answers. */
void recv_nack_init(struct recv_nack *k, bool agreed);
/* Go on after an adoption: what comes after `high` (extended) and is missing is asked for. */
void recv_nack_resume(struct recv_nack *k, uint64_t high);
/* A packet (original or recovered) with this extended sequence number has arrived. A gap that does
 * not fit the list gives everything up at once, and it returns true: nothing missing before seq
 * will come any more; the deadline is then now. */
bool recv_nack_packet(struct recv_nack *k, us_t now, uint64_t seq);
/* How many packets directly before seq are missing and still hoped for, at most max. */
unsigned recv_nack_run_before(const struct recv_nack *k, uint64_t seq, unsigned max);
/* When to call recv_nack_poll, at or before `now` meaning at once; US_NEVER. */
us_t recv_nack_deadline(const struct recv_nack *k);
/* The sequence numbers to ask for now, ascending, at most cap (the rest stays due). rtt: [us] of
 * the path to the sender, 0 when unknown. */
unsigned recv_nack_poll(struct recv_nack *k, us_t now, us_t rtt, uint16_t *out, unsigned cap);
/* The highest extended sequence number of those given up since this was asked last, 0 = none. Video
 * then needs a key frame, unless one has come after that. */
uint64_t recv_nack_take_lost(struct recv_nack *k);

#endif
