#include "base/alloc.h"

#include "tests/unit/test.h"

TEST(zalloc_zeroes_and_checks_overflow) {
    unsigned char *p = mem_zalloc(16, 4);
    REQUIRE(p);
    for (int i = 0; i < 64; i++) {
        EXPECT_EQ(p[i], 0);
    }
    mem_free(p);
    EXPECT(mem_zalloc(SIZE_MAX / 2, 3) == NULL);
}

TEST(zero_bytes_are_not_a_failure) {
    void *a = mem_alloc(0), *b = mem_zalloc(0, 8), *c = mem_realloc(NULL, 0);
    EXPECT(a && b && c);
    c = mem_realloc(c, 0);
    EXPECT(c);
    mem_free(a);
    mem_free(b);
    EXPECT(mem_free(c) == NULL);
    EXPECT(mem_free(NULL) == NULL);
}

TEST(realloc_keeps_the_bytes) {
    char *p = mem_strdup("oriel");
    REQUIRE(p);
    p = mem_realloc(p, 4096);
    REQUIRE(p);
    EXPECT_STR(p, "oriel");
    mem_free(p);
}

TEST(exactly_the_armed_allocation_fails) {
    char *kept = mem_strdup("kept");
    mem_fail_at(2);
    void *a = mem_alloc(1);
    char *b = mem_strdup("b");
    EXPECT(!mem_failed());
    EXPECT(mem_realloc(kept, 100) == NULL);
    EXPECT(mem_failed());
    EXPECT_STR(kept, "kept");
    void *c = mem_zalloc(1, 1);
    EXPECT(a && b && c);
    mem_fail_at(-1);
    EXPECT(!mem_failed());
    mem_free(a);
    mem_free(b);
    mem_free(c);
    mem_free(kept);
}

TEST_ALLOC(a_pair_is_whole_or_absent) {
    char *a = mem_strdup("a"), *b = a ? mem_strdup("b") : NULL;
    if (!mem_failed()) {
        EXPECT(a && b);
    } else {
        EXPECT(!b);
    }
    mem_free(a);
    mem_free(b);
}
