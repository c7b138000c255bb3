/* Journal entries whose number somebody else decides: a person who comes and goes, or shouts over
 * another, makes as many changes as packets. Each kind is noted at a bounded pace, with what is
 * true when it is noted; nothing is noted late by more than that pace. */
#include "recorder/recording.h"

#include <stdio.h>

#define SWITCH_EVERY (200 * US_PER_MS) /* people change the speaker less often */
#define REFUSED_EVERY US_PER_S

static void note_held(struct recording *r, struct recording_pace *p, enum entry_type type) {
    struct entry e = {.type = (uint8_t)type};
    e.u.person = p->person;
    p->held = false;
    p->next = r->now + SWITCH_EVERY;
    recording_note(r, &e, p->t);
}

void recording_note_switch(struct recording *r, const struct tap *t) {
    bool stage = t->type == TAP_STAGE;
    struct recording_pace *p = stage ? &r->stage : &r->voice;
    p->held = true;
    p->t = recording_time(r, t->now);
    p->person = (struct entry_person){
        .participant = t->participant, .source = t->source, .on = t->source != 0};
    if (r->now >= p->next) {
        note_held(r, p, stage ? ENTRY_STAGE : ENTRY_VOICE);
    }
}

static void note_refused(struct recording *r) {
    struct recording_refused *f = &r->refused;
    struct entry e = {.type = ENTRY_GAP};
    e.u.gap = (struct entry_gap){.track = ID_NONE,
                                 .packets = f->messages,
                                 .duration = us_max(recording_time(r, r->now) - f->since, 0)};
    snprintf(e.u.gap.cause, sizeof(e.u.gap.cause), "limit");
    f->messages = 0;
    f->next = r->now + REFUSED_EVERY;
    r->core->n.gaps++;
    recording_note(r, &e, f->since);
}

void recording_note_refused(struct recording *r) {
    struct recording_refused *f = &r->refused;
    r->core->n.tap_refused++;
    if (f->messages == 0) {
        f->since = recording_time(r, r->now);
        f->next = us_max(f->next, r->now);
    }
    f->messages += f->messages < UINT32_MAX;
}

void recording_note_dropped(struct recording *r, const struct tap *t) {
    struct entry e = {.type = ENTRY_GAP};
    e.u.gap = (struct entry_gap){.track = ID_PROGRAMME, .packets = t->dropped};
    snprintf(e.u.gap.cause, sizeof(e.u.gap.cause), "queue");
    r->core->n.gaps++;
    recording_note(r, &e, recording_time(r, t->now));
}

us_t recording_notes_deadline(const struct recording *r) {
    us_t at = r->refused.messages ? r->refused.next : US_NEVER;
    at = r->stage.held ? us_min(at, r->stage.next) : at;
    return r->voice.held ? us_min(at, r->voice.next) : at;
}

void recording_notes_flush(struct recording *r, bool all) {
    if (r->stage.held && (all || r->now >= r->stage.next)) {
        note_held(r, &r->stage, ENTRY_STAGE);
    }
    if (r->voice.held && (all || r->now >= r->voice.next)) {
        note_held(r, &r->voice, ENTRY_VOICE);
    }
    if (r->refused.messages && (all || r->now >= r->refused.next)) {
        note_refused(r);
    }
}
