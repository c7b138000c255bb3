/* One window of a run: what a server used and what its clients got meanwhile.
 * Owner: the generator's thread. */
#ifndef ORIEL_BENCH_LOAD_MEASURE_H
#define ORIEL_BENCH_LOAD_MEASURE_H

#include "bench/load/target.h"

struct measured {
    double seconds;
    uint64_t cpu_ns;       /* of the server */
    uint64_t processor_ns; /* that the servers' processor was busy with anything */
    uint64_t generator_ns; /* of this process */
    uint64_t sent;         /* RTP packets of the publishers */
    uint64_t packets;      /* that the viewers received, retransmissions included */
    uint64_t arrived;      /* the same, until the network was quiet */
    uint64_t missing;      /* that were numbered and did not come, until the network was quiet */
    uint64_t missing_video;
    uint64_t drops; /* of the kernel at the clients' sockets */
    struct child_threads threads;
};

/* Let the publishers play, wait for `warm`, measure for `length`, and let them stop. False when the
 * user has asked to end. */
bool measure_window(struct target *t, struct crowd *c, us_t warm, us_t length,
                    struct measured *ret);
/* [bytes] of the server's own memory (child_memory) once it has come to rest; false when it does
 * not, or the user has asked to end. */
bool measure_memory(struct target *t, uint64_t *ret);

#endif
