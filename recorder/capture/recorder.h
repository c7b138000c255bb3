/* The listening half of the recorder: it eats tap messages and orders and makes jobs of them, timed
 * frames in whole segments and lines of the journal, which the other half (recorder/writer) stores.
 * It never blocks. It lives on a thread of its own (server/recording/recorder_thread.c) and meets
 * the others only through queues. `now` and `wall` are arguments: tests run it in virtual time.
 * Owner: the recorder thread, from the first call after recorder_new on; a call from another one
 * breaks an invariant (base/owner.h). */
#ifndef ORIEL_RECORDER_CAPTURE_RECORDER_H
#define ORIEL_RECORDER_CAPTURE_RECORDER_H

#include "base/err.h"
#include "base/rng.h"
#include "base/time.h"
#include "media/wire/tap.h"
#include "recorder/writer/job.h"

struct recorder;

struct recorder_config {
    us_t segment_min;  /* [us] cut at the first key frame after this (2 s) */
    us_t segment_max;  /* [us] and at a frame boundary at this (4 s): kill -9 loses <= 5 s */
    us_t reorder_wait; /* [us] a missing packet is waited for this long (600 ms) */
    bool per_source_tracks;
    /* Limits, so that one person who comes and goes cannot fill the disk or the memory of a tour.
     * 0: the default. What is beyond them is counted (tap_refused, tracks_refused) and noted in the
     * journal; what is recorded already is not touched. */
    uint32_t sources_per_tour;        /* recorded at once (512) */
    uint32_t sources_per_participant; /* of these (8) */
    uint32_t tracks_per_tour;        /* made in the course of a recording (4096); a source beyond is
                                        in the programme only */
    uint32_t tracks_per_participant; /* of these (64) */
    uint32_t mix_bitrate;            /* [bit/s] of the programme's sound (64000) */
    uint32_t mix_voices;             /* that are in it at once (128): who is silent makes room */
    struct rng rng;                  /* borrowed; ids of tracks */
};

/* NULL without memory. */
struct recorder *recorder_new(const struct recorder_config *c);
/* End every recording: their last jobs can be asked for then. */
void recorder_end_all(struct recorder *r, us_t now);
/* Jobs that were not asked for are lost. NULL allowed; returns NULL. */
struct recorder *recorder_free(struct recorder *r);

/* An entry of the tour's ledger. */
struct recorder_said {
    uint32_t number;
    char kind[16];
    char fields[1089], text[2001]; /* further members as a JSON object; its text */
};

/* Orders from the control thread. */
struct recorder_order {
    enum {
        ORDER_START,
        ORDER_STOP,
        ORDER_PARTICIPANT,
        ORDER_MARK,
        ORDER_MUTE,
        ORDER_PAUSE,
        ORDER_SAID
    } type;
    uint64_t tour, participant;
    uint32_t number; /* ORDER_PARTICIPANT: 7 of who is "p7" in what is said; 0: has none */
    uint8_t codec;   /* ORDER_START: enum codec of the tour's pictures, CODEC_NONE: CODEC_VP8 */
    bool on; /* participant joined / left; muted / not; paused / not; of a mute the name is the kind
                of source */
    char tour_name[65], title[129], name[129], role[16], consent_version[33];
    struct recorder_said *said; /* ORDER_SAID: owned (mem_free); else NULL */
};
/* Takes over what the order owns. */
void recorder_order(struct recorder *r, us_t now, wall_t wall, const struct recorder_order *o);
/* One tap message; takes over the packet reference in it. Messages of tours that are not recorded
 * are dropped. */
void recorder_tap(struct recorder *r, us_t now, const struct tap *t);
/* Deadline-driven work: segment cuts, reorder time-outs. */
us_t recorder_deadline(const struct recorder *r);
void recorder_timeout(struct recorder *r, us_t now);

/* What is to be asked of the worker ret->worker (engine_tap_ask): a key frame of a source of which
 * nothing can be recorded without one (asking.h). False: nothing. It may be lost. */
bool recorder_ask(struct recorder *r, struct tap_ask *ret);

/* The next job for the writer, which becomes the caller's; NULL: none. They stay in order. */
struct write_job *recorder_job(struct recorder *r);
/* What the writer says. */
void recorder_report(struct recorder *r, const struct write_report *p);

enum recorder_event_type {
    RECORDER_STARTED,
    RECORDER_STOPPED,   /* tour, recording */
    RECORDER_FAILING,   /* tour, error: writing failed, retried, or there was no memory to begin; an
                           alarm */
    RECORDER_RECOVERED, /* tour: writing works again */
    /* Of an earlier run, without a tour: */
    RECORDER_UNFINISHED,    /* recording, error: could not be finished; tried again at each start */
    RECORDER_UNFORGOTTEN,   /* error: something of who was shredded may be in the databases still;
                               tried again while nothing is recorded, and at each start */
    RECORDER_CATALOGUE_LOST /* the catalogue was damaged; a new one was made of the journals */
};
struct recorder_event {
    uint8_t type;
    uint8_t error; /* enum err */
    /* Of a recording that ends while the tour has a new one: for the log, and no state of the
     * tour. */
    bool superseded;
    uint64_t tour;
    char recording[33]; /* id, hex */
};
/* The next event; false when none. Nothing is lost when it is not asked for, but states that
 * changed back meanwhile. */
bool recorder_event(struct recorder *r, struct recorder_event *ret);

struct recorder_counters {
    uint64_t frames, gaps, tap_dropped;
    uint64_t tap_refused;     /* messages of sources not recorded: other codecs, beyond a limit */
    uint64_t tracks_refused;  /* sources that got no track of their own */
    uint64_t keyframes_asked; /* by recorder_ask */
    uint64_t mix_lost;        /* packets of sound that are not in the mix of a programme */
    uint32_t recordings_open;
    size_t waiting; /* [bytes] of media that the writer has not stored yet */
};
/* The counters as they are now. */
struct recorder_counters recorder_counters(const struct recorder *r);

#endif
