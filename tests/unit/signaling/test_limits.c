/* Every limit of the protocol, at its edge and one beyond. */
#include "tests/unit/signaling/world.h"

#include <stdlib.h>

static char *repeat(char c, size_t n) {
    char *s = malloc(n + 1);
    CHECK(s);
    memset(s, c, n);
    s[n] = '\0';
    return s;
}

static const char one_source[] = ",\"sources\":[{\"mid\":\"0\",\"kind\":\"microphone\"}]";

TEST(names_are_at_most_128_bytes) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    for (size_t n = 128; n <= 129; n++) {
        char extra[400], *name = repeat('x', n);
        snprintf(extra, sizeof(extra), ",\"name\":\"%s\"%s", name, one_source);
        world_join(&w, n, "buyer|demo|a|", small_offer(), extra);
        if (n == 128) {
            EXPECT_GOT(&w, n, name);
        } else {
            EXPECT_GOT(&w, n, "\"field\":\"name\"");
        }
        free(name);
    }
    /* Bytes count, not characters. */
    char extra[600] = ",\"name\":\"";
    for (int i = 0; i < 43; i++) {
        strcat(extra, "\xe2\x82\xac");
    }
    strcat(extra, "\"");
    strcat(extra, one_source);
    world_join(&w, 5, "buyer|demo|b|", small_offer(), extra);
    EXPECT_GOT(&w, 5, "\"field\":\"name\"");
    world_close(&w);
}

TEST(tokens_are_at_most_8_kib) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    for (size_t n = 8192; n <= 8193; n++) {
        char *token = repeat('t', n), *text = malloc(n + 100);
        sprintf(text, "{\"type\":\"hello\",\"token\":\"%s\"}", token);
        world_send(&w, 1, text);
        if (n == 8192) {
            EXPECT_ERROR(&w, 1, "token_malformed"); /* it was looked at */
        } else {
            EXPECT_GOT(&w, 1, "\"field\":\"token\"");
        }
        free(text);
        free(token);
    }
    world_close(&w);
}

TEST(offers_are_at_most_128_kib) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    size_t small = strlen(small_offer());
    for (size_t n = 128 << 10; n <= (128 << 10) + 1; n++) {
        /* Padded with one long line that nobody reads. */
        char *text = repeat('x', n);
        memcpy(text, small_offer(), small);
        memcpy(text + small, "a=x:", 4);
        memcpy(text + n - 2, "\r\n", 2);
        world_join(&w, n, "buyer|demo|a|", text, one_source);
        if (n == 128 << 10) {
            EXPECT_GOT(&w, n, "joined");
        } else {
            EXPECT_ERROR(&w, n, "too_large");
            EXPECT_GOT(&w, n, "\"field\":\"offer\"");
        }
        free(text);
    }
    world_close(&w);
}

TEST(messages_are_at_most_the_configured_size) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    for (size_t n = w.config.max_message; n <= w.config.max_message + 1; n++) {
        char *text = repeat(' ', n);
        memcpy(text, "{\"type\":\"ping\"}", 15);
        world_send(&w, 1, text);
        if (n == w.config.max_message) {
            EXPECT_GOT(&w, 1, "pong");
        } else {
            EXPECT_ERROR(&w, 1, "too_large");
        }
        free(text);
    }
    world_close(&w);
}

TEST(nesting_is_at_most_16) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    for (size_t n = 15; n <= 16; n++) {
        char text[200], *open = repeat('[', n), *close = repeat(']', n);
        snprintf(text, sizeof(text), "{\"type\":\"ping\",\"x\":%s%s}", open, close);
        world_send(&w, 1, text);
        if (n == 15) {
            EXPECT_GOT(&w, 1, "pong");
        } else {
            EXPECT_ERROR(&w, 1, "too_deep");
        }
        free(open);
        free(close);
    }
    world_close(&w);
}

TEST(lists_of_lines_are_bounded) {
    struct world w;
    char extra[2048];
    REQUIRE(world_open(&w, NULL));
    for (int n = 15; n <= 16; n++) {
        char *p = extra + sprintf(extra, ",\"slots\":[");
        for (int i = 0; i < n; i++) {
            p += sprintf(p, "%s{\"mid\":\"x\",\"kind\":\"audio\"}", i ? "," : "");
        }
        strcpy(p, "]");
        world_join(&w, 1, "buyer|demo|a|", small_offer(), extra);
        EXPECT_GOT(&w, 1, "\"field\":\"slots\"");
    }
    /* Each list within its bound, but both together are not. */
    char *p = extra + sprintf(extra, ",\"sources\":[");
    for (int i = 0; i < 10; i++) {
        p += sprintf(p, "%s{\"mid\":\"x\",\"kind\":\"camera\"}", i ? "," : "");
    }
    p += sprintf(p, "],\"slots\":[");
    for (int i = 0; i < 10; i++) {
        p += sprintf(p, "%s{\"mid\":\"x\",\"kind\":\"audio\"}", i ? "," : "");
    }
    strcpy(p, "]");
    world_join(&w, 1, "buyer|demo|a|", small_offer(), extra);
    EXPECT_GOT(&w, 1, "\"field\":\"slots\"");
    world_close(&w);
}

