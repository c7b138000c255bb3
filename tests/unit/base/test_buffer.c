#include "base/buffer.h"

#include "tests/unit/test.h"

TEST(buffer_grows_and_is_cut) {
    struct buffer b = {0};
    for (unsigned i = 0; i < 1000; i++) {
        buffer_printf(&b, "%u,", i);
    }
    EXPECT_EQ(b.n, 3890);
    EXPECT_EQ(strlen(b.p), b.n);
    buffer_cut(&b, 5000); /* longer than it is: nothing happens */
    EXPECT_EQ(b.n, 3890);
    buffer_cut(&b, 4);
    EXPECT_STR(b.p, "0,1,");
    buffer_hex(&b, "\x01\xff", 2);
    EXPECT_STR(b.p, "0,1,01ff");
    buffer_put(&b, NULL, 0);
    EXPECT_EQ(b.n, 8);
    buffer_free(&b);
    EXPECT(b.p == NULL);
}

TEST(buffer_longer_than_its_first_buffer) {
    struct buffer b = {0};
    char word[1000];
    memset(word, 'a', sizeof(word) - 1);
    word[sizeof(word) - 1] = '\0';
    buffer_printf(&b, "<%s>", word);
    EXPECT_EQ(b.n, 1001);
    EXPECT(b.p[0] == '<' && b.p[1000] == '>' && b.p[1001] == '\0');
    buffer_free(&b);
}

TEST(buffer_an_empty_one_is_a_string_when_taken) {
    struct buffer b = {0};
    char *p = buffer_take(&b);
    EXPECT_STR(p, "");
    mem_free(p);
    buffer_printf(&b, "x");
    p = buffer_take(&b);
    EXPECT_STR(p, "x");
    EXPECT(b.p == NULL && b.n == 0);
    mem_free(p);
}

TEST(buffer_too_long_turns_bad_and_stays_so) {
    struct buffer b = {0};
    buffer_printf(&b, "kept");
    buffer_put(&b, b.p, (size_t)BUFFER_MAX + 1);
    EXPECT(b.bad);
    buffer_printf(&b, "more");
    EXPECT_STR(b.p, "kept");
    EXPECT(buffer_take(&b) == NULL);
    EXPECT(!b.bad && b.p == NULL);
}

TEST(buffer_is_good_again_once_it_is_cut) {
    struct buffer b = {0};
    char mine[8];
    buffer_str(&b, "kept");
    buffer_put(&b, "", (size_t)BUFFER_MAX + 1);
    EXPECT(b.bad);
    buffer_cut(&b, 4); /* back to where it was */
    EXPECT(!b.bad);
    buffer_str(&b, ".");
    EXPECT_STR(b.p, "kept.");
    buffer_free(&b);
    buffer_cut(&b, 0); /* of nothing */
    EXPECT(b.p == NULL && !b.bad);
    b = buffer_fixed(mine, sizeof(mine));
    buffer_str(&b, "too long");
    EXPECT(b.bad && b.n == 0);
    buffer_cut(&b, 0);
    buffer_str(&b, "fits it");
    EXPECT(!b.bad && b.n == 7);
}

TEST_ALLOC(buffer_without_memory) {
    struct buffer b = {0};
    buffer_str(&b, "a word");
    for (unsigned i = 0; i < 100; i++) {
        buffer_printf(&b, "0123456789");
    }
    EXPECT_EQ(b.bad, mem_failed());
    char *p = buffer_take(&b);
    EXPECT_EQ(p == NULL, mem_failed());
    mem_free(p);
}

TEST(buffer_fixed_fills_what_it_was_given_and_no_more) {
    char mine[9];
    memset(mine, 'x', sizeof(mine));
    struct buffer b = buffer_fixed(mine, 8);
    EXPECT_EQ(buffer_room(&b), 7);
    EXPECT_STR(mine, "");
    buffer_str(&b, "abcd");
    buffer_printf(&b, "%d", 5);
    EXPECT_EQ(buffer_room(&b), 2);
    EXPECT(!b.bad && b.p == mine);
    EXPECT_STR(mine, "abcd5");
    buffer_hex(&b, "\x01", 1);
    EXPECT_EQ(buffer_room(&b), 0);
    EXPECT_STR(mine, "abcd501");
    buffer_put(&b, NULL, 0);
    EXPECT(!b.bad);
    buffer_put(&b, "z", 1); /* one too many */
    EXPECT(b.bad && b.n == 7);
    EXPECT_STR(mine, "abcd501");
    EXPECT_EQ(mine[8], 'x');
    buffer_free(&b);
    EXPECT(b.p == NULL && !b.fixed);
}

TEST(buffer_fixed_leaves_out_whole_what_does_not_fit) {
    char mine[8];
    struct buffer b = buffer_fixed(mine, sizeof(mine));
    buffer_str(&b, "abc");
    buffer_printf(&b, "%s", "12345");
    EXPECT(b.bad);
    buffer_str(&b, "d"); /* would fit, but something before it is missing */
    EXPECT_STR(mine, "abc");
    EXPECT_EQ(buffer_room(&b), 0);
}

TEST(buffer_printf_beyond_its_first_try_into_fixed_memory) {
    static char mine[400], word[301];
    memset(word, 'a', sizeof(word) - 1);
    struct buffer b = buffer_fixed(mine, sizeof(mine));
    buffer_printf(&b, "<%s>", word);
    EXPECT(!b.bad && b.n == 302 && mine[301] == '>' && mine[302] == '\0');
    buffer_printf(&b, "<%s>", word);
    EXPECT(b.bad && b.n == 302 && mine[302] == '\0');
}

TEST(buffer_a_secret_one_grows_as_others_do) {
    struct buffer b = {.secret = true};
    for (int i = 0; i < 1000; i++) {
        buffer_printf(&b, "%04d", i);
    }
    EXPECT(!b.bad && b.n == 4000 && b.p[4000] == '\0');
    EXPECT(memcmp(b.p, "000000010002", 12) == 0 && memcmp(b.p + 3996, "0999", 4) == 0);
    buffer_cut(&b, 4);
    buffer_str(&b, "x");
    EXPECT_STR(b.p, "0000x");
    EXPECT(b.secret);
    buffer_free(&b);
    EXPECT(!b.p && !b.secret);
}

TEST_ALLOC(buffer_a_secret_one_without_memory) {
    struct buffer b = {.secret = true};
    for (int i = 0; i < 200; i++) {
        buffer_str(&b, "secret");
    }
    EXPECT(b.bad == mem_failed());
    EXPECT(b.n % 6 == 0 && (b.bad || b.n == 1200));
    buffer_free(&b);
}

TEST(buffer_grows_to_its_limit_exactly) {
    struct buffer b = {0};
    buffer_put(&b, NULL, 0);
    EXPECT_EQ(buffer_room(&b), BUFFER_MAX - 1);
    char *piece = mem_zalloc(1, BUFFER_MAX / 2);
    REQUIRE(piece);
    buffer_put(&b, piece, BUFFER_MAX / 2);
    EXPECT_EQ(b.cap, BUFFER_MAX);
    buffer_put(&b, piece, BUFFER_MAX / 2 - 1);
    EXPECT(!b.bad && b.n == BUFFER_MAX - 1 && b.p[b.n] == '\0');
    EXPECT_EQ(b.cap, BUFFER_MAX);
    buffer_put(&b, piece, 1);
    EXPECT(b.bad && b.n == BUFFER_MAX - 1);
    mem_free(piece);
    buffer_free(&b);
}
