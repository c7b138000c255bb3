/* A tour that people play: they come by lobby and token, host, mute, allow, remove, lead and hand
 * over, talk, lose their links, come back and leave, in an order that only the seed knows. What it
 * must come to is in tests/sim/tour. */
#include "tests/sim/scenarios/scenarios.h"
#include "tests/sim/tour/tour_sim.h"

#include <stdio.h>

#define ROUNDS 6
#define STEPS 50
#define SETTLE (3 * US_PER_S)

static struct request of(enum ask what) {
    return (struct request){.what = what};
}

static bool one_in(struct tour_sim *t, uint32_t n) {
    return tour_below(t, n) == 0;
}

/* ---- whom it is about: mostly somebody whom the client sees, or saw ---- */

static void somebody(struct tour_sim *t, const struct page *p, char out[ID_TEXT]) {
    const struct view *v = &p->view;
    if (v->n > 0 && !one_in(t, 12)) {
        memcpy(out, v->roster[tour_below(t, v->n)].id, ID_TEXT);
    } else {
        snprintf(out, ID_TEXT, "p%u", 1 + tour_below(t, 30));
    }
}

static void some(struct tour_sim *t, const struct page *p, struct request *r) {
    r->n_list = tour_below(t, TOUR_LIST + 1);
    for (unsigned i = 0; i < r->n_list; i++) {
        somebody(t, p, r->list[i]);
    }
}

static enum source_kind any_kind(struct tour_sim *t) {
    return (enum source_kind)(SOURCE_MICROPHONE + tour_below(t, 3));
}

/* ---- what people do in a tour ---- */

static void say(struct tour_sim *t, struct page *p) {
    static const enum ask said[] = {ASK_CHAT,  ASK_ASK,     ASK_ANSWER, ASK_HAND,   ASK_REACT,
                                    ASK_POINT, ASK_CHAPTER, ASK_FOLLOW, ASK_RETRACT};
    struct request r = of(said[tour_below(t, sizeof(said) / sizeof(said[0]))]);
    r.on = one_in(t, 2);
    r.for_hosts = one_in(t, 3);
    r.nonce = tour_below(t, 1000);
    r.number = 1 + tour_below(t, 6);
    r.seq = p->view.seq - tour_below(t, 12);
    page_ask(t, p, r);
}

static void moderate(struct tour_sim *t, struct page *p) {
    static const enum ask asks[] = {ASK_MUTE,  ASK_MUTE_ALL,  ASK_ALLOW,     ASK_ALLOW, ASK_HOST,
                                    ASK_ADMIT, ASK_HAND_OVER, ASK_SPOTLIGHT, ASK_PIN,   ASK_ADMIT,
                                    ASK_LOCK,  ASK_LOBBY,     ASK_HOST};
    struct request r = of(asks[tour_below(t, sizeof(asks) / sizeof(asks[0]))]);
    r.kind = any_kind(t);
    r.on = !one_in(t, 3);
    r.all = one_in(t, 2);
    r.field = tour_below(t, TOUR_FIELDS);
    r.value = tour_below(t, r.field < 3 ? 4 : 2);
    some(t, p, &r);
    if (r.what == ASK_ALLOW && !r.all && r.n_list == 0) {
        r.all = true;
    }
    if (r.what != ASK_SPOTLIGHT || !one_in(t, 3)) {
        somebody(t, p, r.who);
    }
    if (r.what == ASK_LOCK) {
        r.on = one_in(t, 3);
    }
    if (r.what == ASK_ADMIT && !r.all) {
        r.n_list = 0;
        for (unsigned i = 0; i < p->view.n_lobby && i < TOUR_LIST; i++) {
            memcpy(r.list[r.n_list++], p->view.lobby[i].id, ID_TEXT);
        }
        r.all = r.n_list == 0;
    }
    page_ask(t, p, r);
}

