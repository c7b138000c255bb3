/* Entries of the tour's ledger as lines of the journal. */
#include "recorder/capture/recording.h"

#include "base/alloc.h"

#include <stdio.h>
#include <string.h>

#define MOVE_EVERY (200 * US_PER_MS) /* a pointer, a view: five in a second */

static void note(struct recording *r, uint64_t participant, const struct recorder_said *s, us_t t) {
    struct entry e = {.type = ENTRY_SAID};
    e.u.said.who.participant = participant;
    e.u.said.who.source = s->number;
    snprintf(e.u.said.who.role, sizeof(e.u.said.who.role), "%s", s->kind);
    entry_say(&e.u.said, s->fields, s->text);
    (void)recording_note(r, &e, t);
}

static void flush(struct recording *r, struct recording_said *p, bool all) {
    if (p->held && (all || r->now >= p->next)) {
        note(r, p->participant, p->held, p->t);
        p->held = mem_free(p->held);
        p->next = r->now + MOVE_EVERY;
    }
}

/* Without memory to keep it, it is noted now. */
static void note_paced(struct recording *r, struct recording_said *p,
                       const struct recorder_order *o, us_t t) {
    if (!p->held && r->now < p->next) {
        p->held = mem_alloc(sizeof(*p->held));
    }
    if (!p->held) {
        note(r, o->participant, o->said, t);
        p->next = r->now + MOVE_EVERY;
        return;
    }
    *p->held = *o->said;
    p->t = t;
    p->participant = o->participant;
    flush(r, p, false);
}

void recording_note_said(struct recording *r, const struct recorder_order *o) {
    us_t t = recording_time(r, r->now);
    if (strcmp(o->said->kind, "pointer") == 0) {
        note_paced(r, &r->pointer, o, t);
    } else if (strcmp(o->said->kind, "follow") == 0) {
        note_paced(r, &r->view, o, t);
    } else {
        note(r, o->participant, o->said, t);
    }
}

us_t recording_said_deadline(const struct recording *r) {
    us_t at = r->pointer.held ? r->pointer.next : US_NEVER;
    return r->view.held ? us_min(at, r->view.next) : at;
}

void recording_said_flush(struct recording *r, bool all) {
    flush(r, &r->pointer, all);
    flush(r, &r->view, all);
}

void recording_said_drop(struct recording *r) {
    r->pointer.held = mem_free(r->pointer.held);
    r->view.held = mem_free(r->view.held);
}
