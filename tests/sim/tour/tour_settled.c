/* When nothing is under way: everybody sees the same, it is what the model says, and what engines
 * have. */
#include "base/alloc.h"
#include "base/check.h"
#include "tests/sim/tour/tour_sim.h"

#include <stdio.h>

static void fail_differ(struct tour_sim *t, const struct page *p, const char *what,
                        const char *is) {
    world_fail(t->w, "page %u (%s): %s is not as a newcomer is told: %.120s", p->number, p->me,
               what, is ? is : "missing");
}

/* ---- people, as each client sees them and as a newcomer does ---- */

static bool is_probe(const struct tour_sim *t, const struct json *who) {
    char me[ID_TEXT], id[ID_TEXT];
    return json_get_text(json_member(json_member(t->probed, "participant"), "id"), me,
                         sizeof(me)) &&
           json_get_text(json_member(who, "id"), id, sizeof(id)) && strcmp(me, id) == 0;
}

static const char *seen(const struct view *v, const char *id) {
    for (unsigned i = 0; i < v->n; i++) {
        if (strcmp(v->roster[i].id, id) == 0) {
            return v->roster[i].text;
        }
    }
    return "";
}

static void same_roster(struct tour_sim *t, const struct page *p) {
    const struct json *roster = json_member(t->probed, "roster");
    unsigned n = 0;
    for (size_t i = 0; i < json_count(roster); i++) {
        const struct json *who = json_item(roster, i);
        char id[ID_TEXT];
        if (is_probe(t, who)) {
            continue;
        }
        n++;
        CHECK(json_get_text(json_member(who, "id"), id, sizeof(id)));
        char *text = view_compact(who);
        if (strcmp(text, seen(&p->view, id)) != 0) {
            fail_differ(t, p, text, seen(&p->view, id));
        }
        mem_free(text);
    }
    if (n != p->view.n) {
        world_fail(t->w, "page %u knows %u people, and %u are in", p->number, p->view.n, n);
    }
}

static void same_tour(struct tour_sim *t, const struct page *p) {
    char *text = view_tour(json_member(t->probed, "tour"));
    if (strcmp(text, p->view.tour) != 0) {
        world_fail(t->w, "page %u sees %s and a newcomer %s", p->number, p->view.tour, text);
    }
    mem_free(text);
    char speaker[ID_TEXT] = "";
    (void)json_get_text_if_any(json_member_set(t->probed, "speaker"), speaker, sizeof(speaker));
    if (strcmp(speaker, p->view.speaker) != 0) {
        fail_differ(t, p, "the speaker", p->view.speaker);
    }
}

static void same_ledger(struct tour_sim *t, const struct page *p, const struct seat_model *s) {
    const struct model *m = &t->model;
    for (uint64_t i = (uint64_t)p->view.since + 1; i <= m->seq; i++) {
        bool read = p->view.read[i / 8] & 1u << i % 8;
        if (!read && !m->entries[i].hosts_only) {
            world_fail(t->w, "page %u (p%u) has not been told entry %llu, a %s", p->number,
                       s->number, (unsigned long long)i, m->entries[i].kind);
        }
    }
}

/* Each host has those who wait, and nobody else has anybody. */
static void same_lobby(struct tour_sim *t, const struct page *p, const struct seat_model *s) {
    unsigned n = 0;
    for (unsigned i = 0; i < t->model.n; i++) {
        const struct seat_model *x = &t->model.seats[i];
        n += s->host && x->here && x->waits && !x->admitted;
    }
    for (unsigned i = 0; i < p->view.n_lobby; i++) {
        const struct seat_model *x = model_seat(&t->model, p->view.lobby[i].id);
        if (!x || !x->waits || x->admitted) {
            world_fail(t->w, "p%u sees %s wait, who does not", s->number, p->view.lobby[i].id);
        }
    }
    if (p->view.n_lobby != n) {
        world_fail(t->w, "p%u sees %u who wait, and there are %u", s->number, p->view.n_lobby, n);
    }
}

/* ---- a newcomer's roster, and the model ---- */

static void is_so(struct tour_sim *t, bool so, const struct seat_model *s, const char *what) {
    if (!so) {
        world_fail(t->w, "p%u (%s): %s is told wrong", s->number, s->person->sub, what);
    }
}

