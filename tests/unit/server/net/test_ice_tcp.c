/* ICE-TCP connections over loopback: clients here are plain sockets that frame their packets. */
#include "server/net/ice_tcp.h"

#include "base/bytes.h"
#include "media/wire/framing.h"
#include "server/os/clock.h"
#include "tests/unit/test.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#define NOW (100 * US_PER_S)
#define FIRST (5 * US_PER_S)
#define IDLE (60 * US_PER_S)
#define BLOCKED (10 * US_PER_S)
#define PATIENCE_MS 10000 /* a limit, far above anything that happens */

struct rig {
    struct ice_tcp *tcp;
    struct packet_pool *pool;
    struct sockaddr_in to;
    us_t now;
};

static bool rig_open(struct rig *r, struct ice_tcp_config c) {
    char why[WHY_MAX];
    struct rng rng = clock_rng();
    *r = (struct rig){.now = NOW, .pool = packet_pool_new(256)};
    c.connections = c.connections ? c.connections : 8;
    c.per_address = c.per_address ? c.per_address : 8;
    c.packets = c.packets ? c.packets : 512;
    c.queue = c.queue ? c.queue : 128 * 1024;
    c.wait = 300 * US_PER_MS;
    c.first = FIRST;
    c.idle = IDLE;
    c.blocked = BLOCKED;
    /* A free port, as a worker finds one. */
    for (uint16_t port = 30000; port < 40000 && !r->tcp; port++) {
        struct addr bind = addr_v4(127, 0, 0, 1, port);
        r->to = (struct sockaddr_in){
            .sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
        enum err err = ice_tcp_open(&c, &bind, &rng, &r->tcp, why);
        if (err != OK && err != ERR_EXISTS) {
            printf("# %s\n", why);
            return false;
        }
    }
    return r->pool && r->tcp;
}

static void rig_close(struct rig *r) {
    ice_tcp_close(r->tcp);
    packet_pool_free(r->pool);
}

static bool wait_for(int fd) {
    struct pollfd p = {.fd = fd, .events = POLLIN};
    return poll(&p, 1, PATIENCE_MS) == 1;
}

static int join(const struct rig *r) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(connect(fd, (const struct sockaddr *)&r->to, sizeof(r->to)) == 0);
    return fd;
}

static void say(int fd, uint8_t fill, size_t len) {
    uint8_t out[FRAMING_HEAD + PACKET_CAP];
    put_be16(out, (uint16_t)len);
    memset(out + FRAMING_HEAD, fill, len);
    CHECK(send(fd, out, FRAMING_HEAD + len, MSG_NOSIGNAL) == (ssize_t)(FRAMING_HEAD + len));
}

/* Polls until so many packets have come. */
static size_t take(struct rig *r, struct packet **in, size_t want) {
    size_t n = 0;
    while (n < want && (ice_tcp_waits(r->tcp) || wait_for(ice_tcp_fd(r->tcp)))) {
        ice_tcp_poll(r->tcp, r->now);
        n += ice_tcp_recv(r->tcp, r->pool, in + n);
    }
    return n;
}

/* Polls until that has happened so often. */
static bool until(struct rig *r, const uint64_t *counter, uint64_t n) {
    while (*counter < n && wait_for(ice_tcp_fd(r->tcp))) {
        struct packet *in[ICE_TCP_BATCH];
        ice_tcp_poll(r->tcp, r->now);
        CHECK(ice_tcp_recv(r->tcp, r->pool, in) == 0);
    }
    return *counter == n;
}

/* A train of n packets of this value, the last one shorter by a byte. */
static void answer(struct rig *r, const struct addr *to, uint8_t fill, size_t len, unsigned n) {
    static struct train t;
    train_clear(&t);
    t.to = *to;
    memset(t.data, fill, sizeof(t.data));
    for (unsigned i = 0; i < n; i++) {
        size_t k = i + 1 < n || n == 1 ? len : len - 1;
        t.data[t.len + 1] = 96; /* with RTP's first byte: media */
        CHECK(train_takes(&t, k));
        train_add(&t, k);
    }
    ice_tcp_send(r->tcp, r->now, &t);
}

