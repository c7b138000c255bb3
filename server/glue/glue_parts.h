/* What the files of the glue share. Owner: the control thread. */
#ifndef ORIEL_SERVER_GLUE_GLUE_PARTS_H
#define ORIEL_SERVER_GLUE_GLUE_PARTS_H

#include "base/list.h"
#include "base/trace.h"
#include "base/ulid.h"
#include "server/glue/glue.h"
#include "server/glue/order_backlog.h"
#include "server/queue/backlog.h"

#define TOUR_RECORDINGS 8    /* whoever stops and starts again more often: the last ones */
#define RECORDING_ID_TEXT 33 /* [bytes] hex digits and NUL */

struct person {
    char sub[SUB_MAX + 1];       /* whom the token names */
    uint32_t number;             /* "p7" */
    struct recorder_order order; /* as it was announced */
    uint8_t muted;               /* bit per source_kind, */
    uint8_t muted_told;          /* and as other programs were told last, as is */
    char consent_told[sizeof(((struct recorder_order *)0)->consent_version)];
    us_t tell_at; /* not before that are they told of these two again */
    struct link in_tour;
};

struct tour {
    uint64_t id;
    char name[65], title[129];
    char run[ULID_CHARS + 1]; /* this run, among all of all processes */
    bool unrecorded;          /* an order to start could not be given */
    bool tap_waits;           /* the worker is to tap when the recorder has its orders */
    bool refused;             /* for the quota: it is given later, */
    uint32_t worker;          /* with these two, */
    uint8_t codec;
    bool paused; /* and paused, if that was ordered meanwhile, by this one */
    uint64_t pauser;
    char recordings[TOUR_RECORDINGS][RECORDING_ID_TEXT]; /* of this run, the latest ones, */
    unsigned n_recordings;                               /* in all */
    struct link people, in_glue;
};

/* A recording that was ordered, and has no id ("") before it has begun: it ends after its tour. */
struct recorded {
    struct link in_glue;
    uint64_t tour;
    char recording[33], name[65], run[ULID_CHARS + 1];
};

/* A recording that cannot be written now. */
struct failing {
    struct link in_glue;
    char recording[RECORDING_ID_TEXT];
};

struct glue {
    struct glue_config config;
    struct link failing;  /* of glue_failing.c */
    struct link recorded; /* of glue_events.c */
    uint64_t unsaid;      /* events for which there was no memory */
    struct link tours;    /* few enough per process; looked up on tour events only */
    us_t tell_at;         /* when to tell other programs of what changes often, or US_NEVER */
    struct ulid_maker runs;
    char trace[TRACE_ID + 1]; /* glue_trace */
    us_t now;                 /* of the call under way */
    bool more;                /* reports wait for the next turn */
    bool taps_wait;           /* there may be tours with tap_waits */
    uint32_t waiting;         /* tours that are refused */
    uint64_t refused;         /* recordings in all */
    uint64_t lost;            /* orders, for want of memory */
    struct offenders offenders;
    struct backlog orders;     /* to the recorder */
    struct backlog mix;        /* orders to the mix */
    struct backlog backlogs[]; /* one for each worker */
};

/* A line for the log about an effect; detail may be NULL. */
void glue_note(struct glue *g, const char *event, const struct signaling_effect *e,
               const char *detail);
/* NULL when there is none. */
struct tour *glue_tour(struct glue *g, uint64_t id);
/* A copy of a command to a worker; kept while its mailbox is full. One for which there is no memory
 * is counted as lost, and signaling is told. */
void glue_post(struct glue *g, uint32_t worker, const struct command *c);
/* text, cut to cap bytes with its NUL; NULL is empty. */
void glue_copy(char *out, size_t cap, const char *text);

#endif