static const char *source_of(const struct model *m, const struct seat_model *s,
                             enum source_kind kind) {
    unsigned word = (unsigned)model_can(m, s).of[kind - SOURCE_MICROPHONE], bit = 1u << kind;
    bool has = (s->lines & bit) && word & 1;
    return !has ? "off" : s->muted & bit ? "muted" : s->flows & bit ? "on" : "off";
}

static void told_as(struct tour_sim *t, const struct json *who) {
    struct model *m = &t->model;
    char id[ID_TEXT] = "";
    (void)json_get_text(json_member(who, "id"), id, sizeof(id));
    const struct seat_model *s = model_in(m, id);
    bool host = false, connected = false;
    if (!s) {
        world_fail(t->w, "%s is on the roster, and is not in", id);
        return;
    }
    (void)json_get_bool(json_member(who, "host"), &host);
    (void)json_get_bool(json_member(who, "connected"), &connected);
    is_so(t, host == s->host, s, "host");
    is_so(t, connected == s->connected, s, "connected");
    is_so(t, json_string_is(json_member(who, "link"), s->lost ? "lost" : "ok"), s, "link");
    is_so(t, json_string_is(json_member(who, "role"), role_name(s->person->role)), s, "role");
    is_so(t, (json_member(who, "hand") != NULL) == s->hand, s, "hand");
    for (enum source_kind k = SOURCE_MICROPHONE; k < SOURCE_KIND_COUNT; k++) {
        const struct json *is = json_member(json_member(who, "sources"), source_kind_name(k));
        is_so(t, json_string_is(is, source_of(m, s, k)), s, source_kind_name(k));
    }
}

static void told_roster(struct tour_sim *t) {
    const struct json *roster = json_member(t->probed, "roster");
    unsigned n = 0, told = 0;
    for (size_t i = 0; i < json_count(roster); i++) {
        if (!is_probe(t, json_item(roster, i))) {
            told_as(t, json_item(roster, i));
            told++;
        }
    }
    for (unsigned i = 0; i < t->model.n; i++) {
        n += t->model.seats[i].here && !t->model.seats[i].waits;
    }
    if (n != told) {
        world_fail(t->w, "%u are on the roster, and %u are in", told, n);
    }
}

static void told_id(struct tour_sim *t, const char *name, uint32_t number) {
    const struct json *v = json_member(json_member(t->probed, "tour"), name);
    char is[ID_TEXT] = "", ought[ID_TEXT] = "";
    (void)json_get_text(v, is, sizeof(is));
    if (number) {
        snprintf(ought, sizeof(ought), "p%u", number);
    }
    if (strcmp(is, ought) != 0) {
        world_fail(t->w, "%s is %s and ought to be %s", name, is, ought);
    }
}

static void told_tour(struct tour_sim *t) {
    const struct json *tour = json_member(t->probed, "tour");
    const struct model *m = &t->model;
    told_id(t, "lead", m->lead);
    told_id(t, "spotlight", m->spotlight);
    if (json_says_true(json_member(tour, "locked")) != m->locked ||
        json_says_true(json_member(tour, "lobby")) != m->lobby) {
        world_fail(t->w, "locked or lobby is told wrong");
    }
    bool live = json_string_is(json_member(tour, "state"), "live");
    if (live != model_host_is_in(m)) {
        world_fail(t->w, "the tour is %slive", live ? "" : "not ");
    }
}

/* ---- media ---- */

static void same_sessions(struct tour_sim *t) {
    struct signaling_stats x = signaling_stats(t->s);
    unsigned n = 0;
    for (unsigned i = 0; i < t->model.n; i++) {
        n += t->model.seats[i].here && t->model.seats[i].peer;
    }
    if (x.sessions != n) {
        world_fail(t->w, "signaling has %u sessions, and there are %u", x.sessions, n);
    }
    for (unsigned i = 0; i < t->w->n_browsers; i++) {
        const struct browser *b = t->w->browsers[i];
        struct peer_stats stats;
        bool has = engine_peer_stats(world_engine(t->w, b), b->params.peer, &stats) == OK;
        bool ought = model_peer(&t->model, b->params.peer) != NULL;
        if (has != ought) {
            world_fail(t->w, "an engine has %s session of browser %u", has ? "a" : "no", i);
        }
    }
}

enum whom { SPOTLIT, LEAD, PINNED, HOSTS, ANYBODY };

