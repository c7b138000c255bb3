/* One recording of one tour: its sources, its tracks, and what it hands on to the writer.
 * recorder.c keeps a list of them. Private to recorder.c and recording*.c. Owner: the recorder
 * thread. */
#ifndef ORIEL_RECORDER_CAPTURE_RECORDING_H
#define ORIEL_RECORDER_CAPTURE_RECORDING_H

#include "recorder/capture/programme.h"
#include "recorder/capture/recorder.h"
#include "recorder/capture/recording_source.h"
#include "recorder/writer/job.h"

/* People who are known at once. Who left makes room; what is beyond goes without. */
#define RECORDING_PEOPLE_MAX 4096
/* What is handed on and not stored yet, of all recordings together. One may have as much as it
 * leaves free, at most a half: so there is something left for the next, and what one cannot store
 * is no loss of another. */
#define RECORDER_MEDIA_MAX (128u << 20) /* [bytes] of write_job_cost */
#define RECORDER_LINES_MAX 24576        /* lines of journals, some 60 MiB */

/* What all recordings share. */
struct recorder_core {
    struct recorder_config c;
    struct recorder_counters n;
    uint64_t handles;      /* given to recordings so far */
    struct link jobs;      /* for the writer, oldest first */
    struct link asking;    /* sources of which a key frame is to be asked for */
    size_t waiting, lines; /* handed on and not stored yet: media [bytes], lines */
};

/* Entries about one thing that may come faster than is worth noting: the latest one waits. */
struct recording_pace {
    us_t next; /* [us] a further entry is noted from then on */
    bool held;
    us_t t; /* recording time of the entry held */
    struct entry_person person;
};

/* What a participant's sources share. */
struct recording_person {
    struct link in_recording;
    uint64_t participant;
    struct ntp_clock clock;
    uint32_t tracks;             /* made in this recording */
    char consent[33];            /* version of the text agreed to; empty: none, or withdrawn */
    us_t next;                   /* [us] what changes is noted from then on */
    struct recorder_order *held; /* the last change, until then; NULL: none */
    us_t held_t;                 /* its recording time [us] */
    struct recording_pace mutes[SOURCE_KIND_COUNT];
    bool left; /* said last: nothing of them is needed, should there be no room for another */
};

/* Entries of the tour of a kind that changes many times in a second: the latest one waits. */
struct recording_said {
    us_t next; /* [us] a further entry is noted from then on */
    us_t t;    /* recording time of the entry held */
    uint64_t participant;
    struct recorder_said *held; /* NULL: none */
};

/* Messages that were refused since it was last noted. */
struct recording_refused {
    us_t next;  /* [us] it is noted from then on */
    us_t since; /* recording time of the first [us] */
    uint32_t messages;
};

struct recording {
    struct link in_recorder;
    struct recorder_core *core;
    uint64_t tour;
    uint64_t handle;             /* by which the writer knows it */
    struct id id;                /* ID_NONE until it has begun */
    struct recorder_order start; /* names */
    struct write_job *end;       /* NULL: handed on. Without memory there must be an end, too */
    us_t zero;                   /* [us] `now` of recording time 0: of the order to start */
    wall_t wall;                 /* the same on the wall clock */
    us_t stopped;                /* [us] when the order to stop came; US_NEVER: not yet */
    bool ending, ended;          /* nothing more is taken; everything is stored */
    bool say_started, say_state, say_stopped; /* events not yet asked for */
    uint8_t error;                            /* enum err, of failing */
    bool superseded; /* the tour has a newer one: this one tells only the log */
    bool failing;
    size_t waiting, lines; /* its part of the core's */
    struct track_sink sink;
    struct programme programme;
    struct link sources, people;
    uint32_t n_sources, n_people;
    uint32_t tracks; /* made so far, without the programme */
    struct recording_pace stage, voice, pause;
    struct recording_said pointer, view;
    struct recording_refused refused;
    us_t people_next; /* [us] the first change of a person that is held back is due */
    uint32_t unnoted; /* lines for which there was no room, since the last that had some */
    us_t now;         /* of the call under way */
};

/* Begin. NULL without memory. */
struct recording *recording_new(struct recorder_core *core, us_t now, wall_t wall,
                                const struct recorder_order *o);
/* NULL allowed; returns NULL. */
struct recording *recording_free(struct recording *r);
/* A participant joined or left, or a mark was set. */
void recording_order(struct recording *r, us_t now, const struct recorder_order *o);
/* Takes over the tap's packet. */
void recording_tap(struct recording *r, us_t now, const struct tap *t);
us_t recording_deadline(const struct recording *r);
void recording_timeout(struct recording *r, us_t now);
/* The order to stop. Taps that were sent before it may still be on their way, so it ends when every
 * source has said that it is off, and at the latest a second later. */
void recording_stop(struct recording *r, us_t now);
/* Close everything now and hand it on; twice does no harm. */
void recording_end(struct recording *r, us_t now);

/* For recording*.c: what is known of a participant; NULL: without memory, or too many people. */
struct recording_person *recording_person_of(struct recording *r, uint64_t participant);
/* For recording*.c: note an entry at recording time t. False: there was no room for it, which is
 * counted. */
bool recording_note(struct recording *r, struct entry *e, us_t t);
/* Note a mark, or that a participant came, left, agreed or does not any more; of what one person
 * changes back and forth, not more often than makes sense. */
void recording_note_person(struct recording *r, const struct recorder_order *o);
/* Note what somebody said, asked or showed in the tour; where somebody points and what all are to
 * see not more often than makes sense. */
void recording_note_said(struct recording *r, const struct recorder_order *o);
/* The same two of what is held back of these; and drop it. */
us_t recording_said_deadline(const struct recording *r);
void recording_said_flush(struct recording *r, bool all);
void recording_said_drop(struct recording *r);
/* Note that somebody's source is off, or not any more, by her own or a host's will. */
void recording_note_mute(struct recording *r, const struct recorder_order *o);
/* Note that nothing is recorded for now by somebody's order, or again. */
void recording_note_pause(struct recording *r, const struct recorder_order *o);
/* Note whom the stage shows or whose voice is heard (t->type), not more often than makes sense. */
void recording_note_switch(struct recording *r, const struct tap *t);
/* A message was dropped because its source is not recorded. */
void recording_note_refused(struct recording *r);
/* Messages were lost in the queue before t. */
void recording_note_dropped(struct recording *r, const struct tap *t);
/* What was held back of these: when it is due, and note what is due at r->now; all: everything. */
us_t recording_notes_deadline(const struct recording *r);
void recording_notes_flush(struct recording *r, bool all);
/* Recording time of a moment [us], never negative. */
us_t recording_time(const struct recording *r, us_t now);
/* What the writer says of it. */
void recording_report(struct recording *r, const struct write_report *p);
/* The next event; false when there is none. After a newer recording of the tour began they are for
 * the log only. */
bool recording_event(struct recording *r, struct recorder_event *ret);
/* For recording.c: hand on the beginning (false: no memory), a segment that starts at this
 * recording time (false: not taken, which is noted; *media is empty when it was), and the end. */
bool recording_begin(struct recording *r);
bool recording_segment(struct recording *r, const struct entry_segment *e, us_t start,
                       struct buffer *media);
void recording_hand_on_end(struct recording *r);
/* For recording*.c: note and count a gap at recording time t. */
void recording_note_gap(struct recording *r, const struct entry_gap *g, us_t t);

#endif