TEST(tour_names_are_at_most_64_characters) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    char *name = repeat('n', TOUR_NAME_MAX);
    EXPECT_EQ(signaling_tour_declare(w.signaling, &(struct signaling_tour){.name = name,
                                                                           .title = NULL,
                                                                           .record = RECORD_OFF,
                                                                           .codec = CODEC_VP8}),
              OK);
    char token[200];
    snprintf(token, sizeof(token), "buyer|%s|a|A", name);
    world_join(&w, 1, token, small_offer(), one_source);
    EXPECT_GOT(&w, 1, "joined");
    char *longer = repeat('n', TOUR_NAME_MAX + 1);
    EXPECT_EQ(signaling_tour_declare(w.signaling, &(struct signaling_tour){.name = longer,
                                                                           .title = NULL,
                                                                           .record = RECORD_OFF,
                                                                           .codec = CODEC_VP8}),
              ERR_RANGE);
    EXPECT_EQ(signaling_tour_declare(w.signaling, &(struct signaling_tour){.name = "",
                                                                           .title = NULL,
                                                                           .record = RECORD_OFF,
                                                                           .codec = CODEC_VP8}),
              ERR_RANGE);
    EXPECT_EQ(signaling_tour_declare(w.signaling, &(struct signaling_tour){.name = "a.b",
                                                                           .title = NULL,
                                                                           .record = RECORD_OFF,
                                                                           .codec = CODEC_VP8}),
              ERR_RANGE);
    free(longer);
    free(name);
    world_close(&w);
}

TEST(long_titles_are_cut) {
    struct world w;
    REQUIRE(world_open(&w, NULL));
    char *title = repeat('T', 300);
    EXPECT_EQ(signaling_tour_declare(w.signaling, &(struct signaling_tour){.name = "long",
                                                                           .title = title,
                                                                           .record = RECORD_OFF,
                                                                           .codec = CODEC_VP8}),
              OK);
    world_send(&w, 1, "{\"type\":\"hello\",\"token\":\"buyer|long|a|A\"}");
    const char *m = world_got(&w, 1, "\"title\":\"T");
    REQUIRE(m);
    EXPECT_EQ(strspn(strstr(m, "\"title\":\"") + 9, "T"), 128);
    free(title);
    world_close(&w);
}

static void slow(struct signaling_config *c) {
    c->messages_per_second = 1;
}

TEST(the_rate_limit_is_per_connection_and_refills_exactly) {
    struct world w;
    REQUIRE(world_open(&w, slow));
    static const struct {
        us_t after;
        const char *got;
    } steps[] = {{0, "pong"},          {0, "pong"},         {0, "rate_limited"},
                 {US_PER_S - 1, NULL}, /* still in a row: silence */
                 {1, "pong"},          {0, "rate_limited"}, {2 * US_PER_S, "pong"},
                 {0, "pong"},          {0, "rate_limited"}, {100 * US_PER_S, "pong"},
                 {0, "pong"},          {0, "rate_limited"}};
    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        w.now += steps[i].after;
        world_send(&w, 1, "{\"type\":\"ping\"}");
        if (steps[i].got) {
            EXPECT_GOT(&w, 1, steps[i].got);
        } else {
            EXPECT_EQ(w.n, w.mark);
        }
    }
    world_send(&w, 2, "{\"type\":\"ping\"}");
    EXPECT_GOT(&w, 2, "pong");
    world_close(&w);
}

static void few_viewers(struct signaling_config *c) {
    c->max_participants = 2;
    c->max_whep_per_token = 10;
}

TEST(viewers_count_towards_the_tour) {
    struct world w;
    REQUIRE(world_open(&w, few_viewers));
    for (int i = 1; i <= 3; i++) {
        EXPECT_EQ(world_post(&w, true, "buyer|demo|tv|"), i <= 2 ? 201 : 503);
    }
    world_join(&w, 1, "buyer|demo|a|", small_offer(), one_source);
    EXPECT_ERROR(&w, 1, "tour_full");
    world_close(&w);
}

