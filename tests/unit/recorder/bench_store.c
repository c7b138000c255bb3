#include "tests/unit/recorder/bench_store.h"

#include "recorder/archive/store_identity.h"
#include "recorder/archive/verify_words.h"

#include "base/alloc.h"
#include "base/check.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

const struct postgres_config *bench_archive_database;

void scratch_begin(struct scratch *s) {
    const char *base = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    snprintf(s->dir, sizeof(s->dir), "%s/oriel-test-XXXXXX", base);
    CHECK(mkdtemp(s->dir) != NULL);
}

void scratch_put(const struct scratch *s, const char *name, const char *text,
                 char ret_path[PATH_MAX]) {
    snprintf(ret_path, PATH_MAX, "%s/%s", s->dir, name);
    int fd = open(ret_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    close(fd);
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw) {
    (void)st;
    (void)flag;
    (void)ftw;
    return remove(path);
}

void scratch_end(struct scratch *s) {
    nftw(s->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

struct memory_object *memory_store_find(struct memory_store *m, const char *name) {
    if (strcmp(name, STORE_IDENTITY) == 0) {
        return m->identity.p ? &m->identity : NULL;
    }
    for (size_t i = 0; i < m->n; i++) {
        if (strcmp(m->objects[i].name, name) == 0) {
            return &m->objects[i];
        }
    }
    return NULL;
}

static enum err memory_put(void *ctx, const char *name, struct bytes object) {
    struct memory_store *m = ctx;
    CHECK(store_name_ok(name) && m->n < ARRAY_LEN(m->objects));
    if (memory_store_find(m, name)) {
        return ERR_EXISTS;
    }
    bool identity = strcmp(name, STORE_IDENTITY) == 0;
    struct memory_object *o = identity ? &m->identity : &m->objects[m->n];
    o->p = mem_alloc(object.n);
    if (!o->p) {
        return ERR_NOMEM;
    }
    memcpy(o->p, object.p, object.n);
    o->n = object.n;
    snprintf(o->name, sizeof(o->name), "%s", name);
    m->n += !identity;
    return OK;
}

static enum err memory_size(void *ctx, const char *name, uint64_t *ret_size) {
    struct memory_object *o = memory_store_find(ctx, name);
    if (!o) {
        return ERR_UNKNOWN;
    }
    *ret_size = o->n;
    return OK;
}

static enum err memory_read(void *ctx, const char *name, uint64_t at, uint8_t *out, size_t n) {
    struct memory_object *o = memory_store_find(ctx, name);
    if (!o) {
        return ERR_UNKNOWN;
    }
    if (at > o->n || n > o->n - at) {
        return ERR_RANGE;
    }
    memcpy(out, o->p + at, n);
    return OK;
}

static enum err memory_remove(void *ctx, const char *name) {
    struct memory_store *m = ctx;
    struct memory_object *o = memory_store_find(m, name);
    if (!o) {
        return ERR_UNKNOWN;
    }
    mem_free(o->p);
    *o = o == &m->identity ? (struct memory_object){0} : m->objects[--m->n];
    return OK;
}

static enum err memory_list(void *ctx, const char *prefix,
                            void (*each)(void *each_ctx, const char *name, uint64_t size),
                            void *each_ctx) {
    struct memory_store *m = ctx;
    for (size_t i = 0; i < m->n; i++) {
        if (strncmp(m->objects[i].name, prefix, strlen(prefix)) == 0) {
            each(each_ctx, m->objects[i].name, m->objects[i].n);
        }
    }
    return OK;
}

void memory_store_begin(struct memory_store *m) {
    memset(m, 0, sizeof(*m));
    m->store = (struct store){.ctx = m,
                              .put = memory_put,
                              .size = memory_size,
                              .read = memory_read,
                              .remove = memory_remove,
                              .list = memory_list};
}

void memory_store_end(struct memory_store *m) {
    for (size_t i = 0; i < m->n; i++) {
        mem_free(m->objects[i].p);
    }
    m->identity.p = mem_free(m->identity.p);
    m->n = 0;
}

static enum err fault_put(void *ctx, const char *name, struct bytes object) {
    struct fault_store *f = ctx;
    bool now = f->mode != FAULT_NONE && f->puts++ == f->at;
    f->dead = f->dead || (now && f->mode == FAULT_DEAD);
    if (f->dead || (now && f->mode == FAULT_ONCE)) {
        return f->error;
    }
    enum err e = f->inner.put(f->inner.ctx, name, object);
    return now && e == OK ? f->error : e;
}

static enum err fault_size(void *ctx, const char *name, uint64_t *ret_size) {
    struct fault_store *f = ctx;
    f->asks++;
    return f->dead ? f->error : f->inner.size(f->inner.ctx, name, ret_size);
}

static enum err fault_read(void *ctx, const char *name, uint64_t at, uint8_t *out, size_t n) {
    struct fault_store *f = ctx;
    f->asks++;
    return f->dead ? f->error : f->inner.read(f->inner.ctx, name, at, out, n);
}

static enum err fault_remove(void *ctx, const char *name) {
    struct fault_store *f = ctx;
    return f->dead ? f->error : f->inner.remove(f->inner.ctx, name);
}

static enum err fault_list(void *ctx, const char *prefix,
                           void (*each)(void *each_ctx, const char *name, uint64_t size),
                           void *each_ctx) {
    struct fault_store *f = ctx;
    return f->dead ? f->error : f->inner.list(f->inner.ctx, prefix, each, each_ctx);
}

void fault_store_begin(struct fault_store *f, const struct store *inner) {
    memset(f, 0, sizeof(*f));
    f->inner = *inner;
    f->error = ERR_IO;
    f->store = (struct store){.ctx = f,
                              .put = fault_put,
                              .size = fault_size,
                              .read = fault_read,
                              .remove = fault_remove,
                              .list = fault_list};
}

enum err bench_archive(const struct scratch *s, const struct store *store, struct rng_seeded *state,
                       struct archive **ret) {
    char why[WHY_MAX];
    struct archive_config c = {.dir = s->dir,
                               .create_kek = true,
                               .write = true,
                               .store = store,
                               .database = bench_archive_database,
                               .rng = rng_from_seeded(state)};
    return archive_open(&c, ret, why);
}

void power_on(struct machine *m) {
    fault_store_begin(&m->fault, &m->disk.store);
    CHECK(bench_archive(&m->scratch, &m->fault.store, &m->state, &m->archive) == OK);
}

void power_off(struct machine *m) {
    m->archive = archive_close(m->archive);
}

void machine_begin(struct machine *m, uint64_t seed) {
    memset(m, 0, sizeof(*m));
    scratch_begin(&m->scratch);
    memory_store_begin(&m->disk);
    rng_seed(&m->state, seed);
    power_on(m);
}

void machine_end(struct machine *m) {
    power_off(m);
    memory_store_end(&m->disk);
    scratch_end(&m->scratch);
}

void machine_lose(struct machine *m, const char *name) {
    static const char *const suffixes[] = {"", "-wal", "-shm"};
    char path[PATH_MAX];
    for (size_t i = 0; i < ARRAY_LEN(suffixes); i++) {
        snprintf(path, sizeof(path), "%s/%s%s", m->scratch.dir, name, suffixes[i]);
        remove(path);
    }
}

void findings_say(void *ctx, const char *object, const char *what) {
    struct findings *f = ctx;
    CHECK(strcmp(verify_word(what), "other") != 0); /* programs have a word for whatever is found */
    if (f->n++ == 0) {
        snprintf(f->first, sizeof(f->first), "%s: %s", object, what);
    }
}
