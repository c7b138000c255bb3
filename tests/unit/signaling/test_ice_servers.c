/* Who is told of STUN and TURN servers, when, and with whose password. */
#include "tests/unit/signaling/world.h"

#include <stdio.h>

static const char *const urls[] = {"turn:t:3478?transport=udp", "stun:s", "turns:t:443"};
static size_t n_urls;

static void servers(void *ctx, const char *sub, wall_t until, struct signaling_ice_servers *ret) {
    (void)ctx;
    (void)until;
    *ret = (struct signaling_ice_servers){.urls = urls, .n = n_urls};
    snprintf(ret->username, sizeof(ret->username), "9:%.20s", sub);
    snprintf(ret->credential, sizeof(ret->credential), "pw-of-%.20s", sub);
}

static void with_servers(struct signaling_config *c) {
    c->ice_servers = servers;
}

#define OF(sub)                                                                             \
    "\"ice_servers\":[{\"urls\":[\"stun:s\"]},"                                             \
    "{\"urls\":[\"turn:t:3478?transport=udp\",\"turns:t:443\"],\"username\":\"9:" sub "\"," \
    "\"credential\":\"pw-of-" sub "\"}]"

TEST(ice_servers_come_before_the_offer_is_made_and_are_renewed) {
    struct world w;
    char token[64];
    n_urls = 3;
    REQUIRE(world_open(&w, with_servers));
    world_send(&w, 1, "{\"type\":\"hello\",\"token\":\"token_expired\"}");
    EXPECT_ERROR(&w, 1, "token_expired");
    EXPECT_NOT(&w, 1, "ice_servers");
    world_send(&w, 1, "{\"type\":\"hello\",\"token\":\"buyer|demo|ada|Ada\"}");
    EXPECT_GOT(&w, 1, "\"welcome\"");
    EXPECT_GOT(&w, 1, OF("ada"));
    world_join(&w, 1, "buyer|demo|ada|Ada", small_offer(), small_lines);
    EXPECT_GOT(&w, 1, "\"joined\"");
    EXPECT_GOT(&w, 1, OF("ada"));
    world_field(world_got(&w, 1, "joined"), "resume", token, sizeof(token));
    world_join(&w, 1, "restart", small_offer_restarted(), "");
    EXPECT_GOT(&w, 1, "\"restarted\"");
    EXPECT_GOT(&w, 1, OF("ada"));
    world_join(&w, 2, "buyer|demo|bob|Bob", small_offer(), small_lines);
    EXPECT_GOT(&w, 2, OF("bob"));
    EXPECT_NOT(&w, 1, "pw-of-bob");
    world_sendf(&w, 3, "{\"type\":\"resume\",\"id\":1,\"resume\":\"%s\"}", token);
    EXPECT_GOT(&w, 3, "\"resumed\"");
    EXPECT_GOT(&w, 3, OF("ada"));
    world_close(&w);
}

TEST(without_ice_servers_nothing_is_said_of_them) {
    struct world w;
    n_urls = 0;
    REQUIRE(world_open(&w, with_servers));
    world_send(&w, 1, "{\"type\":\"hello\",\"token\":\"buyer|demo|ada|Ada\"}");
    EXPECT_GOT(&w, 1, "\"welcome\"");
    EXPECT_NOT(&w, 1, "ice_servers");
    world_close(&w);
}
