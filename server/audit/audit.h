/* The audit log of the running server: who looked at, took away, deleted or moderated what
 * (docs/audit.md). Whoever does such a thing says so by one call, which never waits: a thread of
 * its own writes. Owner: the control thread, but for what says otherwise. */
#ifndef ORIEL_SERVER_AUDIT_AUDIT_H
#define ORIEL_SERVER_AUDIT_AUDIT_H

#include "server/audit/audit_log.h"

struct audit;

struct audit_config {
    struct audit_log_config log; /* borrowed until the start returns */
    const char *key_file;        /* that signs (recorder/seal/signer.h) */
    bool make_key;               /* nobody else makes it when it is missing */
    us_t keep;                   /* [us] older records are removed; 0: none are */
    us_t checkpoint;             /* [us] what was recorded is signed so much later, at most */
    bool shorten_addresses;
    void (*wake)(
        void *wake_ctx); /* audit_awaited may say more; in the thread. NULL: nobody waits */
    void *wake_ctx;
};

/* Opens the log on the calling thread, so that errors are reported: those of audit_log_open, with
 * why[WHY_MAX]. A key that is not there yet is waited for: nothing is signed until then. *ret
 * untouched on failure. */
enum err audit_start(const struct audit_config *c, struct audit **ret, char why[WHY_MAX]);
/* Record an act. NULL allowed: nobody records. One that finds no room (the disk is full, and has
 * been for thousands) is lost and counted, and a record says how many were. */
void audit(struct audit *a, const struct audit_act *act);
/* The same from the keeper's thread, and no other. */
void audit_kept(struct audit *a, const struct audit_act *act);
/* The same, and wait until it is on the disk. False: it is not now, and is tried again, if it found
 * room; true also when nobody records. */
bool audit_kept_first(struct audit *a, const struct audit_act *act);
/* Record an act that somebody waits for, and wake him; its number for audit_awaited. 0: nobody
 * records, or it found no room. */
uint64_t audit_await(struct audit *a, const struct audit_act *act);
enum audit_awaited {
    AUDIT_WAITS,   /* and the caller will be woken */
    AUDIT_ON_DISK, /* with all that was said before it */
    AUDIT_FAILS    /* it cannot be recorded now; it is tried again all the same */
};
enum audit_awaited audit_awaited(struct audit *a, uint64_t number);
/* From now on nobody is woken: who would be is about to go. NULL allowed. */
void audit_quiet(struct audit *a);
/* It is to end, and audit_stop will be called. NULL allowed. */
void audit_ring(struct audit *a);
/* Records what was said and signs it, then ends. NULL allowed; returns NULL. */
struct audit *audit_stop(struct audit *a);

struct audit_state {
    uint64_t recorded, lost;
    uint32_t waiting; /* said, and not recorded yet */
    uint64_t last;    /* number of the last record */
    bool failing;     /* what is said cannot be recorded now */
    bool damaged;     /* records are missing or were changed (audit_log_is_damaged) */
    bool is_signed;   /* there is a key */
};
/* How it goes. Any thread. */
void audit_state(const struct audit *a, struct audit_state *ret);
/* Can an act be recorded now? Not while it fails. NULL: yes, for nobody records. */
bool audit_works(const struct audit *a);

#endif
