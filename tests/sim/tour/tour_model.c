/* What a tour is after each request, as docs/protocol.md says: people, hosts, rights, the lobby.
 * Written from that, and of what signaling answers it takes names only. */
#include "base/alloc.h"
#include "base/check.h"
#include "tests/sim/tour/tour_sim.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- who ---- */

static uint32_t number_of(const char *id) {
    return id[0] == 'p' ? (uint32_t)strtoul(id + 1, NULL, 10) : 0;
}

static struct seat_model *by_number(struct model *m, uint32_t number) {
    for (unsigned i = 0; i < m->n; i++) {
        if (m->seats[i].here && m->seats[i].number == number && number > 0) {
            return &m->seats[i];
        }
    }
    return NULL;
}

struct seat_model *model_seat(struct model *m, const char *id) {
    return by_number(m, number_of(id));
}

struct seat_model *model_in(struct model *m, const char *id) {
    struct seat_model *s = model_seat(m, id);
    return s && !s->waits ? s : NULL;
}

struct seat_model *model_conn(struct model *m, uint64_t conn) {
    for (unsigned i = 0; i < m->n; i++) {
        if (m->seats[i].here && m->seats[i].conn == conn && conn > 0) {
            return &m->seats[i];
        }
    }
    return NULL;
}

struct seat_model *model_peer(struct model *m, uint64_t peer) {
    for (unsigned i = 0; i < m->n; i++) {
        if (m->seats[i].here && m->seats[i].peer == peer && peer > 0) {
            return &m->seats[i];
        }
    }
    return NULL;
}

bool model_is_guest(const struct seat_model *s) {
    return !s->host && s->person->role != ROLE_OPS;
}

bool model_host_is_in(const struct model *m) {
    for (unsigned i = 0; i < m->n; i++) {
        const struct seat_model *s = &m->seats[i];
        if (s->here && !s->waits && s->host && !s->lost) {
            return true;
        }
    }
    return false;
}

/* ---- rights ---- */

static void unsay(struct words *w) {
    memset(w->of, -1, sizeof(w->of));
}

static const struct words host_words = {{3, 3, 3, 1, 1}}, guest_words = {{3, 3, 2, 1, 0}},
                          observer_words = {{2, 2, 2, 0, 0}};

struct words model_can(const struct model *m, const struct seat_model *s) {
    bool guest = model_is_guest(s);
    struct words w = s->host ? host_words : guest ? guest_words : observer_words;
    const struct person *p = s->person;
    for (unsigned i = 0; i < TOUR_FIELDS; i++) {
        w.of[i] = guest && m->everyone.of[i] >= 0 ? m->everyone.of[i] : w.of[i];
        w.of[i] = p->withheld.of[i] >= 0 ? w.of[i] & p->withheld.of[i] : w.of[i];
        w.of[i] = guest && p->named.of[i] >= 0 ? p->named.of[i] : w.of[i];
    }
    return w;
}

bool model_may(const struct model *m, const struct seat_model *s, bool send,
               enum source_kind kind) {
    unsigned word = (unsigned)model_can(m, s).of[kind - SOURCE_MICROPHONE];
    return send ? (word & 1) && !(s->muted & 1u << kind) : (word & 2) != 0;
}

static bool is_named(const struct request *r, const struct seat_model *s) {
    for (unsigned i = 0; i < r->n_list; i++) {
        if (number_of(r->list[i]) == s->number) {
            return true;
        }
    }
    return false;
}

/* The same of any of his devices: hosts mean people. */
static bool is_meant(const struct model *m, const struct request *r, const struct seat_model *s) {
    for (unsigned i = 0; i < m->n; i++) {
        const struct seat_model *x = &m->seats[i];
        if (x->here && !x->waits && x->person == s->person && model_is_guest(x) && is_named(r, x)) {
            return true;
        }
    }
    return false;
}

/* Those who are excepted keep what they have. */
static void allow_all(struct tour_sim *t, const struct request *r) {
    struct model *m = &t->model;
    struct words keep[TOUR_PEOPLE];
    for (unsigned i = 0; i < TOUR_PEOPLE; i++) {
        unsay(&keep[i]);
    }
    for (unsigned i = 0; i < m->n; i++) {
        const struct seat_model *s = &m->seats[i];
        if (s->here && !s->waits && model_is_guest(s) && is_meant(m, r, s)) {
            keep[s->person - t->people] = model_can(m, s);
        }
    }
    m->everyone.of[r->field] = (int8_t)r->value;
    for (unsigned i = 0; i < TOUR_PEOPLE; i++) {
        t->people[i].named.of[r->field] = keep[i].of[r->field];
    }
}

