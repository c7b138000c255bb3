#include "server/udp.h"
#include "tests/unit/test.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOW US_PER_S

static bool readable(const struct udp *u) {
    struct pollfd fd = {.fd = udp_fd(u), .events = POLLIN};
    return poll(&fd, 1, 5000) == 1;
}

static struct udp *open_loopback(void) {
    char why[WHY_MAX] = "";
    struct udp *u = NULL;
    struct addr any_port = addr_v4(127, 0, 0, 1, 0);
    enum err err = udp_open(&any_port, &u, why);
    if (err != OK) {
        printf("# %s\n", why);
    }
    return u;
}

static void queue(struct udp *from, const struct addr *to, uint8_t fill, size_t len) {
    struct train *t = udp_slot(from);
    train_clear(t);
    t->to = *to;
    t->from = (struct addr){0};
    memset(t->data, fill, len);
    train_add(t, len);
    udp_keep(from);
}

TEST(udp_batches_arrive_with_their_sender) {
    struct udp *a = open_loopback(), *b = open_loopback();
    struct packet_pool *pool = packet_pool_new(128);
    struct packet *in[UDP_BATCH];
    size_t got = 0;
    REQUIRE(a && b && pool);
    struct addr to = addr_v4(127, 0, 0, 1, udp_port(b));
    struct addr from = addr_v4(127, 0, 0, 1, udp_port(a));
    /* One more than a batch: the full one is sent by itself. */
    for (size_t i = 0; i < UDP_BATCH + 1; i++) {
        queue(a, &to, (uint8_t)i, 100 + i);
    }
    udp_flush(a, NOW);
    while (got < UDP_BATCH + 1 && readable(b)) {
        size_t n = udp_recv(b, pool, 42, in);
        for (size_t i = 0; i < n; i++, got++) {
            EXPECT_EQ(in[i]->len, 100 + got);
            EXPECT_EQ(in[i]->data[0], got);
            EXPECT_EQ(in[i]->arrival, 42);
            EXPECT(addr_eq(&in[i]->from, &from));
            packet_unref(in[i]);
        }
    }
    EXPECT_EQ(got, UDP_BATCH + 1);
    EXPECT_EQ(udp_counters(a)->send_errors, 0);
    udp_close(a);
    udp_close(b);
    packet_pool_free(pool);
}

TEST(udp_without_packets_counts_and_drops) {
    struct udp *a = open_loopback(), *b = open_loopback();
    struct packet_pool *pool = packet_pool_new(1);
    struct packet *in[UDP_BATCH];
    REQUIRE(a && b && pool);
    struct addr to = addr_v4(127, 0, 0, 1, udp_port(b));
    for (uint8_t i = 0; i < 3; i++) {
        queue(a, &to, i, 50);
    }
    udp_flush(a, NOW);
    REQUIRE(readable(b));
    EXPECT_EQ(udp_recv(b, pool, 1, in), 1);
    EXPECT_EQ(udp_counters(b)->pool_empty, 2);
    packet_unref(in[0]);
    udp_close(a);
    udp_close(b);
    packet_pool_free(pool);
}

TEST(udp_larger_than_a_packet_is_counted_and_dropped) {
    static const uint8_t big[PACKET_CAP + 1];
    struct udp *a = open_loopback();
    struct packet_pool *pool = packet_pool_new(8);
    struct packet *in[UDP_BATCH];
    REQUIRE(a && pool);
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons(udp_port(a)),
                             .sin_addr = {htonl(INADDR_LOOPBACK)}};
    EXPECT_EQ(sendto(udp_fd(a), big, sizeof(big), 0, (struct sockaddr *)&to, sizeof(to)),
              sizeof(big));
    struct addr self = addr_v4(127, 0, 0, 1, udp_port(a));
    queue(a, &self, 9, PACKET_CAP);
    udp_flush(a, NOW);
    REQUIRE(readable(a));
    EXPECT_EQ(udp_recv(a, pool, 1, in), 1);
    EXPECT_EQ(in[0]->len, PACKET_CAP);
    EXPECT_EQ(udp_counters(a)->truncated, 1);
    packet_unref(in[0]);
    udp_close(a);
    packet_pool_free(pool);
}

