/* Which m-line is what: from a join's lists, or by the rules of WHIP and WHEP. */
#ifndef ORIEL_SIGNALING_SDP_PLAN_H
#define ORIEL_SIGNALING_SDP_PLAN_H

#include "signaling/sdp/sdp.h"

#define WANTS_MAX (SOURCE_KIND_COUNT - 1 + SESSION_SLOTS_MAX)

/* What a client wants an m-line to be; exactly one of source and slot is set. */
struct want {
    char mid[MID_MAX + 1];
    uint8_t source, slot; /* enum source_kind, enum slot_kind */
};

struct wants {
    uint8_t n;
    struct want at[WANTS_MAX];
};

/* The same by m-line of one offer. */
struct plan_line {
    uint8_t source, slot, index;
};
struct plan {
    struct plan_line at[SDP_MEDIA_MAX];
};

/* Wants of a join matched to the offer's lines. CODE_BAD_FIELD with *field "sources" or "slots": a
 * mid that is not offered or named twice, a kind twice, a line of the wrong medium or direction. */
enum code plan_wants(const struct sdp *offer, const struct wants *w, struct plan *ret,
                     const char **field);
/* WHIP: the first audio and video lines offered for sending. */
void plan_whip(const struct sdp *offer, struct plan *ret);
/* WHEP: the first audio and video lines offered for receiving. */
void plan_whep(const struct sdp *offer, struct plan *ret);

#endif
