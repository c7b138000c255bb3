/* The writing half of the recorder: it seals what capture hands on, stores it, and keeps journal,
 * catalogue and manifest; it finishes what earlier runs left. It blocks (files, SQLite, fsync, and
 * whatever the store is), so it lives on a thread of its own (server/recording/writer_thread.c),
 * which nobody waits for: what it cannot store yet waits in memory. `now` is an argument: tests run
 * it in virtual time. Owner: the writer thread, from the first call after writer_open on. */
#ifndef ORIEL_RECORDER_WRITER_WRITER_H
#define ORIEL_RECORDER_WRITER_WRITER_H

#include "base/rng.h"
#include "recorder/seal/key_config.h"
#include "recorder/store/store.h"
#include "recorder/writer/job.h"

struct writer;

struct writer_config {
    const char *dir;      /* objects/, catalogue.db, wraps.db, and the KEK unless kek_file is set */
    const char *kek_file; /* 32-byte key-encryption key, hex; created 0600 when create_kek */
    bool create_kek;
    const struct key_config *keys; /* NULL: wrapped under kek_file; borrowed by writer_open */
    us_t flush_every;              /* [us] a journal line is stored at the latest after this */
    struct store *store;           /* borrowed; NULL = local directory below dir */
    const struct postgres_config *database; /* as in archive_config */
    struct rng rng;                         /* borrowed; keys and IVs */
};

/* Open catalogue, keys and store and finish what a crash left unfinished; what could not be
 * finished is reported and counted, and what failed for now is tried again by writer_step, every
 * minute in which nothing is written. *ret untouched on failure. ERR_WRONG_STATE (another process
 * records here, or the store is not that of the recordings), ERR_IO, ERR_CRYPTO (key file),
 * ERR_FORMAT (wraps.db is damaged), ERR_NOMEM; why, and what to do, into why[WHY_MAX]. */
enum err writer_open(const struct writer_config *c, struct writer **ret, char why[WHY_MAX]);
/* The operator's order: the store that is there now is the one from now on, whatever wraps.db
 * remembers. Deletes nothing; recordings whose objects are not in it stay unfinished. Errors as
 * writer_open. */
enum err writer_use_store(const struct writer_config *c, char why[WHY_MAX]);
/* The operator's order: the signing key that is there now signs from now on, or a new one where
 * none is. What was signed before stays known as signed by an earlier key. Errors as writer_open.
 */
enum err writer_use_signing_key(const struct writer_config *c, char why[WHY_MAX]);
/* Jobs that wait are tried once more; what is left is left to recovery. NULL allowed; returns NULL.
 */
struct writer *writer_close(struct writer *w, us_t now);

/* Takes over the job. Without memory for a new recording its jobs are dropped and it is reported as
 * ended. */
void writer_take(struct writer *w, struct write_job *j);
/* Do one thing that blocks. True: there is more to do at once. */
bool writer_step(struct writer *w, us_t now);
/* When writer_step is to be called: 0 is at once, US_NEVER when nothing waits. */
us_t writer_deadline(const struct writer *w);
/* The next report, in the order of each recording; false when there is none. Nothing is lost when
 * it is not asked for. */
bool writer_report(struct writer *w, struct write_report *ret);

struct writer_counters {
    uint64_t segments, bytes_sealed, gaps, store_errors;
    uint64_t catalogue_errors; /* times that it could not follow a journal; it is made good later */
    uint32_t unfinished; /* recordings of earlier runs that recovery could not finish, and one more
                            while something that was shredded may not be forgotten; an alarm */
    uint32_t failing;    /* recordings that cannot be stored right now; an alarm */
};
/* The counters as they are now. */
struct writer_counters writer_counters(const struct writer *w);

#endif