/* A whole packet as the client gets it; 0 at the end of the connection. */
static size_t hear(int fd, uint8_t *out) {
    uint8_t head[FRAMING_HEAD];
    if (!wait_for(fd) || recv(fd, head, sizeof(head), MSG_WAITALL) != sizeof(head)) {
        return 0;
    }
    size_t n = be16(head);
    return recv(fd, out, n, MSG_WAITALL) == (ssize_t)n ? n : 0;
}

static bool is_closed(int fd) {
    uint8_t byte;
    return wait_for(fd) && recv(fd, &byte, 1, 0) <= 0;
}

static struct addr meet(struct rig *r, int fd) {
    struct packet *in[ICE_TCP_BATCH];
    say(fd, 1, 20);
    CHECK(take(r, in, 1) == 1);
    struct addr from = in[0]->from;
    packet_unref(in[0]);
    return from;
}

TEST(a_connection_is_an_address_and_is_answered_on) {
    struct rig r;
    struct packet *in[2 * ICE_TCP_BATCH];
    uint8_t got[PACKET_CAP];
    REQUIRE(rig_open(&r, (struct ice_tcp_config){0}));
    int a = join(&r), b = join(&r);
    say(a, 1, 100);
    REQUIRE(take(&r, in, 1) == 1);
    say(b, 2, 1200);
    REQUIRE(take(&r, in + 1, 1) == 1);
    EXPECT(in[0]->len == 100 && in[0]->data[99] == 1 && in[0]->arrival == NOW);
    EXPECT(in[1]->len == 1200 && in[1]->data[0] == 2);
    EXPECT(in[0]->from.via != 0 && in[1]->from.via != 0 && in[0]->from.via != in[1]->from.via);
    struct addr local = addr_v4(127, 0, 0, 1, 0);
    EXPECT(addr_eq(&in[0]->to, &local));
    answer(&r, &in[0]->from, 0x81, 700, 3);
    answer(&r, &in[1]->from, 0x82, 50, 1);
    for (size_t i = 0; i < 3; i++) {
        EXPECT_EQ(hear(a, got), i < 2 ? 700 : 699);
        EXPECT(got[0] == 0x81 && got[600] == 0x81);
    }
    EXPECT_EQ(hear(b, got), 50);
    EXPECT_EQ(got[0], 0x82);
    packet_unref(in[0]);
    packet_unref(in[1]);
    close(a);
    EXPECT(until(&r, &ice_tcp_counters(r.tcp)->closed, 1));
    close(b);
    rig_close(&r);
}

TEST(a_flood_of_packets_is_taken_in_turns) {
    struct rig r;
    struct packet *in[ICE_TCP_BATCH];
    size_t from[2] = {0, 0}, n;
    REQUIRE(rig_open(&r, (struct ice_tcp_config){0}));
    int fds[2] = {join(&r), join(&r)};
    for (int i = 0; i < 200; i++) {
        say(fds[0], 1, 1);
        say(fds[1], 2, 1);
    }
    while (from[0] + from[1] < 400 && (ice_tcp_waits(r.tcp) || wait_for(ice_tcp_fd(r.tcp)))) {
        ice_tcp_poll(r.tcp, r.now);
        n = ice_tcp_recv(r.tcp, r.pool, in);
        for (size_t i = 0; i < n; i++) {
            from[in[i]->data[0] - 1]++;
            packet_unref(in[i]);
        }
        EXPECT(from[0] < from[1] + 64 && from[1] < from[0] + 64);
    }
    EXPECT_EQ(from[0], 200);
    EXPECT_EQ(from[1], 200);
    close(fds[0]);
    close(fds[1]);
    rig_close(&r);
}

TEST(who_is_not_answered_is_cut_off_and_who_falls_silent_too) {
    struct rig r;
    struct packet *in[ICE_TCP_BATCH];
    REQUIRE(rig_open(&r, (struct ice_tcp_config){0}));
    EXPECT_EQ(ice_tcp_deadline(r.tcp), US_NEVER);
    int mute = join(&r), known = join(&r);
    say(known, 1, 20);
    REQUIRE(take(&r, in, 1) == 1);
    EXPECT(until(&r, &ice_tcp_counters(r.tcp)->opened, 2));
    answer(&r, &in[0]->from, 1, 20, 1);
    packet_unref(in[0]);
    EXPECT(ice_tcp_deadline(r.tcp) <= NOW + US_PER_S);
    ice_tcp_timeout(r.tcp, r.now = NOW + FIRST - 1);
    EXPECT_EQ(ice_tcp_counters(r.tcp)->silent, 0);
    ice_tcp_timeout(r.tcp, r.now = NOW + FIRST + US_PER_S);
    EXPECT_EQ(ice_tcp_counters(r.tcp)->silent, 1);
    EXPECT(is_closed(mute));
    ice_tcp_timeout(r.tcp, r.now = NOW + IDLE + US_PER_S);
    EXPECT_EQ(ice_tcp_counters(r.tcp)->silent, 2);
    EXPECT_EQ(ice_tcp_deadline(r.tcp), US_NEVER);
    close(mute);
    close(known);
    rig_close(&r);
}