static bool is_one_of(const struct model *m, const struct seat_model *me,
                      const struct seat_model *x, enum whom whom) {
    return whom == SPOTLIT  ? x->number == m->spotlight
           : whom == LEAD   ? x->number == m->lead
           : whom == PINNED ? x->number == me->pinned
           : whom == HOSTS  ? x->host
                            : true;
}

static bool may_show(const struct model *m, const struct seat_model *me, const struct seat_model *x,
                     enum source_kind kind) {
    bool flows = x->here && !x->waits && x->flows & 1u << kind && model_may(m, x, true, kind);
    return flows && x != me && model_may(m, me, false, kind);
}

static const struct {
    enum whom whom;
    enum source_kind kind;
} rule[] = {{SPOTLIT, SOURCE_SCREEN}, {SPOTLIT, SOURCE_CAMERA}, {LEAD, SOURCE_SCREEN},
            {HOSTS, SOURCE_SCREEN},   {ANYBODY, SOURCE_SCREEN}, {PINNED, SOURCE_CAMERA},
            {LEAD, SOURCE_CAMERA},    {HOSTS, SOURCE_CAMERA},   {ANYBODY, SOURCE_CAMERA}};

static int line_for(const struct model *m, const struct seat_model *me) {
    for (unsigned k = 0; k < ARRAY_LEN(rule); k++) {
        for (unsigned i = 0; i < m->n; i++) {
            const struct seat_model *x = &m->seats[i];
            if (is_one_of(m, me, x, rule[k].whom) && may_show(m, me, x, rule[k].kind)) {
                return (int)k;
            }
        }
    }
    return -1;
}

static void right_stage(struct tour_sim *t, const struct page *p, const struct seat_model *me) {
    struct model *m = &t->model;
    int line = line_for(m, me);
    const struct seat_model *x = model_in(m, p->view.slots[0].id);
    enum source_kind kind = (enum source_kind)p->view.slots[0].kind;
    bool right = line < 0 ? !x
                          : x && kind == rule[line].kind && is_one_of(m, me, x, rule[line].whom) &&
                                may_show(m, me, x, kind);
    if (!right) {
        world_fail(t->w, "p%u has %s of %s on the stage, and line %d of the rule holds", me->number,
                   source_kind_name(kind), p->view.slots[0].id, line);
    }
    t->stages += line >= 0;
}

/* ---- all ---- */

static void same_page(struct tour_sim *t, const struct page *p) {
    const struct seat_model *s = p->wire ? model_conn(&t->model, p->wire->conn) : NULL;
    if (p->phase != PAGE_IN || !s) {
        if (p->wire && (p->phase == PAGE_IN) != (s && !s->waits)) {
            world_fail(t->w, "page %u (%s) believes that it is in", p->number, p->me);
        }
        return;
    }
    if (s->waits) {
        world_fail(t->w, "page %u believes that it is in, and waits", p->number);
        return;
    }
    same_roster(t, p);
    same_tour(t, p);
    same_ledger(t, p, s);
    same_lobby(t, p, s);
    if (s->connected) {
        right_stage(t, p, s);
    }
}

void check_settled(struct tour_sim *t) {
    bool runs = t->model.run != 0;
    same_sessions(t);
    tour_probe(t);
    const struct json *type = json_member(t->probed, "type");
    if (json_string_is(type, "joined") != runs) {
        world_fail(t->w, "a newcomer is told %s", json_get_string(type, NULL));
    } else if (runs) {
        told_roster(t);
        told_tour(t);
        for (unsigned i = 0; i < TOUR_PAGES && !t->w->failed; i++) {
            same_page(t, &t->pages[i]);
        }
    }
    json_free(t->probed);
    t->probed = NULL;
}

void check_gone(struct tour_sim *t) {
    struct signaling_stats x = signaling_stats(t->s);
    if (x.connections + x.tours + x.participants + x.sessions + x.waiting > 0) {
        world_fail(t->w, "left are %u connections, %u tours, %u people, %u sessions, %u who wait",
                   x.connections, x.tours, x.participants, x.sessions, x.waiting);
    }
    for (unsigned i = 0; i < t->w->n_browsers; i++) {
        const struct browser *b = t->w->browsers[i];
        struct peer_stats stats;
        if (engine_peer_stats(world_engine(t->w, b), b->params.peer, &stats) == OK) {
            world_fail(t->w, "an engine still has browser %u", i);
        }
    }
}
