/* What was asked for on the command line. Thread: any, once parsed. */
#ifndef ORIEL_BENCH_OPTIONS_H
#define ORIEL_BENCH_OPTIONS_H

#include <stdbool.h>

struct options {
    bool json, quick;
    bool janus;        /* measure it too where it is installed */
    bool gro;          /* viewers' sockets take trains whole */
    unsigned rounds;   /* 0 = each benchmark's own */
    unsigned viewers;  /* of the benchmarks inside this process, 0 = the usual ones */
    unsigned seconds;  /* that a server is measured for in each round */
    unsigned workers;  /* Oriel's media.workers */
    const char *oriel; /* the program */
};

#endif
