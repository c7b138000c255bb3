/* A log of records in memory that outlives the process: whatever is to be there again after a kill
 * is put into it as records by kind and name, each of which takes the place of the one before of
 * that name, or takes it back. It knows neither what they say nor what of them still holds: when it
 * is full of what does not, whoever writes it begins another one with all that holds, in memory of
 * its own, and gives this one up when that is whole.
 *
 * DESIGN. Records come in batches. A batch is written behind what is there already, and is there
 * from the one store on that moves the end (`word`): a process that is killed anywhere in between
 * leaves the batches before it, whole, and never a part of one. So there is no torn end to be
 * guessed at, and a record whose checksum does not fit was written over by somebody else: then
 * nothing of the log is trusted, for a log that lacks its end may lack that somebody was removed.
 * A system that goes down takes tmpfs with it; this is no log for a disk.
 *
 * FORMAT, in the order of the machine: a head of 64 bytes (struct record_log_head), then records,
 * each a head of 32 bytes (length, kind, name, sum) and its bytes, filled up to a multiple of 8.
 *
 * Owner: one thread writes; nobody reads meanwhile. */
#ifndef ORIEL_BASE_RECORD_LOG_H
#define ORIEL_BASE_RECORD_LOG_H

#include "base/bytes.h"
#include "base/err.h"
#include "base/seqlock.h"

#define RECORD_LOG_VERSION 1
#define RECORD_LOG_HEAD 64    /* [bytes] */
#define RECORD_HEAD 32        /* [bytes] */
#define RECORD_MAX (1u << 24) /* [bytes] of one record */

struct log_record {
    uint16_t kind;
    bool gone;         /* the one of this name is no more; it has no bytes */
    uint64_t key, sub; /* its name, among those of its kind */
    struct bytes bytes;
};

/* What a log is of; one that is of something else is not read. */
struct record_log_of {
    uint32_t version; /* of what the records say */
    uint64_t time;    /* of what their times mean: another run of the system has another one */
    uint64_t turn;    /* of two logs that are whole the higher one is true */
};

/* A log that is written; borrows its memory. */
struct record_log {
    uint8_t *p;
    size_t n;    /* [bytes] */
    size_t end;  /* [bytes] of them that are there, for whoever comes later */
    size_t open; /* [bytes] with the batch that is open */
    bool full;   /* something of that did not fit */
};

/* [bytes] that a record takes whose bytes are so many. */
size_t record_size(size_t n);
/* An empty log in the n bytes at p, which is aligned to 8: RECORD_LOG_HEAD at least. Until the
 * first commit there is none: whoever reads it finds ERR_UNKNOWN. */
void record_log_begin(struct record_log *l, const struct record_log_of *of, void *p, size_t n);
/* Add it to the batch that is open. What does not fit, or is longer than RECORD_MAX, makes the
 * batch one that cannot be committed. */
void record_log_put(struct record_log *l, const struct log_record *r);
/* The batch is there, if it is not empty. ERR_FULL: something did not fit; the log is as it was
 * before the batch, which is gone. */
enum err record_log_commit(struct record_log *l);
/* Nobody is to find anything in it, from this instant on. */
void record_log_spoil(struct record_log *l);

/* One that is read; borrows. */
struct record_reader {
    struct record_log_of of;
    struct bytes all; /* of the records */
    size_t at;
};
/* The log in these bytes, whoever wrote them. Looked at are all of them: OK: every record is as it
 * was written, in memory that is long enough. ERR_UNKNOWN: there is none, or none yet.
 * ERR_UNSUPPORTED: another version of the log. ERR_FORMAT: it was not written so. */
enum err record_log_read(struct bytes log, struct record_reader *ret);
/* The next record, oldest first; false: that was all. Its bytes lie in the log. */
bool record_log_next(struct record_reader *r, struct log_record *ret);

#endif
