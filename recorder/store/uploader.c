/* DESIGN. The folder is the queue. A scan keeps the QUEUE oldest objects of it and counts the rest;
 * when those are moved, or after a while, it is scanned anew. What is known of an object beyond
 * that (how often it failed, that it is a conflict) is kept apart, for the few objects in trouble,
 * and is forgotten with the process.
 *
 * No number of objects in trouble may keep the others from being moved. A scan takes those that
 * must wait only where there is room. And when there are more than have a place of their own, the
 * rest share one pause: a round goes through the folder by age and remembers how far it has come,
 * what lies before that is passed over, and when the pause is over the next round begins.
 *
 * A conflict is an object of which the remote store has one with other contents. Neither is
 * touched: the one in the folder is what the journal speaks of and what is read, the other was
 * there first. */
#include "recorder/store/uploader.h"

#include "base/alloc.h"
#include "base/check.h"

#include <stdio.h>
#include <stdlib.h>

#define QUEUE 1024
#define OBJECT_LIMIT (512u << 20) /* [bytes] of an object, held in memory while it is moved */
#define IDENTITY_LIMIT 256        /* [bytes] */
#define SCAN_SOON (200 * US_PER_MS)
#define SCAN_AGAIN (5 * US_PER_S)
#define SCAN_OBJECTS 10000 /* a folder with so many is scanned a second later */
#define CONFLICT_AGAIN (3600 * US_PER_S)
#define RETRY_MIN (500 * US_PER_MS)
#define RETRY_MAX (60 * US_PER_S)
#define BREAKER_AT 5

struct item {
    char name[OBJECT_NAME_MAX];
    uint64_t size;
    int64_t written; /* wall_t.us */
    bool paused;     /* when it was scanned */
};

struct trouble {
    char name[OBJECT_NAME_MAX]; /* "": none */
    unsigned attempts;
    us_t again;
    bool conflict;
};

/* The round of the objects in trouble without a place. */
struct round {
    struct item to; /* it has come so far */
    us_t until;     /* what lies before is passed over */
    bool late;      /* `until` is to be set */
};

struct uploader {
    struct uploader_config config;
    struct item *items; /* 2 * QUEUE; oldest first after a scan */
    size_t n;
    bool more;      /* the folder has others */
    int64_t oldest; /* of those, wall_t.us; INT64_MAX: none */
    struct trouble troubles[UPLOADER_CONFLICTS];
    struct trouble removals[UPLOADER_REMOVALS];
    struct round round;
    struct uploader_counters counters;
    us_t scanned, scan_at;
    wall_t wall;          /* of the last step */
    us_t resume_at;       /* the store is left alone until then */
    unsigned in_a_row;    /* failures of the store */
    bool settle;          /* an attempt has just failed: `now` is old */
    struct trouble *late; /* of which object, if it was one's */
    bool same_store;      /* it was seen to be the one that our identity names */
    bool proven;          /* and to replace nothing */
    char why[WHY_MAX];
};

static int by_age(const void *a, const void *b) {
    const struct item *x = a, *y = b;
    return x->written != y->written ? (x->written < y->written ? -1 : 1) : strcmp(x->name, y->name);
}

/* ---- objects in trouble ---- */

static struct trouble *place_of(struct trouble *t, size_t n, const char *name) {
    for (size_t i = 0; i < n; i++) {
        if (strcmp(t[i].name, name) == 0) {
            return &t[i];
        }
    }
    return NULL;
}

static struct trouble *trouble_of(struct uploader *u, const char *name) {
    return place_of(u->troubles, UPLOADER_CONFLICTS, name);
}

/* Of those that are no conflict the one whose pause ends first; NULL: all are. */
static struct trouble *trouble_nearest(struct uploader *u) {
    struct trouble *nearest = NULL;
    for (size_t i = 0; i < UPLOADER_CONFLICTS; i++) {
        struct trouble *t = &u->troubles[i];
        if (!t->conflict && (!nearest || t->again < nearest->again)) {
            nearest = t;
        }
    }
    return nearest;
}

/* A place for it. When all are taken that of another, which goes on in the round; or NULL, when
 * all are conflicts, which must stay known, and it does itself. */
