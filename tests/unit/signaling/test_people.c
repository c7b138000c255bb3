/* Random people come, wait, are let in, host, hand over, lock, lose their links, end the tour and
 * come again; what must be true of a tour with people is true after every step. What is asked for
 * is what is said on the wire: roster and lobby as a host is told them, and what reaches whom. */
#include "tests/unit/signaling/people.h"

#include <stdlib.h>

#define PEOPLE 8 /* 0 and 1 have an agent's token */
#define STEPS 1500

/* Whoever sits at one connection, as far as a model needs to know. */
enum place { NOWHERE, WAITING, LET_IN, INSIDE };
struct person {
    uint64_t conn; /* 0: none */
    enum place place;
    char secret[64], id[16];
    bool open; /* the connection was not closed by us or by it */
};

struct crowd {
    struct world w;
    struct rng_seeded seed;
    struct rng rng;
    struct person people[PEOPLE];
    uint64_t next_conn;
    size_t seen;                         /* of the log */
    size_t admitted, lost, ended, waits; /* what has happened, so that it is known to happen */
};

static struct person *of_conn(struct crowd *c, uint64_t conn) {
    for (int i = 0; i < PEOPLE; i++) {
        if (c->people[i].open && c->people[i].conn == conn) {
            return &c->people[i];
        }
    }
    return NULL;
}

/* What may be said to who is not inside: what he asked for, and that he is in, or out. */
static bool fit_for_outside(const char *text) {
    static const char *const fit[] = {"{\"type\":\"lobby\",",       "{\"type\":\"admitted\"}",
                                      "{\"type\":\"error\",",       "{\"type\":\"tour_ended\",",
                                      "{\"type\":\"ok\",\"re\":1}", "{\"type\":\"pong\""};
    for (size_t i = 0; i < ARRAY_LEN(fit); i++) {
        if (strncmp(text, fit[i], strlen(fit[i])) == 0) {
            return true;
        }
    }
    return false;
}

static void hear(struct crowd *c, struct person *p, const char *text) {
    bool joined = strstr(text, "\"type\":\"joined\"") || strstr(text, "\"type\":\"resumed\"");
    if (joined) {
        p->place = INSIDE;
    } else if (p->place != INSIDE) {
        EXPECT(fit_for_outside(text));
    }
    if (strncmp(text, "{\"type\":\"lobby\",", 16) == 0) {
        p->place = strstr(text, "\"admitted\":true") ? LET_IN : WAITING;
        EXPECT(!strstr(text, "\"lead\"") && !strstr(text, "\"roster\""));
        c->waits++;
    } else if (strcmp(text, "{\"type\":\"admitted\"}") == 0) {
        EXPECT(p->place == WAITING || p->place == LET_IN); /* again, for he did not come */
        p->place = LET_IN;
        c->admitted++;
    }
    if (strstr(text, "\"resume\":\"")) {
        world_field(text, "resume", p->secret, sizeof(p->secret));
        world_field(strstr(text, "\"participant\":{"), "id", p->id, sizeof(p->id));
    }
    c->ended += strstr(text, "tour_ended\",\"reason") != NULL;
}

/* Hear all that was said, in order; who is closed is nowhere. */
static void listen(struct crowd *c) {
    for (; c->seen < c->w.n; c->seen++) {
        const struct record *r = &c->w.log[c->seen];
        struct person *p = of_conn(c, r->e.conn);
        if (r->e.type == EFFECT_SEND && p) {
            hear(c, p, r->text);
        }
        if (r->e.type == EFFECT_CLOSE && p) {
            p->open = false;
            p->place = NOWHERE;
        }
    }
}

static const char *token_of(int who) {
    static char token[64];
    snprintf(token, sizeof(token), "%s|shown|s%d|N%d", who < 2 ? "agent" : "buyer", who, who);
    return token;
}

static void close_person(struct crowd *c, struct person *p) {
    if (p->conn) {
        p->open = false;
        p->place = NOWHERE;
        world_drop(&c->w, p->conn);
        p->conn = 0;
        listen(c);
    }
}

static void come(struct crowd *c, int who) {
    struct person *p = &c->people[who];
    if (p->place == NOWHERE || !p->open) {
        close_person(c, p);
        *p = (struct person){.conn = ++c->next_conn, .open = true};
    }
    world_join(&c->w, p->conn, token_of(who), small_offer(), small_lines);
    listen(c);
}

