#include "server/config/announce_again.h"
#include "server/config/config_check.h"
#include "server/os/clock.h"
#include "server/os/sockaddr.h"
#include "tests/unit/test.h"

#include <poll.h>
#include <unistd.h>

static char why[WHY_MAX];
static struct announce a;

static struct addr ip(const char *text) {
    struct addr r = {.port = 0};
    CHECK(sockaddr_parse(text, 0, &r));
    return r;
}

/* A resolver that knows three names. */
static size_t book(void *ctx, const char *name, struct addr *out, size_t cap) {
    (void)ctx;
    CHECK(cap >= 3);
    if (strcmp(name, "both.example") == 0) {
        out[0] = ip("198.51.100.7");
        out[1] = ip("2001:db8::7");
        out[2] = ip("fe80::7");
        return 3;
    }
    if (strcmp(name, "many.example") == 0) {
        for (size_t i = 0; i < cap; i++) {
            out[i] = addr_v4(198, 51, 100, (uint8_t)i, 0);
        }
        return cap;
    }
    out[0] = ip("2001:db8::6");
    return strcmp(name, "six.example") == 0;
}

static enum err fill(const char *bind, size_t n, const char **items) {
    struct config c = {.media_announce = {.n = n}};
    struct addr at = ip(bind);
    char *copy[16];
    CHECK(n <= 16);
    for (size_t i = 0; i < n; i++) {
        copy[i] = (char *)items[i];
    }
    c.media_announce.items = copy;
    why[0] = '\0';
    return announce_fill(&a, &c, &at, &(struct announce_resolver){book, NULL}, why);
}

static bool is(size_t i, const char *text) {
    struct addr want = ip(text);
    return i < a.n && addr_eq(&a.at[i], &want);
}

TEST(both_families_in_turn) {
    const char *items[] = {"192.0.2.1", "192.0.2.2", "192.0.2.3", "2001:db8::1", "2001:db8::2"};
    EXPECT_EQ(fill("::", 5, items), OK);
    EXPECT_EQ(a.n, 5);
    EXPECT(is(0, "2001:db8::1") && is(1, "192.0.2.1") && is(2, "2001:db8::2"));
    EXPECT(is(3, "192.0.2.2") && is(4, "192.0.2.3"));
}

TEST(names_are_resolved) {
    const char *items[] = {"192.0.2.1", "both.example", "192.0.2.1"};
    EXPECT_EQ(fill("::", 3, items), OK);
    EXPECT_EQ(a.n, 3); /* each once, and not that of the link */
    EXPECT(is(0, "2001:db8::7") && is(1, "192.0.2.1") && is(2, "198.51.100.7"));
    EXPECT_EQ(fill("0.0.0.0", 2, &items[1]), OK);
    EXPECT_EQ(a.n, 2); /* IPv6 does not come there */
    EXPECT(is(0, "198.51.100.7") && is(1, "192.0.2.1"));
    EXPECT_EQ(fill("2001:db8::9", 1, &items[1]), OK);
    EXPECT(a.n == 1 && is(0, "2001:db8::7"));
}

TEST(what_is_told_already_is_not_missing) {
    const char *items[] = {"198.51.100.7", "both.example", "both.example"};
    EXPECT_EQ(fill("0.0.0.0", 3, items), OK);
    EXPECT(a.n == 1 && is(0, "198.51.100.7"));
    EXPECT_EQ(fill("0.0.0.0", 2, &items[1]), OK);
    EXPECT(a.n == 1 && is(0, "198.51.100.7"));
}

TEST(what_is_missing_is_named) {
    const char *unknown[] = {"192.0.2.1", "gone.example"}, *six[] = {"six.example"};
    const char *many[] = {"many.example"};
    EXPECT_EQ(fill("::", 2, unknown), ERR_UNKNOWN);
    EXPECT_STR(why, "media.announce: \"gone.example\" is not known to the resolver");
    EXPECT_EQ(fill("0.0.0.0", 1, six), ERR_UNKNOWN);
    EXPECT_STR(why, "media.announce: \"six.example\" has no address that media.address gets");
    EXPECT_EQ(fill("::", 1, many), ERR_FULL);
    EXPECT_STR(why, "media.announce: more than 8 addresses");
}