static void two_connections(struct signaling_config *c) {
    c->max_connections = 2;
    c->max_participants = 100;
    c->max_whep_per_token = 100;
}

TEST(seats_and_sessions_are_bounded_for_the_server) {
    struct world w;
    REQUIRE(world_open(&w, two_connections));
    char token[64];
    for (uint64_t i = 1; i <= 5; i++) { /* seats whose connections are gone still count */
        snprintf(token, sizeof(token), "buyer|demo|s%d|N", (int)i);
        world_join(&w, i, token, small_offer(), one_source);
        if (i <= 4) {
            EXPECT_GOT(&w, i, "joined");
        } else {
            EXPECT_ERROR(&w, i, "server_full");
            EXPECT_NOT(&w, i, "\"field\"");
        }
        world_drop(&w, i);
    }
    EXPECT_EQ(world_post(&w, true, "buyer|demo|tv|"), 503);
    world_pass(&w, 20 * US_PER_S);
    EXPECT_EQ(world_post(&w, true, "buyer|demo|tv|"), 201);
    world_close(&w);
}

static void short_patience(struct signaling_config *c) {
    c->idle_limit = 20 * US_PER_S;
}

TEST(connections_that_only_look_end_after_a_silence) {
    struct world w;
    REQUIRE(world_open(&w, short_patience));
    world_send(&w, 1, "{\"type\":\"ping\"}");
    world_send(&w, 2, "{\"type\":\"ping\"}");
    world_join(&w, 3, "buyer|demo|a|", small_offer(), one_source);
    world_pass(&w, 15 * US_PER_S);
    EXPECT_EQ(world_count(&w, EFFECT_CLOSE), 0);
    world_send(&w, 2, "{\"type\":\"ping\"}");
    world_pass(&w, 10 * US_PER_S);
    /* Only the one that said nothing: who speaks stays, and a seat has limits of its own. */
    EXPECT_EQ(world_count(&w, EFFECT_CLOSE), 1);
    EXPECT_EQ(world_effect(&w, EFFECT_CLOSE)->e.conn, 1);
    EXPECT_EQ(world_effect(&w, EFFECT_CLOSE)->e.status, 4002);
    world_send(&w, 3, "{\"type\":\"leave\"}");
    world_pass(&w, 25 * US_PER_S);
    EXPECT_EQ(world_count(&w, EFFECT_CLOSE), 2); /* 2 and, without its seat, 3 */
    world_close(&w);
}

static void token_wanted(struct signaling_config *c) {
    c->token_limit = 30 * US_PER_S;
    c->idle_limit = 120 * US_PER_S;
}

TEST(connections_without_a_valid_token_end_whatever_they_send) {
    struct world w;
    REQUIRE(world_open(&w, token_wanted));
    world_send(&w, 4, "{\"type\":\"ping\"}");
    for (int i = 0; i < 29; i++) {
        world_send(&w, 1, "{\"type\":\"ping\"}");
        world_send(&w, 2, "{\"type\":\"hello\",\"token\":\"token_expired\"}");
        world_send(&w, 3, "{\"type\":\"hello\",\"token\":\"buyer|demo|a|\"}");
        world_pass(&w, US_PER_S);
        EXPECT_EQ(world_count(&w, EFFECT_CLOSE), 0);
    }
    /* A valid token counts although the tour cannot be seen with it. */
    world_send(&w, 4, "{\"type\":\"hello\",\"token\":\"buyer|nowhere|b|\"}");
    EXPECT_ERROR(&w, 4, "tour_unknown");
    world_pass(&w, US_PER_S);
    EXPECT_EQ(world_count(&w, EFFECT_CLOSE), 2);
    EXPECT_EQ(world_effect(&w, EFFECT_CLOSE)->e.status, 4002);
    world_pass(&w, 117 * US_PER_S);
    EXPECT_EQ(world_count(&w, EFFECT_CLOSE), 0);
    world_pass(&w, 3 * US_PER_S);
    EXPECT_EQ(world_count(&w, EFFECT_CLOSE), 2);
    world_close(&w);
}

TEST(a_seat_ends_the_wait_for_a_token_for_good) {
    struct world w;
    REQUIRE(world_open(&w, token_wanted));
    world_join(&w, 1, "buyer|demo|a|", small_offer(), one_source);
    world_pass(&w, 60 * US_PER_S);
    EXPECT_EQ(world_count(&w, EFFECT_CLOSE), 0);
    world_send(&w, 1, "{\"type\":\"leave\"}");
    world_pass(&w, 100 * US_PER_S);
    EXPECT_EQ(world_count(&w, EFFECT_CLOSE), 0);
    world_close(&w);
}

