#include "tests/sim/sim_samples.h"

#include "base/alloc.h"
#include "base/check.h"

#include <stdlib.h>

void samples_add(struct samples *s, us_t value) {
    if (s->n == s->cap) {
        s->cap = s->cap ? 2 * s->cap : 1024;
        s->v = mem_realloc(s->v, s->cap * sizeof(*s->v));
        CHECK(s->v);
    }
    s->v[s->n++] = value;
    s->sorted = false;
}

static int compare(const void *a, const void *b) {
    us_t x = *(const us_t *)a, y = *(const us_t *)b;
    return x < y ? -1 : x > y;
}

us_t samples_percentile(struct samples *s, double percent) {
    if (s->n == 0) {
        return 0;
    }
    if (!s->sorted) {
        qsort(s->v, s->n, sizeof(*s->v), compare);
        s->sorted = true;
    }
    size_t at = (size_t)((double)s->n * percent / 100);
    return s->v[at < s->n ? at : s->n - 1];
}

void samples_free(struct samples *s) {
    s->v = mem_free(s->v);
    s->n = s->cap = 0;
}
