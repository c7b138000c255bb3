/* One source of a recording: packets in, frames with recording times out. Owner: the recorder
 * thread. */
#ifndef ORIEL_RECORDER_CAPTURE_RECORDING_SOURCE_H
#define ORIEL_RECORDER_CAPTURE_RECORDING_SOURCE_H

#include "base/list.h"
#include "recorder/capture/asking.h"
#include "recorder/capture/track.h"
#include "recorder/timeline/depacketizer.h"
#include "recorder/timeline/reorder.h"
#include "recorder/timeline/timeline.h"

struct recording;
struct recording_person;

/* A source may pause and go on: the tap says that it is off and on again, with the same id or, when
 * the participant came back by another session, with another. It keeps its track. A paused source
 * holds no packets, and its segment is closed when it is due, not before. */
struct rec_source {
    struct link in_recording;
    uint32_t id; /* tap source */
    uint64_t tour;
    uint8_t kind, codec;
    uint64_t participant;
    struct recording_person *person; /* NULL: the recording has no room for one */
    struct ntp_clock *clock;         /* the person's, or its own */
    struct ntp_clock own;
    struct reorder reorder;
    struct depacketizer video;
    struct timeline line;
    us_t from;        /* recording time of the first packet since it is on [us], -1: none yet */
    uint32_t missing; /* packets given up of which it is not known yet whether they matter */
    bool lost;        /* of pictures: something was, since the last one that could be shown */
    struct asking asking;
    struct track track;
    bool tracked; /* has a track of its own */
    bool paused;
    us_t paused_at; /* recording time [us] */
    us_t sr_next;   /* [us] a further sender report is noted from then on */
    uint32_t noted; /* the id under which the journal knows the track last */
    us_t note_next; /* [us] another one is noted from then on */
};

/* NULL when there is none with this id. */
struct rec_source *rec_source_find(const struct recording *r, uint32_t id);
/* Note its track, if it has one, in the journal. */
void rec_source_note(struct recording *r, struct rec_source *s);
/* The source of a tap message. A new one goes on with the track of a paused one of the same person
 * and kind, or is made; the one that paused first makes room when a limit is reached. NULL: a codec
 * that is not recorded, too many sources, or no memory. */
struct rec_source *rec_source_of(struct recording *r, const struct tap *t);
/* The source whose link this is in recorder_core.asking. */
static inline struct rec_source *rec_source_asking(struct link *l) {
    return CONTAINER_OF(l, struct rec_source, asking.due);
}
/* It stops sending for now: what is held goes to its track. Twice does no harm. */
void rec_source_pause(struct recording *r, struct rec_source *s, const struct tap *t);
/* It sends again; nothing happens when it was not paused. */
void rec_source_resume(struct recording *r, struct rec_source *s, const struct tap *t);
/* What is missing is missing until recording time `at`: it is to send nothing more. */
void rec_source_settle(struct rec_source *s, us_t at);
/* What is due at `now`: packets that need not be waited for any more, a segment to be closed. */
void rec_source_timeout(struct recording *r, struct rec_source *s, us_t now);
/* Of TAP_RTP or TAP_SKIP. Takes over the packet; its frames go to the track and the programme. */
void rec_source_rtp(struct recording *r, struct rec_source *s, const struct tap *t);
void rec_source_sr(struct recording *r, struct rec_source *s, const struct tap *t);
/* Hand on what is due; now US_NEVER: everything that is held. */
void rec_source_drain(struct recording *r, struct rec_source *s, us_t now);
/* Close its track, unlink and free it. Nothing is drained. */
void rec_source_remove(struct recording *r, struct rec_source *s);

#endif
