/* The floor: the same bytes sealed and sent with nothing around it, by the libraries and system
 * calls that the engine uses too. What the engine costs is told as a multiple of it. */
#ifndef ORIEL_BENCH_ENGINE_LIMITS_H
#define ORIEL_BENCH_ENGINE_LIMITS_H

#include "bench/engine/sink.h"
#include "bench/traffic.h"

struct floor;

/* Contexts with a key each for n viewers, and a socket. Ends the program on failure. */
struct floor *floor_open(unsigned n);
void floor_close(struct floor *f);
/* [ns] CPU for the burst to all viewers: AES-128-GCM under a header of the given length, context
 * and key kept, into one buffer that is thrown away. */
uint64_t floor_seal(struct floor *f, const struct burst *b, size_t header);
/* The same, and out to the sink in batches of 64, the last one as the burst ends. */
uint64_t floor_send(struct floor *f, const struct burst *b, size_t header, const struct sink *to);

#define LIMITS_TRAINS 4

/* Single limits, [ns] CPU per packet of VIDEO_PAYLOAD bytes. */
struct limits {
    double sendto, sendmmsg, recvmmsg, evp, libsrtp;
    double segment[LIMITS_TRAINS]; /* sendmmsg with UDP_SEGMENT, trains of limits_train(i) */
};
/* Packets in the trains of segment[k]: 2, 4, 8, 16. */
unsigned limits_train(unsigned k);
/* Medians of so many interleaved rounds. */
struct limits limits_measure(unsigned rounds);

#endif