TEST(udp_port_in_use_is_one_clear_line) {
    char why[WHY_MAX] = "";
    struct udp *a = open_loopback(), *b = NULL;
    REQUIRE(a);
    struct addr taken = addr_v4(127, 0, 0, 1, udp_port(a));
    EXPECT_EQ(udp_open(&taken, &b, why), ERR_IO);
    EXPECT(b == NULL);
    EXPECT(strstr(why, "media.port") != NULL);
    udp_close(a);
}

TEST(udp_one_unreachable_viewer_does_not_stop_the_others) {
    struct udp *a = open_loopback(), *b = open_loopback();
    struct packet_pool *pool = packet_pool_new(8);
    struct packet *in[UDP_BATCH];
    REQUIRE(a && b && pool);
    struct addr nowhere = addr_v4(127, 0, 0, 1, 0); /* port 0: EINVAL */
    struct addr to = addr_v4(127, 0, 0, 1, udp_port(b));
    queue(a, &nowhere, 1, 20);
    queue(a, &to, 2, 20);
    udp_flush(a, NOW);
    REQUIRE(readable(b));
    EXPECT_EQ(udp_recv(b, pool, 1, in), 1);
    EXPECT_EQ(in[0]->data[0], 2);
    EXPECT_EQ(udp_counters(a)->send_errors, 1);
    packet_unref(in[0]);
    udp_close(a);
    udp_close(b);
    packet_pool_free(pool);
}

static size_t receive_all(struct udp *u, struct packet_pool *pool, struct packet **in,
                          size_t want) {
    size_t got = 0;
    while (got < want && readable(u)) {
        got += udp_recv(u, pool, 42, in + got);
    }
    return got;
}

/* One call, and the kernel cuts it apart. */
TEST(udp_sends_trains) {
    struct udp *a = open_loopback(), *b = open_loopback();
    struct packet_pool *pool = packet_pool_new(128);
    struct packet *in[2 * UDP_BATCH];
    REQUIRE(a && b && pool);
    static const size_t sizes[] = {1100, 1100, 1100, 1100, 300};
    for (int k = 0; k < 3; k++) {
        struct train *t = udp_slot(a);
        train_clear(t);
        t->to = addr_v4(127, 0, 0, 1, udp_port(b));
        t->from = (struct addr){0};
        for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
            EXPECT(train_takes(t, sizes[i]));
            memset(t->data + t->len, (int)(10 * k + i), sizes[i]);
            train_add(t, sizes[i]);
        }
        EXPECT(!train_takes(t, 100)); /* the last one was shorter */
        udp_keep(a);
    }
    udp_flush(a, NOW);
    REQUIRE(receive_all(b, pool, in, 15) == 15);
    for (size_t i = 0; i < 15; i++) {
        EXPECT_EQ(in[i]->len, sizes[i % 5]);
        EXPECT_EQ(in[i]->data[sizes[i % 5] - 1], 10 * (i / 5) + i % 5);
        packet_unref(in[i]);
    }
    EXPECT_EQ(udp_counters(a)->trains_cut, 0);
    udp_close(a);
    udp_close(b);
    packet_pool_free(pool);
}

/* Without checksums the kernel makes no segments (net/ipv4/udp.c: EIO or EINVAL). */
static void refuse_trains(struct udp *u, bool refuse) {
    int off = refuse;
    CHECK(setsockopt(udp_fd(u), SOL_SOCKET, SO_NO_CHECK, &off, sizeof(off)) == 0);
}

/* What the kernel refuses as a train goes packet by packet, and after some of them all do. */
TEST(udp_cuts_trains_that_are_refused) {
    struct udp *a = open_loopback(), *b = open_loopback();
    struct packet_pool *pool = packet_pool_new(128);
    struct packet *in[2 * UDP_BATCH];
    REQUIRE(a && b && pool);
    refuse_trains(a, true);
    for (int k = 0; k < 20; k++) {
        struct train *t = udp_slot(a);
        train_clear(t);
        t->to = addr_v4(127, 0, 0, 1, udp_port(b));
        t->from = (struct addr){0};
        for (int i = 0; i < 3; i++) {
            memset(t->data + t->len, k, 200);
            train_add(t, 200);
        }
        udp_keep(a);
    }
    udp_flush(a, NOW);
    REQUIRE(receive_all(b, pool, in, 60) == 60);
    for (size_t i = 0; i < 60; i++) {
        EXPECT_EQ(in[i]->len, 200);
        EXPECT_EQ(in[i]->data[0], i / 3);
        packet_unref(in[i]);
    }
    EXPECT_EQ(udp_counters(a)->trains_cut, 20);
    EXPECT_EQ(udp_counters(a)->send_errors, 0);
    udp_close(a);
    udp_close(b);
    packet_pool_free(pool);
}

