/* Waiting for sockets, in two classes. Eager ones (HTTP, clients that are joining) are served the
 * moment they are ready. Bulk ones (clients that get media) are swept at a fixed pace: packets
 * collect in their sockets meanwhile and are read many at a time, which keeps the generator's own
 * CPU low, and the sender pays for no wake-ups that no network would cause either. Nothing is
 * measured by the moment of reading: the kernel stamps datagrams as they arrive.
 * Owner: the generator's only thread. */
#ifndef ORIEL_BENCH_LOAD_LOOP_H
#define ORIEL_BENCH_LOAD_LOOP_H

#include "base/time.h"

#include <stdbool.h>
#include <stdint.h>

struct loop_source {
    void (*ready)(void *ctx, uint32_t events); /* EPOLLIN, EPOLLOUT ... */
    void *ctx;
};

struct loop {
    int eager, bulk; /* epoll sets */
    us_t pace;       /* between sweeps of the bulk set */
    us_t swept_at;
};

/* Ends the program when there are no descriptors to be had, as everything here. */
void loop_open(struct loop *l);
void loop_close(struct loop *l);
/* Watch fd for events in the eager set; the source is the caller's until loop_remove. */
void loop_add(struct loop *l, int fd, uint32_t events, struct loop_source *s);
/* Change the events of an eager fd. */
void loop_change(struct loop *l, int fd, uint32_t events, struct loop_source *s);
/* Move fd, watched for EPOLLIN, to the bulk set. */
void loop_to_bulk(struct loop *l, int fd, struct loop_source *s);
/* Stop watching; closing fd does so too. */
void loop_remove(struct loop *l, int fd);
/* Serve what is ready, waiting for it until `until` at the longest. */
void loop_turn(struct loop *l, us_t until);

#endif
