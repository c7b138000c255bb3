/* One source of a recording: packets in, frames with recording times out. Owner: the recorder
 * thread. */
#ifndef ORIEL_RECORDER_RECORDING_SOURCE_H
#define ORIEL_RECORDER_RECORDING_SOURCE_H

#include "base/list.h"
#include "recorder/depacketize_vp8.h"
#include "recorder/reorder.h"
#include "recorder/timeline.h"
#include "recorder/track.h"

struct recording;

struct rec_source {
    struct link in_recording;
    uint32_t id; /* tap source */
    uint8_t kind, codec;
    uint64_t participant;
    struct ntp_clock *clock; /* its participant's; owned by the recording */
    struct ntp_clock own;    /* when the recording has no room for one */
    struct reorder reorder;
    struct vp8_frames video;
    struct timeline line;
    us_t last; /* recording time of the last frame [us] */
    struct track track;
    bool tracked; /* has a track of its own */
};

/* NULL when there is none with this id. */
struct rec_source *rec_source_find(const struct recording *r, uint32_t id);
/* Note its track, if it has one, in the journal. */
void rec_source_note(struct recording *r, const struct rec_source *s);
/* The source of a tap message, made when it is new. NULL: a codec that is not recorded, too many
 * sources, or no memory. */
struct rec_source *rec_source_of(struct recording *r, const struct tap *t);
/* Takes over the packet; hands frames to recording_frame. */
void rec_source_rtp(struct recording *r, struct rec_source *s, const struct tap *t);
void rec_source_sr(struct recording *r, struct rec_source *s, const struct tap *t);
/* Hand on what is due; now US_NEVER: everything that is held. */
void rec_source_drain(struct recording *r, struct rec_source *s, us_t now);
/* Close its track, unlink and free it. Nothing is drained. */
void rec_source_remove(struct recording *r, struct rec_source *s);

#endif
