/* Journal entries whose number somebody else decides: a person who comes and goes, or shouts over
 * another, makes as many changes as packets. Each kind is noted at a bounded pace, with what is
 * true when it is noted; nothing is noted late by more than that pace. */
#include "recorder/capture/recording.h"

#include "base/alloc.h"

#include <stdio.h>
#include <string.h>

#define SWITCH_EVERY (200 * US_PER_MS) /* people change the speaker less often */
#define PERSON_EVERY (200 * US_PER_MS) /* and do not come, go or agree more often */
#define REFUSED_EVERY US_PER_S

/* Nobody points to them, and nothing of theirs is to be noted. */
static bool may_go(const struct recording *r, const struct recording_person *p) {
    bool idle = p->left && !p->held && r->now >= p->next;
    for (unsigned kind = 0; kind < SOURCE_KIND_COUNT; kind++) {
        idle = idle && !p->mutes[kind].held;
    }
    if (!idle) {
        return false;
    }
    LIST_EACH(l, &r->sources) {
        if (LIST_ENTRY(l, struct rec_source, in_recording)->person == p) {
            return false;
        }
    }
    return true;
}

/* The place of whoever left and came first, empty; NULL: all are there. */
static struct recording_person *place_of_who_left(struct recording *r) {
    LIST_EACH(l, &r->people) {
        struct recording_person *p = LIST_ENTRY(l, struct recording_person, in_recording);
        if (may_go(r, p)) {
            list_remove(&p->in_recording);
            r->n_people--;
            memset(p, 0, sizeof(*p));
            return p;
        }
    }
    return NULL;
}

struct recording_person *recording_person_of(struct recording *r, uint64_t participant) {
    LIST_EACH(l, &r->people) {
        struct recording_person *p = LIST_ENTRY(l, struct recording_person, in_recording);
        if (p->participant == participant) {
            return p;
        }
    }
    bool full = r->n_people >= RECORDING_PEOPLE_MAX;
    struct recording_person *p = full ? place_of_who_left(r) : mem_zalloc(1, sizeof(*p));
    if (p) {
        p->participant = participant;
        list_push(&r->people, &p->in_recording);
        r->n_people++;
    }
    return p;
}

/* That a consent was withdrawn is as much evidence as that it was given. */
static void note_consent(struct recording *r, const struct recorder_order *o, struct entry *e) {
    struct recording_person *p = recording_person_of(r, o->participant);
    bool withdrawn = p && p->consent[0] && o->on && !o->consent_version[0];
    if (!o->consent_version[0] && !withdrawn) {
        return;
    }
    e->type = ENTRY_CONSENT;
    e->u.person.source = 0;
    e->u.person.on = !withdrawn;
    snprintf(e->u.person.name, sizeof(e->u.person.name), "%s",
             withdrawn ? p->consent : o->consent_version);
    recording_note(r, e, e->t);
    if (p) {
        snprintf(p->consent, sizeof(p->consent), "%s", o->consent_version);
    }
}

static void note_order(struct recording *r, const struct recorder_order *o, us_t t) {
    bool mark = o->type == ORDER_MARK;
    struct entry e = {.type = mark ? ENTRY_MARK : ENTRY_PARTICIPANT};
    e.u.person =
        (struct entry_person){.participant = o->participant, .source = o->number, .on = o->on};
    snprintf(e.u.person.name, sizeof(e.u.person.name), "%s",
             mark && o->title[0] ? o->title : o->name);
    snprintf(e.u.person.role, sizeof(e.u.person.role), "%s", o->role);
    recording_note(r, &e, t);
    if (!mark) {
        note_consent(r, o, &e);
    }
}

void recording_note_person(struct recording *r, const struct recorder_order *o) {
    bool mark = o->type == ORDER_MARK;
    struct recording_person *p = mark ? NULL : recording_person_of(r, o->participant);
    us_t t = recording_time(r, r->now);
    if (p) {
        p->left = !o->on;
    }
    bool wait = p && (p->held || r->now < p->next);
    if (wait && !p->held) {
        p->held = mem_alloc(sizeof(*p->held));
    }
    if (!wait || !p->held) {
        note_order(r, o, t);
        if (p) {
            p->next = r->now + PERSON_EVERY;
        }
        return;
    }
    *p->held = *o;
    p->held_t = t;
    r->people_next = us_min(r->people_next, p->next);
}

static void note_held(struct recording *r, struct recording_pace *p, enum entry_type type) {
    struct entry e = {.type = (uint8_t)type};
    e.u.person = p->person;
    p->held = false;
    p->next = r->now + SWITCH_EVERY;
    recording_note(r, &e, p->t);
}

