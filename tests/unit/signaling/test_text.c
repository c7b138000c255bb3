/* Words, JSON out and the look before JSON in. */
#include "signaling/json_in.h"
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
    EXPECT_STR(sig_code_name(SIG_TOUR_UNKNOWN), "tour_unknown");
    EXPECT_EQ(sig_code_status(SIG_TOUR_UNKNOWN), 404);
    EXPECT_STR(sig_code_message(SIG_TOUR_FULL), "The tour is full.");
    EXPECT_STR(sig_code_name((enum sig_code)1000), "internal");
    for (int a = 0; a < SIG_CODE_COUNT; a++) {
        EXPECT(sig_code_status(a) >= 200 && sig_code_status(a) < 600);
        for (int b = 0; b < a; b++) {
            EXPECT(strcmp(sig_code_name(a), sig_code_name(b)) != 0);
        }
    }
}

static void expect_json(const char *in, size_t n, const char *want) {
    struct out o = {NULL, false};
    j_string_n(&o, in, n);
    struct shared_text *t = out_done(&o);
    REQUIRE(t);
    EXPECT_STR(t->p, want);
    shared_text_unref(t);
}

TEST(json_strings_are_escaped_and_utf8) {
    expect_json("a\"b\\c\r\n\t\x7f", 9, "\"a\\\"b\\\\c\\r\\n\\u0009\\u007f\"");
    expect_json("\0", 1, "\"\\u0000\"");
    expect_json("\xc3\xa9\xe2\x82\xac\xf0\x9f\x8f\xa0", 9,
                "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x8f\xa0\"");
    expect_json("a\xc3", 2, "\"a?\"");              /* cut */
    expect_json("\xc0\xaf", 2, "\"??\"");           /* overlong */
    expect_json("\xe0\x80\xaf", 3, "\"???\"");      /* overlong */
    expect_json("\xf0\x80\x80\xaf", 4, "\"????\""); /* overlong */
    expect_json("\xed\xa0\x80", 3, "\"???\"");      /* surrogate */
    expect_json("\xf4\x90\x80\x80", 4, "\"????\""); /* above U+10FFFF */
    expect_json("\xff\x80", 2, "\"??\"");
}

TEST(json_commas_fall_into_place) {
    struct out o = {NULL, false};
    j_open(&o, '{');
    j_key(&o, "a");
    j_open(&o, '[');
    j_int(&o, -1);
    j_bool(&o, true);
    j_open(&o, '{');
    j_close(&o, '}');
    j_null(&o);
    j_close(&o, ']');
    j_key(&o, "b");
    j_string(&o, "[");
    j_key(&o, "c");
    j_string(&o, NULL);
    j_close(&o, '}');
    struct shared_text *t = out_done(&o);
    REQUIRE(t);
    EXPECT_STR(t->p, "{\"a\":[-1,true,{},null],\"b\":\"[\",\"c\":null}");
    shared_text_unref(t);
}

TEST_ALLOC(out_survives_failing_allocations) {
    struct out o = {NULL, false};
    for (int i = 0; i < 2000; i++) {
        out_str(&o, "abc");
    }
    struct shared_text *t = out_done(&o);
    if (!mem_failed()) {
        EXPECT(t && t->n == 6000 && t->p[6000] == '\0');
    } else {
        EXPECT(!t);
    }
    EXPECT(!o.t && !o.bad);
    shared_text_unref(t);
}

TEST(precheck_counts_depth_and_values) {
    char deep[64];
    memset(deep, '[', sizeof(deep));
    EXPECT_EQ(json_precheck(deep, 16, 16), SIG_OK);
    EXPECT_EQ(json_precheck(deep, 17, 16), SIG_TOO_DEEP);
    EXPECT_EQ(json_precheck("[[]][[]]", 8, 2), SIG_OK);
    EXPECT_EQ(json_precheck("\"[[[[\"", 6, 1), SIG_OK);
    EXPECT_EQ(json_precheck("\"\\\"[[[\"", 7, 1), SIG_OK);
    EXPECT_EQ(json_precheck("\"\\\\\"[[", 6, 1), SIG_TOO_DEEP);
    EXPECT_EQ(json_precheck("]]]]", 4, 1), SIG_OK);
    EXPECT_EQ(json_precheck("\"\\", 2, 1), SIG_OK);
    char *many = malloc(JSON_VALUES_MAX + 1);
    memset(many, ',', JSON_VALUES_MAX + 1);
    EXPECT_EQ(json_precheck(many, JSON_VALUES_MAX, 1), SIG_OK);
    EXPECT_EQ(json_precheck(many, JSON_VALUES_MAX + 1, 1), SIG_TOO_LARGE);
    free(many);
}