static void ten_a_second(struct signaling_config *c) {
    c->sessions_per_second = 10; /* and two WHEP viewers: a burst of 20 */
}

static void two_tours_each(struct signaling_config *c) {
    c->max_tours_per_sub = 2;
}

TEST(one_agent_does_not_open_all_the_tours) {
    struct world w;
    REQUIRE(world_open(&w, two_tours_each));
    world_join(&w, 1, "agent|one|ann|", small_offer(), yes_and_lines);
    world_join(&w, 2, "agent|two|ann|", small_offer(), yes_and_lines);
    EXPECT_GOT(&w, 2, "joined");
    world_join(&w, 3, "agent|three|ann|", small_offer(), yes_and_lines);
    EXPECT_ERROR(&w, 3, "tours_full");
    EXPECT_EQ(signaling_stats(w.signaling).tours, 2);
    /* What was declared is not hers, nor what others open; and she may come back to her own. */
    world_join(&w, 3, "agent|taped|ann|", small_offer(), yes_and_lines);
    EXPECT_GOT(&w, 3, "joined");
    world_join(&w, 4, "agent|three|bob|", small_offer(), yes_and_lines);
    EXPECT_GOT(&w, 4, "joined");
    world_join(&w, 5, "agent|three|ann|", small_offer(), yes_and_lines);
    EXPECT_GOT(&w, 5, "joined");
    world_send(&w, 1, "{\"type\":\"end\"}");
    world_join(&w, 6, "agent|four|ann|", small_offer(), yes_and_lines);
    EXPECT_GOT(&w, 6, "joined");
    world_close(&w);
}

TEST(offers_of_one_person_have_a_rate) {
    struct world w;
    REQUIRE(world_open(&w, ten_a_second));
    for (int i = 0; i < 20; i++) {
        EXPECT_EQ(world_post(&w, false, "buyer|demo|bob|Bob"), 201); /* each takes the seat over */
    }
    EXPECT_EQ(world_post(&w, false, "buyer|demo|bob|Bob"), 429);
    EXPECT(strstr(world_effect(&w, EFFECT_HTTP)->text, "rate_limited"));
    EXPECT_EQ(w.n - w.mark, 1); /* nobody else hears of it */
    /* By every door, but only this person. */
    EXPECT_EQ(world_post(&w, true, "buyer|demo|bob|Bob"), 429);
    world_join(&w, 1, "buyer|demo|bob|Bob", small_offer(), small_lines);
    EXPECT_ERROR(&w, 1, "rate_limited");
    world_join(&w, 1, "buyer|demo|ada|Ada", small_offer(), small_lines);
    EXPECT_GOT(&w, 1, "joined");
    world_pass(&w, 100 * US_PER_MS);
    EXPECT_EQ(world_post(&w, false, "buyer|demo|bob|Bob"), 201);
    EXPECT_EQ(world_post(&w, false, "buyer|demo|bob|Bob"), 429);
    world_pass(&w, 2 * US_PER_S);
    for (int i = 0; i < 20; i++) {
        EXPECT_EQ(world_post(&w, false, "buyer|demo|bob|Bob"), 201);
    }
    EXPECT_EQ(world_post(&w, false, "buyer|demo|bob|Bob"), 429);
    world_close(&w);
}

TEST(restarts_and_resumes_with_an_offer_count_too) {
    struct world w;
    char resume[100] = "resume:", token[64];
    REQUIRE(world_open(&w, ten_a_second));
    world_join(&w, 1, "buyer|demo|ada|Ada", small_offer(), small_lines);
    strcat(resume, world_field(world_got(&w, 1, "joined"), "resume", token, sizeof(token)));
    for (int i = 0; i < 19; i++) {
        world_join(&w, 1, "restart", small_offer_restarted(), "");
        EXPECT_GOT(&w, 1, "restarted");
    }
    world_join(&w, 1, "restart", small_offer_restarted(), "");
    EXPECT_ERROR(&w, 1, "rate_limited");
    EXPECT_EQ(world_count(&w, EFFECT_CLOSE), 0);
    world_join(&w, 2, resume, small_offer_restarted(), "");
    EXPECT_ERROR(&w, 2, "rate_limited");
    world_sendf(&w, 2, "{\"type\":\"resume\",\"resume\":\"%s\"}", token);
    EXPECT_GOT(&w, 2, "resumed"); /* without an offer it is only a message */
    world_close(&w);
}
