#include "signaling/platform.h"

#include "base/json_write.h"
#include "signaling/ledger/ledger.h"
#include "signaling/ledger/pointing.h"
#include "signaling/ledger/say.h"
#include "signaling/seats/guests.h"
#include "signaling/seats/lobby.h"
#include "signaling/seats/moderation.h"
#include "signaling/state/unkept.h"
#include "signaling/tell/effects.h"
#include "signaling/tell/state_json.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ---- who is there ---- */

static struct signaling_person person(const struct tour *t, const struct seat *seat) {
    struct signaling_person p = {.name = seat->name,
                                 .sub = seat->sub,
                                 .role = role_name(seat->role),
                                 .host = seat->host,
                                 .lead = seat->id == t->lead,
                                 .spotlight = seat->id == t->spotlight,
                                 .waits = seat->waits,
                                 .lost = seat->lost,
                                 .connected = seat->session && seat->session->connected,
                                 .can = seat->can,
                                 .hand_at = seat->hand_at};
    (void)snprintf(p.id, sizeof(p.id), "p%" PRIu32, seat->number);
    for (int k = SOURCE_MICROPHONE; k < SOURCE_KIND_COUNT; k++) {
        p.sources[k] = source_state(seat, (enum source_kind)k);
    }
    return p;
}

bool signaling_people_each(const struct signaling *s, const char *tour,
                           void (*on_person)(void *ctx, const struct signaling_person *p),
                           void *ctx) {
    OWNER_CHECK(&s->owner);
    const struct tour *t = tour_by_name(s, tour);
    if (!t) {
        return false;
    }
    const struct link *lists[] = {&t->seats, &t->lobby};
    for (size_t i = 0; i < 2; i++) {
        LIST_EACH(l, lists[i]) {
            const struct signaling_person p = person(t, LIST_ENTRY(l, struct seat, in_tour));
            on_person(ctx, &p);
        }
    }
    return true;
}

const char *signaling_person_sub(const struct signaling *s, const char *tour, const char *id) {
    OWNER_CHECK(&s->owner);
    const struct tour *t = tour_by_name(s, tour);
    const struct seat *seat = t ? seat_by_number(t, id) : NULL;
    seat = seat || !t ? seat : waiting_by_number(t, id);
    return seat ? seat->sub : NULL;
}

/* ---- orders ---- */

static enum code begin(struct signaling *s, us_t now, const char *tour, struct moderator *ret) {
    OWNER_CHECK(&s->owner);
    *ret = (struct moderator){.s = s, .now = now, .t = tour_by_name(s, tour)};
    if (ret->t) {
        unkept(s, ret->t, UNKEPT_LEDGER); /* its accounts */
    }
    return ret->t && ret->t->id ? CODE_OK : CODE_TOUR_UNKNOWN;
}

/* One of limits.changes_per_minute, as a host's: what others are told and a recording keeps. */
static enum code change(const struct moderator *me) {
    struct account *a = &me->t->platform.decided;
    return account_admit(a, me->now, me->s->config.changes_per_minute, CHANGES_BURST)
               ? CODE_OK
               : CODE_RATE_LIMITED;
}

us_t signaling_refused(struct signaling *s, us_t now, const char *tour, enum code code) {
    OWNER_CHECK(&s->owner);
    const struct tour *t = code == CODE_RATE_LIMITED ? tour_by_name(s, tour) : NULL;
    count_error(s, code);
    return t ? us_max(account_wait(&t->platform.said, now, s->config.chat_per_minute, SAID_BURST),
                      account_wait(&t->platform.decided, now, s->config.changes_per_minute,
                                   CHANGES_BURST))
             : 0;
}

/* With somebody who is there it cannot be done. */
static enum code with_person(enum code code) {
    return code == CODE_BAD_FIELD ? CODE_FORBIDDEN : code;
}

static enum code admit_one(const struct moderator *m, const struct seat *who) {
    lobby_name_nobody(m->t);
    lobby_name(who);
    return moderate_admit(m, false);
}

static enum code lower_hand(const struct moderator *m, struct seat *who) {
    struct speaker me = {.s = m->s, .now = m->now, .t = m->t};
    return who->hand_at.us ? say_hand(&me, who, false) : CODE_OK;
}

