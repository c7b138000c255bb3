#include "base/trace.h"

#include "base/bytes.h"

#include <stdio.h>

static const char hex[] = "0123456789abcdef"; /* section 3.2.2: lower case only */

/* Exactly n hex digits; not all of them 0, unless they may be. */
static bool field(const char *p, size_t n, bool zero) {
    return strspn(p, hex) == n && (zero || strspn(p, "0") < n);
}

/* Version 00 ends behind the flags; a later one may go on behind a dash (section 3.2.4). */
static bool parse(const char *p, struct trace *ret) {
    if (!p || strlen(p) < TRACE_TEXT - 1 || !field(p, 2, true) || strncmp(p, "ff", 2) == 0 ||
        p[2] != '-' || !field(p + 3, TRACE_ID, false) || p[35] != '-' ||
        !field(p + 36, TRACE_SPAN, false) || p[52] != '-' || !field(p + 53, 2, true)) {
        return false;
    }
    if (p[55] && (strncmp(p, "00", 2) == 0 || p[55] != '-')) {
        return false;
    }
    memcpy(ret->id, p + 3, TRACE_ID);
    memcpy(ret->parent, p + 36, TRACE_SPAN);
    ret->sampled = (strchr(hex, p[54]) - hex) & 1;
    return true;
}

/* Bytes that are not all 0, as hex digits. */
static void draw(const struct rng *rng, char *out, size_t n) {
    uint8_t random[TRACE_ID / 2];
    rng_fill(rng, random, n);
    random[n - 1] |= 1;
    hex_encode(out, random, n);
}

void trace_begin(struct trace *t, const char *header, const struct rng *rng) {
    memset(t, 0, sizeof(*t));
    if (!parse(header, t)) {
        draw(rng, t->id, TRACE_ID / 2);
    }
    draw(rng, t->span, TRACE_SPAN / 2);
}

const char *trace_text(const struct trace *t, char out[TRACE_TEXT]) {
    (void)snprintf(out, TRACE_TEXT, "00-%s-%s-%02d", t->id, t->span, t->sampled ? 1 : 0);
    return out;
}
