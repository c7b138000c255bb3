#include "base/ulid.h"
#include "tests/unit/test.h"

#include <string.h>

TEST(a_ulid_sorts_by_its_time) {
    struct rng_seeded seed;
    rng_seed(&seed, 1);
    struct rng rng = rng_from_seeded(&seed);
    char a[ULID_LEN + 1], b[ULID_LEN + 1], c[ULID_LEN + 1];
    ulid_make((wall_t){1469922850259000}, &rng, a); /* the time of the specification's example */
    ulid_make((wall_t){1469922850259999}, &rng, b);
    ulid_make((wall_t){1469922850260000}, &rng, c);
    EXPECT(strncmp(a, "01ARZ3NDEK", 10) == 0 && strncmp(b, a, 10) == 0 && strcmp(a, b) != 0);
    EXPECT(strcmp(c, a) > 0 && strcmp(c, b) > 0);
    ulid_make((wall_t){-5}, &rng, a);
    EXPECT(strncmp(a, "0000000000", 10) == 0 && ulid_valid(a));
}

TEST(what_is_no_ulid_is_not_taken_for_one) {
    EXPECT(ulid_valid("01ARZ3NDEKTSV4RRFFQ69G5FAV"));
    EXPECT(ulid_valid("7ZZZZZZZZZZZZZZZZZZZZZZZZZ"));
    static const char *const bad[] = {"",
                                      "01ARZ3NDEKTSV4RRFFQ69G5FA",
                                      "01ARZ3NDEKTSV4RRFFQ69G5FAVX",
                                      "8ZZZZZZZZZZZZZZZZZZZZZZZZZ",
                                      "01ARZ3NDEKTSV4RRFFQ69G5FAU",
                                      "01arz3ndektsv4rrffq69g5fav",
                                      "01ARZ3NDEKTSV4RRFFQ69G5FA/"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        EXPECT(!ulid_valid(bad[i]));
    }
}
