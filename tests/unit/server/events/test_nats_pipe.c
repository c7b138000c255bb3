#include "server/events/nats_pipe.h"

#include "server/os/clock.h"
#include "tests/unit/test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct nats_pipe *n;
static int far; /* the other end of what is carried to */
static uint16_t port;
static _Atomic us_t stop_at;

static bool stops(void *ctx) {
    (void)ctx;
    return clock_now() >= stop_at;
}

static bool begin(us_t wait) {
    int ends[2];
    char why[WHY_MAX];
    const struct patience p = {clock_now() + wait, stops, NULL};
    const struct timeval limit = {.tv_sec = 20};
    stop_at = US_NEVER;
    CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
    far = ends[1];
    CHECK(setsockopt(far, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) == 0);
    return nats_pipe_open(ends[0], &p, &n, &port, why) == OK;
}

static int enter(void) {
    struct sockaddr_in a = {
        .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(port)};
    const struct timeval limit = {.tv_sec = 20};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) == 0);
    CHECK(connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0);
    return fd;
}

static void end(int near) {
    n = nats_pipe_close(n);
    close(near);
    close(far);
}

/* Cut off, whatever was on its way. */
static bool is_closed(int fd) {
    char c;
    errno = 0;
    return recv(fd, &c, 1, 0) <= 0 && errno != EAGAIN;
}

/* Through both ways: more than is under way at once. */
static void carry(int from, int to) {
    static char out[3 * 16384 + 7], in[sizeof(out)];
    for (size_t i = 0; i < sizeof(out); i++) {
        out[i] = (char)(i * 7 + i / 251);
    }
    EXPECT_EQ(send(from, out, sizeof(out), 0), sizeof(out));
    EXPECT_EQ(recv(to, in, sizeof(in), MSG_WAITALL), sizeof(in));
    EXPECT(memcmp(in, out, sizeof(in)) == 0);
}

TEST(what_goes_in_comes_out_both_ways) {
    REQUIRE(begin(20 * US_PER_S));
    int near = enter();
    carry(near, far);
    carry(far, near);
    EXPECT(!nats_pipe_was_cut(n));
    end(near);
}

TEST(a_pipe_that_nobody_keeps_is_cut) {
    REQUIRE(begin(300 * US_PER_MS));
    int near = enter();
    EXPECT(is_closed(near));
    EXPECT(is_closed(far));
    EXPECT(nats_pipe_was_cut(n));
    end(near);
}

TEST(a_stop_cuts_it_as_well) {
    REQUIRE(begin(60 * US_PER_S));
    int near = enter();
    carry(near, far);
    stop_at = 0;
    EXPECT(is_closed(near));
    end(near);
}

TEST(one_that_is_kept_outlives_its_time) {
    REQUIRE(begin(400 * US_PER_MS));
    int near = enter();
    carry(near, far);
    nats_pipe_keep(n);
    us_t by = clock_now() + 500 * US_PER_MS;
    while (clock_now() < by) {
        carry(far, near);
    }
    EXPECT(!nats_pipe_was_cut(n));
    end(near);
}

TEST(the_last_words_of_a_server_arrive) {
    char words[8] = "";
    REQUIRE(begin(20 * US_PER_S));
    int near = enter();
    EXPECT_EQ(send(far, "-ERR no", 7, 0), 7);
    EXPECT_EQ(shutdown(far, SHUT_WR), 0);
    EXPECT_EQ(recv(near, words, 7, MSG_WAITALL), 7);
    EXPECT_STR(words, "-ERR no");
    EXPECT(is_closed(near));
    end(near);
}

TEST(one_to_whom_nobody_comes_can_be_closed) {
    REQUIRE(begin(60 * US_PER_S));
    us_t from = clock_now();
    n = nats_pipe_close(n);
    EXPECT(clock_now() - from < 20 * US_PER_S);
    EXPECT(is_closed(far));
    close(far);
}

TEST(a_second_one_does_not_get_in) {
    REQUIRE(begin(20 * US_PER_S));
    int near = enter();
    carry(near, far); /* it is in */
    struct sockaddr_in a = {
        .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    EXPECT_EQ(connect(fd, (struct sockaddr *)&a, sizeof(a)), -1);
    EXPECT_EQ(errno, ECONNREFUSED);
    close(fd);
    end(near);
}

TEST_ALLOC(a_pipe_without_memory_closes_what_it_was_given) {
    bool open = begin(20 * US_PER_S);
    EXPECT(open || mem_failed());
    n = open ? nats_pipe_close(n) : NULL;
    EXPECT(is_closed(far));
    close(far);
}
