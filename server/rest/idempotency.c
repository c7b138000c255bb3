#include "server/rest/idempotency.h"

#include "base/alloc.h"
#include "base/check.h"
#include "base/list.h"
#include "base/map.h"

#include <string.h>

struct entry {
    struct link by_age; /* of those that are done, oldest first */
    uint64_t id;        /* of subject and key */
    uint64_t request;   /* of all the rest */
    bool done;
    us_t until;
    struct idempotency_answer answer;
};

struct idempotency {
    uint64_t seed;
    size_t cap;
    struct map *entries;
    struct link done;
    struct link busy;
};

struct idempotency *idempotency_new(size_t cap, uint64_t seed) {
    struct idempotency *x = mem_zalloc(1, sizeof(*x));
    if (!x) {
        return NULL;
    }
    list_init(&x->done);
    list_init(&x->busy);
    x->seed = seed;
    x->cap = cap;
    x->entries = map_new(cap, seed);
    return x->entries ? x : idempotency_free(x);
}

static void forget(struct idempotency *x, struct entry *e) {
    map_take(x->entries, e->id);
    list_remove(&e->by_age);
    mem_free(e->answer.body);
    mem_free(e);
}

struct idempotency *idempotency_free(struct idempotency *x) {
    if (x) {
        LIST_EACH(l, &x->done) {
            forget(x, LIST_ENTRY(l, struct entry, by_age));
        }
        LIST_EACH(l, &x->busy) {
            forget(x, LIST_ENTRY(l, struct entry, by_age));
        }
        map_free(x->entries);
    }
    return mem_free(x);
}

/* One after the other, so that where one ends and the next begins counts, too. */
static uint64_t mix(uint64_t seed, const char *text) {
    return hash_bytes(text, strlen(text), seed);
}

static uint64_t id_of(const struct idempotency *x, const struct idempotency_request *r) {
    uint64_t id = mix(mix(x->seed, r->subject), r->key);
    return id ? id : 1;
}

static uint64_t request_of(const struct idempotency *x, const struct idempotency_request *r) {
    return hash_bytes(r->body.p, r->body.n, mix(mix(~x->seed, r->method), r->path));
}

/* Answers whose time is over, and, while there is no room, the oldest. */
static void make_room(struct idempotency *x, us_t now) {
    LIST_EACH(l, &x->done) {
        struct entry *e = LIST_ENTRY(l, struct entry, by_age);
        if (now < e->until && map_len(x->entries) < x->cap) {
            return;
        }
        forget(x, e);
    }
}

static struct entry *add(struct idempotency *x, uint64_t id, uint64_t request) {
    struct entry *e = map_len(x->entries) < x->cap ? mem_zalloc(1, sizeof(struct entry)) : NULL;
    if (!e) {
        return NULL;
    }
    e->id = id;
    e->request = request;
    CHECK(map_put(x->entries, id, e) == OK);
    list_push(&x->busy, &e->by_age);
    return e;
}

enum idempotency_state idempotency_begin(struct idempotency *x, us_t now,
                                         const struct idempotency_request *r, uint64_t *ret_id,
                                         const struct idempotency_answer **ret_answer) {
    uint64_t id = id_of(x, r), request = request_of(x, r);
    struct entry *e = map_get(x->entries, id);
    if (e && e->done && now >= e->until) {
        forget(x, e);
        e = NULL;
    }
    if (!e) {
        make_room(x, now);
        *ret_id = id;
        return add(x, id, request) ? IDEMPOTENCY_NEW : IDEMPOTENCY_FULL;
    }
    *ret_answer = &e->answer;
    return e->request != request ? IDEMPOTENCY_OTHER
           : e->done             ? IDEMPOTENCY_AGAIN
                                 : IDEMPOTENCY_BUSY;
}

uint64_t idempotency_asked(const struct idempotency *x, uint64_t id) {
    const struct entry *e = map_get(x->entries, id);
    return e ? e->request : 0;
}

void idempotency_restore(struct idempotency *x, us_t now, const struct idempotency_kept *k) {
    us_t left = us_min(k->left, IDEMPOTENCY_KEEP); /* clocks are set */
    if (left <= 0 || !k->id || map_get(x->entries, k->id)) {
        return;
    }
    make_room(x, now);
    if (!add(x, k->id, k->request)) {
        return;
    }
    idempotency_done(x, now, k->id, &k->answer);
    struct entry *e = map_get(x->entries, k->id);
    if (e) {
        e->until = now + left;
    }
}

void idempotency_done(struct idempotency *x, us_t now, uint64_t id,
                      const struct idempotency_answer *a) {
    struct entry *e = id ? map_get(x->entries, id) : NULL;
    if (!e) {
        return;
    }
    CHECK(!e->done);
    e->answer = *a;
    e->answer.body = a->body ? mem_alloc(a->len + 1) : NULL;
    if (a->body && !e->answer.body) {
        forget(x, e);
        return;
    }
    if (a->body) {
        memcpy(e->answer.body, a->body, a->len);
        e->answer.body[a->len] = '\0';
    }
    e->done = true;
    e->until = now + IDEMPOTENCY_KEEP;
    list_remove(&e->by_age);
    list_push(&x->done, &e->by_age);
}

void idempotency_drop(struct idempotency *x, uint64_t id) {
    struct entry *e = id ? map_get(x->entries, id) : NULL;
    if (e) {
        CHECK(!e->done);
        forget(x, e);
    }
}
