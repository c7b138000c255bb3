/* The floor: a process that receives a publisher's packets, opens each once, seals it for every
 * viewer of the room and sends it, with nothing around it. It uses the calls that Oriel uses
 * (recvmmsg, media/secure/srtp.h, sendmmsg with or without UDP_SEGMENT), so its CPU is what no
 * server on them can go below. */
#ifndef ORIEL_BENCH_LOAD_FLOOR_SERVER_H
#define ORIEL_BENCH_LOAD_FLOOR_SERVER_H

#include "base/addr.h"
#include "media/secure/srtp.h"

#include <stdatomic.h>

#define FLOOR_TRAIN_MAX 8 /* packets in one UDP_SEGMENT send */

/* What seals. */
enum floor_engine { FLOOR_OPENSSL, FLOOR_IPSEC_MB, FLOOR_ENGINES };

struct floor_peer {
    struct addr addr;
    struct dtls_keys keys; /* as the floor sees them: inbound is what it opens with */
    unsigned room;
};

struct floor_config {
    int fd; /* bound UDP socket; blocking */
    unsigned n_publishers, n_viewers;
    struct floor_peer *publishers, *viewers; /* viewers sorted by room */
    /* Shared with the parent, read at each frame: 1 .. FLOOR_TRAIN_MAX, enum floor_engine. */
    atomic_uint *train, *engine;
};

/* Serve for ever; ends the process when a call fails. */
_Noreturn void floor_serve(const struct floor_config *c);

#endif
