/* Continuity of VP8 picture ids (7 or 15 bits) and TL0PICIDX (RFC 7741 section 4.2) in a slot that
 * changes its source, or does not show every picture of it. A zeroed struct is ready. Owner: one
 * worker.
 *
 * Pictures of upper temporal layers may be left out. libwebrtc waits for each picture id that it
 * has not seen before it decodes what may depend on it, so the ids close up; which pictures were
 * left out is remembered for a while, because what is sent again must have the id it had. Where an
 * id that has changed would do harm (stream_is_whole) nothing may be left out. */
#ifndef ORIEL_MEDIA_SEND_REWRITE_VP8_H
#define ORIEL_MEDIA_SEND_REWRITE_VP8_H

#include "media/wire/vp8.h"

#define VP8_LEFT_OUT 256 /* pictures remembered: 4 s of 60 a second */
#define VP8_TEMPORAL_ALL 3

struct rewrite_vp8_numbers { /* what a rebuilt stream goes on with */
    uint16_t picture_id;     /* newest sent, 15 bits */
    uint16_t picture_id_offset;
    uint8_t tl0picidx; /* newest sent */
    uint8_t tl0picidx_offset;
};

struct rewrite_vp8 {
    struct rewrite_vp8_numbers is;
    uint8_t temporal; /* layers up to this one are shown now */
    bool counts;      /* newest is valid */
    uint16_t newest;  /* picture id of the source, of which is known whether it is shown */
    uint64_t left_out[VP8_LEFT_OUT / 64]; /* by picture id of the source, back from newest */
};

/* The stream begins: the next rewrite_vp8_switch, to this descriptor, leaves its numbers as they
 * are.
 */
void rewrite_vp8_begin(struct rewrite_vp8 *r, const struct vp8 *d);
/* The slot switches to a source at the packet with descriptor d: its picture follows the newest
 * one by one. */
void rewrite_vp8_switch(struct rewrite_vp8 *r, const struct vp8 *d);
/* Is the picture of this packet shown, if layers up to `wanted` are to be? What goes less is obeyed
 * with the next picture, what goes more with the next one that needs only what is shown already (Y
 * bit). A source without temporal layers, or with picture ids of 7 bits, is shown as a whole. */
bool rewrite_vp8_shows(struct rewrite_vp8 *r, const struct vp8 *d, uint8_t wanted);
/* Has the picture of this packet been left out? Not known of what is older than is remembered. */
bool rewrite_vp8_left_out(const struct rewrite_vp8 *r, const struct vp8 *d);
/* The numbers for a packet of the bound source, new or retransmitted; to be passed to
 * picture_ids_write. *ret_picture_id fits the width that d has. */
void rewrite_vp8_map(struct rewrite_vp8 *r, const struct vp8 *d, uint16_t *ret_picture_id,
                     uint8_t *ret_tl0picidx);
/* Go on with numbers of a snapshot, whatever they are. */
void rewrite_vp8_import(struct rewrite_vp8 *r, const struct rewrite_vp8_numbers *saved);
/* More pictures may have been sent after it: leave out as many numbers as that can have been, fewer
 * than would look like a step back in either width. A switch must follow. */
void rewrite_vp8_rejoin(struct rewrite_vp8 *r, const struct rewrite_vp8_numbers *saved);

#endif
