#include "server/audit/audit.h"

#include "base/alloc.h"
#include "base/check.h"
#include "recorder/seal/signer.h"
#include "server/audit/audit_fold.h"
#include "server/os/clock.h"
#include "server/os/log.h"
#include "server/os/thread.h"
#include "server/queue/mailbox.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#define SAID_MAX 8192 /* acts that wait to be recorded */
#define KEPT_MAX 256  /* of the keeper */
#define BATCH 64      /* in one addition */
#define RETRY (1 * US_PER_S)
#define PRUNE (3600 * US_PER_S)
#define LAST_TRIES 5 /* at the end, while the disk is full */

enum { FROM_CONTROL, FROM_KEEPER, PORTS };

struct audit {
    /* Constant after the start. */
    struct mailbox *said[PORTS]; /* struct audit_entry *, owned */
    struct mailbox *heard;       /* to the keeper: something is on the disk, or cannot be */
    char key_file[PATH_MAX];
    bool make_key, shorten;
    us_t keep, checkpoint;
    void (*wake)(void *wake_ctx);
    void *wake_ctx;
    pthread_t thread;
    /* Shared. */
    atomic_bool stop, failing, has_key, damaged;
    atomic_bool awaited, quiet, waking; /* somebody waits; nobody is woken any more; he is, now */
    _Atomic uint64_t on_disk;           /* of what the control thread has said */
    uint64_t said_n;                    /* by the control thread, which owns it */
    _Atomic uint64_t kept_on_disk;      /* of what the keeper has said */
    uint64_t kept_n;                    /* by the keeper, which owns it */
    _Atomic uint64_t recorded, lost, last;
    _Atomic uint32_t waiting;
    /* Owned by the thread. */
    struct audit_log *log;
    struct audit_fold *fold;
    struct audit_entry batch[BATCH]; /* that are not recorded yet */
    size_t n_batch;
    uint64_t told_lost, taken[PORTS]; /* of what was said */
    us_t retry_at, checkpoint_at, pruned;
};

/* ---- runs in the thread ---- */

static void wake_up(struct audit *a) {
    if (a->wake && atomic_exchange(&a->awaited, false)) {
        atomic_store(&a->waking, true);
        if (!atomic_load(&a->quiet)) {
            a->wake(a->wake_ctx);
        }
        atomic_store(&a->waking, false);
    }
}

static void tell_keeper(struct audit *a) {
    bool news = true;
    (void)mailbox_push(a->heard, &news); /* full: it has not looked at the last one yet */
    mailbox_notify(a->heard);
}

static void note(struct audit *a, enum err e) {
    bool was = atomic_exchange(&a->failing, e != OK);
    if (e != OK && !was) {
        LOG(LOG_LEVEL_ERROR, "audit_failing",
            "Acts cannot be recorded; they wait in memory, and would be lost with the process.",
            LOG_STR("error", err_name(e)));
    } else if (e == OK && was) {
        LOG(LOG_LEVEL_INFO, "audit_recovered", "Acts are recorded again.",
            LOG_NUM("waiting", atomic_load(&a->waiting)));
    }
    if (e != OK) {
        a->retry_at = clock_now() + RETRY;
    }
}

static void note_last(struct audit *a) {
    atomic_store(&a->last, audit_log_last(a->log).number);
    if (audit_log_is_damaged(a->log) && !atomic_exchange(&a->damaged, true)) {
        LOG(LOG_LEVEL_ERROR, "audit_damaged",
            "Records of the audit log are missing or were changed: see `oriel audit verify`.",
            LOG_NUM("number", audit_log_last(a->log).number));
    }
}

/* The recorder makes it when it signs first. */
static bool load_key(struct audit *a, struct signing_key *ret) {
    char why[WHY_MAX] = "";
    const struct rng rng = clock_rng();
    bool ok = signer_load(a->key_file, a->make_key ? &rng : NULL, ret, why) == OK;
    atomic_store(&a->has_key, ok);
    return ok;
}

