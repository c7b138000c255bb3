/* One receiving m-line of a viewer: which source fills it, and the one continuous stream that comes
 * out of it. A video slot that is to show another source keeps the old one for up to a second,
 * until the new one's key frame arrives. Owner: the peer. */
#ifndef ORIEL_MEDIA_SLOT_H
#define ORIEL_MEDIA_SLOT_H

#include "media/engine.h"
#include "media/send/limit.h"
#include "media/send/rewrite.h"
#include "media/send/rewrite_vp8.h"
#include "media/send/rtx.h"

#define SLOT_HOLD (1 * US_PER_S) /* [us] the old source is shown while the new one is awaited */

/* A slot's place in the list of a source's slots. */
struct sub {
    struct link link;
    struct slot *slot;
    struct source *source; /* NULL = not used */
};

struct slot {
    struct peer *peer;
    struct session_line s;
    struct sub subs[2];
    uint8_t shown;   /* index of the sub that is forwarded; the other one awaits a key frame */
    bool fresh;      /* the shown source has not sent a packet through this slot yet */
    us_t hold_until; /* [us] see SLOT_HOLD */
    uint32_t resume; /* ssrc of a source that is still to be adopted, 0 = none */
    uint64_t told;   /* participant last reported by MEDIA_SLOT_CHANGED */
    uint8_t told_kind;
    uint32_t packets, octets; /* for sender reports */
    struct rewrite rewrite;
    struct rewrite_vp8 vp8;
    struct send_rtx rtx;
    struct send_limit limit;
};

/* In place, in the zeroed memory of its peer; nothing is shown. */
void slot_init(struct slot *s, struct peer *p, const struct session_line *line);
/* What it shows or is about to show; NULL = nothing. */
struct source *slot_intent(const struct slot *s);
/* The source whose packets go out now; NULL = none. */
static inline struct source *slot_shown(const struct slot *s) {
    return s->subs[s->shown].source;
}
/* The slot's sub for this source, or NULL when it neither shows nor awaits it. */
struct sub *slot_sub(struct slot *s, const struct source *source);
/* Show this source (NULL = nothing), from its next key frame on if it is video. */
void slot_show(struct slot *s, us_t now, struct source *source);
/* Go on with a source in the middle of its stream, after an adoption. */
void slot_resume(struct slot *s, struct source *source);
/* The source is no more (or has begun anew): forget it, without a choice of another. */
void slot_forget(struct slot *s, struct source *source);
/* Fill ret with MEDIA_SLOT_CHANGED when what it shows is not what was last told. */
bool slot_take_change(struct slot *s, struct media_event *ret);
/* Ask what it awaits (else shows) for a key frame. */
void slot_need_keyframe(struct slot *s, us_t now);
/* A packet of sub's source reaches the slot: may it go out, and where to? Switches the slot when
 * the packet begins the awaited key frame. */
bool slot_map(struct sub *sub, us_t now, const struct fanout *f, struct rewrite_out *ret);
/* The clock rate of the slot's stream [Hz]. */
uint32_t slot_rate(const struct slot *s);

#endif
