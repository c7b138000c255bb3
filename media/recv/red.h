/* Which packet is a redundant block (RFC 2198)? A block says how much older it is, not which number
 * it had. It is found by time: so many packets of its length back, or, where silence lies between
 * that was not sent (DTX), as many packets back as it stands in the packet; and it must fit between
 * the packets that have come. What cannot be told is left alone: another packet's number would
 * keep that one out. Owner: one worker; lives in the stream's books. */
#ifndef ORIEL_MEDIA_RECV_RED_H
#define ORIEL_MEDIA_RECV_RED_H

#include <stdbool.h>
#include <stdint.h>

#define RECV_RED_KNOWN 16 /* packets that are remembered, power of two */

struct recv_red { /* zeroed: none has come */
    struct {
        uint32_t seq; /* low half of the extended sequence number */
        uint32_t ts;  /* [media clock] */
    } known[RECV_RED_KNOWN];
    unsigned n; /* that came, modulo 2^32 */
};

/* A packet has come, by itself or as a redundant block. */
void recv_red_note(struct recv_red *x, uint64_t seq, uint32_t ts);

struct recv_red_block {
    uint64_t seq;    /* extended, of the packet that carries it */
    uint32_t ts;     /* [media clock] of that packet */
    uint16_t back;   /* [media clock] the block is so much older */
    uint16_t nth;    /* of the blocks in it, counted from the primary: 1 = the newest */
    uint32_t length; /* [media clock] of its sound */
};
/* The extended sequence number of a block that is missing. False: it has come, or it cannot be
 * told which it is. */
bool recv_red_place(const struct recv_red *x, const struct recv_red_block *b, uint64_t *ret_seq);

#endif
