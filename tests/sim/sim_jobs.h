/* Work divided over processes, and said in order as if it had been done by one. What a piece of it
 * breaks, it breaks for itself: a process that dies is a piece that failed. Owner: main. */
#ifndef ORIEL_TESTS_SIM_JOBS_H
#define ORIEL_TESTS_SIM_JOBS_H

#include <stdbool.h>

struct jobs {
    unsigned n;    /* pieces */
    unsigned most; /* processes at a time; 1: none but this one */
    /* In a process of its own: what it prints on standard output is printed in its turn. Returns
     * how many failed, 0..JOBS_FAILED_MAX. */
    unsigned (*run)(void *ctx, unsigned piece);
    /* In this one, piece after piece. how: NULL, or how its process died. Returns the piece to go
     * on with, past this one: those between are not needed any more. */
    unsigned (*done)(void *ctx, unsigned piece, unsigned failed, const char *how);
    void *ctx;
};

#define JOBS_FAILED_MAX 9 /* sanitizers end a process with more than that */

/* False when no process can be made. */
bool jobs_run(const struct jobs *j);

#endif
