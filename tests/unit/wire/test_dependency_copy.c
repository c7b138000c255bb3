/* Copies of descriptors of Chromium 156: what they say otherwise is read back, and nothing else. */
#include "media/wire/dependency_copy.h"

#include "media/wire/dependency.h"
#include "media/wire/grid.h"
#include "media/wire/layers.h"
#include "tests/unit/test.h"
#include "tests/unit/wire/descriptors.h"

static const uint8_t l1t3_later[] = {0xc5, 0x00, 0x09, 0x80, 0xa2, 0x14, 0xea, 0xa8, 0x60, 0x41,
                                     0x4d, 0x14, 0x10, 0x20, 0x84, 0x27, 0x04, 0xff, 0x02, 0xcf};

/* The copy, read again by the structure `after` of copies; its length. */
static size_t copy(struct bytes b, const struct dependency_copy *c,
                   struct dependency_structure *after, struct dependency *ret) {
    uint8_t out[DEPENDENCY_LEN_MAX];
    size_t n = dependency_copy(b, c, out);
    EXPECT_EQ(n, dependency_copy_len(b, c));
    EXPECT_EQ(dependency_parse(bytes_of(out, n), after, ret), OK);
    return n;
}

TEST(dependency_copy_of_a_structure_has_other_ids) {
    static struct dependency_structure s, t;
    struct dependency d, e;
    struct bytes b = bytes_of(l3t3_key, sizeof(l3t3_key));
    REQUIRE(dependency_parse(b, &s, &d) == OK);
    struct dependency_copy c = {.frame_number = 0xfffe, .ids = 60};
    EXPECT_EQ(copy(b, &c, &t, &e), sizeof(l3t3_key));
    EXPECT(e.frame_number == 0xfffe && e.template_id == 60 && t.first_id == 60);
    EXPECT(e.active == 0x1ff && memcmp(&e.frame, &d.frame, sizeof(e.frame)) == 0);
    t.first_id = s.first_id;
    EXPECT(memcmp(&s, &t, sizeof(s)) == 0);
    EXPECT(dependency_first_id(bytes_of(l1t3_later, sizeof(l1t3_later))) == 5);
}

TEST(dependency_copy_of_a_structure_tells_active_targets) {
    static struct dependency_structure s, t;
    struct dependency d, e;
    struct bytes b = bytes_of(l3t3_key, sizeof(l3t3_key));
    REQUIRE(dependency_parse(b, &s, &d) == OK);
    struct dependency_copy c = {.frame_number = 1,
                                .sets_active = true,
                                .n_targets = 9,
                                .active_at = d.active_at,
                                .active = 0x038};
    EXPECT(copy(b, &c, &t, &e) <= sizeof(l3t3_key) + 2);
    EXPECT(e.has_structure && e.has_active && e.active == 0x038);
    EXPECT(memcmp(&s, &t, sizeof(s)) == 0 && memcmp(&e.frame, &d.frame, sizeof(e.frame)) == 0);
}

TEST(dependency_copy_of_a_frame_tells_active_targets) {
    static struct dependency_structure s;
    struct dependency d, e;
    REQUIRE(dependency_parse(bytes_of(l1t3_later, sizeof(l1t3_later)), &s, &d) == OK);
    static const uint8_t bare[] = {0x86, 0x00, 0x0a};
    struct dependency_copy c = {.frame_number = 7,
                                .sets_active = true,
                                .n_targets = 3,
                                .active_at = DEPENDENCY_ACTIVE_AT,
                                .active = 3};
    EXPECT_EQ(copy(bytes_of(bare, sizeof(bare)), &c, &s, &e), 4);
    EXPECT(e.start && !e.end && e.frame_number == 7 && e.has_active && e.active == 3);
    EXPECT(memcmp(&e.frame, &s.templates[1], sizeof(e.frame)) == 0);
    /* dtis, diffs and chains of its own move back: - S R; 3, 200; 9 */
    static const uint8_t own[] = {0xc6, 0x12, 0x34, 0x39, 0x69, 0x58, 0xe0, 0x48};
    static const uint8_t with[] = {0xc6, 0x12, 0x34, 0x7f, 0x2d, 0x2b, 0x1c, 0x09};
    for (unsigned i = 0; i < 2; i++) {
        struct bytes b = i ? bytes_of(with, sizeof(with)) : bytes_of(own, sizeof(own));
        REQUIRE(dependency_parse(b, &s, &d) == OK);
        EXPECT(d.active_at == DEPENDENCY_ACTIVE_AT && dependency_says_active(b) == i);
        c.active = 1;
        EXPECT(copy(b, &c, &s, &e) <= b.n + 1 && e.has_active && e.active == 1);
        EXPECT(memcmp(&e.frame, &d.frame, sizeof(e.frame)) == 0);
    }
}

/* The longest element there can be is not made longer. */
TEST(dependency_copy_fits_in_an_element) {
    static struct dependency_structure s;
    struct dependency d, e;
    uint8_t longest[DEPENDENCY_LEN_MAX] = {0}, out[DEPENDENCY_LEN_MAX];
    memcpy(longest, l1t3_later, sizeof(l1t3_later));
    struct bytes b = bytes_of(longest, sizeof(longest));
    REQUIRE(dependency_parse(b, &s, &d) == OK);
    struct dependency_copy c = {.frame_number = 7,
                                .sets_active = true,
                                .n_targets = 3,
                                .active_at = d.active_at,
                                .active = 1};
    EXPECT_EQ(dependency_copy_len(b, &c), DEPENDENCY_LEN_MAX);
    EXPECT_EQ(dependency_copy(b, &c, out), DEPENDENCY_LEN_MAX);
    REQUIRE(dependency_parse(bytes_of(out, sizeof(out)), &s, &e) == OK);
    EXPECT(e.frame_number == 7 && e.active == 7);
}

TEST(grid_tells_which_targets_come) {
    static struct dependency_structure s;
    struct dependency d;
    REQUIRE(dependency_parse(bytes_of(l1t3_later, sizeof(l1t3_later)), &s, &d) == OK);
    struct grid g = grid_of(&s);
    EXPECT(g.n_spatial == 1 && g.n_temporal == 3 && !g.independent);
    EXPECT_EQ(grid_active(g, 7, TARGET_BEST), 7);
    EXPECT_EQ(grid_active(g, 7, target_of(0, 3)), 7);
    EXPECT_EQ(grid_active(g, 7, target_of(2, 1)), 3);
    EXPECT_EQ(grid_active(g, 3, target_of(0, 2)), 3);
    EXPECT_EQ(grid_active((struct grid){0}, 5, 0), 5);
    s.temporal[1] = 2; /* not in their order */
    EXPECT_EQ(grid_targets(grid_of(&s)), 0);
}

/* Where the larger sizes need the smaller ones all of these are to be had. */
TEST(grid_of_dependent_sizes) {
    struct grid g = {.n_spatial = 2, .n_temporal = 2};
    EXPECT_EQ(grid_active(g, 15, TARGET_BEST), 15);
    EXPECT_EQ(grid_active(g, 15, target_of(2, 0)), 5);
    EXPECT_EQ(grid_active(g, 15, target_of(0, 3)), 3);
    g.independent = true;
    EXPECT_EQ(grid_active(g, 15, target_of(2, 0)), 4);
}
