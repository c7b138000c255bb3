/* The dependency descriptor. Bytes: of Chromium 156, AV1 in L3T3_KEY and L1T3. */
#include "media/wire/dependency.h"
#include "tests/unit/test.h"
#include "tests/unit/wire/descriptors.h"

#define PARSE(s, d, ...)                                                                       \
    dependency_parse(                                                                          \
        bytes_of((const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})), (s), \
        (d))

static bool dtis_are(const struct dependency_frame *f, const char *text) {
    for (unsigned i = 0; text[i]; i++) {
        if (text[i] != "-DSR"[f->dti[i]]) {
            return false;
        }
    }
    return true;
}

TEST(dependency_reads_a_structure) {
    static struct dependency_structure s;
    struct dependency d;
    EXPECT(dependency_has_structure(bytes_of(l3t3_key, sizeof(l3t3_key))));
    REQUIRE(dependency_parse(bytes_of(l3t3_key, sizeof(l3t3_key)), &s, &d) == OK);
    EXPECT(d.start && d.end && d.has_structure && d.has_active);
    EXPECT(d.frame_number == 1 && d.template_id == 0 && d.active == 0x1ff);
    EXPECT(s.n_templates == 15 && s.n_targets == 9 && s.n_chains == 3);
    EXPECT(d.frame.n_diffs == 0 && dtis_are(&d.frame, "SSSSSSSSS"));
    EXPECT(s.protected_by[2] == 0 && s.protected_by[3] == 1 && s.protected_by[8] == 2);
    for (unsigned i = 0; i < 9; i++) {
        EXPECT(s.spatial[i] == i / 3 && s.temporal[i] == i % 3);
    }
    const struct dependency_frame *f = &s.templates[11];
    EXPECT(f->spatial == 2 && f->temporal == 0 && f->n_diffs == 1 && f->diffs[0] == 12);
    EXPECT(dtis_are(f, "------SSS"));
    EXPECT(f->chain[0] == 2 && f->chain[1] == 1 && f->chain[2] == 12);
    EXPECT(dtis_are(&s.templates[7], "----DS---"));
    EXPECT_EQ(s.n_sizes, 3);
    EXPECT(s.width[0] == 319 && s.height[0] == 179 && s.width[2] == 1279 && s.height[2] == 719);
}

TEST(dependency_reads_a_structure_of_frame_rates) {
    static struct dependency_structure s;
    struct dependency d;
    REQUIRE(dependency_parse(bytes_of(l1t3, sizeof(l1t3)), &s, &d) == OK);
    EXPECT(s.n_templates == 5 && s.n_targets == 3 && s.n_chains == 1 && s.n_sizes == 1);
    EXPECT(dtis_are(&s.templates[1], "SSS") && dtis_are(&s.templates[2], "-DS"));
}

TEST(dependency_reads_what_refers_to_it) {
    static struct dependency_structure s;
    struct dependency d;
    EXPECT_EQ(PARSE(&s, &d, 0xc5, 0x00, 0x02), ERR_UNKNOWN);
    EXPECT(!dependency_known(bytes_of((const uint8_t[]){0xc5, 0, 2}, 3), &s));
    REQUIRE(dependency_parse(bytes_of(l3t3_key, sizeof(l3t3_key)), &s, &d) == OK);
    REQUIRE(PARSE(&s, &d, 0x8a, 0x00, 0x03) == OK);
    EXPECT(d.start && !d.end && d.frame_number == 3 && !d.has_structure && !d.has_active);
    EXPECT(d.frame.spatial == 2 && dtis_are(&d.frame, "------SSS"));
    EXPECT_EQ(PARSE(&s, &d, 0x8f, 0x00, 0x03), ERR_UNKNOWN); /* template 15 of 15 */
    EXPECT(dependency_known(bytes_of((const uint8_t[]){0xce, 0, 2}, 3), &s));
}

TEST(dependency_reads_what_differs) {
    static struct dependency_structure s;
    struct dependency d;
    REQUIRE(dependency_parse(bytes_of(l1t3, sizeof(l1t3)), &s, &d) == OK);
    /* active 011; dtis - S R; diffs 3, 200; chain 9 */
    REQUIRE(PARSE(&s, &d, 0xc1, 0x12, 0x34, 0x7b, 0x2d, 0x2b, 0x1c, 0x09) == OK);
    EXPECT(d.has_active && d.active == 3 && !d.has_structure);
    EXPECT(dtis_are(&d.frame, "-SR"));
    EXPECT(d.frame.n_diffs == 2 && d.frame.diffs[0] == 3 && d.frame.diffs[1] == 200);
    EXPECT_EQ(d.frame.chain[0], 9);
    EXPECT(s.templates[1].n_diffs == 1 && dtis_are(&s.templates[1], "SSS")); /* as it was */
}

TEST(dependency_is_left_alone_by_what_is_cut) {
    static struct dependency_structure s;
    struct dependency d = {.frame_number = 77};
    for (size_t n = 0; n < sizeof(l3t3_key); n++) {
        EXPECT(n == 3 ||
               dependency_parse(bytes_of(l3t3_key, n), &s, &d) == (n < 3 ? ERR_SHORT : ERR_FORMAT));
    }
    EXPECT(s.n_templates == 0 && d.frame_number == 77);
}
