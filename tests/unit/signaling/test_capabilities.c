/* The object `can`: read, merged, restricted, written. */
#include "base/check.h"
#include "signaling/words/capabilities.h"
#include "tests/unit/test.h"
#include "json/json_read.h"

#include <string.h>

static bool read_can(const char *text, struct capabilities_part *ret) {
    const struct json_limits limits = {1000, 4, 100};
    char whole[256];
    const struct json *v = NULL;
    snprintf(whole, sizeof(whole), "{\"can\":%s}", text);
    CHECK(json_read(whole, strlen(whole), &limits, &v, NULL) == OK);
    bool good = capabilities_read(json_member(v, "can"), ret);
    json_free(v);
    return good;
}

static void expect_can(const struct capabilities *c, const char *text) {
    struct buffer b = {0};
    capabilities_put(&b, NULL, c);
    EXPECT_STR(b.p, text);
    buffer_free(&b);
}

static void expect_part(const struct capabilities_part *p, const char *text) {
    struct buffer b = {0};
    capabilities_put_part(&b, NULL, p);
    EXPECT_STR(b.p, text);
    buffer_free(&b);
}

#define CAN(audio, camera, screen, chat, point)                                     \
    "{\"audio\":\"" audio "\",\"camera\":\"" camera "\",\"screen\":\"" screen "\"," \
    "\"chat\":" chat ",\"point\":" point "}"

TEST(capabilities_have_defaults) {
    struct capabilities c = capabilities_default(STANDING_HOST);
    expect_can(&c, CAN("both", "both", "both", "true", "true"));
    c = capabilities_default(STANDING_GUEST);
    expect_can(&c, CAN("both", "both", "receive", "true", "false"));
    c = capabilities_default(STANDING_OBSERVER);
    expect_can(&c, CAN("receive", "receive", "receive", "false", "false"));
}

TEST(capabilities_are_read_strictly) {
    static const char *const bad[] = {"7",
                                      "null",
                                      "[]",
                                      "{\"microphone\":\"both\"}",
                                      "{\"audio\":true}",
                                      "{\"audio\":\"all\"}",
                                      "{\"audio\":null}",
                                      "{\"chat\":\"true\"}",
                                      "{\"chat\":1}",
                                      "{\"point\":\"both\"}",
                                      "{\"\":true}"};
    struct capabilities_part p = {0};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        EXPECT(!read_can(bad[i], &p));
        EXPECT(!capabilities_any(&p));
    }
    EXPECT(read_can("{}", &p) && !capabilities_any(&p));
    static const char *const good[] = {"{\"audio\":\"none\"}", "{\"camera\":\"send\"}",
                                       "{\"screen\":\"receive\",\"point\":false}",
                                       "{\"audio\":\"both\",\"camera\":\"none\",\"chat\":true}"};
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        EXPECT(read_can(good[i], &p) && capabilities_any(&p));
        expect_part(&p, good[i]);
    }
}

TEST(capabilities_are_merged_and_restricted) {
    struct capabilities c = capabilities_default(STANDING_GUEST);
    struct capabilities_part p;
    REQUIRE(read_can("{\"screen\":\"both\",\"audio\":\"receive\",\"point\":true}", &p));
    struct capabilities less = c;
    capabilities_restrict(&less, &p);
    expect_can(&less, CAN("receive", "both", "receive", "true", "false")); /* it never gains */
    capabilities_merge(&c, &p);
    expect_can(&c, CAN("receive", "both", "both", "true", "true"));
    struct capabilities_part later;
    REQUIRE(read_can("{\"screen\":\"none\",\"chat\":false}", &later));
    struct capabilities_part was = capabilities_named(&c, &later);
    expect_part(&was, "{\"screen\":\"both\",\"chat\":true}");
    capabilities_add(&p, &later);
    expect_part(&p, "{\"audio\":\"receive\",\"screen\":\"none\",\"chat\":false,\"point\":true}");
    capabilities_merge(&c, &later);
    expect_can(&c, CAN("receive", "both", "none", "false", "true"));
    REQUIRE(read_can("{\"audio\":\"send\",\"point\":false}", &p));
    capabilities_restrict(&c, &p);
    expect_can(&c, CAN("none", "both", "none", "false", "false"));
}
