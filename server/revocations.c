#include "server/revocations.h"

#include <stdio.h>
#include <string.h>

/* Tickets of before are gone by themselves. */
static void forget_old(struct revocations *r, wall_t now, int64_t ttl_us) {
    unsigned kept = 0;
    for (unsigned i = 0; i < r->n; i++) {
        if (r->list[i].at.us + ttl_us > now.us) {
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

void revocations_add(struct revocations *r, const char *recording, const char *sub, wall_t now,
                     int64_t ttl_us) {
    struct revocation *v = find(r, recording, sub);
    if (!v) {
        forget_old(r, now, ttl_us);
        if (r->n == REVOCATIONS) {
            r->all = now;
            r->n = 0;
            return;
        }
        v = &r->list[r->n++];
        snprintf(v->recording, sizeof(v->recording), "%s", recording);
        snprintf(v->sub, sizeof(v->sub), "%s", sub);
    }
    v->at = now;
}

bool revocations_has(const struct revocations *r, const char *recording, const char *sub,
                     wall_t issued) {
    if (issued.us <= r->all.us) {
        return true;
    }
    for (unsigned i = 0; i < r->n; i++) {
        const struct revocation *v = &r->list[i];
        if (issued.us <= v->at.us && strcmp(v->recording, recording) == 0 &&
            (!*v->sub || strcmp(v->sub, sub) == 0)) {
            return true;
        }
    }
    return false;
}
