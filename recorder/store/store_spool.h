/* Two stores as one: a spool folder on this machine's disk, and a remote store. What is put is
 * durable in the folder at once and never waits for the network; an uploader (uploader.h) moves it
 * to the remote store later. What is read is looked for in the folder first, which is right because
 * an object leaves it only when the remote store has it. The folder itself is the queue: there is
 * nothing else that a crash could lose.
 *
 * The store's identity (STORE_IDENTITY) is the exception: it belongs to the remote store and goes
 * there at once. Whoever has seen that it is the right one puts a copy of it into the folder
 * (store.near), so that a start is possible while the remote store cannot be asked, so that nothing
 * is ever uploaded into another one, and so that a folder whose volume is not mounted is known.
 *
 * Owner: one thread; the threads that write, read and upload have one of their own each over the
 * same folder. */
#ifndef ORIEL_RECORDER_STORE_STORE_SPOOL_H
#define ORIEL_RECORDER_STORE_STORE_SPOOL_H

#include "recorder/store/store_local.h"

/* When the remote store fails slowly (it hangs, or cannot be connected to), reads of it fail at
 * once for a while after, so that many do not wait one after the other: recovery at a start, and
 * whoever lists or plays. */
#define SPOOL_SLOW US_PER_S        /* [us] a failure that took longer */
#define SPOOL_REST (10 * US_PER_S) /* [us] */

/* Stores are borrowed. */
struct spool_config {
    const struct store *local;  /* of store_local.h */
    const struct store *remote; /* of the same thread */
    bool write; /* the recorder: what interrupted puts left is cleaned up. false: a library beside
                   it, which may put (a next manifest), but cleans nothing and places no identity */
    uint64_t reserve;         /* [bytes] of the disk that are left free: ERR_NOSPACE */
    uint64_t limit;           /* [bytes] that may wait; 0: as many as the disk holds */
    us_t (*clock)(void *ctx); /* [us] monotonic; NULL: SPOOL_REST is never made */
    void *clock_ctx;
    void (*note)(void *ctx); /* after each put, in the calling thread; may be NULL */
    void *note_ctx;
};

/* ERR_IO (the folder cannot be read), ERR_NOMEM. */
enum err store_spool_open(const struct spool_config *c, struct store *ret);
/* Safe on a zeroed store. */
void store_spool_close(struct store *s);

#endif
