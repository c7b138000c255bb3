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
    uint32_t n, max; /* slots that are there, and may be */
};

static void name_of(uint32_t worker, char out[NAME_SIZE]) {
    snprintf(out, NAME_SIZE, "worker-%" PRIu32 ".live", worker);
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
    name_of(is->worker, name);
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

/* It had keys. Its pages are there, so this needs no place. */
static void wipe_at(int fd, size_t at, size_t n) {
    static const struct session_slot zero;
    ssize_t put;
    do {
        put = pwrite(fd, &zero, n, (off_t)at);
    } while (put < 0 && errno == EINTR);
}

static void take_slots(int fd, const struct session_file *is, struct live_found *ret) {
    struct session_slot slot;
    struct session_snapshot s;
    for (uint32_t i = 0; i < is->n_slots; i++) {
        if (!read_at(fd, session_file_slot(i), &slot, sizeof(slot))) {
            ret->dropped.unreadable++; /* the rest of the file is cut off */
            break;
        }
        enum err e = session_slot_read(&slot, &s);
        ret->sessions += e == OK;
        ret->dropped.damaged += e != OK && e != ERR_UNKNOWN;
        if (e != ERR_UNKNOWN) {
            wipe_at(fd, session_file_slot(i), sizeof(slot));
        }
    }
    mem_wipe(&slot, sizeof(slot));
    mem_wipe(&s, sizeof(s));
}

static void take(int fd, struct live_found *ret) {
    static uint8_t head[SESSION_FILE_HEAD]; /* of one thread */
    struct session_file is;
    if (!read_at(fd, 0, head, sizeof(head))) {
        ret->dropped.unreadable++;
        return;
    }
    enum err e = session_file_read(bytes_of(head, sizeof(head)), &is);
    if (e == OK) {
        take_slots(fd, &is, ret);
        return;
    }
    ret->dropped.version += e == ERR_UNSUPPORTED;
    ret->dropped.damaged += e != ERR_UNSUPPORTED;
}

void live_file_take(const struct runtime_dir *d, uint32_t worker, struct live_found *ret) {
    char name[NAME_SIZE];
    name_of(worker, name);
    int fd = openat(runtime_dir_fd(d), name, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0 && errno == ENOENT) {
        return;
    }
    if (fd < 0) {
        ret->dropped.unreadable++;
    } else {
        take(fd, ret);
        close(fd);
    }
    (void)unlinkat(runtime_dir_fd(d), name, 0);
}
