/* The programme: one track that shows whom the stage showed and lets hear whom the tour heard. It
 * is fed with the frames of every source and takes those that are on. Owner: the recorder thread.
 */
#ifndef ORIEL_RECORDER_CAPTURE_PROGRAMME_H
#define ORIEL_RECORDER_CAPTURE_PROGRAMME_H

#include "recorder/capture/track.h"

/* A frame whose time is so far ahead of its arrival is not taken: a source's clock may be wrong by
 * more, and everybody who is heard or shown after it would find the time taken. Honest ones are
 * ahead by as much as their first packets were held up on the way. */
#define PROGRAMME_AHEAD (2 * US_PER_S)

struct programme {
    struct track track;
    uint32_t stage, shown; /* wanted; taken now (changes at a key frame); 0 = nobody */
    uint32_t voice;        /* 0 = whoever speaks first */
    uint32_t heard;        /* whose sound was written last */
};

/* Nothing is allocated; programme_init's sink is borrowed. Free p->track with track_free. */
void programme_init(struct programme *p, const struct segment_limits *limits,
                    const struct track_sink *sink);
/* The stage shows another source from its next key frame on; 0: nothing. Here and below `at` is the
 * recording time of the event [us]: what is missing then ends there, for nothing is to be shown. */
void programme_stage(struct programme *p, uint32_t source, us_t at);
/* Another voice is the loudest; 0 keeps the last one as long as it sends. */
void programme_voice(struct programme *p, uint32_t source);
/* A source sends nothing for now: another voice may be heard; when it goes on, pictures do from its
 * next key frame on. */
void programme_pause(struct programme *p, uint32_t source, us_t at);
/* A source is gone. */
void programme_off(struct programme *p, uint32_t source, us_t at);
/* A frame of any source. One that is more than PROGRAMME_AHEAD early is a gap ("clock"), with
 * pictures up to the next key frame. */
void programme_frame(struct programme *p, us_t now, uint32_t source, const struct media_frame *f);
/* Media of a source was lost: a gap here, too, if it is on. */
void programme_lose(struct programme *p, uint32_t source, const struct track_loss *l);

#endif
