/* What a recording says: lines of its journal, events for the rest of the server. */
#include "recorder/capture/recording.h"

#define FLUSH_EARLY (JOURNAL_PENDING_MAX / 4) /* [bytes] of lines that do not wait for more */

us_t recording_time(const struct recording *r, us_t now) {
    return us_max(now - r->zero, 0);
}

void recording_tell(struct recording *r, enum recorder_event_type type, enum err error) {
    struct recorder_core *c = r->core;
    if (c->events_n == RECORDER_EVENTS) {
        return;
    }
    struct recorder_event *e = &c->events[(c->events_head + c->events_n++) % RECORDER_EVENTS];
    *e = (struct recorder_event){.type = (uint8_t)type,
                                 .error = (uint8_t)error,
                                 .superseded = r->superseded,
                                 .tour = r->tour};
    if (r->ledger) {
        id_text(ledger_id(r->ledger), e->recording);
    }
}

/* A full journal in memory (the store has failed for long) loses entries, which it says later. One
 * that fills is stored early. */
void recording_note(struct recording *r, struct entry *e, us_t t) {
    e->t = t;
    if (!r->ledger) {
        return;
    }
    if (ledger_add(r->ledger, e) != OK) {
        r->core->n.store_errors++;
        r->unnoted += r->unnoted < UINT32_MAX;
    }
    bool much = ledger_pending(r->ledger) > FLUSH_EARLY;
    r->flush_at = us_min(r->flush_at, much ? r->now : r->now + r->core->c.segment_max);
}
