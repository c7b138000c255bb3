/* The list of checks: one at a time for each recording, a limit, and the results that are kept. */
#include "server/recording/verifications.h"

#include "base/alloc.h"
#include "tests/unit/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const wall_t noon = {INT64_C(1767355200000000)}; /* 2026-01-02T12:00:00Z */

static const char *id_of(unsigned n) {
    static char id[RECORDING_ID_LEN + 1];
    snprintf(id, sizeof(id), "%032x", n);
    return id;
}

static const struct verification *order(struct verifications *v, unsigned n, bool *ret_new) {
    return verifications_order(v, id_of(n), "olga", noon, ret_new);
}

static void end(struct verifications *v, uint64_t number, enum verification_result r) {
    const struct verification e = {.number = number, .ended = noon, .end = {r, true, OK}};
    CHECK(verifications_end(v, &e));
}

static char *text_of(const struct verification *v) {
    struct buffer b = {0};
    verification_put(&b, v);
    return buffer_take(&b);
}

#define EXPECT_TEXT(v, expected)   \
    do {                           \
        char *got = text_of(v);    \
        EXPECT_STR(got, expected); \
        mem_free(got);             \
    } while (0)

TEST(verifications_tell_how_it_is) {
    struct verifications *v = mem_zalloc(1, sizeof(*v));
    bool is_new;
    EXPECT_TEXT(
        verifications_find(v, id_of(1)),
        "{\"state\":\"none\",\"permille\":0,\"ordered\":null,\"ended\":null,\"result\":null,"
        "\"opened\":false,\"findings\":[],\"findings_left_out\":0}");
    const struct verification *one = order(v, 1, &is_new);
    EXPECT(is_new);
    EXPECT_STR(one->who, "olga");
    EXPECT_TEXT(one,
                "{\"state\":\"waiting\",\"permille\":0,\"ordered\":\"2026-01-02T12:00:00.000Z\","
                "\"ended\":null,\"result\":null,\"opened\":false,\"findings\":[],"
                "\"findings_left_out\":0}");
    verifications_run(v, one->number + 1, 3); /* another one's progress */
    EXPECT_EQ(one->state, VERIFICATION_WAITS);
    verifications_run(v, one->number, 421);
    EXPECT_TEXT(one, "{\"state\":\"running\",\"permille\":421,"
                     "\"ordered\":\"2026-01-02T12:00:00.000Z\",\"ended\":null,\"result\":null,"
                     "\"opened\":false,\"findings\":[],\"findings_left_out\":0}");
    struct verification e = {.number = one->number,
                             .ended = {noon.us + US_PER_S},
                             .end = {VERIFICATION_DAMAGED, true, OK},
                             .findings = mem_strdup("{\"object\":\"x\"}"),
                             .findings_len = 14,
                             .n_findings = 1,
                             .left_out = 7};
    EXPECT(verifications_end(v, &e) == one);
    EXPECT(verifications_end(v, &e) == NULL);
    verifications_run(v, one->number, 500); /* it is over */
    EXPECT_TEXT(one,
                "{\"state\":\"done\",\"permille\":1000,"
                "\"ordered\":\"2026-01-02T12:00:00.000Z\",\"ended\":\"2026-01-02T12:00:01.000Z\","
                "\"result\":\"damaged\",\"opened\":true,\"findings\":[{\"object\":\"x\"}],"
                "\"findings_left_out\":7}");
    verifications_clear(v);
    mem_free(v);
}

TEST(verifications_that_failed_say_why) {
    struct verifications *v = mem_zalloc(1, sizeof(*v));
    bool is_new;
    const struct verification *one = order(v, 1, &is_new);
    struct verification e = {
        .number = one->number, .ended = noon, .end = {VERIFICATION_FAILED, false, ERR_IO}};
    EXPECT(verifications_end(v, &e) == one);
    EXPECT_TEXT(one,
                "{\"state\":\"failed\",\"permille\":1000,"
                "\"ordered\":\"2026-01-02T12:00:00.000Z\",\"ended\":\"2026-01-02T12:00:00.000Z\","
                "\"result\":null,\"opened\":false,\"error\":\"io\",\"findings\":[],"
                "\"findings_left_out\":0}");
    /* Again: what was before is forgotten. */
    EXPECT(order(v, 1, &is_new) == one && is_new && one->number == 2);
    EXPECT_EQ(one->end.error, OK);
    verifications_clear(v);
    mem_free(v);
}

TEST(verifications_of_one_recording_are_one_and_too_many_are_refused) {
    struct verifications *v = mem_zalloc(1, sizeof(*v));
    bool is_new;
    for (unsigned i = 0; i < VERIFICATIONS_UNDER_WAY; i++) {
        EXPECT(order(v, i, &is_new) && is_new);
        EXPECT(order(v, i, &is_new) && !is_new);
    }
    EXPECT_EQ(verifications_under_way(v), VERIFICATIONS_UNDER_WAY);
    EXPECT(order(v, 99, &is_new) == NULL && !is_new);
    EXPECT(order(v, 3, &is_new) && !is_new); /* what is under way is told all the same */
    end(v, 1, VERIFICATION_OK);
    EXPECT(order(v, 99, &is_new) && is_new);
    verifications_clear(v);
    EXPECT_EQ(verifications_under_way(v), 0);
    mem_free(v);
}

TEST(verifications_forget_the_oldest_result) {
    struct verifications *v = mem_zalloc(1, sizeof(*v));
    bool is_new;
    order(v, 1000, &is_new); /* runs all the time */
    for (unsigned i = 0; i < VERIFICATIONS_KEPT + 10; i++) {
        uint64_t number = order(v, i, &is_new)->number;
        end(v, number, VERIFICATION_OK);
    }
    EXPECT(verifications_find(v, id_of(0)) == NULL && verifications_find(v, id_of(10)) == NULL);
    EXPECT(verifications_find(v, id_of(11)) != NULL);
    EXPECT(verifications_find(v, id_of(1000))->state == VERIFICATION_WAITS);
    verifications_clear(v);
    mem_free(v);
}
