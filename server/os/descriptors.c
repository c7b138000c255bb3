#include "server/os/descriptors.h"

#define RESERVE 512 /* files of recordings, sockets of workers and stores, pipes, epoll sets */

uint32_t descriptors_for_tcp(const struct descriptors *d, uint32_t wanted) {
    uint64_t others = (uint64_t)d->connections + RESERVE;
    uint64_t left = d->limit > others ? d->limit - others : 0;
    left = left > d->limit / 4 ? left : d->limit / 4;
    uint64_t each = left / d->workers;
    each = each > 0 ? each : 1;
    return each < wanted ? (uint32_t)each : wanted;
}