static void find_key(struct audit *a) {
    struct signing_key key;
    if (!atomic_load(&a->has_key) && load_key(a, &key)) {
        audit_log_key(a->log, &key);
        mem_wipe(&key, sizeof(key));
    }
}

static bool pop(struct audit *a, struct audit_entry *ret) {
    struct audit_entry *e = NULL;
    for (int i = 0; i < PORTS; i++) {
        if (mailbox_pop(a->said[i], &e)) {
            a->taken[i]++;
            *ret = *e;
            mem_free(e);
            atomic_fetch_sub(&a->waiting, 1);
            return true;
        }
    }
    return false;
}

/* Fill the batch with what was said, what was counted, and how much could not be kept. */
static void collect(struct audit *a, bool all) {
    struct audit_entry e;
    us_t now = clock_now();
    while (a->n_batch < BATCH && pop(a, &e)) {
        if (audit_fold_take(a->fold, now, &e)) {
            a->batch[a->n_batch++] = e;
        }
    }
    while (a->n_batch < BATCH && audit_fold_due(a->fold, now, all, &e)) {
        a->batch[a->n_batch++] = e;
    }
    uint64_t lost = atomic_load(&a->lost);
    if (lost > a->told_lost && a->n_batch < BATCH) {
        struct audit_entry *l = &a->batch[a->n_batch++];
        *l = (struct audit_entry){.what = AUDIT_LOST, .at = clock_wall()};
        snprintf(l->detail, sizeof(l->detail), "%llu acts found no room",
                 (unsigned long long)(lost - a->told_lost));
        a->told_lost = lost;
    }
}

/* False: there is nothing more, or it cannot be recorded now. */
static bool record_some(struct audit *a, bool all) {
    collect(a, all);
    if (a->n_batch == 0) {
        return false;
    }
    enum err e = audit_log_put(a->log, clock_wall(), a->batch, a->n_batch);
    note(a, e);
    if (e == OK) {
        atomic_store(&a->on_disk, a->taken[FROM_CONTROL]);
        atomic_store(&a->kept_on_disk, a->taken[FROM_KEEPER]);
    }
    wake_up(a);
    tell_keeper(a);
    if (e != OK) {
        return false;
    }
    atomic_fetch_add(&a->recorded, a->n_batch);
    a->n_batch = 0;
    a->checkpoint_at = us_min(a->checkpoint_at, clock_now() + a->checkpoint);
    note_last(a);
    return true;
}

/* The line of the log is what may be kept elsewhere: whoever rewrites all that is here cannot reach
 * it. */
static void sign(struct audit *a) {
    char hex[2 * SHA256_LEN + 1];
    find_key(a);
    if (!atomic_load(&a->has_key)) {
        a->checkpoint_at = clock_now() + a->checkpoint;
        return;
    }
    enum err e = audit_log_checkpoint(a->log, clock_wall());
    note(a, e);
    a->checkpoint_at = e == OK ? US_NEVER : clock_now() + RETRY;
    if (e == OK) {
        struct audit_known last = audit_log_last(a->log);
        note_last(a);
        hex_encode(hex, last.hash, SHA256_LEN);
        LOG(LOG_LEVEL_INFO, "audit_checkpoint", "The audit log is signed up to this record.",
            LOG_NUM("number", last.number), LOG_STR("hash", hex));
    }
}

static void prune(struct audit *a) {
    uint64_t n = 0;
    if (!a->keep || (a->pruned >= 0 && clock_now() - a->pruned < PRUNE)) {
        return;
    }
    wall_t now = clock_wall();
    a->pruned = clock_now();
    enum err e = audit_log_prune(a->log, now, (wall_t){now.us - a->keep}, &n);
    if (e != OK || n > 0) {
        LOG(e == OK ? LOG_LEVEL_INFO : LOG_LEVEL_WARN, "audit_pruned",
            e == OK ? "Old records were removed." : "Old records could not be removed.",
            LOG_NUM("records", n), LOG_STR("error", err_name(e)));
    }
    note_last(a);
}

