/* W3C Trace Context (www.w3.org/TR/trace-context): the header traceparent, by which what several
 * programs do for one wish is found together. Thread: any. */
#ifndef ORIEL_BASE_TRACE_H
#define ORIEL_BASE_TRACE_H

#include "base/rng.h"

#include <stdbool.h>

#define TRACE_ID 32   /* hex digits of the whole */
#define TRACE_SPAN 16 /* and of one step in it */
#define TRACE_TEXT 56 /* [bytes] "00-ID-SPAN-01" with its NUL */

struct trace {
    char id[TRACE_ID + 1];       /* of whoever began */
    char parent[TRACE_SPAN + 1]; /* the caller's step; empty: it began here */
    char span[TRACE_SPAN + 1];   /* ours */
    bool sampled;                /* the caller records it */
};

/* What the header says (NULL allowed) with a step of our own; without one, or with one that is not
 * understood, a new one (section 3.2.2.2 and 3.4). */
void trace_begin(struct trace *t, const char *header, const struct rng *rng);
/* The header for whoever is called, or answered: our step is its parent. Returns out. */
const char *trace_text(const struct trace *t, char out[TRACE_TEXT]);

#endif