static enum code decide_host_or_lead(const struct moderator *me, struct seat *who,
                                     enum signaling_person_order order) {
    enum code code = change(me);
    return code != CODE_OK        ? code
           : order == PERSON_LEAD ? with_person(moderate_lead(me, who))
                                  : with_person(moderate_host(me, who, order == PERSON_HOST));
}

static enum code carry_out(const struct moderator *me, struct seat *who,
                           enum signaling_person_order order) {
    switch (order) {
    case PERSON_REMOVE:
        return moderate_remove(me, who);
    case PERSON_ADMIT:
        return admit_one(me, who);
    case PERSON_LOWER_HAND:
        return lower_hand(me, who);
    default:
        return decide_host_or_lead(me, who, order);
    }
}

enum code signaling_person_order(struct signaling *s, us_t now, const char *tour, const char *id,
                                 enum signaling_person_order order) {
    struct moderator me;
    enum code code = begin(s, now, tour, &me);
    if (code != CODE_OK) {
        return code;
    }
    struct seat *in = seat_by_number(me.t, id), *waits = waiting_by_number(me.t, id);
    struct seat *who = order == PERSON_ADMIT || (order == PERSON_REMOVE && !in) ? waits : in;
    if (!who) {
        return CODE_RESOURCE_UNKNOWN;
    }
    return carry_out(&me, who, order);
}

enum code signaling_person_mute(struct signaling *s, us_t now, const char *tour, const char *id,
                                enum source_kind kind) {
    struct moderator me;
    enum code code = begin(s, now, tour, &me);
    struct seat *who = code == CODE_OK ? seat_by_number(me.t, id) : NULL;
    return code != CODE_OK ? code : who ? moderate_mute(&me, who, kind) : CODE_RESOURCE_UNKNOWN;
}

enum code signaling_person_allow(struct signaling *s, us_t now, const char *tour, const char *id,
                                 const struct capabilities_part *can) {
    struct moderator me;
    enum code code = begin(s, now, tour, &me);
    struct seat *who = code == CODE_OK ? seat_by_number(me.t, id) : NULL;
    if (!who) {
        return code == CODE_OK ? CODE_RESOURCE_UNKNOWN : code;
    }
    return guests_name_one(who) ? moderate_allow(&me, can, false) : CODE_FORBIDDEN;
}

/* To stop a recording, or pause it, is never too often. */
static bool is_change(const struct tour *t, enum signaling_tour_order order) {
    return order != TOUR_STOP && order != TOUR_PAUSE &&
           !(order == TOUR_RECORD && t->record == RECORD_OFF);
}

enum code signaling_tour_order(struct signaling *s, us_t now, const char *tour,
                               enum signaling_tour_order order) {
    struct moderator me;
    enum code code = begin(s, now, tour, &me);
    code = code == CODE_OK && is_change(me.t, order) ? change(&me) : code;
    if (code != CODE_OK) {
        return code;
    }
    switch (order) {
    case TOUR_LOCK:
    case TOUR_UNLOCK:
        return moderate_lock(&me, order == TOUR_LOCK);
    case TOUR_LOBBY_ON:
    case TOUR_LOBBY_OFF:
        return moderate_lobby(&me, order == TOUR_LOBBY_ON);
    case TOUR_NO_SPOTLIGHT:
        return moderate_spotlight(&me, NULL);
    default:
        return moderate_record(&me, order != TOUR_STOP, order == TOUR_PAUSE);
    }
}

enum code signaling_tour_change(struct signaling *s, us_t now, const char *tour) {
    struct moderator me;
    return begin(s, now, tour, &me) == CODE_OK ? change(&me) : CODE_OK;
}

enum code signaling_tour_spotlight(struct signaling *s, us_t now, const char *tour,
                                   const char *id) {
    struct moderator me;
    enum code code = begin(s, now, tour, &me);
    const struct seat *who = code == CODE_OK ? seat_by_number(me.t, id) : NULL;
    code = code == CODE_OK && !who ? CODE_RESOURCE_UNKNOWN : code;
    code = code == CODE_OK ? change(&me) : code;
    return code == CODE_OK ? with_person(moderate_spotlight(&me, who)) : code;
}

