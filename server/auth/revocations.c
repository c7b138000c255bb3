#include "server/auth/revocations.h"

#include <stdio.h>
#include <string.h>

/* Tickets of before are gone by themselves. */
static void forget_old(struct revocations *r, const struct revocation_time *t) {
    unsigned kept = 0;
    for (unsigned i = 0; i < r->n; i++) {
        if (r->list[i].at + t->ttl > t->now) {
            r->list[kept++] = r->list[i];
        }
    }
    r->n = kept;
}

static struct revocation *find(struct revocations *r, const char *recording, const char *sub) {
    for (unsigned i = 0; i < r->n; i++) {
        if (strcmp(r->list[i].recording, recording) == 0 && strcmp(r->list[i].sub, sub) == 0) {
            return &r->list[i];
        }
    }
    return NULL;
}

void revocations_add(struct revocations *r, const char *recording, const char *sub,
                     const struct revocation_time *t) {
    struct revocation *v = find(r, recording, sub);
    if (!v) {
        forget_old(r, t);
        if (r->n == REVOCATIONS) {
            r->all = t->number;
            r->n = 0;
            return;
        }
        v = &r->list[r->n++];
        snprintf(v->recording, sizeof(v->recording), "%s", recording);
        snprintf(v->sub, sizeof(v->sub), "%s", sub);
    }
    v->number = t->number;
    v->at = t->now;
}

bool revocations_has(const struct revocations *r, const char *recording, const char *sub,
                     uint64_t number) {
    if (number <= r->all) {
        return true;
    }
    for (unsigned i = 0; i < r->n; i++) {
        const struct revocation *v = &r->list[i];
        if (number <= v->number && strcmp(v->recording, recording) == 0 &&
            (!*v->sub || strcmp(v->sub, sub) == 0)) {
            return true;
        }
    }
    return false;
}
