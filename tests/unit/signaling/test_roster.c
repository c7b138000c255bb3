/* No ghosts: clients come, go, drop, resume and take over at random; each keeps a roster from the
 * events it gets, as a page would, and all rosters must equal the truth of a small model. */
#include "signaling/tell/roster.h"
#include "tests/unit/signaling/world.h"

#include <jansson.h>
#include <stdlib.h>

#define PEOPLE 8
#define CONNS 200
#define STEPS 400

struct client {    /* one page */
    uint64_t conn; /* 0 = closed */
    int person;
    bool joined;
    json_t *roster; /* id -> participant */
};

struct person {
    char id[16], resume[64]; /* "" = not in the tour */
    us_t lost_at;            /* -1 = connected */
};

struct crowd {
    struct world w;
    struct rng_seeded seed;
    struct rng rng;
    struct client client[PEOPLE];
    struct person person[PEOPLE];
    uint64_t next_conn;
    size_t seen;     /* log records looked at */
    size_t together; /* messages with several changes */
};

static struct client *client_of(struct crowd *c, uint64_t conn) {
    for (int i = 0; i < PEOPLE; i++) {
        if (c->client[i].conn == conn) {
            return &c->client[i];
        }
    }
    return NULL;
}

static void put(struct client *k, json_t *participant) {
    json_object_set(k->roster, json_string_value(json_object_get(participant, "id")), participant);
}

static void on_joined(struct crowd *c, struct client *k, const json_t *m) {
    size_t i;
    json_t *p;
    struct person *who = &c->person[k->person];
    const char *id = json_string_value(json_object_get(json_object_get(m, "participant"), "id"));
    const char *resume = json_string_value(json_object_get(m, "resume"));
    json_object_clear(k->roster);
    json_array_foreach(json_object_get(m, "roster"), i, p) {
        put(k, p);
    }
    EXPECT(!*who->id || strcmp(who->id, id) == 0); /* the id stays with the seat */
    snprintf(who->id, sizeof(who->id), "%s", id);
    if (resume) {
        snprintf(who->resume, sizeof(who->resume), "%s", resume);
    }
    who->lost_at = -1;
    k->joined = true;
}

/* Several at once: who came since is on the roster already, or has never heard of who left. */
static void on_changes(struct crowd *c, struct client *k, const json_t *m) {
    size_t i;
    json_t *p;
    json_array_foreach(json_object_get(m, "joined"), i, p) {
        put(k, p);
    }
    json_array_foreach(json_object_get(m, "changed"), i, p) {
        EXPECT(json_object_get(k->roster, json_string_value(json_object_get(p, "id"))));
        put(k, p);
    }
    json_array_foreach(json_object_get(m, "left"), i, p) {
        EXPECT(json_object_get(p, "reason"));
        (void)json_object_del(k->roster, json_string_value(json_object_get(p, "id")));
    }
    c->together++;
}

static void on_text(struct crowd *c, struct client *k, const char *text) {
    json_t *m = json_loads(text, 0, NULL);
    const char *type = json_string_value(json_object_get(m, "type"));
    EXPECT(type);
    if (!type) {
        return;
    }
    if (strcmp(type, "joined") == 0 || strcmp(type, "resumed") == 0) {
        on_joined(c, k, m);
    } else if (strcmp(type, "participant_joined") == 0) {
        const json_t *p = json_object_get(m, "participant");
        EXPECT(!json_object_get(k->roster, json_string_value(json_object_get(p, "id"))));
        put(k, json_object_get(m, "participant"));
    } else if (strcmp(type, "participant_changed") == 0) {
        const json_t *p = json_object_get(m, "participant");
        EXPECT(json_object_get(k->roster, json_string_value(json_object_get(p, "id"))));
        put(k, json_object_get(m, "participant"));
    } else if (strcmp(type, "participant_left") == 0) {
        EXPECT_EQ(json_object_del(k->roster, json_string_value(json_object_get(m, "id"))), 0);
    } else if (strcmp(type, "roster_changed") == 0) {
        on_changes(c, k, m);
    }
    json_decref(m);
}

