#include "tests/unit/recorder/crashed.h"

#include "recorder/archive/verify.h"
#include "tests/unit/test.h"

void machine_crash(struct machine *m, struct sample *s) {
    m->fault.mode = FAULT_DEAD;
    m->fault.at = 5;
    m->fault.puts = 0;
    EXPECT(sample_record(m->archive, 0, s) != OK);
    EXPECT(s->begun);
    m->fault.mode = FAULT_NONE;
    m->fault.dead = false;
}

enum recording_state machine_state(struct machine *m, const struct sample *s) {
    struct recording_row row = {.state = RECORDING_STATE_COUNT};
    EXPECT_EQ(catalogue_recording(m->archive->catalogue, &s->id, &row), OK);
    return row.state;
}

void machine_finished(struct machine *m, const struct sample *s) {
    struct findings f = {0};
    EXPECT_EQ(machine_state(m, s), RECORDING_INTERRUPTED);
    EXPECT_EQ(verify_recording(m->archive, &s->id, findings_say, &f), OK);
    EXPECT_STR(f.first, "");
}

enum err machine_open(struct machine *m, const struct store *store, char why[WHY_MAX]) {
    struct archive_config c = {
        .dir = m->scratch.dir, .write = true, .store = store, .rng = rng_from_seeded(&m->state)};
    why[0] = '\0';
    return archive_open(&c, &m->archive, why);
}
