#include "recorder/store/store_spool.h"

#include "base/alloc.h"
#include "base/buffer.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct spool {
    struct spool_config config;
    bool cleaned;               /* what interrupted puts left is gone */
    bool counted;               /* the folder was looked at */
    uint64_t waiting;           /* [bytes] at most: what was counted last and what was put since */
    const struct store *failed; /* whose reason counts; NULL: ours */
    us_t rest_until;            /* the remote store is not asked before */
    us_t asked_at;
    char why[WHY_MAX];
};

static bool is_identity(const char *name) {
    return strcmp(name, STORE_IDENTITY) == 0;
}

/* Note whose failure it is. */
static enum err of(struct spool *s, const struct store *whose, enum err e) {
    s->failed = whose;
    s->why[0] = '\0';
    return e;
}

/* May the remote store be asked now? */
static bool may_ask(struct spool *s) {
    s->asked_at = s->config.clock ? s->config.clock(s->config.clock_ctx) : 0;
    return s->asked_at >= s->rest_until;
}

/* What it said to what was asked after may_ask. */
static enum err said(struct spool *s, enum err e) {
    us_t now = s->config.clock ? s->config.clock(s->config.clock_ctx) : 0;
    if (e == ERR_IO && now - s->asked_at >= SPOOL_SLOW) {
        s->rest_until = now + SPOOL_REST;
    }
    return of(s, s->config.remote, e);
}

/* ---- putting ---- */

static void add_size(void *ctx, const struct store_file *f) {
    *(uint64_t *)ctx += f->size;
}

static enum err count(struct spool *s) {
    s->waiting = 0;
    enum err e = store_local_walk(s->config.local, add_size, &s->waiting);
    s->counted = e == OK;
    return e;
}

static bool fits(const struct spool *s, size_t n) {
    return s->counted && s->waiting <= s->config.limit && n <= s->config.limit - s->waiting;
}

/* The count only grows between two looks at the folder, from which the uploader takes. */
static enum err check_limit(struct spool *s, size_t n) {
    if (s->config.limit == 0 || fits(s, n)) {
        return OK;
    }
    enum err e = count(s);
    if (e != OK || fits(s, n)) {
        return of(s, s->config.local, e);
    }
    of(s, NULL, ERR_NOSPACE);
    snprintf(s->why, sizeof(s->why),
             "%" PRIu64 " bytes wait for the object store, which is as many as may", s->waiting);
    return ERR_NOSPACE;
}

static enum err check_reserve(struct spool *s, size_t n) {
    struct file_space space;
    if (s->config.reserve == 0) {
        return OK;
    }
    enum err e = store_local_space(s->config.local, &space);
    if (e != OK || (space.free >= s->config.reserve && space.free - s->config.reserve >= n)) {
        return of(s, s->config.local, e);
    }
    of(s, NULL, ERR_NOSPACE);
    snprintf(s->why, sizeof(s->why),
             "the disk of the spool folder has %" PRIu64 " bytes left, of which %" PRIu64
             " are reserved",
             space.free, s->config.reserve);
    return ERR_NOSPACE;
}

static enum err put_identity(struct spool *s, struct bytes identity) {
    const struct store *remote = s->config.remote;
    return of(s, remote, remote->put(remote->ctx, STORE_IDENTITY, identity));
}

static enum err spool_put(void *ctx, const char *name, struct bytes object) {
    struct spool *s = ctx;
    const struct store *local = s->config.local;
    if (is_identity(name)) {
        return s->config.write ? put_identity(s, object) : of(s, NULL, ERR_WRONG_STATE);
    }
    if (s->config.write && !s->cleaned) {
        /* Not when it is opened: only by its first put does a writer show that it is the one. */
        store_local_clean(local);
        s->cleaned = true;
    }
    enum err e = check_limit(s, object.n);
    e = e == OK ? check_reserve(s, object.n) : e;
    if (e != OK) {
        return e;
    }
    e = local->put(local->ctx, name, object);
    if (e != OK) {
        return of(s, local, e);
    }
    s->waiting += object.n;
    if (s->config.note) {
        s->config.note(s->config.note_ctx);
    }
    return OK;
}

/* ---- reading ---- */

/* One call to either store. */
struct ask {
    const char *name;
    enum err (*call)(const struct store *s, const struct ask *q);
    void *out;
    size_t n;
    uint64_t at;
};

/* In the folder; else, and of the identity always, in the remote store; of the identity the copy
 * when that cannot be asked. */
static enum err ask(struct spool *s, const struct ask *q) {
    const struct store *local = s->config.local, *remote = s->config.remote;
    bool identity = is_identity(q->name);
    enum err e = identity ? ERR_UNKNOWN : q->call(local, q);
    if (e != ERR_UNKNOWN) {
        return of(s, local, e);
    }
    e = may_ask(s) ? said(s, q->call(remote, q)) : of(s, remote, ERR_IO);
    if (identity && e == ERR_IO && q->call(local, q) == OK) {
        e = OK;
    }
    return e;
}

static enum err call_size(const struct store *s, const struct ask *q) {
    return s->size(s->ctx, q->name, q->out);
}