static void read_log(struct crowd *c) {
    for (; c->seen < c->w.n; c->seen++) {
        const struct record *r = &c->w.log[c->seen];
        struct client *k = client_of(c, r->e.conn);
        if (r->e.type == EFFECT_SEND && k) {
            on_text(c, k, r->text);
        } else if (r->e.type == EFFECT_CLOSE && k) {
            EXPECT_EQ(r->e.status, 4001);
            uint64_t conn = k->conn;
            k->conn = 0;
            k->joined = false;
            signaling_closed(c->w.signaling, c->w.now, conn);
        }
    }
}

static void join_random(struct crowd *c, struct client *k, int who) {
    char token[64];
    if (k->joined) {
        return;
    }
    k->conn = ++c->next_conn;
    k->person = who;
    snprintf(token, sizeof(token), "%s|demo|sub%d|", who ? "buyer" : "agent", who);
    world_join(&c->w, k->conn, token, small_offer(), small_lines);
}

static void resume_random(struct crowd *c, struct client *k, int who) {
    const struct person *p = &c->person[who];
    if (k->joined || !*p->id) {
        return;
    }
    k->conn = ++c->next_conn;
    k->person = who;
    world_sendf(&c->w, k->conn, "{\"type\":\"resume\",\"id\":1,\"resume\":\"%s\"}", p->resume);
}

static void drop(struct crowd *c, struct client *k) {
    if (k->joined) {
        c->person[k->person].lost_at = c->w.now;
        k->joined = false;
        uint64_t conn = k->conn;
        k->conn = 0;
        world_drop(&c->w, conn);
    }
}

static void leave(struct crowd *c, struct client *k) {
    if (k->joined) {
        c->person[k->person] = (struct person){.lost_at = -1};
        k->joined = false;
        json_object_clear(k->roster);
        uint64_t conn = k->conn;
        world_send(&c->w, conn, "{\"type\":\"leave\"}");
        signaling_closed(c->w.signaling, c->w.now, conn);
        k->conn = 0;
    }
}

static void step_time(struct crowd *c) {
    for (int i = 0; i < PEOPLE; i++) {
        struct person *p = &c->person[i];
        if (*p->id && p->lost_at >= 0 && c->w.now >= p->lost_at + c->w.config.resume_grace) {
            *p = (struct person){.lost_at = -1};
        }
    }
    read_log(c);
}

static void step(struct crowd *c) {
    struct client *k = &c->client[rng_below(&c->rng, PEOPLE)];
    int who = (int)rng_below(&c->rng, PEOPLE);
    switch (rng_below(&c->rng, 6)) {
    case 0:
    case 1:
        join_random(c, k, who);
        break;
    case 2:
        resume_random(c, k, who);
        break;
    case 3:
        drop(c, k);
        break;
    case 4:
        leave(c, k);
        break;
    default:
        world_pass(&c->w, (us_t)rng_below(&c->rng, 10) * US_PER_S);
    }
    step_time(c);
}

static void compare(struct crowd *c, const struct client *k) {
    size_t alive = 0;
    for (int i = 0; i < PEOPLE; i++) {
        const struct person *p = &c->person[i];
        if (!*p->id) {
            continue;
        }
        alive++;
        const json_t *seen = json_object_get(k->roster, p->id);
        const char *link = json_string_value(json_object_get(seen, "link"));
        EXPECT_STR(link, p->lost_at < 0 ? "ok" : "lost");
    }
    EXPECT_EQ(json_object_size(k->roster), alive);
    EXPECT_EQ(signaling_stats(c->w.signaling).participants, alive);
}

static void limited(struct signaling_config *c) {
    c->roster_tick = 50 * US_PER_MS;
    c->roster_per_second = 1;
}

/* Where there is a limit all that waits is told a second later. */
static void settle(struct crowd *c) {
    if (c->w.config.roster_per_second) {
        world_pass(&c->w, 8 * US_PER_S);
        step_time(c);
    }
}

static size_t run(uint64_t seed, void (*change)(struct signaling_config *), int every) {
    struct crowd c = {0};
    rng_seed(&c.seed, seed);
    c.rng = rng_from_seeded(&c.seed);
    CHECK(world_open(&c.w, change));
    for (int i = 0; i < PEOPLE; i++) {
        c.client[i].roster = json_object();
        c.person[i].lost_at = -1;
    }
    for (int i = 0; i < STEPS; i++) {
        step(&c);
        if (i % every == 0) {
            settle(&c);
        }
        for (int k = 0; k < PEOPLE && i % every == 0; k++) {
            if (c.client[k].joined) {
                compare(&c, &c.client[k]);
            }
        }
    }
    for (int i = 0; i < PEOPLE; i++) {
        json_decref(c.client[i].roster);
    }
    world_close(&c.w);
    return c.together;
}

