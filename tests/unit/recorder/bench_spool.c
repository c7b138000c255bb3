#include "tests/unit/recorder/bench_spool.h"

#include "base/alloc.h"
#include "base/check.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static void make_uploader(struct spool_bench *b) {
    CHECK(store_local_open_with(b->dir, &b->files.ops, &b->local) == OK);
    b->config.local = &b->local;
    b->config.remote = &b->remote.store;
    b->config.rng = rng_from_seeded(&b->state);
    CHECK(uploader_new(&b->config, &b->uploader) == OK);
}

void spool_bench_begin(struct spool_bench *b) {
    memset(b, 0, sizeof(*b));
    s3_bench_begin(&b->remote);
    b->remote.config.prefix = NULL;
    s3_bench_open(&b->remote);
    struct buffer path = buffer_fixed(b->dir, sizeof(b->dir));
    buffer_printf(&path, "%s/spool", b->remote.scratch.dir);
    fault_files_begin(&b->files);
    rng_seed(&b->state, 7);
    b->now = 1000 * US_PER_S;
    CHECK(store_local_open(b->dir, &b->writer_local) == OK);
    struct spool_config c = {.local = &b->writer_local, .remote = &b->remote.store, .write = true};
    CHECK(store_spool_open(&c, &b->spool) == OK);
    make_uploader(b);
}

void spool_bench_end(struct spool_bench *b) {
    b->uploader = uploader_free(b->uploader);
    store_spool_close(&b->spool);
    store_local_close(&b->local);
    store_local_close(&b->writer_local);
    s3_bench_end(&b->remote);
}

void spool_bench_restart(struct spool_bench *b) {
    b->uploader = uploader_free(b->uploader);
    store_local_close(&b->local);
    fault_files_begin(&b->files);
    b->remote.fault.mode = HTTP_FAULT_NONE;
    make_uploader(b);
}

void spool_bench_run(struct spool_bench *b, us_t until) {
    for (int i = 0; i < 100000; i++) {
        us_t due = uploader_deadline(b->uploader);
        struct uploader_counters c = uploader_counters(b->uploader);
        if (due > until || (c.waiting_objects == 0 && i > 0 && due > b->now)) {
            b->now = us_max(b->now, due > until ? until : b->now);
            return;
        }
        b->now = us_max(b->now, due);
        uploader_step(b->uploader, b->now, (wall_t){b->now});
    }
    CHECK(!"it comes to rest");
}

static uint8_t *contents(const char *name, size_t n) {
    uint8_t *p = malloc(n + 1);
    CHECK(p);
    for (size_t i = 0; i < n; i++) {
        p[i] = (uint8_t)(name[i % strlen(name)] + (int)i);
    }
    return p;
}

enum err spool_bench_put(struct spool_bench *b, const char *name, size_t n) {
    uint8_t *p = contents(name, n);
    enum err e = b->spool.put(b->spool.ctx, name, bytes_of(p, n));
    free(p);
    return e;
}

void spool_bench_identity(struct spool_bench *b, const char *text) {
    const struct store *near = &b->writer_local;
    struct bytes identity = bytes_of(text, strlen(text));
    CHECK(b->spool.put(b->spool.ctx, STORE_IDENTITY, identity) == OK);
    CHECK(near->put(near->ctx, STORE_IDENTITY, identity) == OK);
}

bool spool_bench_is_remote(struct spool_bench *b, const char *name, size_t n) {
    struct fake_object *o = fake_s3_find(&b->remote.service, name);
    uint8_t *p = contents(name, n);
    bool same = o && o->n == n && memcmp(o->p, p, n) == 0;
    free(p);
    return same;
}

bool spool_bench_is_local(struct spool_bench *b, const char *name, size_t n) {
    uint64_t size = 0;
    uint8_t *p = contents(name, n), *q = contents(name, n);
    bool same = b->writer_local.size(b->writer_local.ctx, name, &size) == OK && size == n &&
                b->writer_local.read(b->writer_local.ctx, name, 0, q, n) == OK &&
                memcmp(p, q, n) == 0;
    free(p);
    free(q);
    return same;
}