/* Bound to all addresses, it answers from the one that was asked. */
TEST(udp_answers_from_the_address_that_was_asked) {
    char why[WHY_MAX] = "";
    struct udp *all = NULL, *b = open_loopback();
    struct addr any = addr_v4(0, 0, 0, 0, 0);
    struct packet_pool *pool = packet_pool_new(128);
    struct packet *in[UDP_BATCH];
    REQUIRE(b && pool && udp_open(&any, &all, why) == OK);
    struct addr to = addr_v4(127, 0, 0, 77, udp_port(all));
    queue(b, &to, 1, 50);
    udp_flush(b, NOW);
    REQUIRE(receive_all(all, pool, in, 1) == 1);
    struct addr asked = addr_v4(127, 0, 0, 77, 0);
    EXPECT(addr_eq(&in[0]->to, &asked));
    struct train *t = udp_slot(all);
    train_clear(t);
    t->to = in[0]->from;
    t->from = in[0]->to;
    memset(t->data, 2, 60);
    train_add(t, 60);
    train_add(t, 60);
    udp_keep(all);
    udp_flush(all, NOW);
    packet_unref(in[0]);
    REQUIRE(receive_all(b, pool, in, 2) == 2);
    for (size_t i = 0; i < 2; i++) {
        EXPECT(addr_eq(&in[i]->from, &to));
        packet_unref(in[i]);
    }
    udp_close(all);
    udp_close(b);
    packet_pool_free(pool);
}

/* A pool that was empty for a moment costs nothing afterwards. */
TEST(udp_uses_packets_that_have_come_back) {
    struct udp *a = open_loopback(), *b = open_loopback();
    struct packet_pool *pool = packet_pool_new(UDP_BATCH);
    struct packet *in[UDP_BATCH], *busy[UDP_BATCH];
    REQUIRE(a && b && pool);
    struct addr to = addr_v4(127, 0, 0, 1, udp_port(b));
    for (size_t i = 0; i < UDP_BATCH; i++) {
        busy[i] = packet_take(pool);
    }
    queue(a, &to, 1, 50);
    udp_flush(a, NOW);
    REQUIRE(readable(b));
    EXPECT_EQ(udp_recv(b, pool, 1, in), 0);
    EXPECT_EQ(udp_counters(b)->pool_empty, 1);
    for (size_t i = 0; i < UDP_BATCH; i++) {
        packet_unref(busy[i]);
    }
    for (uint8_t i = 0; i < 20; i++) {
        queue(a, &to, i, 50);
    }
    udp_flush(a, NOW);
    REQUIRE(readable(b));
    size_t n = udp_recv(b, pool, 1, in);
    EXPECT_EQ(n, 20);
    EXPECT_EQ(udp_counters(b)->pool_empty, 1);
    for (size_t i = 0; i < n; i++) {
        packet_unref(in[i]);
    }
    udp_close(a);
    udp_close(b);
    packet_pool_free(pool);
}

static void queue_train(struct udp *from, const struct addr *to, size_t packets) {
    struct train *t = udp_slot(from);
    train_clear(t);
    t->to = *to;
    t->from = (struct addr){0};
    for (size_t i = 0; i < packets; i++) {
        memset(t->data + t->len, 1, 200);
        train_add(t, 200);
    }
    udp_keep(from);
}

/* Does it still try to send whole trains? */
static bool sends_whole(struct udp *a, const struct addr *to, us_t now) {
    uint64_t cut = udp_counters(a)->trains_cut;
    queue_train(a, to, 2);
    udp_flush(a, now);
    return udp_counters(a)->trains_cut == cut;
}

