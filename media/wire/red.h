/* Redundant audio data (RFC 2198): a packet that also carries what packets before it carried, so
 * that a lost one is found in the next. Parsed in place, written as a header in front of what is
 * there. Stateless; every byte is checked before use. Thread: any. */
#ifndef ORIEL_MEDIA_WIRE_RED_H
#define ORIEL_MEDIA_WIRE_RED_H

#include "base/bytes.h"
#include "base/err.h"

#define RED_BLOCKS_MAX 8   /* redundant blocks of a packet; browsers send one or two */
#define RED_REPAIRS_MAX 3  /* of them, the newest, that are taken for what has not come */
#define RED_BACK_MAX 16383 /* [media clock] 14 bits: 341 ms at 48 kHz */
#define RED_LEN_MAX 1023   /* [bytes] of a redundant block: 10 bits */
#define RED_HEAD_BLOCK 4   /* [bytes] of the header for each redundant block, */
#define RED_HEAD_LAST 1    /* and for the primary one */

struct red_block {
    uint8_t pt;
    uint16_t back; /* [media clock] its timestamp is so much before that of its packet */
    struct bytes payload;
};

struct red {
    struct red_block redundant[RED_BLOCKS_MAX]; /* in their order: the oldest first */
    unsigned n;
    struct red_block primary; /* what the packet itself is; may be empty */
};

/* The payload of a packet. ERR_SHORT; ERR_FULL: more than RED_BLOCKS_MAX redundant blocks. The
 * views in *ret point into payload; it is untouched on failure. */
enum err red_parse(struct bytes payload, struct red *ret);
/* The header of a block of len bytes (1..RED_LEN_MAX) that is `back` (1..RED_BACK_MAX) older than
 * its packet; and that of the primary one, which ends the headers. The blocks follow in the order
 * of their headers. */
void red_write_block(struct wr *w, uint8_t pt, uint16_t back, uint16_t len);
void red_write_last(struct wr *w, uint8_t pt);

#endif
