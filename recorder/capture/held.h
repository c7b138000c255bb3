/* Pictures of the programme that wait for the sound of their time, so that both come into a segment
 * in order: sound is mixed only when everybody has had a chance to be heard. What happens to the
 * pictures meanwhile (losses, and their end) waits in line. Owner: the recorder thread. */
#ifndef ORIEL_RECORDER_CAPTURE_HELD_H
#define ORIEL_RECORDER_CAPTURE_HELD_H

#include "base/list.h"
#include "recorder/capture/track.h"

#define HELD_BYTES_MAX (8u << 20) /* [bytes] of pictures that wait */

struct held {
    struct link items;
    size_t bytes;
    struct track *track; /* borrowed */
    uint32_t keys;       /* key frames of these */
    bool waiting;        /* one found no room: for a key frame that does */
    /* Behind the items: */
    bool lossy;
    struct track_loss loss; /* what was lost there, when lossy */
};

/* Make it empty; nothing is allocated. */
void held_init(struct held *h, struct track *track);
/* Drops what waits. */
void held_free(struct held *h);
/* A picture, copied. One that the track cannot take is a gap until the next key frame, and so is
 * one for which there is no room or memory ("limit"): pictures never overtake the sound. */
void held_frame(struct held *h, const struct media_frame *f);
/* Nothing more can be shown before a key frame. */
bool held_lacks_key(const struct held *h);
/* A loss (track_lose). */
void held_lose(struct held *h, const struct track_loss *l);
/* No picture is to come for now (track_settle). Without memory it does not wait. */
void held_settle(struct held *h, us_t now, us_t at);
/* Hand on what is before recording time `until`, in the order in which it came. */
void held_release(struct held *h, us_t now, us_t until);

#endif
