#include "server/audit/audit_fold.h"

#include "base/alloc.h"

#include <string.h>

#define OTHERS "others" /* detail of strangers who are counted together */

struct slot {
    bool used;
    us_t since;
    struct audit_entry e; /* count: of those that no record tells of yet */
};

struct audit_fold {
    struct slot slots[AUDIT_FOLDS];
    us_t strangers_since;
    uint32_t strangers; /* that were recorded since */
};

struct audit_fold *audit_fold_new(void) {
    return mem_zalloc(1, sizeof(struct audit_fold));
}

struct audit_fold *audit_fold_free(struct audit_fold *f) {
    return mem_free(f);
}

static struct slot *same(struct audit_fold *f, const struct audit_entry *e) {
    for (size_t i = 0; i < AUDIT_FOLDS; i++) {
        if (f->slots[i].used && audit_entry_same(&f->slots[i].e, e)) {
            return &f->slots[i];
        }
    }
    return NULL;
}

/* An empty one, or of those that have counted nothing the oldest; NULL: all have. */
static struct slot *place(struct audit_fold *f) {
    struct slot *best = NULL;
    for (size_t i = 0; i < AUDIT_FOLDS; i++) {
        struct slot *s = &f->slots[i];
        if (!s->used) {
            return s;
        }
        if (s->e.count == 0 && (!best || s->since < best->since)) {
            best = s;
        }
    }
    return best;
}

/* Is he one too many? Then he is one of the others. */
static void meet_stranger(struct audit_fold *f, us_t now, struct audit_entry *e) {
    if (f->strangers == 0 || now - f->strangers_since >= AUDIT_FOLD_TIME) {
        f->strangers_since = now;
        f->strangers = 0;
    }
    if (f->strangers < AUDIT_STRANGERS) {
        f->strangers++;
        return;
    }
    *e = (struct audit_entry){.what = e->what, .at = e->at};
    memcpy(e->detail, OTHERS, sizeof(OTHERS));
}

static void count(struct slot *s, const struct audit_entry *e) {
    s->e.first = s->e.count == 0 ? e->at : s->e.first;
    s->e.at = e->at;
    s->e.count++;
    memcpy(s->e.trace, e->trace, sizeof(e->trace));
}

bool audit_fold_take(struct audit_fold *f, us_t now, struct audit_entry *e) {
    if (!audit_is_folded(e->what) && !*e->code) {
        return true;
    }
    struct slot *s = same(f, e);
    if (!s && *e->code && !*e->sub) {
        meet_stranger(f, now, e);
        s = same(f, e);
    }
    if (s) {
        count(s, e);
        return false;
    }
    s = place(f);
    if (s) {
        *s = (struct slot){true, now, *e};
        s->e.count = 0;
    }
    return true; /* without a place it is a record of its own */
}

bool audit_fold_due(struct audit_fold *f, us_t now, bool all, struct audit_entry *ret) {
    for (size_t i = 0; i < AUDIT_FOLDS; i++) {
        struct slot *s = &f->slots[i];
        if (!s->used || (!all && now - s->since < AUDIT_FOLD_TIME)) {
            continue;
        }
        s->used = s->e.count > 0 && !all;
        if (s->e.count > 0) {
            *ret = s->e;
            s->e.count = 0;
            s->since = now; /* he goes on, maybe: the next minute */
            return true;
        }
    }
    return false;
}

us_t audit_fold_deadline(const struct audit_fold *f) {
    us_t at = US_NEVER;
    for (size_t i = 0; i < AUDIT_FOLDS; i++) {
        const struct slot *s = &f->slots[i];
        at = s->used && s->e.count > 0 ? us_min(at, s->since + AUDIT_FOLD_TIME) : at;
    }
    return at;
}
