#include "server/auth/revoked.h"

#include "base/alloc.h"
#include "server/os/files.h"
#include "signaling/words/claims.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct revoked {
    char *text;
    size_t n;
    const char *subs[]; /* sorted, in text */
};

static int compare(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The lines of text, cut there: how many are no comments. Subs may be NULL. 0 with *bad: that line
 * is too long. */
static size_t split(char *text, const char **subs, size_t *bad) {
    size_t n = 0, line = 0;
    for (char *at = text, *next; at; at = next) {
        size_t len = strcspn(at, "\n");
        next = at[len] ? at + len + 1 : NULL;
        len -= len > 0 && at[len - 1] == '\r';
        line++;
        if (len == 0 || *at == '#') {
            continue;
        }
        if (len > SUB_MAX) {
            *bad = line;
            return 0;
        }
        if (subs) {
            at[len] = '\0';
            subs[n] = at;
        }
        n++;
    }
    return n;
}

enum err revoked_read(const char *file, struct revoked **ret, char why[WHY_MAX]) {
    char *text = NULL;
    size_t len = 0, bad = 0;
    enum err e = files_read(file, REVOKED_TEXT_MAX, &text, &len);
    if (e != OK) {
        snprintf(why, WHY_MAX, "%.200s: cannot read who is revoked: %.60s", file,
                 e == ERR_LONG ? "longer than 4 MiB" : strerror(errno));
        return e;
    }
    size_t n = split(text, NULL, &bad);
    struct revoked *x = bad ? NULL : mem_zalloc(1, sizeof(*x) + n * sizeof(x->subs[0]));
    if (!x) {
        if (bad) {
            snprintf(why, WHY_MAX, "%.200s: line %zu is longer than a sub can be", file, bad);
        }
        mem_free(text);
        return bad ? ERR_LONG : ERR_NOMEM;
    }
    x->text = text;
    x->n = split(text, x->subs, &bad);
    qsort(x->subs, x->n, sizeof(x->subs[0]), compare);
    *ret = x;
    return OK;
}

struct revoked *revoked_free(struct revoked *x) {
    if (x) {
        mem_free(x->text);
    }
    return mem_free(x);
}

bool revoked_has(const struct revoked *x, const char *sub) {
    return x && bsearch(&sub, x->subs, x->n, sizeof(x->subs[0]), compare) != NULL;
}