static void allow(struct tour_sim *t, const struct request *r) {
    struct model *m = &t->model;
    if (r->all) {
        allow_all(t, r);
        return;
    }
    for (unsigned i = 0; i < m->n; i++) {
        struct seat_model *s = &m->seats[i];
        if (s->here && is_named(r, s)) {
            s->person->named.of[r->field] = (int8_t)r->value;
        }
    }
}

static void mute_all(struct model *m, const struct request *r) {
    for (unsigned i = 0; i < m->n; i++) {
        struct seat_model *s = &m->seats[i];
        if (s->here && !s->waits && model_is_guest(s) && !is_meant(m, r, s)) {
            s->muted |= (uint8_t)(1u << r->kind);
        }
    }
}

static void mute(struct model *m, struct seat_model *me, const struct request *r) {
    struct seat_model *whom = *r->who ? model_in(m, r->who) : me;
    unsigned bit = 1u << r->kind;
    whom->muted = (uint8_t)(r->on ? whom->muted | bit : whom->muted & ~bit);
}

/* ---- coming and going ---- */

void model_leaves(struct tour_sim *t, struct seat_model *s) {
    struct model *m = &t->model;
    m->spotlight = m->spotlight == s->number ? 0 : m->spotlight;
    s->here = false;
    s->conn = s->peer = 0;
}

void model_lost(struct tour_sim *t, uint64_t conn) {
    struct seat_model *s = model_conn(&t->model, conn);
    if (s) {
        s->conn = 0;
        s->lost = true;
        s->until = t->w->now + TOUR_RESUME_GRACE;
    }
}

void model_killed(struct tour_sim *t) {
    for (unsigned i = 0; i < t->model.n; i++) {
        struct seat_model *s = &t->model.seats[i];
        if (s->here) {
            s->conn = 0;
            s->lost = true;
            s->until = t->w->now + TOUR_RESUME_GRACE;
            s->connected = false;
            s->spent = s->peer ? s->identity : s->spent;
            s->peer = s->flows = s->lines = 0;
        }
    }
}

static bool is_in(const struct model *m, const struct person *p) {
    for (unsigned i = 0; i < m->n; i++) {
        if (m->seats[i].here && !m->seats[i].waits && m->seats[i].person == p) {
            return true;
        }
    }
    return false;
}

void model_time(struct tour_sim *t) {
    struct model *m = &t->model;
    for (unsigned i = 0; i < m->n; i++) {
        struct seat_model *s = &m->seats[i];
        if (!s->here || s->until > t->w->now) {
            continue;
        }
        if (s->waits && s->admitted && !s->lost) { /* he had his time to join */
            s->admitted = false;
            s->until = US_NEVER;
            s->person->admitted = is_in(m, s->person);
        } else {
            model_leaves(t, s);
        }
    }
}

static void admit(struct tour_sim *t, struct seat_model *s) {
    if (s->here && s->waits && !s->admitted) {
        s->admitted = s->person->admitted = true;
        s->until = s->lost ? s->until : t->w->now + TOUR_RESUME_GRACE;
    }
}

/* One of his devices is named. */
static bool waits_too(const struct model *m, const struct request *r, const struct person *p) {
    for (unsigned i = 0; i < m->n; i++) {
        const struct seat_model *s = &m->seats[i];
        if (s->here && s->waits && s->person == p && is_named(r, s)) {
            return true;
        }
    }
    return false;
}

unsigned model_coming(const struct model *m, const struct request *r) {
    unsigned n = 0;
    for (unsigned i = 0; i < m->n; i++) {
        const struct seat_model *s = &m->seats[i];
        n += s->here && s->waits && !s->admitted && waits_too(m, r, s->person);
    }
    return n;
}

static void admit_some(struct tour_sim *t, const struct request *r, bool all) {
    for (unsigned i = 0; i < t->model.n; i++) {
        if (all || waits_too(&t->model, r, t->model.seats[i].person)) {
            admit(t, &t->model.seats[i]);
        }
    }
}

static void remove_all(struct tour_sim *t, const struct person *p) {
    struct model *m = &t->model;
    for (unsigned i = 0; i < m->n; i++) {
        if (m->seats[i].here && m->seats[i].person == p) {
            model_leaves(t, &m->seats[i]);
        }
    }
}

static void keep_secret(struct tour_sim *t, struct seat_model *s, const char *used) {
    char kept[sizeof(s->secret[0])] = "";
    if (used) {
        snprintf(kept, sizeof(kept), "%s", used);
    }
    memcpy(s->secret[1], kept, sizeof(kept));
    memcpy(s->secret[0], t->reply.secret, sizeof(t->reply.secret));
}