static void come_back(struct crowd *c, int who) {
    struct person *p = &c->people[who];
    char secret[64];
    snprintf(secret, sizeof(secret), "%s", p->secret);
    close_person(c, p);
    *p = (struct person){.conn = ++c->next_conn, .open = true};
    world_sendf(&c->w, p->conn, "{\"type\":\"resume\",\"id\":1,\"resume\":\"%s\"}", secret);
    listen(c);
    c->lost++;
}

static void say(struct crowd *c, struct person *p) {
    static const char *const about[] = {
        "{\"type\":\"admit\",\"id\":1,\"participants\":[\"p%u\"]}",
        "{\"type\":\"remove\",\"id\":1,\"participant\":\"p%u\"}",
        "{\"type\":\"host\",\"id\":1,\"participant\":\"p%u\",\"host\":true}",
        "{\"type\":\"host\",\"id\":1,\"participant\":\"p%u\",\"host\":false}",
        "{\"type\":\"hand_over\",\"id\":1,\"participant\":\"p%u\"}",
        "{\"type\":\"pin\",\"id\":1,\"participant\":\"p%u\"}",
        "{\"type\":\"admit\",\"id\":%u}",
        "{\"type\":\"lock\",\"id\":1,\"on\":true}",
        "{\"type\":\"lock\",\"id\":1,\"on\":false}",
        "{\"type\":\"lock\",\"id\":1,\"on\":false}",
        "{\"type\":\"lobby\",\"id\":1,\"on\":true}",
        "{\"type\":\"lobby\",\"id\":1,\"on\":true}",
        "{\"type\":\"lobby\",\"id\":1,\"on\":false}",
        "{\"type\":\"mute\",\"id\":1,\"kind\":\"camera\",\"muted\":true}",
        "{\"type\":\"leave\",\"id\":1}",
        "{\"type\":\"end\",\"id\":1}",
    };
    char text[128];
    uint32_t which = rng_below(&c->rng, ARRAY_LEN(about));
    if (which == ARRAY_LEN(about) - 1 && rng_below(&c->rng, 8) != 0) {
        return; /* a tour shall get old now and then */
    }
    if (!p->open) {
        return;
    }
    snprintf(text, sizeof(text), about[which], 1 + rng_below(&c->rng, 12));
    world_send(&c->w, p->conn, text);
    bool left = which == ARRAY_LEN(about) - 2 && world_got(&c->w, p->conn, "\"ok\"");
    listen(c);
    if (left) {
        p->place = NOWHERE;
    }
}

static void step(struct crowd *c) {
    int who = (int)rng_below(&c->rng, PEOPLE);
    struct person *p = &c->people[who];
    switch (rng_below(&c->rng, 10)) {
    case 0:
    case 1:
    case 2:
        come(c, who);
        break;
    case 3:
        close_person(c, p);
        break;
    case 4:
        come_back(c, who);
        break;
    case 5:
        world_pass(&c->w, (us_t)rng_below(&c->rng, 30) * US_PER_S);
        listen(c);
        break;
    default:
        say(c, p);
    }
}

/* A number of words in a text. */
static uint32_t words(const char *text, const char *word) {
    uint32_t n = 0;
    for (const char *p = text; (p = strstr(p, word)); p += strlen(word)) {
        n++;
    }
    return n;
}

/* The tour as a host is told it who comes now, and leaves again without a trace. */
static void look(struct crowd *c) {
    uint64_t conn = ++c->next_conn;
    struct signaling_tour_view v = tour_of(&c->w, "shown");
    world_join(&c->w, conn, "agent|shown|eye|Eye", small_offer(), small_lines);
    const char *joined = world_got(&c->w, conn, "\"type\":\"joined\"");
    REQUIRE(joined);
    const char *roster = strstr(joined, "\"roster\":["), *lobby = strstr(joined, "\"lobby\":[");
    REQUIRE(roster && lobby);
    uint32_t in = words(roster, "\"id\":\"") - words(lobby, "\"id\":\"");
    EXPECT_EQ(in, v.participants + 1);
    EXPECT(words(lobby, "\"id\":\"") <= v.waiting); /* the others are let in already */
    bool live = strcmp(v.state, "live") == 0;
    EXPECT_EQ(words(roster, "\"host\":true,\"link\":\"ok\"") >= 2, live); /* she is one */
    char lead[16], find[32];
    world_field(joined, "lead", lead, sizeof(lead));
    snprintf(find, sizeof(find), "{\"id\":\"%s\",", lead);
    const char *leads = strstr(roster, find);
    REQUIRE(leads);
    EXPECT(strncmp(strstr(leads, "\"host\":"), "\"host\":true", 11) == 0);
    listen(c);
    world_send(&c->w, conn, "{\"type\":\"leave\"}");
    listen(c);
    world_drop(&c->w, conn);
    listen(c);
}

