/* What a viewer checks of every packet of a stream without opening it: loss, order, duplicates,
 * and that no SRTP index is used for two different packets, which would break AES-GCM (RFC 7714
 * section 8.1). Owner: one viewer. */
#ifndef ORIEL_BENCH_LOAD_RX_STREAM_H
#define ORIEL_BENCH_LOAD_RX_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RX_WINDOW 512 /* packets, a power of two */

enum rx_verdict { RX_NEW, RX_LATE, RX_DUPLICATE, RX_REUSED, RX_TOO_OLD };

struct rx_stream {
    bool begun;
    uint8_t pt;
    uint32_t ssrc;
    uint64_t first, high; /* SRTP indices: rollover counter << 16 | seq */
    uint64_t received;    /* different packets */
    uint64_t late, duplicate, reused, too_old;
    uint64_t tag[RX_WINDOW]; /* index << 32 | last four bytes of the packet, 0 = none */
};

/* A packet with this sequence number, sealed, n >= 4 bytes. *ret_index is its SRTP index. A packet
 * that is further back than the window is too old to be judged. */
enum rx_verdict rx_stream_take(struct rx_stream *s, uint16_t seq, const uint8_t *packet, size_t n,
                               uint64_t *ret_index);
/* Packets between the first and the highest that have not come. */
uint64_t rx_stream_missing(const struct rx_stream *s);
/* The packet with this index, which was missing, has come by another way (RTX). */
void rx_stream_repair(struct rx_stream *s, uint64_t index);

#endif
