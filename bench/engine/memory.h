/* What a viewer and an idle tour hold on the heap. */
#ifndef ORIEL_BENCH_ENGINE_MEMORY_H
#define ORIEL_BENCH_ENGINE_MEMORY_H

#include <stdbool.h>

struct memory_result {
    unsigned viewers, tours;
    bool known;          /* false where the C library's heap is replaced, as by AddressSanitizer */
    double viewer, tour; /* [bytes] each, in the engine and the libraries below it */
};

/* Differences of mallinfo2() around viewers that join and watch, and tours that are made. */
void memory_measure(unsigned viewers, struct memory_result *ret);

#endif