static void check(struct crowd *c) {
    struct signaling_tour_view v = tour_of(&c->w, "shown");
    struct signaling_stats s = signaling_stats(c->w.signaling);
    uint32_t in = 0, waiting = 0;
    for (int i = 0; i < PEOPLE; i++) {
        in += c->people[i].place == INSIDE;
        waiting += c->people[i].place == WAITING || c->people[i].place == LET_IN;
    }
    EXPECT(in <= v.participants); /* some have lost their link */
    EXPECT(waiting <= v.waiting);
    EXPECT_EQ(s.participants, v.participants);
    EXPECT_EQ(s.waiting, v.waiting);
    EXPECT_EQ(s.tours, v.run != 0);
    EXPECT(s.sessions <= s.participants);
    EXPECT(v.participants <= c->w.config.max_participants);
    EXPECT(v.waiting <= c->w.config.max_participants);
    bool live = strcmp(v.state, "live") == 0, waits = strcmp(v.state, "waiting") == 0;
    EXPECT(!live || v.lead);    /* who is in as a host can lead */
    EXPECT(!v.missed || !live); /* and nobody is missed then */
    EXPECT(v.participants == 0 || live || waits);
    EXPECT(strcmp(v.state, "lobby") != 0 || (v.participants == 0 && v.waiting > 0));
    EXPECT(v.run || (v.participants == 0 && v.waiting == 0 && !v.lead && !v.locked));
}

static void settle(struct crowd *c) {
    for (int i = 0; i < PEOPLE; i++) {
        close_person(c, &c->people[i]);
    }
    world_pass(&c->w, 600 * US_PER_S);
    struct signaling_stats s = signaling_stats(c->w.signaling);
    EXPECT_EQ(s.connections + s.participants + s.waiting + s.sessions + s.tours, 0);
    EXPECT_STR(tour_of(&c->w, "shown").state, "waiting");
    /* Commands about peers come out even. */
    long peers = 0;
    for (size_t i = 0; i < c->w.n; i++) {
        const struct signaling_effect *e = &c->w.log[i].e;
        peers += e->type == EFFECT_COMMAND && e->command.type == COMMAND_PEER_ADD;
        peers -= e->type == EFFECT_COMMAND && e->command.type == COMMAND_PEER_REMOVE;
    }
    EXPECT_EQ(peers, 0);
}

static void few(struct signaling_config *c) {
    c->host_limit = 45 * US_PER_S;
    c->max_participants = 6;
}

static void live(struct crowd *c, uint64_t seed) {
    const size_t happened[] = {c->admitted, c->lost, c->ended, c->waits};
    memset(c, 0, sizeof(*c));
    c->admitted = happened[0];
    c->lost = happened[1];
    c->ended = happened[2];
    c->waits = happened[3];
    rng_seed(&c->seed, seed);
    c->rng = rng_from_seeded(&c->seed);
    REQUIRE(world_open(&c->w, few));
    declare_shown(&c->w, (struct signaling_tour){.lobby = seed % 3 != 0});
    for (int i = 0; i < STEPS && c->w.n < LOG_MAX - 1000; i++) {
        step(c);
        check(c);
        if (i % 50 == 49 && tour_of(&c->w, "shown").participants < 5 &&
            tour_of(&c->w, "shown").waiting == 0) {
            look(c);
        }
    }
    settle(c);
    world_close(&c->w);
}

TEST(what_must_be_true_of_people_is_true) {
    struct crowd *c = calloc(1, sizeof(*c));
    CHECK(c);
    for (uint64_t seed = 1; seed <= 20; seed++) {
        live(c, seed);
    }
    EXPECT(c->admitted > 100 && c->lost > 100 && c->ended > 100 && c->waits > 100);
    free(c);
}