static struct trouble *trouble_make(struct uploader *u, const struct item *i) {
    struct trouble *t = trouble_of(u, i->name);
    if (t) {
        return t;
    }
    t = trouble_of(u, "");
    if (!t) {
        t = trouble_nearest(u);
        u->round.to = *i;
        u->round.late = true;
    }
    if (t) {
        *t = (struct trouble){0};
        snprintf(t->name, sizeof(t->name), "%s", i->name);
    }
    return t;
}

static void trouble_end(struct uploader *u, const char *name) {
    struct trouble *t = trouble_of(u, name);
    if (t) {
        *t = (struct trouble){0};
    }
}

static uint32_t count_conflicts(const struct uploader *u) {
    uint32_t n = 0;
    for (size_t i = 0; i < UPLOADER_CONFLICTS; i++) {
        n += u->troubles[i].conflict;
    }
    return n;
}

/* When it may be tried; at once is 0. */
static us_t again_of(struct uploader *u, const struct item *i, us_t now) {
    const struct trouble *t = trouble_of(u, i->name);
    if (t) {
        return t->again;
    }
    return now < u->round.until && by_age(i, &u->round.to) <= 0 ? u->round.until : 0;
}

/* ---- the folder ---- */

static unsigned share_of(const struct uploader *u, const char *name) {
    /* Of recordings/ID/TRACK/1.seg and recordings/ID/journal/1.jnl the first two words are equal.
     */
    const char *first = strchr(name, '/'), *second = first ? strchr(first + 1, '/') : NULL;
    uint32_t h = 2166136261u; /* FNV-1a */
    for (const char *p = name; second && p < second; p++) {
        h = (h ^ (uint8_t)*p) * 16777619u;
    }
    return h % u->config.shares;
}

/* Those that must wait behind the others. */
static int by_turn(const void *a, const void *b) {
    const struct item *x = a, *y = b;
    return x->paused != y->paused ? (x->paused ? 1 : -1) : by_age(a, b);
}

/* Keep those whose turn is first. */
static void cut(struct uploader *u) {
    qsort(u->items, u->n, sizeof(*u->items), by_turn);
    for (; u->n > QUEUE; u->n--) {
        int64_t written = u->items[u->n - 1].written;
        u->more = true;
        u->oldest = written < u->oldest ? written : u->oldest;
    }
}

static void note_file(void *ctx, const struct store_file *f) {
    struct uploader *u = ctx;
    if (strcmp(f->name, STORE_IDENTITY) == 0 || share_of(u, f->name) != u->config.share) {
        return;
    }
    u->counters.waiting_objects++;
    u->counters.waiting_bytes += f->size;
    if (u->n == 2 * QUEUE) {
        cut(u);
    }
    struct item *i = &u->items[u->n++];
    *i = (struct item){.size = f->size, .written = f->written.us};
    snprintf(i->name, sizeof(i->name), "%s", f->name);
    i->paused = again_of(u, i, u->scanned) > u->scanned;
}

static void note_oldest(struct uploader *u) {
    int64_t oldest = u->oldest;
    for (size_t i = 0; i < u->n; i++) {
        oldest = u->items[i].written < oldest ? u->items[i].written : oldest;
    }
    u->counters.oldest = (wall_t){oldest == INT64_MAX ? 0 : oldest};
}

static void failed(struct uploader *u, const char *what, enum err e, const char *more) {
    u->counters.failures++;
    snprintf(u->why, sizeof(u->why), "%.140s: %s%s%.300s", what, err_name(e), *more ? ": " : "",
             more);
}

static void scan(struct uploader *u, us_t now) {
    u->n = 0;
    u->more = false;
    u->oldest = INT64_MAX;
    u->scanned = now;
    u->counters.waiting_objects = u->counters.waiting_bytes = 0;
    enum err e = store_local_walk(u->config.local, note_file, u);
    if (e != OK) {
        failed(u, "the spool folder cannot be read", e, "");
    }
    cut(u);
    note_oldest(u);
    u->scan_at = now + SCAN_AGAIN + (us_t)(u->counters.waiting_objects / SCAN_OBJECTS) * US_PER_S;
}

/* ---- moving one ---- */