static void own(struct tour_sim *t, struct page *p) {
    static const enum ask asks[] = {ASK_MUTE, ASK_PIN,     ASK_CONSENT, ASK_PING,    ASK_RENEW,
                                    ASK_JOIN, ASK_RESTART, ASK_HELLO,   ASK_NONSENSE};
    struct request r = of(asks[tour_below(t, sizeof(asks) / sizeof(asks[0]))]);
    r.kind = any_kind(t);
    r.on = one_in(t, 2);
    if (r.what == ASK_PIN && !one_in(t, 3)) {
        somebody(t, p, r.who);
    }
    if (r.what == ASK_RESTART) {
        r.offer = one_in(t, 3) ? OFFER_NEW : OFFER_SAME;
    }
    page_ask(t, p, r);
}

/* What cameras and people do by themselves. */
static void live(struct tour_sim *t, struct page *p) {
    struct browser *b = p->browser;
    enum source_kind kind = any_kind(t);
    if (!b || b->phase != BROWSER_CONNECTED) {
        return;
    }
    if (b->pubs[kind]) {
        browser_publish(b, kind, !b->pubs[kind]->on);
    }
    if (b->pubs[SOURCE_MICROPHONE]) {
        browser_speak(b, one_in(t, 2));
    }
}

static void leave(struct tour_sim *t, struct page *p) {
    struct request r = of(one_in(t, 4) ? ASK_REMOVE : ASK_LEAVE);
    if (r.what == ASK_REMOVE) {
        somebody(t, p, r.who);
    }
    page_ask(t, p, one_in(t, 30) ? of(ASK_END) : r);
}

static void lose(struct tour_sim *t, struct page *p) {
    if (one_in(t, 2)) {
        page_reconnect(t, p, (enum offered)tour_below(t, 3));
    } else {
        wire_break(t, p->wire);
    }
}

static void act_in(struct tour_sim *t, struct page *p) {
    switch (tour_below(t, 20)) {
    case 0:
        leave(t, p);
        break;
    case 1:
        lose(t, p);
        break;
    case 2:
    case 3:
    case 4:
    case 5:
        own(t, p);
        break;
    case 6:
    case 7:
    case 8:
        live(t, p);
        break;
    case 9:
    case 10:
    case 11:
        say(t, p);
        break;
    default:
        moderate(t, p);
        break;
    }
}

/* ---- and before it ---- */

static void come(struct tour_sim *t, struct page *p) {
    struct request r = of(ASK_JOIN);
    if (t->w->n_browsers >= SIM_BROWSERS_MAX - 20 || t->model.n >= TOUR_SEATS - 20) {
        return;
    }
    r.offer = OFFER_NEW;
    r.choice = tour_below(t, 3);
    page_ask(t, p, r);
}

static void act_out(struct tour_sim *t, struct page *p) {
    if (*p->secret && one_in(t, 4)) { /* which may be used up */
        page_reconnect(t, p, OFFER_NEW);
    } else if (one_in(t, 8)) {
        page_ask(t, p, of(ASK_CHAT));
    } else if (one_in(t, 3)) {
        come(t, p);
    }
}

static void act_waiting(struct tour_sim *t, struct page *p) {
    if (one_in(t, 6)) {
        lose(t, p);
    } else if (one_in(t, 6)) {
        page_ask(t, p, of(ASK_LEAVE));
    } else if (one_in(t, 3)) {
        say(t, p); /* nobody is to hear it */
    }
}

static void step(struct tour_sim *t) {
    struct page *p = &t->pages[tour_below(t, TOUR_PAGES)];
    t->steps++;
    if (!p->wire && *p->secret && p->phase != PAGE_OUT && !one_in(t, 4)) {
        page_reconnect(t, p, (enum offered)tour_below(t, 3));
    } else if (!p->wire) {
        p->phase = PAGE_OUT;
        view_forget(&p->view);
        (void)wire_open(t, p);
        come(t, p);
    } else if (p->phase == PAGE_IN) {
        act_in(t, p);
    } else if (p->phase == PAGE_ADMITTED) {
        come(t, p);
    } else if (p->phase == PAGE_WAITING) {
        act_waiting(t, p);
    } else {
        act_out(t, p);
    }
}

/* ---- who they are ---- */

