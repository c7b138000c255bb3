/* The thread that has things made of recordings: it starts media helpers (server/jobs/helper.h),
 * gives them what they read, stores what they tell, and answers what control asks about it. It
 * blocks on disks and stores, never on a helper. Requests and replies travel through a pair of
 * mailboxes; a reply's data is heap memory that the receiver frees. */
#ifndef ORIEL_SERVER_JOBS_JOBS_THREAD_H
#define ORIEL_SERVER_JOBS_JOBS_THREAD_H

#include "base/err.h"
#include "recorder/library/library_notes.h"
#include "recorder/library/library_state.h"
#include "server/jobs/helper.h"

struct jobs_thread;

enum job_request_type {
    JOB_THUMBNAILS,    /* what there is; thumbnails and waveforms are made where they are not */
    JOB_EXPORT_START,  /* a new export */
    JOB_EXPORT_LIST,   /* all of a recording */
    JOB_EXPORT_GET,    /* one */
    JOB_EXPORT_REMOVE, /* cancel it, or remove it */
    /* Orders (job_orders.h). */
    JOB_HOLD,    /* keep it from being shredded */
    JOB_RELEASE, /* do so no more */
    JOB_HELD,    /* who keeps it, since when and why */
    JOB_SHRED,   /* it, or one participant in it */
    JOB_REDACT   /* some time of some of its tracks */
};

#define JOB_TRACKS_MAX 64 /* of one redaction */

struct job_request {
    uint8_t type;   /* enum job_request_type */
    uint8_t layout; /* JOB_EXPORT_START: TASK_LAYOUT_... */
    uint64_t req;   /* the caller's handle, comes back in the reply */
    char recording[RECORDING_ID_LEN + 1];
    char tour[LIBRARY_TEXT_MAX]; /* of the token; "": all. Other recordings are ERR_DENIED */
    uint32_t number;             /* JOB_EXPORT_GET, JOB_EXPORT_REMOVE */
    uint64_t participant;        /* JOB_SHRED: of this one only; 0: all of it */
    char who[LIBRARY_NOTE_MAX];  /* who orders */
    char why[LIBRARY_NOTE_MAX];  /* JOB_HOLD, JOB_REDACT */
    us_t from, to;               /* JOB_REDACT: as in library_span, of these tracks */
    uint32_t n_tracks;
    char tracks[JOB_TRACKS_MAX][RECORDING_ID_LEN + 1];
};
struct job_reply {
    uint64_t req;
    uint8_t type;  /* of the request */
    uint8_t error; /* enum err; ERR_FULL: too many tasks wait; ERR_BUSY: helpers are off. Of orders:
                      job_orders.h */
    uint32_t number; /* JOB_EXPORT_START; JOB_SHRED, JOB_REDACT: 1 when something is left to
                        be removed */
    char *data;      /* JSON; NULL after an error, a removal and an order. mem_free it */
    size_t len;
};

struct jobs_thread_config {
    const char *dir, *kek_file;             /* as in recorder_config */
    const struct key_config *keys;          /* the same */
    const struct postgres_config *database; /* the same */
    struct store *store;                    /* its own; NULL: the local folder. Borrowed */
    struct helper_config helper;            /* its program is copied */
    uint32_t helpers, queue;                /* at work at once, 0: none; waiting */
    uint64_t reserve;                       /* [bytes] of free space that are left alone */
    us_t every;                             /* thumbnails: one in this time [us] */
    uint32_t most;                          /* and at most so many */
    uint16_t thumbnail_width;
    uint16_t width, height; /* of exports [pixels] */
    uint8_t fps;
    us_t keep;                   /* exports are removed after [us] */
    void (*shredded)(void *ctx); /* something was, by order; in the thread. NULL: nobody asks */
    void *ctx;
    void (*wake)(void *wake_ctx); /* the control loop has replies to read; any thread */
    void *wake_ctx;
};

/* Open the library on the calling thread, so that errors are reported in why[WHY_MAX], then start
 * the thread. *ret untouched on failure. */
enum err jobs_thread_start(const struct jobs_thread_config *c, struct jobs_thread **ret,
                           char why[WHY_MAX]);
/* It is to end, and jobs_thread_stop will be called: several can end at once so. NULL allowed. */
void jobs_thread_ring(struct jobs_thread *t);
/* Tasks under way are given up; what they have stored is removed. NULL allowed; returns NULL. */
struct jobs_thread *jobs_thread_stop(struct jobs_thread *t);
/* Control thread. False when 64 requests are under way already. */
bool jobs_thread_post(struct jobs_thread *t, const struct job_request *q);
/* Control thread: take note of a wake-up; call before reading replies until there are none. */
void jobs_thread_listen(struct jobs_thread *t);
/* Control thread: the next reply; false when none. */
bool jobs_thread_reply(struct jobs_thread *t, struct job_reply *ret);

/* Control thread: who signs here, as it was at the start: only an order to a server that does not
 * run changes it. */
const struct library_signers *jobs_thread_signers(const struct jobs_thread *t);

struct jobs_counters {
    uint64_t done, failed;     /* tasks */
    uint32_t running, waiting; /* now */
};
/* Control thread, for metrics. */
struct jobs_counters jobs_thread_counters(const struct jobs_thread *t);

#endif