/* The pause after so many failures: doubled each time, and of that between half and all, so that
 * many do not come back at once. */
static us_t pause(struct uploader *u, unsigned failures) {
    us_t p = u->config.retry_min;
    for (unsigned i = 1; i < failures && p < u->config.retry_max; i++) {
        p *= 2;
    }
    p = us_min(p, u->config.retry_max);
    uint32_t ms = (uint32_t)(p / US_PER_MS);
    return p / 2 + (us_t)rng_below(&u->config.rng, ms / 2 + 1) * US_PER_MS;
}

/* The first that may be tried now; *wait: when the first of the others may. */
static struct item *pick(struct uploader *u, us_t now, us_t *wait) {
    *wait = US_NEVER;
    for (size_t i = 0; i < u->n; i++) {
        us_t again = again_of(u, &u->items[i], now);
        if (again <= now) {
            return &u->items[i];
        }
        *wait = us_min(*wait, again);
    }
    return NULL;
}

static void drop(struct uploader *u, struct item *i) {
    size_t at = (size_t)(i - u->items);
    u->counters.waiting_objects -= u->counters.waiting_objects > 0;
    u->counters.waiting_bytes -= us_min((us_t)i->size, (us_t)u->counters.waiting_bytes);
    trouble_end(u, i->name);
    memmove(i, i + 1, (u->n - at - 1) * sizeof(*i));
    u->n--;
    note_oldest(u);
}

/* It was the store's fault, or the way to it. */
static void store_failed(struct uploader *u, const struct item *i, const char *what, enum err e) {
    failed(u, what, e, store_why(u->config.remote));
    u->in_a_row++;
    u->settle = true;
    u->late = i ? trouble_make(u, i) : NULL;
}

/* It was this object's. */
static void object_failed(struct uploader *u, const struct item *i, enum err e, const char *more) {
    failed(u, i->name, e, more);
    u->settle = true;
    u->late = trouble_make(u, i);
}

static void conflict(struct uploader *u, const struct item *i) {
    object_failed(u, i, ERR_EXISTS,
                  "the object store has it with other contents; both are kept. Find out who wrote "
                  "there, and remove the wrong one");
    if (u->late) {
        u->late->conflict = true;
    }
}

static void wrong_store(struct uploader *u, enum err e, const char *why) {
    u->in_a_row = u->config.breaker_at;
    u->settle = true;
    u->late = NULL;
    u->same_store = false;
    failed(u, STORE_IDENTITY, e, why);
}

/* A service that replaces objects gets none: two that differ would not be noticed. */
static bool prove(struct uploader *u, struct bytes identity) {
    if (u->proven) {
        return true;
    }
    enum err e = store_never_replaces(u->config.remote, identity);
    u->proven = e == OK;
    if (e == ERR_UNSUPPORTED) {
        wrong_store(u, e, STORE_REPLACES);
    } else if (e != OK) {
        u->same_store = false;
        store_failed(u, NULL, STORE_IDENTITY, e);
    }
    return u->proven;
}

/* Is the remote store the one that our copy of the identity names? A bucket by another name, or one
 * that was emptied, must not get the objects. Without a copy there is nothing to compare: the
 * recorder has not started, or its disk was full (archive_store.c). */
static bool right_store(struct uploader *u) {
    uint8_t here[IDENTITY_LIMIT], there[IDENTITY_LIMIT];
    struct store_part a = {.out = here, .n = sizeof(here)}, b = {.out = there, .n = sizeof(there)};
    if (u->same_store || store_peek(u->config.local, STORE_IDENTITY, &a) == ERR_UNKNOWN) {
        return true;
    }
    enum err e = store_peek(u->config.remote, STORE_IDENTITY, &b);
    if (e != OK && e != ERR_UNKNOWN) {
        store_failed(u, NULL, STORE_IDENTITY, e);
        return false;
    }
    u->same_store = e == OK && bytes_eq(bytes_of(here, a.got), bytes_of(there, b.got));
    if (!u->same_store) {
        wrong_store(u, ERR_WRONG_STATE,
                    "this is another object store than the one the recordings are in; nothing is "
                    "uploaded into it");
    }
    return u->same_store && prove(u, bytes_of(here, a.got));
}

