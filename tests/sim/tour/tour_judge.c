/* What a request must be answered with: docs/protocol.md sections 1.1, 1.3, 1.6 and 1.7. Where more
 * than one thing is wrong with it, the protocol does not say which is told. */
#include "base/check.h"
#include "tests/sim/tour/tour_sim.h"

#include <stdio.h>

static void refuse(struct verdict *v, enum code code) {
    if (v->n < VERDICTS) {
        v->codes[v->n++] = code;
    }
}

static void refuse_if(struct verdict *v, bool wrong, enum code code) {
    if (wrong) {
        refuse(v, code);
    }
}

/* ---- who comes ---- */

/* Seats of a person: all, and those whose link is lost. */
static void count_own(const struct model *m, const struct person *p, unsigned *all,
                      unsigned *lost) {
    *all = *lost = 0;
    for (unsigned i = 0; i < m->n; i++) {
        const struct seat_model *s = &m->seats[i];
        *all += s->here && s->person == p;
        *lost += s->here && s->person == p && s->lost;
    }
}

static unsigned people(const struct model *m) {
    unsigned n = 0;
    for (unsigned i = 0; i < m->n; i++) {
        n += m->seats[i].here && !m->seats[i].waits && m->seats[i].person->role != ROLE_OPS;
    }
    return n;
}

static bool has_seat(const struct model *m, const struct person *p, bool waits) {
    for (unsigned i = 0; i < m->n; i++) {
        const struct seat_model *s = &m->seats[i];
        if (s->here && s->person == p && s->waits == waits) {
            return true;
        }
    }
    return false;
}

static bool waits_first(const struct model *m, const struct person *p) {
    return p->role == ROLE_BUYER && m->run && m->lobby && !p->admitted && !has_seat(m, p, false);
}

static void judge_guest(const struct model *m, const struct person *p, struct verdict *v) {
    if (has_seat(m, p, false)) {
        return;
    }
    refuse_if(v, m->locked && !has_seat(m, p, true), CODE_TOUR_LOCKED);
    bool waits = waits_first(m, p);
    refuse_if(v, !waits && people(m) >= TOUR_CAPACITY, CODE_TOUR_FULL);
}

static void judge_join(struct tour_sim *t, uint64_t conn, const struct request *r,
                       struct verdict *v) {
    struct model *m = &t->model;
    const struct seat_model *mine = model_conn(m, conn);
    const struct person *p = mine ? mine->person : &t->people[r->number];
    unsigned all, lost;
    refuse_if(v, mine && !mine->waits, CODE_ALREADY_JOINED);
    refuse_if(v, !mine && r->no_token, CODE_TOKEN_MISSING);
    refuse_if(v, p->removed, CODE_REMOVED);
    refuse_if(v, p->role == ROLE_OPS && !m->run, CODE_TOUR_EARLY);
    refuse_if(v, p->role != ROLE_AGENT && !m->run && m->ended, CODE_TOUR_ENDED);
    if (p->role == ROLE_BUYER) {
        judge_guest(m, p, v);
    }
    refuse_if(v, r->offer == OFFER_NONE && !waits_first(m, p), CODE_BAD_FIELD);
    count_own(m, p, &all, &lost);
    if (!mine) {
        refuse_if(v, r->choice == 0 && all > 0 && lost == 0, CODE_SEAT_TAKEN);
        refuse_if(v, r->choice == 2 && all >= TOUR_SEATS_PER_TOKEN && lost == 0, CODE_SEATS_FULL);
    }
    v->open = mine && mine->waits && !mine->admitted; /* again, before he was let in */
    if (v->open) {
        refuse(v, CODE_ALREADY_JOINED);
        refuse(v, CODE_NOT_ADMITTED);
    }
}

static void judge_offer(const struct seat_model *s, const struct request *r, struct verdict *v) {
    bool same = r->identity == s->identity;
    /* What was replaced or given up cannot go on. */
    bool spent = same ? !s->peer : r->identity == s->spent;
    refuse_if(v, r->offer != OFFER_NONE && !s->waits && spent, CODE_TRANSPORT_GONE);
    refuse_if(v, r->what == ASK_RESTART && r->offer == OFFER_NONE, CODE_BAD_FIELD);
}