static us_t next_at(const struct audit *a) {
    us_t at = a->n_batch > 0 ? a->retry_at : audit_fold_deadline(a->fold);
    at = us_min(at, a->checkpoint_at);
    return a->keep ? us_min(at, a->pruned + PRUNE) : at;
}

static void wait(struct audit *a) {
    struct pollfd fds[PORTS];
    for (int i = 0; i < PORTS; i++) {
        fds[i] = (struct pollfd){.fd = mailbox_fd(a->said[i]), .events = POLLIN};
    }
    int n = poll(fds, PORTS, clock_wait_ms(clock_now(), next_at(a)));
    CHECK(n >= 0 || errno == EINTR);
    for (int i = 0; i < PORTS; i++) {
        mailbox_ack(a->said[i]);
    }
}

/* What was said before the end, and what was only counted; then nothing is unsigned. */
static void finish(struct audit *a) {
    for (int tries = 0; tries < LAST_TRIES;) {
        tries += !record_some(a, true);
        if (a->n_batch == 0 && tries > 0) {
            break;
        }
    }
    if (a->n_batch > 0) {
        LOG(LOG_LEVEL_ERROR, "audit_lost", "Acts that could not be recorded are lost.",
            LOG_NUM("acts", a->n_batch + atomic_load(&a->waiting)));
    }
    sign(a);
}

static void *audit_main(void *arg) {
    struct audit *a = arg;
    while (!atomic_load(&a->stop)) {
        wait(a);
        while (clock_now() >= a->retry_at && record_some(a, false)) {
        }
        if (clock_now() >= a->checkpoint_at) {
            sign(a);
        }
        prune(a);
    }
    finish(a);
    a->log = audit_log_close(a->log);
    return NULL;
}

/* ---- runs in the control thread ---- */

static struct audit *audit_free(struct audit *a) {
    struct audit_entry *e;
    for (int i = 0; i < PORTS; i++) {
        while (a->said[i] && mailbox_pop(a->said[i], &e)) {
            mem_free(e);
        }
        mailbox_free(a->said[i]);
    }
    mailbox_free(a->heard);
    audit_fold_free(a->fold);
    audit_log_close(a->log);
    return mem_free(a);
}

static enum err prepare(struct audit *a, const struct audit_config *c, char why[WHY_MAX]) {
    snprintf(a->key_file, sizeof(a->key_file), "%s", c->key_file);
    a->make_key = c->make_key;
    a->shorten = c->shorten_addresses;
    a->keep = c->keep;
    a->checkpoint = c->checkpoint;
    a->wake = c->wake;
    a->wake_ctx = c->wake_ctx;
    a->checkpoint_at = US_NEVER;
    a->pruned = -1;
    a->said[FROM_CONTROL] = mailbox_new(SAID_MAX, sizeof(struct audit_entry *));
    a->said[FROM_KEEPER] = mailbox_new(KEPT_MAX, sizeof(struct audit_entry *));
    a->heard = mailbox_new(1, sizeof(bool));
    a->fold = audit_fold_new();
    if (!a->said[FROM_CONTROL] || !a->said[FROM_KEEPER] || !a->heard || !a->fold) {
        snprintf(why, WHY_MAX, "out of memory or descriptors");
        return ERR_NOMEM;
    }
    /* What the start finds is signed, too. */
    struct signing_key key;
    const struct signing_key *signs = load_key(a, &key) ? &key : NULL;
    enum err e = audit_log_open(&c->log, signs, clock_wall(), &a->log, why);
    mem_wipe(&key, sizeof(key));
    if (e == OK) {
        note_last(a);
    }
    return e;
}

