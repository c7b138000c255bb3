#include "server/net/dial.h"

#include "server/os/clock.h"
#include "tests/unit/test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int listener;
static char port[8];
static us_t stop_at;

static bool stops(void *ctx) {
    (void)ctx;
    return clock_now() >= stop_at;
}

/* The first address has nobody behind it. */
static int two(const char *node, const char *service, const struct addrinfo *hints,
               struct addrinfo **ret) {
    bool away = strcmp(node, "away.example") == 0;
    int e = getaddrinfo(away ? "192.0.2.1" : "127.0.0.77", service, hints, ret);
    return e != 0 || away ? e : getaddrinfo("127.0.0.1", service, hints, &(*ret)->ai_next);
}

static void begin(void) {
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(a);
    listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(bind(listener, (struct sockaddr *)&a, sizeof(a)) == 0 && listen(listener, 8) == 0);
    CHECK(getsockname(listener, (struct sockaddr *)&a, &size) == 0);
    snprintf(port, sizeof(port), "%u", ntohs(a.sin_port));
    stop_at = US_NEVER;
}

static int call(const char *host, bool here, char why[WHY_MAX]) {
    struct lookups *l = lookups_new(two);
    const struct dial d = {.host = host,
                           .service = port,
                           .here = here,
                           .lookup = 20 * US_PER_S,
                           .connect = 20 * US_PER_S,
                           .stop = stops};
    int fd = l ? dial_tcp(l, &d, why) : -1;
    lookups_free(l);
    return fd;
}

TEST(each_address_of_a_name_is_tried) {
    char why[WHY_MAX] = "";
    begin();
    int fd = call("two.example", true, why);
    EXPECT(fd >= 0);
    close(fd);
    close(listener);
}

TEST(who_is_not_there_is_said) {
    char why[WHY_MAX] = "";
    begin();
    close(listener);
    EXPECT_EQ(call("127.0.0.1", true, why), -1);
    EXPECT_STR(why, strerror(ECONNREFUSED));
}

TEST(what_is_in_clear_goes_to_this_machine_whatever_its_name_means) {
    char why[WHY_MAX] = "";
    begin();
    EXPECT_EQ(call("away.example", true, why), -1);
    EXPECT_STR(why, strerror(EACCES));
    close(listener);
}