TEST(rosters_have_no_ghosts) {
    for (uint64_t seed = 1; seed <= 10; seed++) {
        EXPECT_EQ(run(seed, NULL, 1), 0);
    }
}

TEST(rosters_told_together_have_no_ghosts) {
    size_t together = 0;
    for (uint64_t seed = 1; seed <= 30; seed++) {
        together += run(seed, limited, 20);
    }
    EXPECT(together > 100);
}

/* ---- a crowd ---- */

#define CROWD 60

static void crowded(struct signaling_config *c) {
    c->roster_tick = 50 * US_PER_MS;
    c->roster_per_second = 4;
    c->max_connections = c->max_participants = 200;
}

static size_t told(const struct world *w, uint64_t conn, const char *part) {
    size_t n = 0;
    for (size_t i = w->mark; i < w->n; i++) {
        const struct record *r = &w->log[i];
        n += r->e.type == EFFECT_SEND && r->e.conn == conn && strstr(r->text, part) != NULL;
    }
    return n;
}

static void come(struct world *w, unsigned i) {
    char token[64];
    snprintf(token, sizeof(token), "buyer|demo|s%u|Person %u", i, i);
    world_join(w, i, token, small_offer(), small_lines);
    world_pass(w, 10 * US_PER_MS);
}

TEST(a_crowd_costs_each_of_those_who_are_in_a_few_messages_a_second) {
    struct world w;
    REQUIRE(world_open(&w, crowded));
    come(&w, 1);
    size_t mark = w.n;
    for (unsigned i = 2; i <= CROWD; i++) {
        come(&w, i); /* a hundred a second */
    }
    world_pass(&w, US_PER_S);
    w.mark = mark;
    size_t n = told(&w, 1, "\"participant_joined\"") + told(&w, 1, "\"roster_changed\"");
    EXPECT(n >= ROSTER_BURST && n <= ROSTER_BURST + 4 * 2);
    for (unsigned i = 2; i <= CROWD; i++) {
        char name[32];
        snprintf(name, sizeof(name), "\"Person %u\"", i);
        EXPECT_EQ(told(&w, 1, name), 1);
    }
    world_close(&w);
}

/* Uses up what may be told at once. */
static void tire(struct world *w) {
    for (unsigned i = 1; i <= ROSTER_BURST + 2; i++) {
        come(w, i);
    }
}

TEST(who_is_named_is_told_before) {
    struct world w;
    REQUIRE(world_open(&w, crowded));
    tire(&w);
    come(&w, 50);
    EXPECT_EQ(told(&w, 1, "Person 50"), 0); /* it waits */
    world_send(&w, 50, "{\"type\":\"chat\",\"text\":\"Hello\"}");
    size_t at[2] = {0};
    for (size_t i = w.mark; i < w.n; i++) {
        if (w.log[i].e.type == EFFECT_SEND && w.log[i].e.conn == 1) {
            at[0] = strstr(w.log[i].text, "\"roster_changed\"") ? i : at[0];
            at[1] = strstr(w.log[i].text, "\"entry\"") ? i : at[1];
        }
    }
    EXPECT(at[0] && at[0] < at[1]);
    world_close(&w);
}

TEST(who_is_named_makes_nobody_else_wait) {
    struct world w;
    REQUIRE(world_open(&w, crowded));
    tire(&w);
    for (unsigned i = 50; i < 80; i++) { /* each is told before what he says */
        come(&w, i);
        world_send(&w, i, "{\"type\":\"chat\",\"text\":\"Hello\"}");
        EXPECT_EQ(told(&w, 1, "\"roster_changed\""), 1);
    }
    size_t mark = w.n;
    world_send(&w, 3, "{\"type\":\"mute\",\"kind\":\"camera\",\"muted\":true}");
    world_pass(&w, US_PER_S / w.config.roster_per_second + w.config.roster_tick);
    w.mark = mark;
    EXPECT_EQ(told(&w, 1, "\"camera\":\"muted\""), 1);
    world_close(&w);
}

