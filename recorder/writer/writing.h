/* One recording being written: its jobs in order, and what to do when the store fails: the same job
 * is tried again, later and later, for as long as it takes. Private to writer.c. Owner: the writer
 * thread. */
#ifndef ORIEL_RECORDER_WRITER_WRITING_H
#define ORIEL_RECORDER_WRITER_WRITING_H

#include "recorder/archive/ledger.h"
#include "recorder/writer/job.h"

#define WRITING_LINES_AT_ONCE 256 /* journal lines in a step, before others have their turn */

struct writing_counters {
    uint64_t segments, bytes_sealed, gaps, store_errors;
};

struct writing {
    struct link in_writer;
    struct archive *archive;    /* borrowed */
    struct writing_counters *n; /* borrowed; of the writer */
    us_t flush_every;           /* [us] a line is stored at the latest after this */
    uint64_t recording;
    struct ledger *ledger; /* of the first attempt to begin on */
    bool begun, ended;
    us_t zero;
    struct link jobs; /* oldest first */
    bool failing;
    us_t retry_at, retry_step; /* US_NEVER: nothing failed */
    us_t flush_at;             /* lines are to be stored by then */
    uint32_t unnoted;          /* lines that are not in the journal, since it was last said */
    us_t now;                  /* of the call under way */
    /* Not yet reported. */
    size_t media_done; /* [bytes] */
    size_t lines_done;
    bool say_begun, say_state, say_ended;
    enum err error; /* of the last failure */
};

struct writing_config {
    struct archive *archive;
    struct writing_counters *n;
    us_t flush_every;
};

/* NULL without memory. */
struct writing *writing_new(const struct writing_config *c, uint64_t recording);
/* What is not stored is left to recovery. NULL allowed; returns NULL. */
struct writing *writing_free(struct writing *w);
/* Takes over the job. */
void writing_take(struct writing *w, struct write_job *j);
/* Do one thing that blocks, or a number of lines. True: there is more to do at once. */
bool writing_step(struct writing *w, us_t now);
/* When there is something to do: now (0), a time, US_NEVER. */
us_t writing_deadline(const struct writing *w);
/* The next thing to report; false when there is none. */
bool writing_report(struct writing *w, struct write_report *ret);

#endif
