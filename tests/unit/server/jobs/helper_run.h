/* A task done by a real media helper, with inputs from memory and results into memory. */
#ifndef ORIEL_TESTS_SERVER_HELPER_RUN_H
#define ORIEL_TESTS_SERVER_HELPER_RUN_H

#include "base/buffer.h"
#include "server/jobs/helper.h"

#define HELPER_RUN_INPUTS 8

struct helper_run {
    struct bytes input[HELPER_RUN_INPUTS];
    enum err fail; /* reading fails so */
    /* Results: */
    char why[WHY_MAX];
    unsigned probes, pictures, progress;
    uint32_t probe;
    uint64_t windows;
    int8_t low, high; /* of all windows */
    uint64_t head_size;
    struct buffer head, body; /* of the output */
    uint16_t width, height;   /* of the last picture */
    struct buffer picture;    /* the last one */
};

/* Run it to its end; the result is helper_step's, or helper_start's. */
enum err helper_run(const struct helper_config *c, const struct task *t, struct helper_run *r);
void helper_run_free(struct helper_run *r);

#endif