TEST(what_is_not_framed_ends_the_connection) {
    struct rig r;
    REQUIRE(rig_open(&r, (struct ice_tcp_config){0}));
    int fd = join(&r);
    CHECK(send(fd, "GET / HTTP/1.1\r\n\r\n", 18, MSG_NOSIGNAL) == 18);
    EXPECT(until(&r, &ice_tcp_counters(r.tcp)->bad, 1));
    EXPECT(is_closed(fd));
    close(fd);
    rig_close(&r);
}

TEST(connections_beyond_a_limit_are_refused) {
    struct rig r;
    REQUIRE(rig_open(&r, (struct ice_tcp_config){.connections = 3, .per_address = 2}));
    int fds[3];
    for (int i = 0; i < 3; i++) {
        fds[i] = join(&r);
    }
    EXPECT(until(&r, &ice_tcp_counters(r.tcp)->refused, 1)); /* of this address */
    EXPECT_EQ(ice_tcp_counters(r.tcp)->opened, 2);
    EXPECT(is_closed(fds[2]));
    close(fds[0]);
    EXPECT(until(&r, &ice_tcp_counters(r.tcp)->closed, 1));
    close(fds[2]);
    fds[2] = join(&r);
    EXPECT(until(&r, &ice_tcp_counters(r.tcp)->opened, 3));
    close(fds[1]);
    close(fds[2]);
    rig_close(&r);
    REQUIRE(rig_open(&r, (struct ice_tcp_config){.connections = 1, .per_address = 2}));
    fds[0] = join(&r);
    struct addr to = meet(&r, fds[0]);
    answer(&r, &to, 1, 20, 1);
    fds[1] = join(&r);
    EXPECT(until(&r, &ice_tcp_counters(r.tcp)->refused, 1)); /* of all */
    close(fds[0]);
    close(fds[1]);
    rig_close(&r);
}

/* Only who is answered has a place that nobody takes. */
TEST(who_was_never_answered_makes_place) {
    struct rig r;
    uint8_t got[PACKET_CAP];
    REQUIRE(rig_open(&r, (struct ice_tcp_config){.connections = 2}));
    int known = join(&r);
    struct addr to = meet(&r, known);
    answer(&r, &to, 1, 20, 1);
    int stranger = join(&r);
    EXPECT(until(&r, &ice_tcp_counters(r.tcp)->opened, 2));
    int client = join(&r);
    struct addr to_client = meet(&r, client);
    EXPECT(is_closed(stranger));
    EXPECT_EQ(ice_tcp_counters(r.tcp)->silent, 1);
    answer(&r, &to_client, 2, 20, 1);
    answer(&r, &to, 1, 20, 1);
    EXPECT(hear(client, got) == 20 && hear(known, got) == 20);
    int late = join(&r);
    EXPECT(until(&r, &ice_tcp_counters(r.tcp)->refused, 1));
    EXPECT(is_closed(late));
    close(known);
    close(stranger);
    close(client);
    close(late);
    rig_close(&r);
}