static void judge_resume(struct tour_sim *t, uint64_t conn, const struct request *r,
                         struct verdict *v) {
    struct model *m = &t->model;
    const struct seat_model *s = NULL;
    refuse_if(v, model_conn(m, conn) != NULL, CODE_ALREADY_JOINED);
    for (unsigned i = 0; i < m->n && *r->secret; i++) {
        const struct seat_model *x = &m->seats[i];
        bool fits = strcmp(x->secret[0], r->secret) == 0 || strcmp(x->secret[1], r->secret) == 0;
        s = x->here && fits ? x : s;
    }
    refuse_if(v, !s, CODE_RESUME_UNKNOWN);
    if (s) {
        judge_offer(s, r, v);
    }
}

/* ---- who is in ---- */

static bool all_are(struct model *m, const struct request *r,
                    bool (*is)(const struct seat_model *)) {
    bool all = true;
    for (unsigned i = 0; i < r->n_list; i++) {
        const struct seat_model *s = model_seat(m, r->list[i]);
        all = all && s && is(s);
    }
    return all;
}

static bool is_guest_in(const struct seat_model *s) {
    return !s->waits && model_is_guest(s);
}

/* Who was let in and has not come yet may be let in by another host, too. */
static bool is_not_in(const struct seat_model *s) {
    return s->waits;
}

static bool last_host(struct model *m, const struct seat_model *me) {
    for (unsigned i = 0; i < m->n; i++) {
        const struct seat_model *s = &m->seats[i];
        if (s->here && s->person != me->person && !s->waits && s->host && !s->lost) {
            return false;
        }
    }
    return true;
}

static unsigned waiting(const struct model *m, bool admitted) {
    unsigned n = 0;
    for (unsigned i = 0; i < m->n; i++) {
        n += m->seats[i].here && m->seats[i].waits && m->seats[i].admitted == admitted;
    }
    return n;
}

/* Whether places are kept for those who were let in and have not come yet is not written. */
static void judge_room(const struct model *m, unsigned more, struct verdict *v) {
    refuse_if(v, more > 0 && people(m) + more > TOUR_CAPACITY, CODE_TOUR_FULL);
    if (more > 0 && v->n == 0 && people(m) + waiting(m, true) + more > TOUR_CAPACITY) {
        refuse(v, CODE_TOUR_FULL);
        v->open = true;
    }
}

static void judge_other(struct model *m, const struct seat_model *me, const struct request *r,
                        struct verdict *v) {
    const struct seat_model *whom = model_in(m, r->who), *any = model_seat(m, r->who);
    switch (r->what) {
    case ASK_REMOVE:
        refuse_if(v, !any || any == me, CODE_BAD_FIELD);
        if (any && any != me && any->person == me->person) { /* one's own other device */
            refuse(v, CODE_BAD_FIELD);
            v->open = true;
        }
        break;
    case ASK_HOST:
        refuse_if(v, !whom || (!r->on && whom->person == me->person && last_host(m, me)),
                  CODE_BAD_FIELD);
        refuse_if(v, whom && whom->person->role == ROLE_OPS, CODE_BAD_FIELD);
        break;
    case ASK_HAND_OVER:
        refuse_if(v, !whom || whom->person->role == ROLE_OPS, CODE_BAD_FIELD);
        break;
    case ASK_SPOTLIGHT:
        refuse_if(v, *r->who && (!whom || whom->person->role == ROLE_OPS), CODE_BAD_FIELD);
        break;
    case ASK_PIN:
        refuse_if(v, *r->who && !whom, CODE_BAD_FIELD);
        v->open = whom == me;
        refuse_if(v, v->open, CODE_BAD_FIELD);
        break;
    default:
        break;
    }
}

static void judge_list(struct model *m, const struct request *r, struct verdict *v) {
    if (r->what == ASK_ALLOW) {
        refuse_if(v, !r->all && !all_are(m, r, is_guest_in), CODE_BAD_FIELD);
        v->open = r->all && !all_are(m, r, is_guest_in);
        refuse_if(v, v->open, CODE_BAD_FIELD);
    } else if (r->what == ASK_MUTE_ALL) {
        v->open = !all_are(m, r, is_guest_in);
        refuse_if(v, v->open, CODE_BAD_FIELD);
    } else {
        refuse_if(v, !r->all && !all_are(m, r, is_not_in), CODE_BAD_FIELD);
        if (v->n == 0) {
            judge_room(m, r->all ? waiting(m, false) : model_coming(m, r), v);
        }
    }
}

