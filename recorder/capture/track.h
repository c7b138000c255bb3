/* One stream being written: the open segment of a track, cut and handed on, epoch by epoch. An
 * epoch is one file: another codec, or parameters that its header cannot carry (container.h), begin
 * the next at a key frame. An epoch is told with its first segment, when it is known what it holds
 * and when it began: pictures often come after the sound. The programme is such a track too. Owner:
 * the recorder thread. */
#ifndef ORIEL_RECORDER_CAPTURE_TRACK_H
#define ORIEL_RECORDER_CAPTURE_TRACK_H

#include "recorder/container/container.h"
#include "recorder/container/mux.h"
#include "recorder/container/segment.h"
#include "recorder/journal/journal.h"

#define TRACK_EPOCHS_MAX 4096  /* of a track; a key frame that needs one more is not taken */
#define TRACK_EPOCHS_AT_ONCE 8 /* that follow each other sooner than limits.min, before a pause */

/* Where finished things go. */
struct track_sink {
    void *ctx;
    /* False: it could not be noted, and so no segment of it may be; it is told again with the next.
     */
    bool (*epoch)(void *ctx, const struct entry_epoch *e);
    /* False: the segment was not taken, and its number stays free. The media's memory may be taken
     * over by leaving *media empty. */
    bool (*segment)(void *ctx, const struct entry_segment *e, struct buffer *media);
    /* Something is missing from recording time `at` on. */
    void (*gap)(void *ctx, const struct entry_gap *e, us_t at);
};

/* Media that was sent and is not in the track. */
struct track_loss {
    uint8_t stream;    /* enum stream */
    us_t at;           /* recording time from which it may be missing, at the earliest [us] */
    uint32_t packets;  /* missing, as far as known */
    const char *cause; /* of entry_gap; lives as long as the program */
};

/* A gap that is open lasts until a frame is written. One that is done waits a moment: another loss
 * soon after makes it longer, so that the number of gaps is bounded whatever is lost. */
struct track_gap {
    bool open, done;
    us_t since, until; /* [us] */
    uint32_t packets;
    const char *cause;
};

struct track {
    struct id id;
    const struct track_sink *sink; /* borrowed */
    struct segment_limits limits;
    uint8_t video, audio; /* enum codec of what it may carry; video: of the last key frame, until
                             then what is expected */
    bool from_zero;       /* time 0 of the first epoch is that of the recording */
    bool waiting;         /* for a key frame, as something is missing before */
    /* The epoch. */
    struct mux_spec spec; /* without init, which is below */
    uint32_t epoch;       /* its number */
    uint32_t next_number; /* of its next segment */
    bool told;            /* the sink knows it */
    bool settled;         /* its video codec will not change any more */
    bool loose;           /* key frames carry their parameter sets themselves */
    uint16_t init_n;
    uint8_t init[CONTAINER_INIT_MAX];
    us_t began;      /* time of its first frame, -1 before that */
    us_t paid;       /* epochs so far, each worth limits.min, are paid for by then [us] */
    us_t opened;     /* when the open segment got its first frame [us] */
    us_t video_last; /* time of the last video frame, -1 before the first */
    us_t video_step; /* distance of the last two */
    us_t audio_last, audio_end;
    struct segment open;
    uint64_t skipped;         /* frames not written */
    const char *refused;      /* why the last of these was: cause of entry_gap */
    struct track_gap gaps[2]; /* by enum stream */
};

struct track_config {
    struct id id;
    enum codec video, audio; /* CODEC_NONE: it carries none */
    bool from_zero;
    struct segment_limits limits;
    const struct track_sink *sink;
};
/* Nothing is allocated. */
void track_init(struct track *t, const struct track_config *c);
/* Add a frame; closes the open segment when this one begins the next. Video that is not later than
 * the last is moved behind it, sound that overlaps the last is dropped, and so is what belongs
 * before an epoch that was told. A new epoch costs limits.min of time, and TRACK_EPOCHS_AT_ONCE of
 * them are lent, for an encoder that finds its size in the first seconds and a stage that changes
 * hands quickly; a key frame that needs another one sooner is dropped, with what refers to it. So
 * whoever sends does not decide how many epochs and segments there are. False: it is not in the
 * track, t->refused says why; whoever knows whether that is a loss says so by track_lose. */
bool track_frame(struct track *t, us_t now, const struct media_frame *f);
/* Media of the track was lost: a gap, from the end of what was written last (not before l->at)
 * until a frame of this stream is written. */
void track_lose(struct track *t, const struct track_loss *l);
/* Nothing more of this stream comes for now: an open gap of it ends at recording time `at`. */
void track_settle(struct track *t, enum stream stream, us_t at);
/* Gaps of a track that are not of its own frames: sound of one voice that is missing in a mix. `at`
 * and `since` are recording times. Something is missing from `since` on; */
void track_gap_lose(const struct track *t, struct track_gap *g, us_t since,
                    const struct track_loss *l);
/* what is missing ended at `until`, and what follows was there already; */
void track_gap_between(const struct track *t, struct track_gap *g, us_t until,
                       const struct track_loss *l);
/* it goes on; */
void track_gap_go_on(const struct track *t, struct track_gap *g, us_t at);
/* nothing more comes for now; */
void track_gap_settle(const struct track *t, struct track_gap *g, us_t at);
/* time has come so far: what is over may be handed on. */
void track_gap_pass(const struct track *t, struct track_gap *g, us_t at);
/* Close the open segment, if any. */
void track_close(struct track *t);
/* When the open segment must be closed although no frame comes. */
us_t track_deadline(const struct track *t);
void track_timeout(struct track *t, us_t now);
void track_free(struct track *t);

#endif