/* Single packets pass where trains do not, and say nothing about them. */
TEST(udp_gives_trains_up_also_between_single_packets) {
    struct udp *a = open_loopback(), *b = open_loopback();
    REQUIRE(a && b);
    struct addr to = addr_v4(127, 0, 0, 1, udp_port(b));
    EXPECT(sends_whole(a, &to, NOW));
    refuse_trains(a, true);
    for (int k = 0; k < 20; k++) {
        queue(a, &to, 1, 50);
        queue_train(a, &to, 3);
    }
    udp_flush(a, NOW);
    refuse_trains(a, false);
    EXPECT(!sends_whole(a, &to, NOW));
    udp_close(a);
    udp_close(b);
}

TEST(udp_tries_trains_again) {
    struct udp *a = open_loopback(), *b = open_loopback();
    REQUIRE(a && b);
    struct addr to = addr_v4(127, 0, 0, 1, udp_port(b));
    refuse_trains(a, true);
    udp_flush(a, NOW);
    for (int k = 0; k < 20; k++) { /* more than one batch of refusals is one pause */
        queue_train(a, &to, 3);
    }
    udp_flush(a, NOW);
    EXPECT_EQ(udp_counters(a)->trains_cut, 20);
    EXPECT_EQ(udp_counters(a)->trains_paused, 1);
    refuse_trains(a, false);
    EXPECT(!sends_whole(a, &to, NOW + US_PER_S - 1));
    EXPECT(sends_whole(a, &to, NOW + US_PER_S));
    EXPECT(sends_whole(a, &to, NOW + US_PER_S));
    EXPECT_EQ(udp_counters(a)->send_errors, 0);
    udp_close(a);
    udp_close(b);
}

/* As long as it stays so, with pauses of 1, 2, 4 to 60 seconds; then it is forgotten. */
TEST(udp_tries_trains_ever_more_rarely) {
    struct udp *a = open_loopback(), *b = open_loopback();
    REQUIRE(a && b);
    struct addr to = addr_v4(127, 0, 0, 1, udp_port(b));
    us_t now = NOW, paused_at[9];
    unsigned n = 0;
    refuse_trains(a, true);
    for (int k = 0; k < 16; k++) {
        EXPECT_EQ(udp_counters(a)->trains_paused, 0);
        (void)sends_whole(a, &to, now);
    }
    for (uint64_t seen = 0; n < ARRAY_LEN(paused_at); now += US_PER_S / 4) {
        (void)sends_whole(a, &to, now);
        if (udp_counters(a)->trains_paused > seen) {
            seen = udp_counters(a)->trains_paused;
            paused_at[n++] = now;
        }
    }
    for (unsigned i = 0; i + 1 < n; i++) {
        us_t pause = US_PER_S << i;
        EXPECT_EQ(paused_at[i + 1] - paused_at[i], us_min(pause, 60 * US_PER_S));
    }
    refuse_trains(a, false);
    now += 60 * US_PER_S;
    EXPECT(sends_whole(a, &to, now));
    refuse_trains(a, true);
    for (int k = 0; k < 16; k++) {
        EXPECT_EQ(udp_counters(a)->trains_paused, n);
        (void)sends_whole(a, &to, now);
    }
    refuse_trains(a, false);
    EXPECT(!sends_whole(a, &to, now + US_PER_S - 1));
    EXPECT(sends_whole(a, &to, now + US_PER_S));
    udp_close(a);
    udp_close(b);
}

/* A viewer who cannot be reached, be it with trains or without, is no reason to cut those of all.
 */
TEST(udp_keeps_trains_when_one_viewer_is_unreachable) {
    struct udp *a = open_loopback(), *b = open_loopback();
    REQUIRE(a && b);
    struct addr to = addr_v4(127, 0, 0, 1, udp_port(b)), nowhere = addr_v4(127, 0, 0, 1, 0);
    for (int k = 0; k < 20; k++) {
        queue_train(a, &nowhere, 3);
    }
    udp_flush(a, NOW);
    EXPECT_EQ(udp_counters(a)->send_errors, 60);
    EXPECT(sends_whole(a, &to, NOW));
    udp_close(a);
    udp_close(b);
}

static struct addr v6(const char *ip, uint16_t port, uint32_t scope) {
    struct addr a = {.port = port, .scope = scope};
    CHECK(inet_pton(AF_INET6, ip, a.ip) == 1);
    return a;
}

