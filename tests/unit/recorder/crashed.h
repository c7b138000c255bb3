/* A machine whose recording a crash cut short, and what became of it. */
#ifndef ORIEL_TESTS_RECORDER_CRASHED_H
#define ORIEL_TESTS_RECORDER_CRASHED_H

#include "tests/unit/recorder/bench_store.h"
#include "tests/unit/recorder/sample_recording.h"

/* A recording that was cut short: two segments noted, one to be adopted. */
void machine_crash(struct machine *m, struct sample *s);
/* As the catalogue has it. */
enum recording_state machine_state(struct machine *m, const struct sample *s);
/* It was interrupted, and whole it is. */
void machine_finished(struct machine *m, const struct sample *s);
/* The archive opens with this store as it would at a start of the server. */
enum err machine_open(struct machine *m, const struct store *store, char why[WHY_MAX]);

#endif