/* Bytes keep no place: not half a packet now and then, nor packets that nobody answers any more. */
TEST(who_is_answered_no_more_is_cut_off) {
    struct rig r;
    struct packet *in[ICE_TCP_BATCH];
    REQUIRE(rig_open(&r, (struct ice_tcp_config){0}));
    int talker = join(&r), dripper = join(&r);
    struct addr to_talker = meet(&r, talker), to_dripper = meet(&r, dripper);
    answer(&r, &to_talker, 1, 20, 1);
    r.now = NOW + IDLE / 2;
    say(talker, 1, 20);
    REQUIRE(take(&r, in, 1) == 1);
    packet_unref(in[0]);
    CHECK(send(dripper, "", 1, MSG_NOSIGNAL) == 1);
    CHECK(wait_for(ice_tcp_fd(r.tcp)));
    ice_tcp_poll(r.tcp, r.now);
    answer(&r, &to_dripper, 1, 20, 1);
    ice_tcp_timeout(r.tcp, r.now = NOW + IDLE - 1);
    EXPECT_EQ(ice_tcp_counters(r.tcp)->silent, 0);
    ice_tcp_timeout(r.tcp, r.now = NOW + IDLE + US_PER_S);
    EXPECT_EQ(ice_tcp_counters(r.tcp)->silent, 2);
    close(talker);
    close(dripper);
    rig_close(&r);
}

TEST(nothing_goes_to_who_has_the_number_now) {
    struct rig r;
    struct packet *in[2 * ICE_TCP_BATCH];
    REQUIRE(rig_open(&r, (struct ice_tcp_config){.connections = 1}));
    int a = join(&r);
    say(a, 1, 20);
    REQUIRE(take(&r, in, 1) == 1);
    close(a);
    EXPECT(until(&r, &ice_tcp_counters(r.tcp)->closed, 1));
    answer(&r, &in[0]->from, 1, 20, 2);
    EXPECT_EQ(ice_tcp_counters(r.tcp)->gone, 2);
    int b = join(&r);
    say(b, 1, 20);
    REQUIRE(take(&r, in + 1, 1) == 1);
    EXPECT_EQ(in[0]->from.via, in[1]->from.via);
    answer(&r, &in[0]->from, 1, 20, 1);
    EXPECT_EQ(ice_tcp_counters(r.tcp)->gone, 3);
    packet_unref(in[0]);
    packet_unref(in[1]);
    close(b);
    rig_close(&r);
}

/* The kernel takes some; then what waits is bounded, and what the client reads at last is whole. */
TEST(a_client_that_does_not_read_costs_its_own_media_only) {
    struct rig r;
    struct packet *in[ICE_TCP_BATCH];
    uint8_t got[PACKET_CAP];
    size_t heard = 0;
    REQUIRE(rig_open(&r, (struct ice_tcp_config){.queue = 64 * 1024}));
    int slow = join(&r), other = join(&r);
    say(slow, 1, 20);
    REQUIRE(take(&r, in, 1) == 1);
    struct addr to = in[0]->from;
    packet_unref(in[0]);
    say(other, 1, 20);
    REQUIRE(take(&r, in, 1) == 1);
    const struct ice_tcp_counters *n = ice_tcp_counters(r.tcp);
    size_t sent = 0;
    for (; n->dropped < 1000 && sent < 100000; sent += 10) {
        answer(&r, &to, 0x80, 1200, 10);
    }
    EXPECT(n->dropped >= 1000);
    answer(&r, &to, 0x16, 333, 1); /* a word of DTLS is not lost */
    answer(&r, &in[0]->from, 0x80, 400, 1);
    EXPECT_EQ(hear(other, got), 400);
    size_t len = 1200;
    while (len >= 1199) {
        ice_tcp_poll(r.tcp, r.now);
        len = hear(slow, got);
        EXPECT(got[0] == (len >= 1199 ? 0x80 : 0x16));
        heard++;
    }
    EXPECT_EQ(len, 333);
    EXPECT_EQ(heard + n->dropped, sent + 1);
    packet_unref(in[0]);
    close(slow);
    close(other);
    rig_close(&r);
}

/* Sends of this first byte until the kernel takes no more and `more` were dropped. */
static void fill(struct rig *r, const struct addr *to, uint8_t first, unsigned more) {
    uint64_t before = ice_tcp_counters(r->tcp)->dropped;
    for (int i = 0; i < 100000 && ice_tcp_counters(r->tcp)->dropped < before + more; i++) {
        answer(r, to, first, 1200, 10);
    }
    CHECK(ice_tcp_counters(r->tcp)->dropped >= before + more);
}

