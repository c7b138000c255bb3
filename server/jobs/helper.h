/* The server's end of a media helper: starts oriel-media with nothing but one stream, hands it the
 * task, answers what it asks for and passes on what it tells. What it tells is checked here
 * (recorder/derived/message.h); whatever is wrong with it, or with the process, is one error of
 * this one task. Owner: one thread, which must outlive it (the helper is killed when that ends). */
#ifndef ORIEL_SERVER_JOBS_HELPER_H
#define ORIEL_SERVER_JOBS_HELPER_H

#include "base/err.h"
#include "base/time.h"
#include "recorder/derived/message.h"
#include "recorder/derived/task.h"

#include <stdbool.h>

struct helper_config {
    const char *program; /* path of oriel-media */
    uint32_t memory_mib; /* its address space [MiB] */
    uint32_t cpu_s;      /* of processor time [s] */
    us_t silence;        /* it must say something within [us] */
};

/* What the task needs and gives. Each may fail, which ends the helper with that error. */
struct helper_calls {
    /* [at, at+n) of an input into out. */
    enum err (*read)(void *ctx, uint32_t input, uint64_t at, uint8_t *out, uint32_t n);
    /* Any message but READ, FAILED and DONE; a view for the call. */
    enum err (*tell)(void *ctx, const struct message *m);
    void *ctx;
};

struct helper;

/* The task is copied. ERR_IO, ERR_NOMEM, ERR_UNKNOWN (no such program), with the reason in why. */
enum err helper_start(const struct helper_config *c, const struct task *t,
                      const struct helper_calls *calls, struct helper **ret, char why[WHY_MAX]);
/* The descriptor and the events it waits for, as for poll. */
int helper_fd(const struct helper *h);
short helper_events(const struct helper *h);
/* When helper_step must be called at the latest. */
us_t helper_deadline(const struct helper *h);
/* Do what can be done without waiting. ERR_AGAIN: it goes on; OK: all was told and done; any other
 * is the end of the task, with the reason in why. */
enum err helper_step(struct helper *h, us_t now, char why[WHY_MAX]);
/* Kill it where it still runs, and wait for its end. NULL allowed; returns NULL. */
struct helper *helper_free(struct helper *h);
/* "oriel-media" beside the running program, into out[size]; false when that cannot be known. */
bool helper_beside(char *out, size_t size);

#endif
