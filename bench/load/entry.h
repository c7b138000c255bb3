/* One server in one scenario: its process, its clients and its result. Owner: the generator's
 * thread. */
#ifndef ORIEL_BENCH_LOAD_ENTRY_H
#define ORIEL_BENCH_LOAD_ENTRY_H

#include "bench/load/result.h"
#include "bench/options.h"

struct entry {
    struct target target;
    struct crowd crowd;
    struct result result;
};

/* What people see while they wait, on standard error. */
void entry_say(const struct entry *e, const char *what);
/* Start the server and make the clients: rooms with a publisher each, and viewers that share them.
 * False when it cannot be started, which the result then says. */
bool entry_open(struct entry *e, const struct target_ops *ops, struct load *l,
                const struct target_config *c, unsigned viewers);
/* End the server, and its clients. Safe on a zeroed struct. */
void entry_close(struct entry *e);
/* All publishers join, and begin to play. False, and the result says why, when one cannot. */
bool entry_publish(struct entry *e);
/* Viewers first .. end-1 ask to join at once, a few at a time; waits until all have a picture or
 * failed. False as above. */
bool entry_view(struct entry *e, unsigned first, unsigned end);
/* Viewer i asks to join. */
void entry_ask(struct entry *e, unsigned i);
/* How many of the viewers first .. end-1 have neither a picture nor failed. */
unsigned entry_waiting(const struct entry *e, unsigned first, unsigned end);
/* measure_memory of its server; false, and the result says so, when it fails. */
bool entry_memory(struct entry *e, uint64_t *ret);

#endif