static bool receive_one(struct udp *u, struct packet_pool *pool, struct addr *ret_from,
                        struct addr *ret_to) {
    struct packet *in[UDP_BATCH];
    if (receive_all(u, pool, in, 1) != 1) {
        return false;
    }
    *ret_from = in[0]->from;
    *ret_to = in[0]->to;
    packet_unref(in[0]);
    return true;
}

static void queue_from(struct udp *u, const struct addr *to, const struct addr *from) {
    struct train *t = udp_slot(u);
    train_clear(t);
    t->to = *to;
    t->from = *from;
    memset(t->data, 2, 60);
    train_add(t, 60);
    udp_keep(u);
}

/* A datagram from an address of ours to itself, where a socket bound to all gets it, and back. */
static bool comes_and_goes(const struct addr *at) {
    char why[WHY_MAX] = "";
    const struct addr any = {0};
    struct udp *all = NULL, *b = NULL;
    struct packet_pool *pool = packet_pool_new(2);
    struct addr got_from, got_to;
    bool ok = pool && udp_open(&any, &all, why) == OK && udp_open(at, &b, why) == OK;
    if (ok) {
        struct addr to = *at, from = *at;
        to.port = udp_port(all);
        from.port = udp_port(b);
        queue(b, &to, 1, 50);
        udp_flush(b, NOW);
        ok = receive_one(all, pool, &got_from, &got_to) && addr_eq(&got_to, at) &&
             addr_eq(&got_from, &from);
    }
    if (ok) {
        struct addr from = *at;
        from.port = udp_port(all);
        queue_from(all, &got_from, &got_to);
        udp_flush(all, NOW);
        ok = receive_one(b, pool, &got_from, &got_to) && addr_eq(&got_from, &from);
    }
    udp_close(all);
    udp_close(b);
    packet_pool_free(pool);
    return ok;
}

static bool has_v6(void) {
    int fd = socket(AF_INET6, SOCK_DGRAM, 0);
    struct sockaddr_in6 loopback = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    bool ok = fd >= 0 && bind(fd, (struct sockaddr *)&loopback, sizeof(loopback)) == 0;
    if (fd >= 0) {
        close(fd);
    }
    return ok;
}

/* Any interface will do for an address that is unique: to name one would pin the route. */
TEST(udp_names_no_interface_for_an_address_that_needs_none) {
    if (!has_v6()) {
        printf("# no IPv6 here: its wildcard was NOT checked\n");
        return;
    }
    struct addr loopback = v6("::1", 0, 0), mapped = addr_v4(127, 0, 0, 1, 0);
    EXPECT(comes_and_goes(&loopback));
    EXPECT(comes_and_goes(&mapped));
}

static bool write_text(const char *path, const char *text) {
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool ok = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    if (fd >= 0) {
        close(fd);
    }
    return ok;
}

/* In a network of our own, as its root. */
static bool own_network(void) {
    char map[32];
    bool root = geteuid() == 0;
    snprintf(map, sizeof(map), "0 %u 1", (unsigned)geteuid());
    return unshare(CLONE_NEWNET | (root ? 0 : CLONE_NEWUSER)) == 0 &&
           (root || write_text("/proc/self/uid_map", map));
}

#define FAR_INDEX 70000 /* does not fit 16 bits: indices are not used again, so they grow */

/* Exit status: 0 fine, 1 wrong, 2 no such network here. */
static int on_a_far_interface(void) {
    struct addr local = v6("fe80::1", 0, FAR_INDEX), global = v6("fd00::1", 0, 0);
    if (!own_network() || system("exec 2>/dev/null; ip link set lo up && "
                                 "ip link add far0 index 70000 type veth peer name far1 && "
                                 "ip link set far0 up && ip link set far1 up && "
                                 "ip addr add fe80::1/64 dev far0 nodad && "
                                 "ip addr add fd00::1/64 dev far0 nodad") != 0) {
        return 2;
    }
    return comes_and_goes(&local) && comes_and_goes(&global) ? 0 : 1;
}

TEST(udp_knows_the_interface_of_a_link_local_address) {
    int status = 0;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        _exit(on_a_far_interface());
    }
    REQUIRE(child > 0 && waitpid(child, &status, 0) == child);
    EXPECT(WIFEXITED(status));
    if (WEXITSTATUS(status) == 2) {
        printf("# no network namespace here: link-local addresses were NOT checked\n");
    } else {
        EXPECT_EQ(WEXITSTATUS(status), 0);
    }
}
