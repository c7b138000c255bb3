#include "base/text.h"

#include "tests/unit/test.h"

TEST(text_grows_and_is_cut) {
    struct text t = {0};
    for (unsigned i = 0; i < 1000; i++) {
        text_add(&t, "%u,", i);
    }
    EXPECT_EQ(t.n, 3890);
    EXPECT_EQ(strlen(t.p), t.n);
    text_cut(&t, 5000); /* longer than it is: nothing happens */
    EXPECT_EQ(t.n, 3890);
    text_cut(&t, 4);
    EXPECT_STR(t.p, "0,1,");
    text_hex(&t, "\x01\xff", 2);
    EXPECT_STR(t.p, "0,1,01ff");
    text_bytes(&t, NULL, 0);
    EXPECT_EQ(t.n, 8);
    text_free(&t);
    EXPECT(t.p == NULL);
}

TEST(text_longer_than_its_first_buffer) {
    struct text t = {0};
    char word[1000];
    memset(word, 'a', sizeof(word) - 1);
    word[sizeof(word) - 1] = '\0';
    text_add(&t, "<%s>", word);
    EXPECT_EQ(t.n, 1001);
    EXPECT(t.p[0] == '<' && t.p[1000] == '>' && t.p[1001] == '\0');
    text_free(&t);
}

TEST(text_an_empty_one_is_a_string_when_taken) {
    struct text t = {0};
    char *p = text_take(&t);
    EXPECT_STR(p, "");
    mem_free(p);
    text_add(&t, "x");
    p = text_take(&t);
    EXPECT_STR(p, "x");
    EXPECT(t.p == NULL && t.n == 0);
    mem_free(p);
}

TEST(text_json_strings) {
    static const struct {
        const char *in, *out;
    } table[] = {
        {"", "\"\""},
        {"plain", "\"plain\""},
        {"\"\\", "\"\\\"\\\\\""},
        {"a\nb\x7f", "\"a\\u000ab\\u007f\""},
        {"\xc3\xa9", "\"\xc3\xa9\""},
        {"\xe2\x82\xac", "\"\xe2\x82\xac\""},
        {"\xf4\x8f\xbf\xbf", "\"\xf4\x8f\xbf\xbf\""},
        {"\xf4\x90\x80\x80", "\"????\""}, /* beyond U+10FFFF */
        {"\xe0\x80\x80", "\"???\""},      /* overlong */
        {"\xf0\x80\x80\x80", "\"????\""},
        {"\xed\xbf\xbf", "\"???\""}, /* a surrogate */
        {"\x80", "\"?\""},
        {"\xe2\x82", "\"??\""},
    };
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        struct text t = {0};
        text_json(&t, table[i].in, 100);
        EXPECT_STR(t.p, table[i].out);
        text_free(&t);
    }
    /* Cut in the middle of a character, as fixed arrays do. */
    struct text t = {0};
    text_json(&t, "ab\xc3\xa9", 3);
    EXPECT_STR(t.p, "\"ab?\"");
    text_free(&t);
}

TEST(text_too_long_turns_bad_and_stays_so) {
    struct text t = {0};
    text_add(&t, "kept");
    text_bytes(&t, t.p, (size_t)TEXT_MAX + 1);
    EXPECT(t.bad);
    text_add(&t, "more");
    EXPECT_STR(t.p, "kept");
    EXPECT(text_take(&t) == NULL);
    EXPECT(!t.bad && t.p == NULL);
}

TEST_ALLOC(text_without_memory) {
    struct text t = {0};
    text_json(&t, "a \"word\"", 100);
    for (unsigned i = 0; i < 100; i++) {
        text_add(&t, "0123456789");
    }
    EXPECT_EQ(t.bad, mem_failed());
    char *p = text_take(&t);
    EXPECT_EQ(p == NULL, mem_failed());
    mem_free(p);
}
