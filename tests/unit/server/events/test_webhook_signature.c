#include "server/events/webhook_signature.h"
#include "tests/unit/test.h"

#include <string.h>

/* The example of the Standard Webhooks specification and its libraries. */
TEST(a_webhook_is_signed_as_the_specification_signs_it) {
    struct webhook_keys k;
    char why[WHY_MAX];
    struct buffer b = {0};
    REQUIRE(webhook_keys_read("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n", &k, why) == OK);
    EXPECT_EQ(k.n, 1);
    EXPECT_EQ(k.len[0], 24);
    webhook_sign(&b, &k, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, "{\"test\": 2432232314}");
    EXPECT_STR(b.p, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    buffer_free(&b);
}

TEST(two_secrets_sign_twice) {
    struct webhook_keys k;
    char why[WHY_MAX];
    struct buffer b = {0};
    REQUIRE(webhook_keys_read("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\r\n"
                              "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
                              &k, why) == OK);
    EXPECT_EQ(k.n, 2);
    webhook_sign(&b, &k, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, "{\"test\": 2432232314}");
    EXPECT(strncmp(b.p, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE= v1,", 51) == 0);
    EXPECT_EQ(b.n, 47 + 1 + 47);
    buffer_free(&b);
}

TEST(what_is_no_secret_signs_nothing) {
    static const char *const bad[] = {
        "",
        "\n\n",
        "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "whsec_",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2La", /* not whole */
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2Y=", /* 23 bytes */
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS!",
        "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\nwhsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n"
        "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct webhook_keys k = {.n = 7};
        char why[WHY_MAX] = "";
        EXPECT_EQ(webhook_keys_read(bad[i], &k, why), ERR_FORMAT);
        EXPECT(*why && k.n == 7);
    }
}
