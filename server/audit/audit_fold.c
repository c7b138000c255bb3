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
    struct minute {
        us_t since;
        uint32_t n; /* that were recorded since */
    } strangers, refused;
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

/* Is there one too many in this minute? */
static bool exceeds(struct minute *m, us_t now, uint32_t most) {
    if (m->n == 0 || now - m->since >= AUDIT_FOLD_TIME) {
        *m = (struct minute){now, 0};
    }
    if (m->n == most) {
        return true;
    }
    m->n++;
    return false;
}

/* A stranger too many is one of the others. Somebody we know is told of still, but no more what he
 * was refused: that may be another thing each time. */
static void bound_refusals(struct audit_fold *f, us_t now, struct audit_entry *e) {
    struct audit_entry all = {.what = e->what, .at = e->at, .detail = OTHERS};
    if (!*e->sub && exceeds(&f->strangers, now, AUDIT_STRANGERS)) {
        *e = all;
    } else if (*e->sub && exceeds(&f->refused, now, AUDIT_REFUSALS)) {
        memcpy(all.code, e->code, sizeof(all.code));
        memcpy(all.sub, e->sub, sizeof(all.sub));
        memcpy(all.role, e->role, sizeof(all.role));
        *e = all;
    }
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
    if (!s && *e->code) {
        bound_refusals(f, now, e);
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
