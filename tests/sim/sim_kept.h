/* What signaling keeps, looked at after each call: a process that is killed now leaves a log of
 * which another signaling makes the same. With memory of the C library, so that a test may take the
 * other one away. Owner: whoever has the signaling. */
#ifndef ORIEL_TESTS_SIM_KEPT_H
#define ORIEL_TESTS_SIM_KEPT_H

#include "signaling/signaling.h"

#define KEPT_TIME 77

struct sim_kept {
    struct {
        uint64_t *p;
        size_t n;   /* [bytes] */
    } fresh, whole; /* the last one that was given out; the one that is true */
    unsigned logs;  /* that were whole */
    size_t most;    /* [bytes] there is place for; 0: for any */
    struct {
        void *p;
        size_t n;
    } state;         /* as it was when it was looked at last */
    size_t end;      /* of the log, then */
    unsigned looked; /* times that another one was made */
    char why[160];
};

/* Have it keep what it knows there. */
void sim_kept_begin(struct sim_kept *k, struct signaling_config *c);
void sim_kept_end(struct sim_kept *k);
/* The log as it is now. */
struct bytes sim_kept_log(const struct sim_kept *k);
/* NULL, or what is wrong. */
const char *sim_kept_check(struct sim_kept *k, struct signaling *s);

#endif
