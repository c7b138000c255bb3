/* What repairs one lost packet of a few that follow each other, without a round trip: their XOR
 * (flexible FEC, draft-ietf-payload-flexible-fec-scheme-03, which browsers call flexfec-03; RFC
 * 8627 has another header). Written, never read: we only send it. No state of the library; thread:
 * any. */
#ifndef ORIEL_MEDIA_WIRE_FLEXFEC_H
#define ORIEL_MEDIA_WIRE_FLEXFEC_H

#include "base/bytes.h"

#include <stdbool.h>
#include <stdint.h>

#define FLEXFEC_SPAN 15       /* packets that the shortest mask reaches (section 4.2.2.1) */
#define FLEXFEC_HEADER 20     /* [bytes] with that mask, for one protected stream */
#define FLEXFEC_BODY_MAX 1240 /* [bytes] behind the fixed header, of a packet that is protected */

/* Some packets of one stream, summed up. Zeroed: none. */
struct flexfec {
    unsigned n;                     /* packets in it */
    uint16_t base, mask;            /* sequence number of the first; which of the 15 from there */
    uint8_t head[2];                /* XOR of P, X, CC and of M, PT */
    uint16_t length;                /* XOR of the lengths behind the fixed header */
    uint32_t ts;                    /* XOR of the timestamps */
    uint32_t ssrc;                  /* of the protected stream */
    size_t len;                     /* [bytes] of body: the longest */
    uint8_t body[FLEXFEC_BODY_MAX]; /* XOR of all behind the fixed header */
};

/* May a packet of this sequence number, with so many bytes behind its fixed header, still join? */
bool flexfec_takes(const struct flexfec *f, uint16_t seq, size_t len);
/* It joins; flexfec_takes must have agreed. header: the RTP header, with what is written into it
 * only when it is sent (the transport-wide sequence number) as zeros, as browsers put it back; the
 * payload follows in n pieces. */
void flexfec_add(struct flexfec *f, struct bytes header, const struct bytes *piece, unsigned n);
/* The header of section 4.2 into out; f->body follows it as the rest of the payload. */
void flexfec_write_header(const struct flexfec *f, uint8_t out[FLEXFEC_HEADER]);

#endif
