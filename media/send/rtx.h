/* RTX packets to a viewer (RFC 4588 section 4): the head of one, up to and including the original
 * sequence number; the payload of the original follows it. The stream's own index advances with
 * every packet. Owner: one worker. */
#ifndef ORIEL_MEDIA_SEND_RTX_H
#define ORIEL_MEDIA_SEND_RTX_H

#include "media/wire/rtp.h"

#include <stddef.h>

struct send_rtx {
    uint64_t next; /* next SRTP index; begin below 2^15 (RFC 3711 section 3.3.1) */
    uint32_t ssrc;
    uint8_t pt; /* 0 = RTX not negotiated */
};

/* Append header, extensions and OSN of the retransmission of *original (our outgoing header: seq,
 * ts, marker and padding are read) to out. Returns the length and takes the next index, which is
 * then send_rtx_index; 0 when there is no room or an extension is out of range: nothing is taken.
 */
size_t send_rtx_head(struct send_rtx *x, struct wr *out, const struct rtp *original,
                     const struct rtp_write_ext ext[], size_t n_ext);
/* The index that the last send_rtx_head took. */
static inline uint64_t send_rtx_index(const struct send_rtx *x) {
    return x->next - 1;
}

#endif