TEST(who_comes_and_goes_unseen_is_not_told) {
    struct world w;
    REQUIRE(world_open(&w, crowded));
    tire(&w);
    size_t mark = w.n;
    world_join(&w, 50, "buyer|demo|unseen|Unseen", small_offer(), small_lines);
    world_send(&w, 50, "{\"type\":\"leave\"}");
    world_join(&w, 51, "buyer|demo|seen|Seen", small_offer(), small_lines);
    world_send(&w, 1, "{\"type\":\"roster\",\"id\":7}");
    EXPECT_GOT(&w, 1, "\"type\":\"roster\",\"re\":7,\"roster\":[");
    EXPECT_GOT(&w, 1, "\"Seen\"");
    world_send(&w, 51, "{\"type\":\"leave\"}");
    world_pass(&w, US_PER_S);
    w.mark = mark;
    EXPECT_EQ(told(&w, 2, "Unseen"), 0);
    EXPECT_EQ(told(&w, 2, "{\"id\":\"p11\""), 0);
    EXPECT_EQ(told(&w, 1, "{\"id\":\"p12\",\"reason\":\"left\"}"), 1); /* he has seen it */
    world_close(&w);
}

TEST(the_whole_roster_is_told_once_a_second) {
    struct world w;
    REQUIRE(world_open(&w, crowded));
    come(&w, 1);
    world_send(&w, 1, "{\"type\":\"roster\",\"id\":1}");
    EXPECT_GOT(&w, 1, "\"Person 1\"");
    world_send(&w, 1, "{\"type\":\"roster\",\"id\":2}");
    EXPECT_GOT(&w, 1, "\"rate_limited\"");
    world_pass(&w, US_PER_S);
    world_send(&w, 1, "{\"type\":\"roster\",\"id\":3}");
    EXPECT_GOT(&w, 1, "\"Person 1\"");
    world_send(&w, 9, "{\"type\":\"roster\",\"id\":1}");
    EXPECT_GOT(&w, 9, "\"not_joined\"");
    world_close(&w);
}

/* 4000 packets a second from one buyer once closed everybody's connection. */
TEST(a_source_that_flaps_in_a_crowd_costs_each_a_few_messages_a_second) {
    struct world w;
    REQUIRE(world_open(&w, crowded));
    come(&w, 1);
    uint64_t peer = 0;
    for (size_t i = 0; i < w.n; i++) {
        peer = w.log[i].params ? w.log[i].params->peer : peer;
    }
    for (unsigned i = 2; i <= CROWD; i++) {
        come(&w, i);
    }
    world_pass(&w, 5 * US_PER_S);
    size_t mark = w.n;
    for (int i = 0; i < 8001; i++) { /* in two seconds */
        signaling_source(w.signaling, w.now, peer, SOURCE_CAMERA,
                         i == 8000 || (uint32_t)i * 2654435761u >> 31); /* at random */
        world_drain(&w);
        world_pass(&w, 250);
    }
    world_pass(&w, US_PER_S);
    w.mark = mark;
    size_t n = told(&w, 2, "\"participant_changed\"") + told(&w, 2, "\"roster_changed\"");
    EXPECT(n >= ROSTER_BURST && n <= ROSTER_BURST + 4 * 3);
    EXPECT_EQ(told(&w, 2, ""), n);
    EXPECT_GOT(&w, 2, "\"camera\":\"on\""); /* the last word is true */
    world_close(&w);
}

/* In a large tour the roster is long, and comes less often. */
TEST(a_long_roster_is_told_less_often) {
    struct world w;
    REQUIRE(world_open(&w, crowded));
    for (unsigned i = 1; i <= 150; i++) {
        come(&w, i);
    }
    world_send(&w, 1, "{\"type\":\"roster\",\"id\":1}");
    EXPECT_GOT(&w, 1, "\"re\":1,\"roster\"");
    world_pass(&w, US_PER_S);
    world_send(&w, 1, "{\"type\":\"roster\",\"id\":2}");
    EXPECT_GOT(&w, 1, "\"rate_limited\"");
    world_pass(&w, US_PER_S / 2);
    world_send(&w, 1, "{\"type\":\"roster\",\"id\":3}");
    EXPECT_GOT(&w, 1, "\"re\":3,\"roster\"");
    world_close(&w);
}
