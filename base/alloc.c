#include "base/alloc.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static _Thread_local long countdown = -1; /* allocations until the one that fails; -1 = off */
static _Thread_local bool failed;

static bool fails_now(void) {
    if (countdown < 0) {
        return false;
    }
    if (countdown-- > 0) {
        return false;
    }
    failed = true;
    return true;
}

void *mem_alloc(size_t n) {
    return fails_now() ? NULL : malloc(n ? n : 1);
}

void *mem_zalloc(size_t count, size_t n) {
    if (fails_now() || (n && count > SIZE_MAX / n)) {
        return NULL;
    }
    return count && n ? calloc(count, n) : calloc(1, 1);
}

void *mem_realloc(void *p, size_t n) {
    /* realloc(p, 0) may free p and return NULL, which would look like a failure. */
    return fails_now() ? NULL : realloc(p, n ? n : 1);
}

char *mem_strdup(const char *s) {
    size_t n = strlen(s) + 1;
    char *copy = mem_alloc(n);
    return copy ? memcpy(copy, s, n) : NULL;
}

void *mem_free(void *p) {
    free(p);
    return NULL;
}

void mem_fail_at(long n) {
    countdown = n;
    failed = false;
}

bool mem_failed(void) {
    return failed;
}
