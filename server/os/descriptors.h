/* How many connections of ICE-TCP the process's limit of descriptors leaves place for. Without such
 * a budget they could take what the WebSockets of everybody need: each worker has its own limit of
 * them, and a machine may have many workers. Pure. */
#ifndef ORIEL_SERVER_OS_DESCRIPTORS_H
#define ORIEL_SERVER_OS_DESCRIPTORS_H

#include <stdint.h>

struct descriptors {
    uint64_t limit;       /* RLIMIT_NOFILE */
    uint32_t connections; /* limits.connections */
    uint32_t workers;     /* at least 1 */
};

/* How many of the `wanted` ones of each worker are possible beside the connections and what else is
 * open. At least 1, and where the limit is low all workers together get a quarter of it. */
uint32_t descriptors_for_tcp(const struct descriptors *d, uint32_t wanted);

#endif
