/* Continuity of VP8 picture ids (7 or 15 bits) and TL0PICIDX (RFC 7741 section 4.2) in a slot that
 * changes its source. A zeroed struct is ready. Owner: one worker. */
#ifndef ORIEL_MEDIA_SEND_REWRITE_VP8_H
#define ORIEL_MEDIA_SEND_REWRITE_VP8_H

#include "media/wire/vp8.h"

struct rewrite_vp8 {
    uint16_t picture_id; /* newest sent, 15 bits */
    uint16_t picture_id_offset;
    uint8_t tl0picidx; /* newest sent */
    uint8_t tl0picidx_offset;
};

/* The stream begins: the next rewrite_vp8_switch, to this descriptor, leaves its numbers as they
 * are.
 */
void rewrite_vp8_begin(struct rewrite_vp8 *r, const struct vp8 *d);
/* The slot switches to a source at the packet with descriptor d: its picture follows the newest
 * one by one. */
void rewrite_vp8_switch(struct rewrite_vp8 *r, const struct vp8 *d);
/* The numbers for a packet of the bound source, new or retransmitted; to be passed to
 * vp8_rewrite. *ret_picture_id fits the width that d has. */
void rewrite_vp8_map(struct rewrite_vp8 *r, const struct vp8 *d, uint16_t *ret_picture_id,
                     uint8_t *ret_tl0picidx);
/* Go on with numbers of a snapshot, whatever they are. */
void rewrite_vp8_import(struct rewrite_vp8 *r, const struct rewrite_vp8 *saved);
/* More pictures may have been sent after it: leave out as many numbers as that can have been, fewer
 * than would look like a step back in either width. A switch must follow. */
void rewrite_vp8_rejoin(struct rewrite_vp8 *r, const struct rewrite_vp8 *saved);

#endif