enum err audit_start(const struct audit_config *c, struct audit **ret, char why[WHY_MAX]) {
    struct audit *a = mem_zalloc(1, sizeof(*a));
    if (!a) {
        snprintf(why, WHY_MAX, "out of memory");
        return ERR_NOMEM;
    }
    enum err e = prepare(a, c, why);
    e = e == OK ? thread_start("oriel-audit", audit_main, a, &a->thread, why) : e;
    if (e != OK) {
        audit_free(a);
        return e;
    }
    *ret = a;
    return OK;
}

/* False: it found no room. */
static bool say(struct audit *a, int from, const struct audit_act *act) {
    struct audit_entry *e = mem_alloc(sizeof(*e));
    if (e) {
        audit_entry_of(act, clock_wall(), a->shorten, e);
    }
    /* While the disk is full, strangers do not take the last room from those we know. */
    bool fits =
        audit_kind_of(act->what) != AUDIT_REFUSED || mailbox_room(a->said[from]) > SAID_MAX / 2;
    atomic_fetch_add(&a->waiting, 1);
    bool said = e && fits && mailbox_push(a->said[from], &e);
    if (!said) {
        atomic_fetch_sub(&a->waiting, 1);
        atomic_fetch_add(&a->lost, 1);
        mem_free(e);
    }
    mailbox_notify(a->said[from]);
    return said;
}

void audit(struct audit *a, const struct audit_act *act) {
    if (a) {
        a->said_n += say(a, FROM_CONTROL, act);
    }
}

uint64_t audit_await(struct audit *a, const struct audit_act *act) {
    uint64_t before = a ? a->said_n : 0;
    audit(a, act);
    return a && a->said_n > before ? a->said_n : 0;
}

enum audit_awaited audit_awaited(struct audit *a, uint64_t number) {
    atomic_store(&a->awaited, true); /* first: what changes from here on wakes */
    return atomic_load(&a->on_disk) >= number ? AUDIT_ON_DISK
           : atomic_load(&a->failing)         ? AUDIT_FAILS
                                              : AUDIT_WAITS;
}

void audit_quiet(struct audit *a) {
    if (a) {
        atomic_store(&a->quiet, true);
        while (atomic_load(&a->waking)) {
        }
    }
}

void audit_kept(struct audit *a, const struct audit_act *act) {
    if (a) {
        a->kept_n += say(a, FROM_KEEPER, act);
    }
}

bool audit_kept_first(struct audit *a, const struct audit_act *act) {
    bool news;
    if (!a) {
        return true;
    }
    struct pollfd fd = {.fd = mailbox_fd(a->heard), .events = POLLIN};
    if (atomic_load(&a->failing) || !say(a, FROM_KEEPER, act)) {
        return false; /* an order a minute would take the room of others */
    }
    a->kept_n++;
    while (atomic_load(&a->kept_on_disk) < a->kept_n && !atomic_load(&a->failing)) {
        int n = poll(&fd, 1, -1);
        CHECK(n >= 0 || errno == EINTR);
        mailbox_ack(a->heard);
        while (mailbox_pop(a->heard, &news)) {
        }
    }
    return atomic_load(&a->kept_on_disk) >= a->kept_n;
}

void audit_ring(struct audit *a) {
    if (a) {
        atomic_store(&a->stop, true);
        mailbox_notify(a->said[FROM_CONTROL]);
    }
}

struct audit *audit_stop(struct audit *a) {
    if (!a) {
        return NULL;
    }
    audit_ring(a);
    CHECK(pthread_join(a->thread, NULL) == 0);
    return audit_free(a);
}

void audit_state(const struct audit *a, struct audit_state *ret) {
    *ret = (struct audit_state){.recorded = atomic_load(&a->recorded),
                                .lost = atomic_load(&a->lost),
                                .waiting = atomic_load(&a->waiting),
                                .last = atomic_load(&a->last),
                                .failing = atomic_load(&a->failing),
                                .damaged = atomic_load(&a->damaged),
                                .is_signed = atomic_load(&a->has_key)};
}

bool audit_works(const struct audit *a) {
    return !a || (!atomic_load(&a->failing) && atomic_load(&a->waiting) < SAID_MAX / 2);
}
