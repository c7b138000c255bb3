/* A host invites somebody from within the tour. */
#include "base/alloc.h"
#include "base/buffer.h"
#include "tests/unit/signaling/people.h"

static enum code answer;
static struct claims asked;

/* As the rim does it, but that one can read the token. */
static enum code invite(void *ctx, struct claims *c, char **url) {
    (void)ctx;
    struct buffer b = {0};
    asked = *c;
    if (answer != CODE_OK) {
        return answer;
    }
    buffer_printf(&b, "https://tours.example/t/%s#%s|%s|%s|%s", c->tour, role_name(c->role),
                  c->tour, c->sub, c->name);
    *url = buffer_take(&b);
    buffer_free(&b);
    return *url ? CODE_OK : CODE_INTERNAL;
}

static void inviting(struct signaling_config *c) {
    answer = CODE_OK;
    c->invite = invite;
    c->invite_limit = 600 * US_PER_S;
}

static void inviting_nobody(struct signaling_config *c) {
    inviting(c);
    c->invite_limit = 0;
}

static void inviting_twice(struct signaling_config *c) {
    inviting(c);
    c->changes_per_minute = 60;
}

TEST(a_host_invites_one_buyer_to_this_tour) {
    struct world w;
    char url[256], again[256];
    REQUIRE(world_open(&w, inviting));
    enter(&w, 1, "agent|demo|ann|Ann");
    world_send(&w, 1, "{\"type\":\"invite\",\"id\":5,\"name\":\"Bea\"}");
    EXPECT_GOT(&w, 1, "{\"type\":\"invited\",\"re\":5,\"sub\":\"seat-");
    EXPECT_GOT(&w, 1, "\"expires_at\":\"2026-01-02T03:14:06.000Z\"");
    EXPECT_EQ(asked.role, ROLE_BUYER);
    EXPECT_STR(asked.tour, "demo");
    EXPECT_STR(asked.name, "Bea");
    EXPECT(!asked.can.has_chat);
    world_field(world_got(&w, 1, "invited"), "url", url, sizeof(url));
    /* The audit log knows who may come in by it, and not how. */
    const struct record *act = world_effect(&w, EFFECT_ACT);
    REQUIRE(act && act->text);
    EXPECT_STR(act->e.name, "invite");
    EXPECT(strstr(act->text, "name=Bea sub=seat-"));
    EXPECT(strstr(act->text, asked.sub));
    EXPECT(!strstr(act->text, "tours.example"));
    world_send(&w, 1, "{\"type\":\"invite\"}");
    world_field(world_got(&w, 1, "invited"), "url", again, sizeof(again));
    EXPECT(strcmp(url, again) != 0); /* another seat */
    EXPECT_STR(asked.name, "");
    REQUIRE(strchr(url, '#'));
    enter(&w, 2, strchr(url, '#') + 1);
    EXPECT_GOT(&w, 2, "\"name\":\"Bea\",\"role\":\"buyer\",\"host\":false");
    world_close(&w);
}

TEST(only_hosts_invite) {
    struct world w;
    REQUIRE(world_open(&w, inviting));
    world_send(&w, 1, "{\"type\":\"invite\"}");
    EXPECT_ERROR(&w, 1, "not_joined");
    enter(&w, 1, "agent|demo|ann|Ann");
    enter(&w, 2, "buyer|demo|bob|Bob");
    asked = (struct claims){0};
    world_send(&w, 2, "{\"type\":\"invite\"}");
    EXPECT_ERROR(&w, 2, "forbidden");
    EXPECT_EQ(asked.role, ROLE_NONE);
    world_send(&w, 1, "{\"type\":\"host\",\"participant\":\"p2\",\"host\":true}");
    world_send(&w, 2, "{\"type\":\"invite\"}");
    EXPECT_GOT(&w, 2, "\"invited\"");
    world_send(&w, 1, "{\"type\":\"invite\",\"name\":\"B\\u0007b\"}");
    EXPECT_ERROR(&w, 1, "bad_field");
    EXPECT_GOT(&w, 1, "\"field\":\"name\"");
    world_close(&w);
}

TEST(who_cannot_sign_invites_nobody) {
    struct world w;
    REQUIRE(world_open(&w, inviting_nobody));
    enter(&w, 1, "agent|demo|ann|Ann");
    world_send(&w, 1, "{\"type\":\"invite\"}");
    EXPECT_ERROR(&w, 1, "signing_off");
    world_close(&w);
    REQUIRE(world_open(&w, inviting));
    answer = CODE_SIGNING_OFF;
    enter(&w, 1, "agent|demo|ann|Ann");
    world_send(&w, 1, "{\"type\":\"invite\"}");
    EXPECT_ERROR(&w, 1, "signing_off");
    EXPECT_EQ(world_effect(&w, EFFECT_ACT)->e.code, CODE_SIGNING_OFF);
    world_close(&w);
    REQUIRE(world_open(&w, NULL)); /* a rim without the like */
    enter(&w, 1, "agent|demo|ann|Ann");
    world_send(&w, 1, "{\"type\":\"invite\"}");
    EXPECT_ERROR(&w, 1, "signing_off");
    world_close(&w);
}

TEST(nobody_invites_too_often) {
    struct world w;
    REQUIRE(world_open(&w, inviting_twice));
    enter(&w, 1, "agent|demo|ann|Ann");
    for (int i = 0; i < 20; i++) {
        world_send(&w, 1, "{\"type\":\"invite\"}");
        EXPECT_GOT(&w, 1, "\"invited\"");
    }
    world_send(&w, 1, "{\"type\":\"invite\"}");
    EXPECT_ERROR(&w, 1, "rate_limited");
    world_close(&w);
}
