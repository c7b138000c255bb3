/* The file in which a worker keeps its sessions (media/engine/session_file.h), in the runtime
 * folder: worker-0.live and so on, and worker-0.new until it is true. Made and ended by the control
 * thread; in between it is the worker's. What a process that was killed has left is read by the
 * next one at its start. */
#ifndef ORIEL_SERVER_RELAY_LIVE_FILE_H
#define ORIEL_SERVER_RELAY_LIVE_FILE_H

#include "media/engine/session_file.h"
#include "server/os/runtime_dir.h"

struct live_file;
struct live_old;

/* An empty one, with place for the first slots, under another name: what the process before this
 * one has left is true until live_file_settle. One of that other name is of a process that never
 * came so far, and is removed. Errors as of shared_file_new, and ERR_NOSPACE: there is no such
 * place. */
enum err live_file_new(const struct runtime_dir *d, const struct session_file *is,
                       struct live_file **ret, char why[WHY_MAX]);
/* It takes the place of the old one: call it before anything is sent for a session that it has.
 * ERR_IO with the reason in why. */
enum err live_file_settle(struct live_file *f, char why[WHY_MAX]);
/* engine_config.slots: as many as session_file.n_slots, of which live_file_grow says how many are
 * there. */
struct session_slot *live_file_slots(const struct live_file *f);
/* Some more of them, if there is place: how many there are now. A system call. */
uint32_t live_file_grow(struct live_file *f);
/* Wiped and removed. NULL allowed; returns NULL. */
struct live_file *live_file_end(struct live_file *f);

/* X(name, text): why what was left is of no use. */
#define LIVE_DROPPED(X)                                                                         \
    X(damaged, "damaged")       /* a slot, or a whole file: what is there was not written so */ \
    X(version, "version")       /* a whole file: another build has written it */                \
    X(unreadable, "unreadable") /* a whole file: the system says no */

/* What processes before this one have left. */
struct live_found {
    uint64_t sessions; /* that are whole */
    bool clean;        /* they died too often one after the other: nothing of it was read */
    struct {
#define X(name, text) uint64_t name;
        LIVE_DROPPED(X)
#undef X
    } dropped;
};
/* What was left by this worker, to go on with; NULL: nothing that can be read. What is wrong with
 * it is added to *ret, and so is each of its sessions when it is read. */
struct live_old *live_old_open(const struct runtime_dir *d, uint32_t worker,
                               struct live_found *ret);
/* Who wrote it. */
const struct session_file *live_old_is(const struct live_old *o);
/* As many sessions there can be. */
uint32_t live_old_slots(const struct live_old *o);
/* The next of its sessions, which holds keys; false: there is none. */
bool live_old_next(struct live_old *o, struct session_snapshot *ret);
/* All that was read is wiped; the file itself is others' to remove. NULL allowed; returns NULL. */
struct live_old *live_old_end(struct live_old *o);

/* Look at what was left by this worker, add it to ret, wipe it and remove it. */
void live_file_take(const struct runtime_dir *d, uint32_t worker, struct live_found *ret);

#endif
