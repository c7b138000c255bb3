#include "server/relay/live_file.h"

#include "base/alloc.h"
#include "server/os/shared_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define GROWTH 64 /* slots at a time: 272 KiB */
#define NAME_SIZE 32

struct live_file {
    struct shared_file *file;
    uint32_t worker;
    uint32_t n, max; /* slots that are there, and may be */
};

static void name_of(uint32_t worker, const char *what, char out[NAME_SIZE]) {
    snprintf(out, NAME_SIZE, "worker-%" PRIu32 ".%s", worker, what);
}

/* When it grows next, how many slots there are then, */
static uint32_t slots_after(const struct live_file *f) {
    return f->max - f->n > GROWTH ? f->n + GROWTH : f->max;
}

/* and how large what is backed must be. */
static size_t size_after(const struct live_file *f) {
    return session_file_size(slots_after(f));
}

enum err live_file_new(const struct runtime_dir *d, const struct session_file *is,
                       struct live_file **ret, char why[WHY_MAX]) {
    char name[NAME_SIZE];
    struct live_file *f = mem_zalloc(1, sizeof(*f));
    if (!f) {
        snprintf(why, WHY_MAX, "out of memory");
        return ERR_NOMEM;
    }
    name_of(is->worker, "new", name);
    (void)runtime_dir_remove(d, name);
    f->worker = is->worker;
    f->max = is->n_slots;
    enum err e = shared_file_new(d, name, session_file_size(f->max), &f->file, why);
    if (e == OK && !shared_file_back(f->file, size_after(f))) {
        snprintf(why, WHY_MAX, "runtime_dir: %s: no space is left there", name);
        e = ERR_NOSPACE;
    }
    if (e != OK) {
        live_file_end(f);
        return e;
    }
    session_file_begin(is, shared_file_at(f->file));
    *ret = f;
    return OK;
}

enum err live_file_settle(struct live_file *f, char why[WHY_MAX]) {
    char name[NAME_SIZE];
    name_of(f->worker, "live", name);
    return shared_file_rename(f->file, name, why);
}

struct session_slot *live_file_slots(const struct live_file *f) {
    return (struct session_slot *)(void *)((uint8_t *)shared_file_at(f->file) +
                                           session_file_slot(0));
}

uint32_t live_file_grow(struct live_file *f) {
    if (shared_file_back(f->file, size_after(f))) {
        f->n = slots_after(f);
    }
    return f->n;
}

struct live_file *live_file_end(struct live_file *f) {
    if (f) {
        shared_file_end(f->file);
    }
    return mem_free(f);
}

/* ---- what was left ---- */

static bool read_at(int fd, size_t at, void *to, size_t n) {
    ssize_t got;
    do {
        got = pread(fd, to, n, (off_t)at);
    } while (got < 0 && errno == EINTR);
    return got == (ssize_t)n;
}

/* It had keys. Its pages are there unless it is empty, so this needs no place. */
static void wipe_slot(int fd, uint32_t i) {
    static const struct session_slot zero;
    struct session_slot is;
    size_t at = session_file_slot(i);
    ssize_t put;
    if (!read_at(fd, at, &is, sizeof(is)) || memcmp(&is, &zero, sizeof(is)) == 0) {
        return;
    }
    do {
        put = pwrite(fd, &zero, sizeof(zero), (off_t)at);
    } while (put < 0 && errno == EINTR);
    mem_wipe(&is, sizeof(is));
}

struct live_old {
    int fd;
    uint32_t next; /* slot to be read */
    struct session_file is;
    struct live_found *found;
};

static bool read_head(struct live_old *o) {
    static uint8_t head[SESSION_FILE_HEAD]; /* of one thread */
    if (!read_at(o->fd, 0, head, sizeof(head))) {
        o->found->dropped.unreadable++;
        return false;
    }
    enum err e = session_file_read(bytes_of(head, sizeof(head)), &o->is);
    o->found->dropped.version += e == ERR_UNSUPPORTED;
    o->found->dropped.damaged += e != OK && e != ERR_UNSUPPORTED;
    return e == OK;
}

struct live_old *live_old_open(const struct runtime_dir *d, uint32_t worker,
                               struct live_found *ret) {
    char name[NAME_SIZE];
    name_of(worker, "live", name);
    int fd = openat(runtime_dir_fd(d), name, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0) {
        ret->dropped.unreadable += errno != ENOENT;
        return NULL;
    }
    struct live_old *o = mem_zalloc(1, sizeof(*o));
    if (!o) {
        ret->dropped.unreadable++;
        close(fd);
        return NULL;
    }
    o->fd = fd;
    o->found = ret;
    return read_head(o) ? o : live_old_end(o);
}

const struct session_file *live_old_is(const struct live_old *o) {
    return &o->is;
}

uint32_t live_old_slots(const struct live_old *o) {
    return o->is.n_slots;
}

bool live_old_next(struct live_old *o, struct session_snapshot *ret) {
    struct session_slot slot;
    enum err e = ERR_UNKNOWN;
    while (e != OK && o->next < o->is.n_slots) {
        if (!read_at(o->fd, session_file_slot(o->next), &slot, sizeof(slot))) {
            o->found->dropped.unreadable++; /* the rest of the file is cut off */
            break;
        }
        o->next++;
        e = session_slot_read(&slot, ret);
        o->found->sessions += e == OK;
        o->found->dropped.damaged += e != OK && e != ERR_UNKNOWN;
    }
    if (e != OK) {
        o->is.n_slots = o->next; /* there is no more */
    }
    mem_wipe(&slot, sizeof(slot));
    return e == OK;
}

struct live_old *live_old_end(struct live_old *o) {
    if (o) {
        for (uint32_t i = 0; i < o->next; i++) {
            wipe_slot(o->fd, i);
        }
        close(o->fd);
    }
    return mem_free(o);
}

void live_file_take(const struct runtime_dir *d, uint32_t worker, struct live_found *ret) {
    char name[NAME_SIZE];
    struct session_snapshot s;
    struct live_old *o = live_old_open(d, worker, ret);
    while (o && live_old_next(o, &s)) {
    }
    mem_wipe(&s, sizeof(s));
    live_old_end(o);
    name_of(worker, "live", name);
    (void)runtime_dir_remove(d, name);
    name_of(worker, "new", name);
    (void)runtime_dir_remove(d, name);
}
