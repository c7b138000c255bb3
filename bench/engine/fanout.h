/* One publisher to n viewers: the engine beside its floor, round by round in turn. */
#ifndef ORIEL_BENCH_ENGINE_FANOUT_H
#define ORIEL_BENCH_ENGINE_FANOUT_H

#include <stdint.h>

struct figure {       /* medians over the rounds */
    double ns, floor; /* [ns] CPU per forwarded packet */
    double ratio;     /* of the two in one round */
};

struct fanout_result {
    unsigned viewers, rounds;
    uint64_t fed, forwarded;     /* packets of the publisher; SRTP packets to viewers */
    uint64_t opened;             /* packets that viewers decrypted before the rounds */
    uint64_t sent, received;     /* datagrams given to the kernel; that the sink got */
    struct figure engine, relay; /* into a discarded buffer; out of a socket */
    double upkeep;               /* [ns] timers and RTCP, per forwarded packet */
    double feedback;             /* [ns] what viewers report, likewise */
};

/* Ends the program when a viewer does not get, or cannot open, what was sent. */
void fanout_measure(unsigned viewers, unsigned rounds, struct fanout_result *ret);

struct kept_result {
    unsigned viewers, rounds;
    double without, kept; /* [ns] CPU per forwarded packet, timers, RTCP and feedback included */
    double ratio;         /* of the two, median over the rounds */
};

/* Two engines in turn: one whose sessions are kept (media.h: engine_slots), one whose are not. */
void fanout_kept(unsigned viewers, unsigned rounds, struct kept_result *ret);

#endif