/* Remove again what must not be there, now or, when that fails, later. */
static void take_back(struct uploader *u, const char *name) {
    const struct store *remote = u->config.remote;
    struct trouble *t = place_of(u->removals, UPLOADER_REMOVALS, name);
    enum err e = remote->remove(remote->ctx, name);
    if (e == OK || e == ERR_UNKNOWN) {
        if (t) {
            *t = (struct trouble){0};
            u->why[0] = '\0';
        }
        return;
    }
    failed(u, name, e, "it was deleted while it was uploaded, and cannot be removed again yet");
    t = t ? t : place_of(u->removals, UPLOADER_REMOVALS, "");
    if (t && !*t->name) { /* without a place it stays there, sealed under a key that is gone */
        snprintf(t->name, sizeof(t->name), "%s", name);
    }
    u->settle = true;
    u->late = t;
}

/* The one that is due, or the first that will be. */
static struct trouble *next_removal(struct uploader *u) {
    struct trouble *first = NULL;
    for (size_t i = 0; i < UPLOADER_REMOVALS; i++) {
        struct trouble *t = &u->removals[i];
        first = *t->name && (!first || t->again < first->again) ? t : first;
    }
    return first;
}

static uint32_t count_removals(const struct uploader *u) {
    uint32_t n = 0;
    for (size_t i = 0; i < UPLOADER_REMOVALS; i++) {
        n += *u->removals[i].name != '\0';
    }
    return n;
}

/* The object is there, and is what we have: it may leave the folder. */
static void moved(struct uploader *u, struct item *i) {
    const struct store *local = u->config.local;
    enum err e = local->remove(local->ctx, i->name);
    if (e == ERR_UNKNOWN) {
        /* Removed for good while it was on its way: it must not be back. */
        take_back(u, i->name);
    } else if (e != OK) {
        object_failed(u, i, e, "it was uploaded, but cannot be removed from the spool folder");
        return;
    }
    store_local_prune(local, i->name);
    u->counters.uploads++;
    u->counters.uploaded_bytes += i->size;
    u->in_a_row = 0;
    if (!u->settle) {
        u->why[0] = '\0';
    }
    drop(u, i);
}

/* put: what it said, OK or ERR_EXISTS. */
static void compare(struct uploader *u, struct item *i, const struct store_digest *ours,
                    enum err put) {
    const struct store *remote = u->config.remote;
    struct store_digest theirs;
    enum err e = store_digest_of(remote, i->name, &theirs);
    if (e != OK) {
        store_failed(u, i, i->name, e == ERR_UNKNOWN ? ERR_IO : e);
    } else if (store_digest_eq(ours, &theirs)) {
        moved(u, i);
    } else if (put == OK) {
        /* We have just put it, so it is ours to take away. */
        (void)remote->remove(remote->ctx, i->name);
        store_failed(u, i, "the store holds other bytes than it was given", ERR_IO);
    } else {
        conflict(u, i);
    }
}

static void upload(struct uploader *u, struct item *i, struct bytes object) {
    const struct store *remote = u->config.remote;
    struct store_digest ours;
    enum err e = store_digest_bytes(object, &ours);
    if (e != OK) {
        object_failed(u, i, e, "");
        return;
    }
    e = remote->put(remote->ctx, i->name, object);
    if (e == OK || e == ERR_EXISTS) {
        compare(u, i, &ours, e);
    } else {
        store_failed(u, i, i->name, e);
    }
}

static void move_one(struct uploader *u, struct item *i) {
    const struct store *local = u->config.local;
    const struct trouble *t = trouble_of(u, i->name);
    uint64_t size = 0;
    u->counters.retries += t && t->attempts > 0;
    enum err e = local->size(local->ctx, i->name, &size);
    if (e == ERR_UNKNOWN) {
        drop(u, i); /* somebody removed it */
        return;
    }
    e = e == OK && size > OBJECT_LIMIT ? ERR_LONG : e;
    uint8_t *p = e == OK ? mem_alloc((size_t)size) : NULL;
    e = e == OK && !p ? ERR_NOMEM : e;
    e = e == OK ? local->read(local->ctx, i->name, 0, p, (size_t)size) : e;
    if (e == OK) {
        i->size = size;
        upload(u, i, bytes_of(p, (size_t)size));
    } else {
        object_failed(u, i, e, "it cannot be read from the spool folder");
    }
    mem_free(p);
}