static struct seat_model *seat_new(struct tour_sim *t, struct person *p) {
    struct model *m = &t->model;
    CHECK(m->n < TOUR_SEATS);
    struct seat_model *s = &m->seats[m->n++];
    *s = (struct seat_model){.here = true,
                             .number = number_of(t->reply.id_text),
                             .person = p,
                             .host = p->role == ROLE_AGENT,
                             .until = US_NEVER};
    return s;
}

/* As on the other devices with which he is in. */
static void host_as_elsewhere(const struct model *m, struct seat_model *s) {
    for (unsigned i = 0; i < m->n; i++) {
        const struct seat_model *x = &m->seats[i];
        if (x != s && x->here && !x->waits && x->person == s->person) {
            s->host = x->host;
        }
    }
}

static void attach(struct tour_sim *t, struct seat_model *s, uint64_t conn) {
    (void)t;
    s->conn = conn;
    s->lost = false;
    s->until = US_NEVER;
}

/* A session began or went on. */
static void transport(struct tour_sim *t, struct seat_model *s, const struct request *r) {
    if (t->reply.peer) {
        if (s->peer && r->what != ASK_JOIN) {
            s->spent = s->identity;
        }
        s->peer = t->reply.peer;
        s->participant = t->reply.participant;
        s->identity = r->identity;
        s->connected = false;
        s->flows = 0;
        s->lines = s->person->role == ROLE_OPS ? 0 : SOURCES_ALL;
    }
}

static struct person *person_of(struct tour_sim *t, const struct request *r) {
    return &t->people[r->number];
}

/* With take_over his other pages end. */
static void leave_others(struct tour_sim *t, const struct seat_model *s) {
    for (unsigned i = 0; i < t->model.n; i++) {
        struct seat_model *x = &t->model.seats[i];
        if (x->here && x != s && x->person == s->person) {
            model_leaves(t, x);
        }
    }
}

static void join(struct tour_sim *t, uint64_t conn, const struct request *r) {
    struct model *m = &t->model;
    bool waits = strcmp(t->reply.type, "lobby") == 0;
    struct seat_model *s = model_seat(m, t->reply.id_text), *mine = model_conn(m, conn);
    struct person *p = mine ? mine->person : person_of(t, r);
    if (s && s->person != p) {
        world_fail(t->w, "%s is given the seat of %s", p->sub, s->person->sub);
        return;
    }
    if (mine && s != mine) {
        world_fail(t->w, "who was let in as p%u is in as %s", mine->number, t->reply.id_text);
        return;
    }
    bool others = !mine && s && r->choice == 1;
    bool came = !s || s->waits;
    s = s ? s : seat_new(t, p);
    if (came && !waits) {
        host_as_elsewhere(m, s);
    }
    if (others) {
        leave_others(t, s);
    }
    attach(t, s, conn);
    s->waits = waits;
    s->admitted = false;
    s->muted = 0;
    s->pinned = 0;
    s->order = came && !waits ? ++m->order : s->order;
    transport(t, s, r);
    keep_secret(t, s, NULL);
}

static void resume(struct tour_sim *t, uint64_t conn, const struct request *r) {
    struct model *m = &t->model;
    struct seat_model *s = model_seat(m, t->reply.id_text);
    if (!s || (strcmp(s->secret[0], r->secret) != 0 && strcmp(s->secret[1], r->secret) != 0)) {
        world_fail(t->w, "a secret of nobody's resumes as %s", t->reply.id_text);
        return;
    }
    attach(t, s, conn);
    if (s->waits && s->admitted) {
        s->until = t->w->now + TOUR_RESUME_GRACE;
    }
    transport(t, s, r);
    keep_secret(t, s, r->secret);
}

/* ---- requests ---- */

static void make_host(struct model *m, const struct person *p, bool on) {
    for (unsigned i = 0; i < m->n; i++) {
        struct seat_model *s = &m->seats[i];
        s->host = s->here && !s->waits && s->person == p ? on : s->host;
    }
}

static void decide(struct tour_sim *t, struct seat_model *me, const struct request *r) {
    struct model *m = &t->model;
    struct seat_model *whom = model_seat(m, r->who);
    switch (r->what) {
    case ASK_MUTE:
        mute(m, me, r);
        break;
    case ASK_MUTE_ALL:
        mute_all(m, r);
        break;
    case ASK_ALLOW:
        allow(t, r);
        break;
    case ASK_REMOVE:
        whom->person->removed = true;
        whom->person->admitted = false;
        remove_all(t, whom->person);
        break;
    case ASK_HOST:
    case ASK_HAND_OVER:
        make_host(m, whom->person, r->what == ASK_HAND_OVER || r->on);
        m->lead = r->what == ASK_HAND_OVER ? whom->number : m->lead;
        break;
    case ASK_SPOTLIGHT:
        m->spotlight = whom ? whom->number : 0;
        break;
    case ASK_LOCK:
        m->locked = r->on;
        break;
    case ASK_LOBBY:
        m->lobby = r->on;
        if (!r->on) {
            admit_some(t, r, true);
        }
        break;
    case ASK_ADMIT:
        admit_some(t, r, r->all);
        break;
    default:
        break;
    }
}