TEST(without_a_list_the_address_itself) {
    EXPECT_EQ(fill("2001:db8::9", 0, NULL), OK);
    EXPECT(a.n == 1 && is(0, "2001:db8::9"));
    EXPECT_EQ(fill("127.0.0.2", 0, NULL), OK);
    EXPECT(a.n == 1 && is(0, "127.0.0.2"));
    EXPECT_EQ(fill("::", 0, NULL), OK); /* whatever this machine has */
    EXPECT(a.n > 0);
    for (size_t i = 0; i < a.n; i++) {
        EXPECT(!addr_is_link_local(&a.at[i]) && a.at[i].port == 0);
    }
    EXPECT_EQ(fill("0.0.0.0", 0, NULL), OK);
    EXPECT(a.n > 0 && addr_is_v4(&a.at[0]));
}

static void woken(void *ctx) {
    int fd = *(const int *)ctx;
    CHECK(write(fd, "", 1) == 1);
}

/* Begins, waits until it is woken, and ends it. */
static enum err again(char **items, size_t n) {
    struct config c = {.media_announce = {.items = items, .n = n}};
    int fd[2];
    char byte;
    CHECK(pipe(fd) == 0);
    struct announce_again_config x = {
        .config = &c, .bind = ip("::"), .resolve = book, .wake = woken, .ctx = &fd[1]};
    struct announce_again *running = NULL;
    EXPECT_EQ(announce_again_new(&x, &running, why), OK);
    CHECK(read(fd[0], &byte, 1) == 1);
    EXPECT(announce_again_done(running));
    enum err e = announce_again_end(running, &a, why);
    close(fd[0]);
    close(fd[1]);
    return e;
}

TEST(names_are_resolved_again_in_a_thread) {
    char both[] = "both.example", gone[] = "gone.example";
    EXPECT_EQ(again((char *[]){both}, 1), OK);
    EXPECT(a.n == 2 && is(0, "2001:db8::7") && is(1, "198.51.100.7"));
    EXPECT_EQ(again((char *[]){both, gone}, 2), ERR_UNKNOWN);
    EXPECT_STR(why, "media.announce: \"gone.example\" is not known to the resolver");
    EXPECT_EQ(a.n, 2); /* as it was */
    EXPECT_EQ(announce_again_end(NULL, &a, why), ERR_WRONG_STATE);
}

/* Says nothing for as long as it is waited for. */
static size_t silent(void *ctx, const char *name, struct addr *out, size_t cap) {
    const struct announce_wait *w = ctx;
    (void)name;
    (void)out;
    (void)cap;
    while (!patience_ended(&w->patience)) {
        (void)poll(NULL, 0, patience_ms(&w->patience));
    }
    return 0;
}

static void deaf(void *ctx) {
    (void)ctx;
}

TEST(an_end_does_not_wait_for_a_resolver_that_is_silent) {
    char both[] = "both.example", *items[] = {both};
    struct config c = {.media_announce = {.items = items, .n = 1}};
    struct announce_again_config x = {
        .config = &c, .bind = ip("::"), .resolve = silent, .wake = deaf};
    struct announce_again *running = NULL;
    us_t from = clock_now();
    EXPECT_EQ(announce_again_new(&x, &running, why), OK);
    EXPECT_EQ(announce_again_end(running, &a, why), ERR_UNKNOWN);
    EXPECT(clock_now() - from < 20 * US_PER_S);
}

TEST(the_resolver_of_the_system) {
    struct addr at[4];
    struct addr v4 = ip("127.0.0.1"), v6 = ip("::1");
    size_t n = announce_resolve(NULL, "localhost", at, 4);
    REQUIRE(n > 0);
    for (size_t i = 0; i < n; i++) {
        EXPECT(addr_eq(&at[i], &v4) || addr_eq(&at[i], &v6));
    }
    EXPECT_EQ(announce_resolve(NULL, "localhost", at, 0), 0);
}

TEST(names_of_hosts) {
    EXPECT(announce_is_name("localhost") && announce_is_name("a-1.b2.example"));
    EXPECT(announce_is_name("1and1.com") && announce_is_name("7.example"));
    EXPECT(!announce_is_name("") && !announce_is_name(".") && !announce_is_name("a..b"));
    EXPECT(!announce_is_name("a.") && !announce_is_name("-a.b") && !announce_is_name("a-.b"));
    EXPECT(!announce_is_name("a_b.c") && !announce_is_name("a b") && !announce_is_name("1.2.3.4"));
    EXPECT(!announce_is_name("a.1") && !announce_is_name("http://a.b") && !announce_is_name("::1"));
    char label[70];
    memset(label, 'a', sizeof(label));
    label[63] = '\0';
    EXPECT(announce_is_name(label));
    label[63] = 'a';
    label[64] = '\0';
    EXPECT(!announce_is_name(label));
}