static void invite(struct tour_sim *t) {
    static const enum role roles[TOUR_PEOPLE] = {ROLE_AGENT, ROLE_AGENT, ROLE_BUYER,
                                                 ROLE_BUYER, ROLE_BUYER, ROLE_BUYER,
                                                 ROLE_BUYER, ROLE_BUYER, ROLE_OPS};
    for (unsigned i = 0; i < TOUR_PEOPLE; i++) {
        struct person *p = &t->people[i];
        p->role = roles[i];
        snprintf(p->sub, sizeof(p->sub), "s%u", i);
        snprintf(p->name, sizeof(p->name), "N%u", i);
        memset(p->withheld.of, -1, sizeof(p->withheld.of));
        memset(p->named.of, -1, sizeof(p->named.of));
    }
    t->people[6].withheld = (struct words){{DIRECTION_RECEIVE, -1, -1, 0, -1}};
    t->people[7].withheld = (struct words){{DIRECTION_SEND, DIRECTION_SEND, -1, -1, -1}};
    for (unsigned i = 0; i < TOUR_PAGES; i++) {
        t->pages[i].number = i;
        t->pages[i].person = &t->people[i % TOUR_PEOPLE];
    }
}

static void declare(struct tour_sim *t) {
    t->lobby = one_in(t, 2);
    struct signaling_tour tour = {.name = TOUR_NAME,
                                  .record = RECORD_OFF,
                                  .codec = CODEC_VP8,
                                  .lobby = t->lobby,
                                  .capacity = TOUR_CAPACITY};
    SIM_EXPECT(t->w, signaling_tour_declare(t->s, &tour) == OK);
}

/* ---- the play ---- */

static void settle(struct tour_sim *t) {
    us_t until = t->w->now + 20 * US_PER_S;
    tour_run(t, t->w->now + SETTLE);
    while (!t->w->failed && !tour_is_quiet(t)) {
        tour_run(t, t->w->now + 5 * US_PER_MS);
        SIM_EXPECT(t->w, t->w->now < until);
    }
    if (!t->w->failed) {
        check_settled(t);
    }
}

static void round_of_steps(struct tour_sim *t) {
    t->slow = tour_below(t, 3) * 150 * US_PER_MS;
    for (unsigned i = 0; i < STEPS && !t->w->failed; i++) {
        step(t);
        if (t->kills && one_in(t, 60)) {
            tour_kill(t);
        }
        tour_run(t, t->w->now + tour_below(t, 120) * US_PER_MS);
    }
    t->slow = 0;
    settle(t);
}

/* All links break at once: that is the end of it, in time. */
static void all_go(struct tour_sim *t) {
    for (unsigned i = 0; i < TOUR_PAGES; i++) {
        if (t->pages[i].wire) {
            wire_break(t, t->pages[i].wire);
        }
        if (t->pages[i].browser) {
            t->pages[i].browser->silent = true;
        }
    }
    tour_run(t, t->w->now + 2 * (TOUR_RESUME_GRACE + TOUR_EMPTY_GRACE));
    if (!t->w->failed) {
        check_gone(t);
    }
}

static void note(const struct tour_sim *t) {
#define X(sym, name, open, host) name,
    static const char *const types[] = {ASKS(X)};
#undef X
    for (unsigned i = 0; t->w->verbose && i < ASK_COUNT; i++) {
        printf("# %s: %u asked, %u granted\n", types[i], t->sizes[i], t->granted[i]);
    }
    if (t->w->verbose) {
        printf("# %u steps, %u browsers, %u stages, %u runs, %llu entries, %u kills\n", t->steps,
               t->w->n_browsers, t->stages, t->runs, (unsigned long long)t->model.seq, t->killed);
    }
}

static void play(struct world *w, bool kills) {
    w->expect_stray = true;
    w->lossless = false;
    struct tour_sim *t = tour_sim_new(w);
    t->kills = kills;
    invite(t);
    declare(t);
    for (unsigned i = 0; i < ROUNDS && !w->failed; i++) {
        round_of_steps(t);
    }
    if (!w->failed) {
        all_go(t);
    }
    note(t);
    tour_sim_free(t);
}

void scenario_tour(struct world *w) {
    play(w, false);
}

void scenario_tour_killed(struct world *w) {
    play(w, true);
}
