#include "base/trace.h"

#include "tests/unit/test.h"

#define ID "0af7651916cd43dd8448eb211c80319c"
#define PARENT "b7ad6b7169203331"

static struct trace begin(const char *header) {
    struct rng_seeded seed;
    rng_seed(&seed, 3);
    struct rng rng = rng_from_seeded(&seed);
    struct trace t;
    trace_begin(&t, header, &rng);
    return t;
}

TEST(trace_goes_on) {
    char text[TRACE_TEXT];
    struct trace t = begin("00-" ID "-" PARENT "-01");
    EXPECT_STR(t.id, ID);
    EXPECT_STR(t.parent, PARENT);
    EXPECT(t.sampled);
    EXPECT_EQ(strlen(t.span), TRACE_SPAN);
    EXPECT(strcmp(t.span, PARENT) != 0);
    trace_text(&t, text);
    EXPECT(strncmp(text, "00-" ID "-", 36) == 0);
    EXPECT(strncmp(text + 36, t.span, TRACE_SPAN) == 0);
    EXPECT_STR(text + 52, "-01");
    EXPECT(!begin("00-" ID "-" PARENT "-02").sampled);
    EXPECT_STR(begin("01-" ID "-" PARENT "-00-more").id, ID); /* of a later version */
}

TEST(trace_begins_here) {
    static const char *const bad[] = {
        NULL,
        "",
        "00",
        "00-" ID "-" PARENT "-0",
        "00-" ID "-" PARENT "-01-",
        "00-" ID "-" PARENT "-01x",
        "01-" ID "-" PARENT "-00x",
        "ff-" ID "-" PARENT "-01",
        "0g-" ID "-" PARENT "-01",
        "00-0AF7651916CD43DD8448EB211C80319C-" PARENT "-01",
        "00-00000000000000000000000000000000-" PARENT "-01",
        "00-" ID "-0000000000000000-01",
        "00_" ID "-" PARENT "-01",
        "00-" ID "0-" PARENT "-01",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct trace t = begin(bad[i]);
        EXPECT_EQ(strlen(t.id), TRACE_ID);
        EXPECT(strcmp(t.id, ID) != 0);
        EXPECT_STR(t.parent, "");
        EXPECT(!t.sampled);
    }
}