static enum err call_read(const struct store *s, const struct ask *q) {
    return s->read(s->ctx, q->name, q->at, q->out, q->n);
}

static enum err call_peek(const struct store *s, const struct ask *q) {
    return store_peek(s, q->name, q->out);
}

static enum err call_digest(const struct store *s, const struct ask *q) {
    return store_digest_of(s, q->name, q->out);
}

static enum err spool_size(void *ctx, const char *name, uint64_t *ret_size) {
    const struct ask q = {.name = name, .call = call_size, .out = ret_size};
    return ask(ctx, &q);
}

static enum err spool_read(void *ctx, const char *name, uint64_t at, uint8_t *out, size_t n) {
    const struct ask q = {.name = name, .call = call_read, .out = out, .n = n, .at = at};
    return ask(ctx, &q);
}

static enum err spool_peek(void *ctx, const char *name, struct store_part *part) {
    const struct ask q = {.name = name, .call = call_peek, .out = part};
    return ask(ctx, &q);
}

static enum err spool_digest(void *ctx, const char *name, struct store_digest *ret) {
    const struct ask q = {.name = name, .call = call_digest, .out = ret};
    return ask(ctx, &q);
}

/* In both places. An upload under way when it leaves the folder is undone by the uploader. */
static enum err spool_remove(void *ctx, const char *name) {
    struct spool *s = ctx;
    const struct store *local = s->config.local, *remote = s->config.remote;
    enum err here = local->remove(local->ctx, name);
    if (here != OK && here != ERR_UNKNOWN) {
        return of(s, local, here);
    }
    if (here == OK) {
        store_local_prune(local, name);
    }
    enum err there =
        may_ask(s) ? said(s, remote->remove(remote->ctx, name)) : of(s, remote, ERR_IO);
    return there == ERR_UNKNOWN ? here : there;
}

/* ---- listing ---- */

/* Names, each with its NUL, and where they begin. */
struct names {
    struct buffer text;
    const char **sorted;
    size_t n;
    void (*each)(void *ctx, const char *name, uint64_t size);
    void *ctx;
};

static void note_name(void *ctx, const char *name, uint64_t size) {
    struct names *l = ctx;
    buffer_put(&l->text, name, strlen(name) + 1);
    l->n++;
    l->each(l->ctx, name, size);
}

static int by_text(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static enum err sort_names(struct names *l) {
    l->sorted = mem_zalloc(l->n + 1, sizeof(*l->sorted));
    if (!l->sorted || l->text.bad) {
        return ERR_NOMEM;
    }
    const char *p = l->text.p;
    for (size_t i = 0; i < l->n; i++, p += strlen(p) + 1) {
        l->sorted[i] = p;
    }
    qsort(l->sorted, l->n, sizeof(*l->sorted), by_text);
    return OK;
}

static void tell_other(void *ctx, const char *name, uint64_t size) {
    const struct names *l = ctx;
    if (!bsearch(&name, l->sorted, l->n, sizeof(*l->sorted), by_text)) {
        l->each(l->ctx, name, size);
    }
}

/* The folder first: what leaves it while we look is in the remote list then. */
static enum err spool_list(void *ctx, const char *prefix,
                           void (*each)(void *each_ctx, const char *name, uint64_t size),
                           void *each_ctx) {
    struct spool *s = ctx;
    const struct store *local = s->config.local, *remote = s->config.remote;
    struct names l = {.each = each, .ctx = each_ctx};
    enum err e = of(s, local, local->list(local->ctx, prefix, note_name, &l));
    e = e == OK ? sort_names(&l) : e;
    if (e == OK) {
        e = may_ask(s) ? said(s, remote->list(remote->ctx, prefix, tell_other, &l))
                       : of(s, remote, ERR_IO);
    }
    mem_free(l.sorted);
    buffer_free(&l.text);
    return e;
}

static void note_one(void *ctx, const char *name, uint64_t size) {
    (void)name;
    (void)size;
    *(bool *)ctx = true;
}

static enum err spool_waits(void *ctx, const char *prefix, bool *ret) {
    const struct spool *s = ctx;
    const struct store *local = s->config.local;
    *ret = false;
    return local->list(local->ctx, prefix, note_one, ret);
}

/* ---- life ---- */

static const char *spool_why(void *ctx) {
    const struct spool *s = ctx;
    return s->failed ? store_why(s->failed) : s->why;
}

enum err store_spool_open(const struct spool_config *c, struct store *ret) {
    struct spool *s = mem_zalloc(1, sizeof(*s));
    if (!s) {
        return ERR_NOMEM;
    }
    s->config = *c;
    enum err e = c->write && c->limit ? count(s) : OK;
    if (e != OK) {
        mem_free(s);
        return e;
    }
    *ret = (struct store){.ctx = s,
                          .put = spool_put,
                          .size = spool_size,
                          .read = spool_read,
                          .remove = spool_remove,
                          .list = spool_list,
                          .peek = spool_peek,
                          .digest = spool_digest,
                          .waits = spool_waits,
                          .why = spool_why,
                          .near = c->local};
    return OK;
}

void store_spool_close(struct store *s) {
    mem_free(s->ctx);
    memset(s, 0, sizeof(*s));
}