/* "Those that are in may come again" when a lobby opens. */
static void lobby_opens(struct tour_sim *t, bool before) {
    for (unsigned i = 0; !before && t->model.lobby && i < t->model.n; i++) {
        const struct seat_model *s = &t->model.seats[i];
        s->person->admitted |= s->here && !s->waits;
    }
}

void model_apply(struct tour_sim *t, uint64_t conn, const struct request *r) {
    struct model *m = &t->model;
    struct seat_model *me = model_conn(m, conn);
    bool lobby = m->lobby;
    switch (r->what) {
    case ASK_JOIN:
        join(t, conn, r);
        break;
    case ASK_RESUME:
        resume(t, conn, r);
        break;
    case ASK_RENEW:
        keep_secret(t, me, me->secret[0]);
        break;
    case ASK_RESTART:
        transport(t, me, r);
        break;
    case ASK_LEAVE:
        model_leaves(t, me);
        break;
    case ASK_CONSENT:
        me->consent = r->on;
        break;
    case ASK_HAND:
        me->hand = r->on;
        break;
    case ASK_PIN:
        me->pinned = number_of(r->who);
        break;
    case ASK_ASK:
        m->questions++;
        break;
    default:
        decide(t, me, r);
        break;
    }
    lobby_opens(t, lobby);
}

/* ---- what follows ---- */

static uint32_t leader(const struct model *m) {
    const struct seat_model *next = NULL;
    for (unsigned i = 0; i < m->n; i++) {
        const struct seat_model *s = &m->seats[i];
        if (!s->here || s->waits || !s->host) {
            continue;
        }
        if (s->number == m->lead) {
            return m->lead;
        }
        next = !next || s->order < next->order ? s : next;
    }
    return next ? next->number : 0;
}

void model_settle(struct tour_sim *t) {
    struct model *m = &t->model;
    bool empty = true, peopleless = true, guests = false;
    m->lead = leader(m);
    for (unsigned i = 0; i < m->n; i++) {
        const struct seat_model *s = &m->seats[i];
        empty = empty && !(s->here && (s->waits || s->person->role != ROLE_OPS));
        peopleless = peopleless && !(s->here && !s->waits && s->person->role != ROLE_OPS);
        guests |= s->here && (s->waits || model_is_guest(s));
    }
    m->attended |= model_host_is_in(m);
    bool hostless = m->run && m->attended && guests && !model_host_is_in(m);
    m->hostless_since = !hostless ? US_NEVER : us_min(m->hostless_since, t->w->now);
    m->peopleless_since =
        !m->run || !peopleless ? US_NEVER : us_min(m->peopleless_since, t->w->now);
    m->empty_since = !m->run || !empty ? US_NEVER : us_min(m->empty_since, t->w->now);
    us_t since = t->w->now - US_PER_S;
    if (m->hostless_since < since - TOUR_HOST_LIMIT || m->empty_since < since - TOUR_EMPTY_GRACE) {
        world_fail(t->w, "the tour goes on %s",
                   m->empty_since < since - TOUR_EMPTY_GRACE ? "without anybody"
                                                             : "without a host");
    }
}

void model_run(struct tour_sim *t, uint64_t run) {
    struct model *m = &t->model;
    m->run = run;
    m->lobby = t->lobby;
    t->runs++;
    m->peopleless_since = m->empty_since = m->hostless_since = US_NEVER;
    unsay(&m->everyone);
}

/* for_good: for a while, for those who are no agents. */
void model_ended(struct tour_sim *t, bool for_good) {
    struct model *m = &t->model;
    m->ended = for_good;
    for (unsigned i = 0; i < m->n; i++) {
        m->seats[i].here = false;
    }
    m->run = 0;
    m->n = 0;
    m->lead = m->spotlight = 0;
    m->locked = m->attended = false;
    m->seq = 0;
    m->questions = 0;
    unsay(&m->everyone);
    m->peopleless_since = m->empty_since = m->hostless_since = US_NEVER;
    for (unsigned i = 0; i < TOUR_PEOPLE; i++) {
        t->people[i].removed = t->people[i].admitted = false;
        unsay(&t->people[i].named);
    }
}
