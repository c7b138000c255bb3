/* The only door to the heap for base, media, signaling and recorder, so that a test can make any
 * single allocation fail. Thread: any; the failure counter is per thread. */
#ifndef ORIEL_BASE_ALLOC_H
#define ORIEL_BASE_ALLOC_H

#include <stdbool.h>
#include <stddef.h>

/* Uninitialised memory of n bytes (n may be 0), or NULL. The caller frees it with mem_free. */
void *mem_alloc(size_t n);
/* Zeroed array of count elements of n bytes, or NULL; overflow of count*n is a NULL. */
void *mem_zalloc(size_t count, size_t n);
/* Resize as realloc does; on failure NULL and p stays valid. */
void *mem_realloc(void *p, size_t n);
/* A copy of the string s, or NULL. */
char *mem_strdup(const char *s);
/* Free p; NULL is allowed. Always returns NULL: `x = mem_free(x)`. */
void *mem_free(void *p);

/* Test mode: the allocation number n (0 = the next one) of this thread fails, once. -1 = off. */
void mem_fail_at(long n);
/* True when a failure armed by mem_fail_at has happened since it was armed. */
bool mem_failed(void);

#endif
