/* Pictures of the programme that wait for the sound of their time, so that both come into a segment
 * in order: sound is mixed only when everybody has had a chance to be heard. What happens to the
 * pictures meanwhile (losses, and their end) waits in line. Owner: the recorder thread. */
#ifndef ORIEL_RECORDER_CAPTURE_HELD_H
#define ORIEL_RECORDER_CAPTURE_HELD_H

#include "base/list.h"
#include "recorder/capture/track.h"

#define HELD_BYTES_MAX (8u << 20) /* [bytes] beyond, pictures do not wait */

struct held {
    struct link items;
    size_t bytes;
    struct track *track; /* borrowed */
};

/* Make it empty; nothing is allocated. */
void held_init(struct held *h, struct track *track);
/* Drops what waits. */
void held_free(struct held *h);
/* A picture, copied. One that the track cannot take is a gap until the next key frame. Without
 * memory, or room, nothing waits any more, here and below. */
void held_frame(struct held *h, us_t now, const struct media_frame *f);
/* A loss (track_lose). */
void held_lose(struct held *h, us_t now, const struct track_loss *l);
/* No picture is to come for now (track_settle). */
void held_settle(struct held *h, us_t now, us_t at);
/* Hand on what is before recording time `until`, in the order in which it came. */
void held_release(struct held *h, us_t now, us_t until);

#endif
