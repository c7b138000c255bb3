/* The programme's sound: all voices of a recording, mixed (media/audio/mixer.h). Frames of sound
 * come in with recording times, packets of 20 ms of everybody go out, in order of time.
 *
 * DESIGN. A time is mixed when everybody has had the chance to be heard in it. Time is that of the
 * newest message of the tour (its arrival), not of the thread, which may be behind. A voice is
 * waited for to the end of what it said last, for as long as it sends: at most until `lag` after it
 * was heard last, which is how long its packets may wait for a missing one, and some more; and
 * never longer than MIXDOWN_BEHIND. Somebody new may be MIXDOWN_NEW late. So a voice whose times
 * are always behind its arrival holds up everybody a little rather than being lost, and one that is
 * silent, or gone, holds up nobody. What comes later is missing in the mix, and a gap ("late"); the
 * source's own track has it. What its sender says is inaudible is silence in the mix, and no gap.
 * Sound goes on from the first voice as long as anything of the tour comes; where nothing came for
 * longer than MIXDOWN_PAUSE, there is none. Owner: the recorder thread. */
#ifndef ORIEL_RECORDER_CAPTURE_MIXDOWN_H
#define ORIEL_RECORDER_CAPTURE_MIXDOWN_H

#include "base/list.h"
#include "media/audio/mixer.h"
#include "recorder/capture/track.h"

#define MIXDOWN_NEW (500 * US_PER_MS)
#define MIXDOWN_LAG (400 * US_PER_MS) /* beyond what packets wait for missing ones */
#define MIXDOWN_BEHIND (3 * US_PER_S)
#define MIXDOWN_PAUSE (2 * US_PER_S)

struct mixdown_config {
    us_t reorder_wait; /* [us] that a packet may wait for one before it */
    uint32_t bitrate;  /* [bit/s] 0: the mixer's default */
    uint32_t voices;   /* at once; 0: the mixer's default */
};

struct mixdown {
    struct mixdown_config c;
    struct mixer *mixer;           /* NULL: nobody was heard yet */
    const struct mixer_sink *sink; /* borrowed; output 1 is the only one */
    const struct track *track;     /* borrowed: whose gaps are noted */
    struct link voices;
    us_t behind;           /* [us] the mix is not further behind */
    us_t clock;            /* recording time of the newest message [us] */
    us_t final;            /* what is before is mixed, or was nobody's [us] */
    uint64_t lost;         /* packets of sound that are not in the mix */
    struct track_gap gone; /* what of them was of sources that send nothing any more */
};

/* Nothing is allocated. */
void mixdown_init(struct mixdown *m, const struct mixdown_config *c, const struct mixer_sink *sink,
                  const struct track *track);
/* Safe on an initialised one. */
void mixdown_free(struct mixdown *m);
/* Sound of a source. What cannot be in the mix is a gap until sound of this source is. */
void mixdown_frame(struct mixdown *m, uint32_t source, const struct media_frame *f);
/* Sound of a source was lost before. */
void mixdown_lose(struct mixdown *m, uint32_t source, const struct track_loss *l);
/* Sound of a source that was taken for the mix and is not in it (of the mixer's sink). */
void mixdown_lost(struct mixdown *m, uint32_t source, const struct mixer_lost *l);
/* A source sends nothing for now, from recording time `at` on. */
void mixdown_off(struct mixdown *m, uint32_t source, us_t at);
/* It is recording time `at` (never back): give out what is final. */
void mixdown_clock(struct mixdown *m, us_t at);
/* Up to where sound was given out; US_NEVER: there is none yet, and nothing to wait for. */
us_t mixdown_at(const struct mixdown *m);
/* Sound waits to be given out. */
bool mixdown_waits(const struct mixdown *m);
/* The recording ends at `at`: give out everything. */
void mixdown_end(struct mixdown *m, us_t at);

#endif