static void judge_mute(struct model *m, const struct seat_model *me, const struct request *r,
                       struct verdict *v) {
    const struct seat_model *whom = model_in(m, r->who);
    if (*r->who && whom != me) {
        refuse_if(v, !me->host || !r->on, CODE_FORBIDDEN);
        refuse_if(v, !whom, CODE_BAD_FIELD);
    } else if (*r->who) {
        refuse_if(v, !me->host, CODE_FORBIDDEN);
        refuse(v, CODE_FORBIDDEN);
        v->open = true; /* one's own, by name */
    }
}

static void judge_said(struct model *m, const struct seat_model *me, const struct request *r,
                       struct verdict *v) {
    struct words can = model_can(m, me);
    switch (r->what) {
    case ASK_CHAT:
    case ASK_ASK:
        refuse_if(v, !can.of[3], CODE_FORBIDDEN);
        break;
    case ASK_POINT:
        refuse_if(v, !can.of[4], CODE_FORBIDDEN);
        break;
    case ASK_ANSWER:
        refuse_if(v, r->number == 0 || r->number > m->questions, CODE_BAD_FIELD);
        break;
    case ASK_RETRACT: {
        bool known = r->seq > 0 && r->seq <= (int64_t)m->seq;
        const struct entry_model *e = &m->entries[known ? r->seq : 0];
        bool text = known && (!strcmp(e->kind, "chat") || !strcmp(e->kind, "question") ||
                              !strcmp(e->kind, "answer"));
        refuse_if(v, r->seq < 1, CODE_BAD_FIELD);
        refuse_if(v, !text, CODE_ENTRY_UNKNOWN);
        refuse_if(v, !me->host && !(e->from_seat && e->from == me->number), CODE_FORBIDDEN);
        v->open = text && v->n == 0; /* it may be taken back already */
        refuse_if(v, text, CODE_ENTRY_UNKNOWN);
        /* Who has come again is the same person. */
        v->open |= text && !me->host;
        break;
    }
    case ASK_REACT:
    case ASK_HAND:
        v->open = !can.of[3];
        refuse_if(v, v->open, CODE_FORBIDDEN);
        break;
    default:
        break;
    }
}

static void judge_inside(struct model *m, const struct seat_model *me, const struct request *r,
                         struct verdict *v) {
    switch (r->what) {
    case ASK_RESTART:
        judge_offer(me, r, v);
        break;
    case ASK_MUTE:
        judge_mute(m, me, r, v);
        break;
    case ASK_MUTE_ALL:
    case ASK_ALLOW:
    case ASK_ADMIT:
        judge_list(m, r, v);
        break;
    case ASK_LOBBY:
        if (!r->on) {
            judge_room(m, waiting(m, false), v);
        }
        break;
    case ASK_CONSENT: /* an observer has nothing to consent to */
        v->open = me->person->role == ROLE_OPS;
        refuse_if(v, v->open, CODE_FORBIDDEN);
        break;
    default:
        r->what >= ASK_CHAT ? judge_said(m, me, r, v) : judge_other(m, me, r, v);
        break;
    }
}

struct verdict judge(struct tour_sim *t, uint64_t conn, const struct request *r) {
#define X(sym, name, open, host) {open, host},
    static const struct { bool open, host; } rules[] = {ASKS(X)};
#undef X
    struct verdict v = {.n = 0};
    struct seat_model *me = model_conn(&t->model, conn);
    if (r->what == ASK_NONSENSE) {
        refuse(&v, CODE_UNKNOWN_TYPE);
    } else if (r->what == ASK_JOIN) {
        judge_join(t, conn, r, &v);
    } else if (r->what == ASK_RESUME) {
        judge_resume(t, conn, r, &v);
    } else if (r->what == ASK_HELLO) {
        v.open = true; /* anything that a join would be told */
        refuse(&v, CODE_OK);
    } else if (!rules[r->what].open && !me) {
        refuse(&v, CODE_NOT_JOINED);
    } else if (me && me->waits && !rules[r->what].open && r->what != ASK_LEAVE) {
        refuse(&v, CODE_NOT_ADMITTED);
    } else if (me && rules[r->what].host && !me->host) {
        refuse(&v, CODE_FORBIDDEN);
        judge_inside(&t->model, me, r, &v);
        v.open = false;
    } else if (me) {
        judge_inside(&t->model, me, r, &v);
    }
    return v;
}
