/* The programme: one track that shows whom the stage showed and lets hear everybody. It is fed with
 * the frames of every source and takes the pictures of the one that is on, which wait a moment for
 * the sound of their time (held.h); all sound is mixed (mixdown.h). Owner: the recorder thread.
 * **After every message, programme_clock.** */
#ifndef ORIEL_RECORDER_CAPTURE_PROGRAMME_H
#define ORIEL_RECORDER_CAPTURE_PROGRAMME_H

#include "recorder/capture/held.h"
#include "recorder/capture/mixdown.h"

/* A frame whose time is so far ahead of its arrival is not taken: a source's clock may be wrong by
 * more, and pictures shown after it would find the time taken. Honest ones are ahead by as much as
 * their first packets were held up on the way. */
#define PROGRAMME_AHEAD (2 * US_PER_S)
/* Where no message comes, the programme's time is that of the thread less this: messages may be on
 * their way. */
#define PROGRAMME_QUIET US_PER_S

struct programme_config {
    enum codec video; /* in which pictures are expected */
    struct segment_limits limits;
    struct mixdown_config sound;
    us_t zero; /* [us] `now` of recording time 0 */
};

struct programme {
    struct track track;
    struct held held;
    struct mixdown sound;
    struct mixer_sink mixed;
    us_t zero;
    us_t now;              /* of the call under way */
    us_t behind;           /* [us] how old the last message was when it was taken */
    uint32_t stage, shown; /* wanted; taken now (changes at a key frame); 0 = nobody */
    uint32_t voice;        /* the loudest, as was told; 0: nobody */
};

/* Nothing is allocated; the sink is borrowed. *p stays where it is. */
void programme_init(struct programme *p, const struct programme_config *c,
                    const struct track_sink *sink);
/* Drops what waits. */
void programme_free(struct programme *p);
/* The stage shows another source from its next key frame on; 0: nothing. Here and below `at` is the
 * recording time of the event [us]: what is missing then ends there, for nothing is to be shown. */
void programme_stage(struct programme *p, uint32_t source, us_t at);
/* Another voice is the loudest. Everybody is heard all the same. */
void programme_voice(struct programme *p, uint32_t source);
/* A source sends nothing for now; when it goes on, pictures do from its next key frame on. */
void programme_pause(struct programme *p, uint32_t source, us_t at);
/* A source is gone. */
void programme_off(struct programme *p, uint32_t source, us_t at);
/* A frame of any source. One that is more than PROGRAMME_AHEAD early is a gap ("clock"), with
 * pictures up to the next key frame. */
void programme_frame(struct programme *p, us_t now, uint32_t source, const struct media_frame *f);
/* It is to be shown, and cannot be before its next key frame. */
bool programme_lacks_key(const struct programme *p, uint32_t source);
/* Media of a source was lost: a gap here, too, if it is on. */
void programme_lose(struct programme *p, uint32_t source, const struct track_loss *l);
/* A message that arrived at recording time `at` has been obeyed. */
void programme_clock(struct programme *p, us_t now, us_t at);
/* When to call programme_timeout. */
us_t programme_deadline(const struct programme *p);
void programme_timeout(struct programme *p, us_t now);
/* Packets of sound that are not in the mix, since it was asked last. */
uint64_t programme_lost(struct programme *p);
/* The recording ends: close everything. */
void programme_end(struct programme *p, us_t now, us_t at);

#endif
