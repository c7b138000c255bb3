/* Memory that is going to be read: asked for before it is needed, so that the wait for it and other
 * work overlap. A hint: it changes nothing but time, and may name memory that is not there. */
#ifndef ORIEL_BASE_PREFETCH_H
#define ORIEL_BASE_PREFETCH_H

#include <stddef.h>

#define PREFETCH_LINE 64 /* [bytes] of a cache line, on every processor we know */

/* n bytes from p on. */
static inline void prefetch(const void *p, size_t n) {
    for (size_t i = 0; i < n; i += PREFETCH_LINE) {
        __builtin_prefetch((const char *)p + i);
    }
}

#endif