/* ---- time ---- */

/* After a failure, with a time that is not older than it. */
static void settle(struct uploader *u, us_t now) {
    u->settle = false;
    if (u->late) {
        u->late->attempts++;
        u->late->again = now + (u->late->conflict ? CONFLICT_AGAIN : pause(u, u->late->attempts));
        u->late = NULL;
    }
    if (u->round.late) {
        u->round.late = false;
        u->round.until = now + u->config.retry_max;
    }
    if (u->in_a_row) {
        u->resume_at = now + pause(u, u->in_a_row);
        /* Behind an outage there may be another store. */
        u->same_store = false;
    }
}

static void upload_next(struct uploader *u, us_t now) {
    us_t wait;
    const struct trouble *t = next_removal(u);
    bool remove = t && t->again <= now;
    struct item *i = remove ? NULL : pick(u, now, &wait);
    if ((remove || i) && right_store(u)) {
        if (remove) {
            take_back(u, t->name);
        } else {
            move_one(u, i);
        }
    }
    if (u->n == 0 && u->more) {
        u->scan_at = now;
    }
}

void uploader_step(struct uploader *u, us_t now, wall_t wall) {
    u->wall = wall;
    if (u->settle) {
        settle(u, now);
    } else if (now >= u->scan_at) {
        scan(u, now);
    } else if (now >= u->resume_at) {
        upload_next(u, now);
    }
}

us_t uploader_deadline(const struct uploader *u) {
    us_t wait = US_NEVER;
    if (u->settle) {
        return 0;
    }
    struct uploader *same = (struct uploader *)u;
    const struct item *i = pick(same, u->resume_at, &wait);
    const struct trouble *t = next_removal(same);
    wait = i ? u->resume_at : t ? us_min(wait, us_max(t->again, u->resume_at)) : wait;
    return us_min(u->scan_at, wait);
}

void uploader_wake(struct uploader *u, us_t now) {
    u->scan_at = us_min(u->scan_at, us_max(now, u->scanned + SCAN_SOON));
}

struct uploader_counters uploader_counters(const struct uploader *u) {
    struct uploader_counters c = u->counters;
    c.conflicts = count_conflicts(u);
    c.removals = count_removals(u);
    c.breaker_open = u->in_a_row >= u->config.breaker_at;
    bool old = u->config.warn_age && c.oldest.us && u->wall.us - c.oldest.us >= u->config.warn_age;
    bool much = u->config.warn_bytes && c.waiting_bytes >= u->config.warn_bytes;
    c.alarm = old || much || c.conflicts || c.removals || c.breaker_open;
    return c;
}

const char *uploader_why(const struct uploader *u) {
    return u->why;
}

const char *uploader_conflict(const struct uploader *u, unsigned n) {
    for (size_t i = 0; i < UPLOADER_CONFLICTS; i++) {
        if (u->troubles[i].conflict && n-- == 0) {
            return u->troubles[i].name;
        }
    }
    return NULL;
}

enum err uploader_new(const struct uploader_config *c, struct uploader **ret) {
    struct uploader *u = mem_zalloc(1, sizeof(*u));
    struct item *items = u ? mem_zalloc((size_t)2 * QUEUE, sizeof(*items)) : NULL;
    if (!items) {
        mem_free(u);
        return ERR_NOMEM;
    }
    u->items = items;
    u->config = *c;
    u->config.retry_min = c->retry_min ? c->retry_min : RETRY_MIN;
    u->config.retry_max = c->retry_max ? c->retry_max : RETRY_MAX;
    u->config.breaker_at = c->breaker_at ? c->breaker_at : BREAKER_AT;
    u->config.shares = c->shares ? c->shares : 1;
    CHECK(u->config.share < u->config.shares);
    *ret = u;
    return OK;
}

struct uploader *uploader_free(struct uploader *u) {
    if (u) {
        mem_free(u->items);
        mem_free(u);
    }
    return NULL;
}