enum code signaling_tour_admit(struct signaling *s, us_t now, const char *tour,
                               const struct json *list) {
    struct moderator me;
    enum code code = begin(s, now, tour, &me);
    return code != CODE_OK                     ? code
           : moderate_name_waiting(me.t, list) ? moderate_admit(&me, !list)
                                               : CODE_RESOURCE_UNKNOWN;
}

enum code signaling_tour_mute(struct signaling *s, us_t now, const char *tour,
                              enum source_kind kind, const struct json *except) {
    struct moderator me;
    enum code code = begin(s, now, tour, &me);
    if (code != CODE_OK) {
        return code;
    }
    guests_name_all(me.t, except);
    return moderate_mute_all(&me, kind);
}

enum code signaling_tour_allow(struct signaling *s, us_t now, const char *tour,
                               const struct signaling_allowed *a) {
    struct moderator me;
    enum code code = begin(s, now, tour, &me);
    if (code != CODE_OK) {
        return code;
    }
    if (!a->list) {
        guests_name_all(me.t, a->except);
    } else if (!guests_name(me.t, a->list, a->except)) {
        return CODE_RESOURCE_UNKNOWN;
    }
    return moderate_allow(&me, &a->can, !a->list);
}

/* ---- words ---- */

static enum code begin_to_say(struct signaling *s, us_t now, const char *tour,
                              struct speaker *ret) {
    struct moderator me;
    enum code code = begin(s, now, tour, &me);
    *ret = (struct speaker){.s = s, .now = now, .t = me.t};
    return code;
}

static enum code say(struct speaker *me, const struct signaling_said *said) {
    switch (said->what) {
    case SAID_CHAT:
        return say_chat(me, said->text, said->to_hosts);
    case SAID_CHAPTER:
        return say_chapter(me, said->text);
    default:
        return say_answer(me, &(struct say_answer){said->question, said->state, said->text});
    }
}

enum code signaling_say(struct signaling *s, us_t now, const char *tour,
                        const struct signaling_said *said, uint64_t *ret_seq) {
    struct speaker me;
    enum code code = begin_to_say(s, now, tour, &me);
    code = code == CODE_OK ? say(&me, said) : code;
    if (code == CODE_OK) {
        *ret_seq = me.t->ledger.seq;
    }
    return code == CODE_BAD_FIELD && strcmp(me.field, "question") == 0 ? CODE_ENTRY_UNKNOWN : code;
}

enum code signaling_retract(struct signaling *s, us_t now, const char *tour, uint64_t seq) {
    struct speaker me;
    enum code code = begin_to_say(s, now, tour, &me);
    return code == CODE_OK ? say_retract(&me, seq) : code;
}

bool signaling_history(const struct signaling *s, const char *tour, uint64_t after,
                       struct buffer *o) {
    OWNER_CHECK(&s->owner);
    const struct tour *t = tour_by_name(s, tour);
    if (!t) {
        return false;
    }
    json_key(o, "entries");
    entries_put(o, t, NULL, after);
    json_put_uint(o, "seq", t->ledger.seq);
    json_put_bool(o, "entries_lost", entries_lost(t, after));
    return true;
}

/* ---- what is shown ---- */

static enum code begin_to_point(struct signaling *s, us_t now, const char *tour,
                                struct pointing *ret) {
    struct moderator me;
    enum code code = begin(s, now, tour, &me);
    *ret = (struct pointing){.s = s, .now = now, .t = me.t};
    return code;
}

static bool is_fraction(double x) {
    return x >= 0 && x <= 1;
}

enum code signaling_point(struct signaling *s, us_t now, const char *tour,
                          const struct signaling_place *at) {
    struct pointing me;
    struct pointer p = {0};
    enum code code = begin_to_point(s, now, tour, &me);
    if (code != CODE_OK) {
        return code;
    }
    if (at && (!is_fraction(at->x) || !is_fraction(at->y) ||
               !pointer_set(&p, at->x, at->y, at->source))) {
        return CODE_BAD_FIELD;
    }
    point(&me, &p);
    return CODE_OK;
}

enum code signaling_follow(struct signaling *s, us_t now, const char *tour, struct buffer *view) {
    struct pointing me;
    enum code code = begin_to_point(s, now, tour, &me);
    if (code != CODE_OK) {
        buffer_free(view);
        return code;
    }
    return follow(&me, view);
}
