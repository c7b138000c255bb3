/* What capture and writer tell each other: jobs, in order, and reports. Capture never blocks; the
 * writer does nothing else. A job belongs to whoever holds it. */
#ifndef ORIEL_RECORDER_WRITER_JOB_H
#define ORIEL_RECORDER_WRITER_JOB_H

#include "base/alloc.h"
#include "base/list.h"
#include "recorder/journal/entry.h"

enum write_job_type {
    JOB_BEGIN,   /* of a recording: entry is its start */
    JOB_ENTRY,   /* a line of the journal */
    JOB_SEGMENT, /* entry is the segment's, media its bytes */
    JOB_END      /* in good order, at recording time t; nothing follows */
};

struct write_job {
    struct link link;
    uint8_t type;       /* enum write_job_type */
    uint64_t recording; /* given by capture, unique in this process, never 0 */
    us_t zero;          /* JOB_BEGIN: monotonic time of recording time 0 [us] */
    us_t t;             /* JOB_SEGMENT: recording time of its end; JOB_END: of the end [us] */
    uint32_t unnoted;   /* lines before this one for which there was no memory */
    struct entry entry;
    struct buffer media;
};

/* [bytes] What a segment of so many bytes of media takes until it is stored: many small ones are
 * no small thing. */
static inline size_t write_job_cost(size_t media) {
    return media + sizeof(struct write_job);
}
/* NULL allowed; returns NULL. */
static inline struct write_job *write_job_free(struct write_job *j) {
    if (j) {
        buffer_free(&j->media);
    }
    return mem_free(j);
}

enum write_report_type {
    REPORT_BEGUN,     /* id */
    REPORT_DONE,      /* media (write_job_cost), lines: of jobs that need no memory any more */
    REPORT_FAILING,   /* error: tried again and again */
    REPORT_RECOVERED, /* writing works again */
    REPORT_ENDED,     /* everything is stored, or, with an error, nothing ever will be; nothing more
                         is reported of it */
    /* Of an earlier run, recording 0: */
    REPORT_UNFINISHED,    /* id, error */
    REPORT_UNFORGOTTEN,   /* error: something of who was shredded may be in the databases still */
    REPORT_CATALOGUE_LOST /* it was damaged; a new one was made of the journals */
};

struct write_report {
    uint8_t type;  /* enum write_report_type */
    uint8_t error; /* enum err */
    uint64_t recording;
    size_t media; /* [bytes] */
    size_t lines;
    struct id id;
};

#endif
