#include "server/tours/registry.h"

#include "base/check.h"
#include "tests/unit/test.h"

static struct tour_record *make(const char *id, const char *name, bool ended) {
    struct tour_record r = {.version = 1, .ended_at = {ended ? 5 : 0}};
    snprintf(r.id, sizeof(r.id), "%s", id);
    snprintf(r.name, sizeof(r.name), "%s", name);
    return tour_record_copy(&r);
}

static bool add(struct registry *x, const char *id, const char *name, bool ended, enum err wanted) {
    struct tour_record *r = make(id, name, ended);
    enum err e = r ? registry_add(x, r) : ERR_NOMEM;
    if (e != OK) {
        tour_record_free(r);
    }
    return e == wanted;
}

TEST(registry_is_in_order) {
    struct registry *x = registry_new(4, 3);
    REQUIRE(x);
    EXPECT(registry_before(x, "") == NULL && !registry_find(x, "b"));
    EXPECT(add(x, "2", "b", true, OK));
    EXPECT(add(x, "1", "a", false, OK));
    EXPECT(add(x, "4", "d", true, OK));
    EXPECT(add(x, "3", "c", false, OK));
    EXPECT(add(x, "5", "b", false, ERR_EXISTS));
    EXPECT(add(x, "5", "e", false, ERR_FULL));
    EXPECT_EQ(registry_count(x), 4);
    EXPECT_EQ(registry_ended(x), 2);
    EXPECT_STR(registry_find(x, "c")->id, "3");
    EXPECT_STR(registry_before(x, "")->id, "4");
    EXPECT_STR(registry_before(x, "4")->id, "3");
    EXPECT_STR(registry_before(x, "35")->id, "3"); /* it need not be there */
    EXPECT(registry_before(x, "1") == NULL);
    EXPECT_STR(registry_oldest_ended(x)->id, "2");
    registry_find(x, "b")->busy = true;
    EXPECT_STR(registry_oldest_ended(x)->id, "4");
    registry_remove(x, registry_find(x, "b"));
    EXPECT(!registry_find(x, "b"));
    EXPECT_STR(registry_before(x, "3")->id, "1");
    EXPECT(add(x, "0", "b", false, OK));
    EXPECT_STR(registry_before(x, "1")->id, "0");
    EXPECT(registry_free(x) == NULL);
}

static void add_of(struct registry *x, const char *id, bool ended, const char *by) {
    struct tour_record *r = make(id, id, ended);
    REQUIRE(r);
    snprintf(r->made_by, sizeof(r->made_by), "%s", by);
    EXPECT_EQ(registry_add(x, r), OK);
}

TEST(registry_counts_who_has_made_them) {
    struct registry *x = registry_new(9, 3);
    REQUIRE(x);
    add_of(x, "1", false, "north:ann");
    add_of(x, "2", false, "north:ann");
    add_of(x, "3", false, "north:bob");
    add_of(x, "4", true, "north:bob"); /* has ended */
    add_of(x, "5", false, "northern:ann");
    add_of(x, "6", false, "ann");
    add_of(x, "7", false, ""); /* of an earlier release */
    EXPECT_EQ(registry_made_by(x, "north:ann", false), 2);
    EXPECT_EQ(registry_made_by(x, "north:ann", true), 3);
    EXPECT_EQ(registry_made_by(x, "north:cyd", false), 0);
    EXPECT_EQ(registry_made_by(x, "north:cyd", true), 3);
    EXPECT_EQ(registry_made_by(x, "ann", false), 1);
    EXPECT_EQ(registry_made_by(x, "ann", true), 0); /* of our own secret: no issuer */
    EXPECT_EQ(registry_made_by(x, "", false), 0);
    registry_free(x);
}

TEST_ALLOC(registry_without_memory) {
    struct registry *x = registry_new(4, 3);
    EXPECT(x || mem_failed());
    if (x) {
        EXPECT(add(x, "1", "a", false, OK) || mem_failed());
    }
    registry_free(x);
}
