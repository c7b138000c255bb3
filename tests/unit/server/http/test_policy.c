/* The security headers: on our answers, on those of libwebsockets, and on an upgrade, also when
 * they are as long as they may be. */
#include "server/http/policy.h"

#include "server/config/web_origin.h"
#include "tests/unit/server/http/rim.h"

static struct rim rim;
static struct client client;

static bool start(struct config_list images, struct config_list ancestors) {
    rim_init(&rim);
    rim.config.web_images = images;
    rim.config.web_frame_ancestors = ancestors;
    bool ok = rim_start(&rim);
    EXPECT(ok);
    return ok;
}

/* What is answered to who says this. */
static void say(const char *text, const char *end) {
    client_close(&client);
    client_open(&client, rim.loop.port, NULL);
    EXPECT(client_say(&client, text));
    UNTIL(&rim, client_has(&client, end));
    EXPECT_EQ(client_count(&client, "content-security-policy: "), 1);
    EXPECT_EQ(client_count(&client, "x-content-type-options: nosniff\r\n"), 1);
}

static bool has(const char *text) {
    return client_has(&client, text);
}

#define TEXT_END "\r\n\r\na text"
#define HEADERS_END "\r\n\r\n"
#define GET "GET /text HTTP/1.1\r\nHost: here\r\n\r\n"
#define NOT_OURS "TRACE / HTTP/1.1\r\nHost: here\r\n\r\n" /* libwebsockets refuses it */
#define NOWHERE "GET /none HTTP/1.1\r\nHost: here\r\n\r\n"

TEST(policy_says_who_may_show_what) {
    static char cdn[] = "https://*.cdn.example", shop[] = "https://shop.example:8443";
    static char *images[] = {cdn, shop}, *ancestors[] = {shop};
    const struct config_list none = {NULL, 0};
    REQUIRE(start(none, none));
    say(GET, TEXT_END);
    EXPECT(has("; img-src 'self' data:; frame-ancestors 'none'\r\n"));
    EXPECT(!has("strict-transport-security:"));
    /* An order to read them again: from the next answer on. */
    struct config fresh = rim.config;
    fresh.web_images = (struct config_list){images, 2};
    fresh.web_frame_ancestors = (struct config_list){ancestors, 1};
    policy_again(rim.loop.policy, &fresh);
    say(GET, TEXT_END);
    EXPECT(has("; img-src 'self' data: https://*.cdn.example https://shop.example:8443; "
               "frame-ancestors https://shop.example:8443\r\n"));
    say(NOT_OURS, HEADERS_END);
    EXPECT(has("; frame-ancestors https://shop.example:8443\r\n"));
    policy_again(rim.loop.policy, &rim.config);
    say(GET, TEXT_END);
    EXPECT(has("; img-src 'self' data:; frame-ancestors 'none'\r\n"));
    client_close(&client);
    rim_stop(&rim);
}

TEST(policy_as_long_as_it_may_be) {
#define PER_ITEM 64 /* [bytes], with what stands between */
    static char text[WEB_ORIGINS_BYTES / PER_ITEM][PER_ITEM];
    static char *items[WEB_ORIGINS_BYTES / PER_ITEM];
    size_t n = sizeof(items) / sizeof(items[0]);
    for (size_t i = 0; i < n; i++) {
        snprintf(text[i], PER_ITEM, "https://a%054zu", i);
        items[i] = text[i];
        EXPECT_EQ(strlen(text[i]), PER_ITEM - 1);
    }
    REQUIRE(start((struct config_list){items, n / 2}, (struct config_list){items + n / 2, n / 2}));
    say(GET, TEXT_END);
    EXPECT(client_status(&client) == 200 && has(text[0]) && has(text[n - 1]));
    say(NOWHERE, "\"not_found\"");
    EXPECT(client_status(&client) == 404 && has(text[n - 1]));
    say(NOT_OURS, HEADERS_END);
    EXPECT(has("HTTP/1.0 403 ") && has(text[n - 1]));
    client_close(&client);
    client_open(&client, rim.loop.port, NULL);
    EXPECT(client_upgrade(&client, NULL));
    UNTIL(&rim, rim.ws_opened == 1 && has(HEADERS_END));
    EXPECT_EQ(client_status(&client), 101);
    client_close(&client);
    client_open(&client, rim.loop.port, NULL);
    EXPECT(client_upgrade(&client, "Sec-WebSocket-Protocol: other\r\n"));
    UNTIL(&rim, has("application/problem+json") && has(text[n - 1]));
    client_close(&client);
    rim_stop(&rim);
}
