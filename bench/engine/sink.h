/* Where datagrams go: one loopback socket behind as many addresses as there are viewers, all of
 * them in 127.1.0.0/16. It is emptied between measurements, never during one. */
#ifndef ORIEL_BENCH_ENGINE_SINK_H
#define ORIEL_BENCH_ENGINE_SINK_H

#include "base/addr.h"

struct sink {
    int fd;
    uint16_t port;
    uint64_t received; /* datagrams */
};

/* Ends the program when there is no socket to be had. */
void sink_open(struct sink *s);
void sink_close(struct sink *s);
/* The address of viewer i < 65536. */
struct addr sink_addr(const struct sink *s, unsigned i);
/* The i of such an address. */
unsigned sink_index(const struct addr *a);
/* Read and count whatever has arrived. */
void sink_drain(struct sink *s);

#endif
