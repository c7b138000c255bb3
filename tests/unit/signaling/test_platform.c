/* People as a platform sees them, and what it may do with them. */
#include "signaling/platform.h"

#include "tests/unit/signaling/people.h"

struct seen {
    char text[512];
    size_t n;
};

static void see(void *ctx, const struct signaling_person *p) {
    struct seen *s = ctx;
    s->n +=
        (size_t)snprintf(s->text + s->n, sizeof(s->text) - s->n, "%s %s %s %s%s%s%s%s;", p->id,
                         p->name, p->sub, p->role, p->host ? " host" : "", p->lead ? " lead" : "",
                         p->waits ? " waits" : "", p->lost ? " lost" : "");
}

static void expect_people(struct world *w, const char *wanted) {
    struct seen s = {0};
    EXPECT(signaling_people_each(w->signaling, "shown", see, &s));
    EXPECT_STR(s.text, wanted);
}

static enum code order(struct world *w, const char *id, enum signaling_person_order o) {
    w->mark = w->n;
    enum code code = signaling_person_order(w->signaling, w->now, "shown", id, o);
    world_drain(w);
    return code;
}

static bool open_shown(struct world *w) {
    if (!world_open(w, NULL)) {
        return false;
    }
    declare_shown(w, (struct signaling_tour){.lobby = true});
    enter(w, 1, "agent|shown|ann|Ann");
    enter(w, 2, "buyer|shown|bob|Bob");
    return world_got(w, 2, "lobby") != NULL;
}

TEST(platform_sees_all_and_admits_and_removes) {
    struct world w;
    REQUIRE(open_shown(&w));
    expect_people(&w, "p1 Ann ann agent host lead;p2 Bob bob buyer waits;");
    EXPECT_EQ(order(&w, "p1", PERSON_ADMIT), CODE_RESOURCE_UNKNOWN);
    EXPECT_EQ(order(&w, "p2", PERSON_LEAD), CODE_RESOURCE_UNKNOWN);
    EXPECT_EQ(order(&w, "p2", PERSON_ADMIT), CODE_OK);
    EXPECT_STR(world_got(&w, 2, "admitted"), "{\"type\":\"admitted\"}");
    EXPECT_GOT(&w, 1, "\"reason\":\"admitted\"");
    EXPECT_EQ(order(&w, "p2", PERSON_ADMIT), CODE_OK); /* again: nothing is to be done */
    EXPECT_EQ(w.n, w.mark);
    enter_again(&w, 2);
    expect_people(&w, "p1 Ann ann agent host lead;p2 Bob bob buyer;");
    world_drop(&w, 1);
    expect_people(&w, "p1 Ann ann agent host lead lost;p2 Bob bob buyer;");
    EXPECT_EQ(order(&w, "p2", PERSON_REMOVE), CODE_OK);
    EXPECT_GOT(&w, 2, "removed");
    EXPECT_EQ(order(&w, "p2", PERSON_REMOVE), CODE_RESOURCE_UNKNOWN);
    enter(&w, 3, "buyer|shown|bob|Bob");
    EXPECT_ERROR(&w, 3, "removed");
    EXPECT_EQ(order(&w, "", PERSON_REMOVE), CODE_RESOURCE_UNKNOWN);
    world_close(&w);
}

TEST(platform_has_somebody_lead) {
    struct world w;
    REQUIRE(open_shown(&w));
    EXPECT_EQ(order(&w, "p2", PERSON_ADMIT), CODE_OK);
    enter_again(&w, 2);
    EXPECT_EQ(order(&w, "p2", PERSON_LEAD), CODE_OK);
    expect_people(&w, "p1 Ann ann agent host;p2 Bob bob buyer host lead;");
    world_close(&w);
}

TEST(platform_locks) {
    struct world w;
    REQUIRE(open_shown(&w));
    EXPECT_EQ(signaling_tour_order(w.signaling, w.now, "shown", TOUR_LOCK), CODE_OK);
    world_drain(&w);
    EXPECT(tour_of(&w, "shown").locked);
    enter(&w, 3, "buyer|shown|eve|Eve");
    EXPECT_ERROR(&w, 3, "tour_locked");
    EXPECT_EQ(signaling_tour_order(w.signaling, w.now, "shown", TOUR_UNLOCK), CODE_OK);
    world_drain(&w);
    enter(&w, 4, "buyer|shown|eve|Eve");
    EXPECT_GOT(&w, 4, "\"type\":\"lobby\"");
    EXPECT_EQ(signaling_tour_order(w.signaling, w.now, "nowhere", TOUR_LOCK), CODE_TOUR_UNKNOWN);
    EXPECT_EQ(signaling_tour_order(w.signaling, w.now, "demo", TOUR_LOCK), CODE_TOUR_UNKNOWN);
    world_close(&w);
}

/* Nobody is half admitted or removed. */
TEST_ALLOC(platform_without_memory) {
    struct world w;
    if (world_open(&w, NULL)) {
        const struct signaling_tour t = {
            .name = "shown", .record = RECORD_OFF, .codec = CODEC_VP8, .lobby = true};
        if (signaling_tour_declare(w.signaling, &t) == OK) {
            enter(&w, 1, "agent|shown|ann|Ann");
            enter(&w, 2, "buyer|shown|bob|Bob");
            enum code code = order(&w, "p2", PERSON_ADMIT);
            EXPECT(code == CODE_OK || mem_failed());
            code = order(&w, "p2", PERSON_REMOVE);
            EXPECT(code == CODE_OK || mem_failed());
        }
    }
    world_close(&w);
}