/* What is no media is not dropped at once, so it is what such clients can hold most of. */
TEST(clients_that_do_not_read_leave_others_their_place) {
    struct rig r;
    uint8_t got[PACKET_CAP];
    REQUIRE(rig_open(&r, (struct ice_tcp_config){.packets = 64}));
    int stuck[3], fine = join(&r), slow = join(&r);
    struct addr to_fine = meet(&r, fine), to_slow = meet(&r, slow);
    for (int i = 0; i < 3; i++) {
        stuck[i] = join(&r);
        struct addr to = meet(&r, stuck[i]);
        fill(&r, &to, 0x16, 100);
    }
    uint64_t dropped = ice_tcp_counters(r.tcp)->dropped;
    for (int i = 0; i < 10; i++) { /* what its socket takes needs no place at all */
        answer(&r, &to_fine, 0x80, 100, 16);
    }
    EXPECT_EQ(ice_tcp_counters(r.tcp)->dropped, dropped);
    for (int i = 0; i < 160; i++) {
        REQUIRE(hear(fine, got) >= 99);
    }
    fill(&r, &to_slow, 0x80, 1);
    dropped = ice_tcp_counters(r.tcp)->dropped;
    answer(&r, &to_slow, 0x17, 333, 2);
    EXPECT_EQ(ice_tcp_counters(r.tcp)->dropped, dropped + 2); /* two of its own media */
    size_t others = 0;
    while (others < 2) {
        ice_tcp_poll(r.tcp, r.now);
        size_t n = hear(slow, got);
        REQUIRE(n > 0);
        others += got[0] == 0x17;
    }
    for (int i = 0; i < 3; i++) {
        close(stuck[i]);
    }
    close(fine);
    close(slow);
    rig_close(&r);
}

TEST(who_takes_nothing_for_too_long_is_cut_off) {
    struct rig r;
    REQUIRE(rig_open(&r, (struct ice_tcp_config){0}));
    int stuck = join(&r), fine = join(&r);
    struct addr to = meet(&r, stuck), to_fine = meet(&r, fine);
    fill(&r, &to, 0x80, 1);
    answer(&r, &to_fine, 0x80, 100, 1);
    ice_tcp_timeout(r.tcp, r.now = NOW + BLOCKED - 1);
    EXPECT_EQ(ice_tcp_counters(r.tcp)->stuck, 0);
    ice_tcp_timeout(r.tcp, r.now = NOW + BLOCKED + US_PER_S);
    EXPECT_EQ(ice_tcp_counters(r.tcp)->stuck, 1);
    EXPECT_EQ(ice_tcp_counters(r.tcp)->closed, 1);
    close(stuck);
    close(fine);
    rig_close(&r);
}

TEST(what_waited_too_long_is_not_sent) {
    struct rig r;
    uint8_t got[PACKET_CAP];
    REQUIRE(rig_open(&r, (struct ice_tcp_config){0}));
    int fd = join(&r);
    struct addr to = meet(&r, fd);
    fill(&r, &to, 0x80, 1);
    answer(&r, &to, 0x16, 100, 1);
    answer(&r, &to, 0x80, 900, 3);
    r.now += 301 * US_PER_MS;
    uint64_t dropped = ice_tcp_counters(r.tcp)->dropped;
    ice_tcp_timeout(r.tcp, NOW + US_PER_S); /* all media, though nothing is read or sent */
    EXPECT(ice_tcp_counters(r.tcp)->dropped > dropped + 3);
    do {
        ice_tcp_poll(r.tcp, r.now);
        REQUIRE(hear(fd, got) > 0);
    } while (got[0] == 0x80);
    EXPECT_EQ(got[0], 0x16);
    answer(&r, &to, 0x17, 50, 1);
    EXPECT_EQ(hear(fd, got), 50); /* and no media of 900 bytes before it */
    close(fd);
    rig_close(&r);
}

TEST_ALLOC(ice_tcp_bears_a_lack_of_memory) {
    struct ice_tcp_config c = {
        .connections = 1, .per_address = 1, .packets = 4, .queue = 4096, .first = 1, .idle = 1};
    struct addr bind = addr_v4(127, 0, 0, 1, 0);
    struct rng rng = clock_rng();
    struct ice_tcp *t = NULL;
    char why[WHY_MAX];
    if (ice_tcp_open(&c, &bind, &rng, &t, why) == OK) {
        ice_tcp_close(t);
    } else {
        EXPECT(mem_failed());
    }
}
