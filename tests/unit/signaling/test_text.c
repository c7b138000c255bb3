/* Words, shared text and the look before JSON in. */
#include "tests/unit/signaling/world.h"

#include <stdlib.h>

TEST(role_names) {
    EXPECT_EQ(role_from_name("agent"), ROLE_AGENT);
    EXPECT_EQ(role_from_name("buyer"), ROLE_BUYER);
    EXPECT_EQ(role_from_name("ops"), ROLE_OPS);
    EXPECT_EQ(role_from_name("none"), ROLE_NONE);
    EXPECT_EQ(role_from_name("Agent"), ROLE_NONE);
    EXPECT_EQ(role_from_name(NULL), ROLE_NONE);
    EXPECT_STR(role_name(ROLE_OPS), "ops");
    EXPECT_STR(role_name((enum role)99), "none");
}

TEST(codes_have_words_and_status) {
    EXPECT_STR(code_name(CODE_TOUR_UNKNOWN), "tour_unknown");
    EXPECT_EQ(code_status(CODE_TOUR_UNKNOWN), 404);
    EXPECT_STR(code_message(CODE_TOUR_FULL), "The tour is full.");
    EXPECT_STR(code_name((enum code)1000), "internal");
    for (int a = 0; a < CODE_COUNT; a++) {
        EXPECT(code_status(a) >= 200 && code_status(a) < 600);
        for (int b = 0; b < a; b++) {
            EXPECT(strcmp(code_name(a), code_name(b)) != 0);
        }
    }
}

TEST_ALLOC(shared_text_survives_failing_allocations) {
    struct buffer o = {0};
    for (int i = 0; i < 2000; i++) {
        buffer_str(&o, "abc");
    }
    struct shared_text *t = shared_text_of(&o);
    if (!mem_failed()) {
        EXPECT(t && t->n == 6000 && t->p[6000] == '\0');
    } else {
        EXPECT(!t);
    }
    EXPECT(!o.p && !o.bad);
    shared_text_unref(t);
}

TEST(shared_text_lives_until_the_last_reference) {
    struct buffer o = {0};
    struct shared_text *t = shared_text_of(&o);
    REQUIRE(t);
    EXPECT_STR(t->p, ""); /* of an empty buffer */
    EXPECT(shared_text_ref(t) == t);
    EXPECT(shared_text_unref(t) == NULL);
    EXPECT_STR(t->p, "");
    shared_text_unref(t);
    EXPECT(shared_text_unref(NULL) == NULL);
}

TEST(tour_names_are_words_of_64) {
    static const char longest[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
    EXPECT_EQ(strlen(longest), TOUR_NAME_MAX);
    EXPECT(tour_name_valid(longest) && tour_name_valid("a") && tour_name_valid("-"));
    EXPECT(!tour_name_valid("") && !tour_name_valid("a b") && !tour_name_valid("a/b"));
    EXPECT(!tour_name_valid("\xc3\xa9") && !tour_name_valid("a.") && !tour_name_valid("%41"));
    char longer[TOUR_NAME_MAX + 2];
    snprintf(longer, sizeof(longer), "%sa", longest);
    EXPECT(!tour_name_valid(longer));
}