void recording_note_mute(struct recording *r, const struct recorder_order *o) {
    struct recording_person *who = recording_person_of(r, o->participant);
    enum source_kind kind = source_kind_from_name(o->name);
    if (!who || kind == SOURCE_NONE) {
        r->unnoted += r->unnoted < UINT32_MAX;
        return;
    }
    struct recording_pace *p = &who->mutes[kind];
    if (p->person.on == o->on) {
        return; /* said again, when the person came back by another session */
    }
    p->held = true;
    p->t = recording_time(r, r->now);
    p->person = (struct entry_person){.participant = o->participant, .on = o->on};
    snprintf(p->person.name, sizeof(p->person.name), "%s", source_kind_name(kind));
    if (r->now >= p->next) {
        note_held(r, p, ENTRY_MUTE);
    } else {
        r->people_next = us_min(r->people_next, p->next);
    }
}

static void note_mutes_held(struct recording *r, struct recording_person *p, bool all) {
    for (unsigned kind = 0; kind < SOURCE_KIND_COUNT; kind++) {
        struct recording_pace *m = &p->mutes[kind];
        if (m->held && (all || r->now >= m->next)) {
            note_held(r, m, ENTRY_MUTE);
        } else if (m->held) {
            r->people_next = us_min(r->people_next, m->next);
        }
    }
}

static void note_people_held(struct recording *r, bool all) {
    if (!all && r->now < r->people_next) {
        return;
    }
    r->people_next = US_NEVER;
    LIST_EACH(l, &r->people) {
        struct recording_person *p = LIST_ENTRY(l, struct recording_person, in_recording);
        if (p->held && (all || r->now >= p->next)) {
            note_order(r, p->held, p->held_t);
            p->held = mem_free(p->held);
            p->next = r->now + PERSON_EVERY;
        } else if (p->held) {
            r->people_next = us_min(r->people_next, p->next);
        }
        note_mutes_held(r, p, all);
    }
}

/* What is to be noted now, or once it may be. */
static void note_paced(struct recording *r, struct recording_pace *p, enum entry_type type,
                       const struct entry_person *person, us_t t) {
    p->held = true;
    p->t = t;
    p->person = *person;
    if (r->now >= p->next) {
        note_held(r, p, type);
    }
}

void recording_note_pause(struct recording *r, const struct recorder_order *o) {
    struct entry_person who = {.participant = o->participant, .on = o->on};
    note_paced(r, &r->pause, ENTRY_PAUSE, &who, recording_time(r, r->now));
}

void recording_note_switch(struct recording *r, const struct tap *t) {
    bool stage = t->type == TAP_STAGE;
    struct entry_person who = {
        .participant = t->participant, .source = t->source, .on = t->source != 0};
    note_paced(r, stage ? &r->stage : &r->voice, stage ? ENTRY_STAGE : ENTRY_VOICE, &who,
               recording_time(r, t->now));
}

static void note_refused(struct recording *r) {
    struct recording_refused *f = &r->refused;
    us_t duration = us_max(recording_time(r, r->now) - f->since, 0);
    recording_note_gap(
        r,
        &(struct entry_gap){
            .track = ID_NONE, .packets = f->messages, .duration = duration, .cause = "limit"},
        f->since);
    f->messages = 0;
    f->next = r->now + REFUSED_EVERY;
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
    recording_note_gap(
        r, &(struct entry_gap){.track = ID_PROGRAMME, .packets = t->dropped, .cause = "queue"},
        recording_time(r, t->now));
}

us_t recording_notes_deadline(const struct recording *r) {
    us_t at = r->refused.messages ? r->refused.next : US_NEVER;
    at = us_min(at, r->people_next);
    at = us_min(at, recording_said_deadline(r));
    at = r->stage.held ? us_min(at, r->stage.next) : at;
    at = r->pause.held ? us_min(at, r->pause.next) : at;
    return r->voice.held ? us_min(at, r->voice.next) : at;
}

void recording_notes_flush(struct recording *r, bool all) {
    note_people_held(r, all);
    recording_said_flush(r, all);
    if (r->stage.held && (all || r->now >= r->stage.next)) {
        note_held(r, &r->stage, ENTRY_STAGE);
    }
    if (r->voice.held && (all || r->now >= r->voice.next)) {
        note_held(r, &r->voice, ENTRY_VOICE);
    }
    if (r->pause.held && (all || r->now >= r->pause.next)) {
        note_held(r, &r->pause, ENTRY_PAUSE);
    }
    if (r->refused.messages && (all || r->now >= r->refused.next)) {
        note_refused(r);
    }
}
