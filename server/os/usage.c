#include "server/os/usage.h"

#include <stdbool.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

uint64_t usage_resident(void) {
    unsigned long long size = 0, resident = 0;
    FILE *f = fopen("/proc/self/statm", "re"); /* proc(5): in pages; no disk is behind it */
    bool ok = f && fscanf(f, "%llu %llu", &size, &resident) == 2;
    if (f) {
        fclose(f);
    }
    return ok ? resident * (uint64_t)sysconf(_SC_PAGESIZE) : 0;
}

uint64_t usage_processor(pthread_t thread) {
    clockid_t clock;
    struct timespec t;
    if (pthread_getcpuclockid(thread, &clock) != 0 || clock_gettime(clock, &t) != 0) {
        return 0;
    }
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}
