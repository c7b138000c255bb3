/* Paths of other kinds than 127.0.0.1: what they need is made in a network namespace. */
#include "tests/unit/server/net/loopback.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static bool receive_one(struct udp *u, struct packet_pool *pool, struct addr *ret_from,
                        struct addr *ret_to) {
    struct packet *in[UDP_BATCH];
    if (loopback_take(u, pool, in, 1) != 1) {
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
    bool ok = pool && udp_open(&any, NULL, &all, why) == OK && udp_open(at, NULL, &b, why) == OK;
    if (ok) {
        struct addr to = *at, from = *at;
        to.port = udp_port(all);
        from.port = udp_port(b);
        loopback_queue(b, &to, 1, 50);
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
    struct addr loopback = loopback_v6("::1", 0), mapped = addr_v4(127, 0, 0, 1, 0);
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

/* The kernel adds the route that makes an address ours after it has said that there is the address,
 * and that the link is up; what is sent before goes out to nobody. */
#define UNTIL_OURS                                                                              \
    "for i in $(seq 500); do [ $(ip -6 route show table local dev far0 | grep -c '^local f[de]" \
    "[08]0::1 ') = 2 ] && break; sleep 0.02; done"

#define FAR_INDEX 70000 /* does not fit 16 bits: indices are not used again, so they grow */

/* The child's exit status: 0 fine, 1 wrong, 2 no such network here. */
static void in_own_network(int (*child)(void), const char *what) {
    int status = 0;
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        _exit(child());
    }
    REQUIRE(pid > 0 && waitpid(pid, &status, 0) == pid);
    EXPECT(WIFEXITED(status));
    if (WEXITSTATUS(status) == 2) {
        printf("# no network namespace here: %s NOT checked\n", what);
    } else {
        EXPECT_EQ(WEXITSTATUS(status), 0);
    }
}

static int on_a_far_interface(void) {
    struct addr local = loopback_v6("fe80::1", FAR_INDEX), global = loopback_v6("fd00::1", 0);
    if (!own_network() || system("exec 2>/dev/null; ip link set lo up && "
                                 "ip link add far0 index 70000 type veth peer name far1 && "
                                 "ip link set far0 up && ip link set far1 up && "
                                 "ip addr add fe80::1/64 dev far0 nodad && "
                                 "ip addr add fd00::1/64 dev far0 nodad && " UNTIL_OURS) != 0) {
        return 2;
    }
    return comes_and_goes(&local) && comes_and_goes(&global) ? 0 : 1;
}

TEST(udp_knows_the_interface_of_a_link_local_address) {
    in_own_network(on_a_far_interface, "link-local addresses");
}

/* Twenty trains of packets that are too large, one by itself, and small ones. */
static bool narrow_path(const struct addr *at) {
    char why[WHY_MAX] = "";
    struct udp *a = NULL, *b = NULL;
    struct packet_pool *pool = packet_pool_new(128);
    struct packet *in[2 * UDP_BATCH];
    size_t got = 0;
    if (!pool || udp_open(at, NULL, &a, why) != OK || udp_open(at, NULL, &b, why) != OK) {
        return false;
    }
    struct addr to = *at;
    to.port = udp_port(b);
    for (uint8_t k = 0; k < 20; k++) {
        loopback_train(a, &to, k, 1100, 3);
    }
    loopback_queue(a, &to, 20, 1100);
    udp_flush(a, NOW);
    got = loopback_take(b, pool, in, 61);
    bool ok = got == 61;
    for (size_t i = 0; i < got; i++) {
        ok = ok && in[i]->len == 1100 && in[i]->data[1099] == i / 3;
        packet_unref(in[i]);
    }
    const struct udp_counters *n = udp_counters(a);
    ok = ok && n->trains_cut == 20 && n->trains_paused == 0 && n->send_errors == 0 &&
         n->fragmented == 61;
    ok = ok && loopback_sends_whole(a, &to, NOW) && udp_counters(a)->fragmented == n->fragmented;
    udp_close(a);
    udp_close(b);
    packet_pool_free(pool);
    return ok;
}

static int on_a_narrow_path(void) {
    struct addr v4 = addr_v4(127, 0, 0, 1, 0);
    if (!own_network() || system("exec 2>/dev/null; ip link set lo mtu 1000 up") != 0) {
        return 2;
    }
    return narrow_path(&v4) ? 0 : 1;
}

/* What does not fit goes in fragments, and is no reason to give up trains. */
TEST(udp_sends_fragments_where_the_path_is_narrow) {
    in_own_network(on_a_narrow_path, "fragments");
}

static int mtu_discovery(const struct udp *u) {
    int how = -1;
    socklen_t n = sizeof(how);
    CHECK(getsockopt(udp_fd(u), IPPROTO_IP, IP_MTU_DISCOVER, &how, &n) == 0);
    return how;
}

static int how_opened(const struct addr *at) {
    char why[WHY_MAX] = "";
    struct udp *u = NULL;
    int how = udp_open(at, NULL, &u, why) == OK ? mtu_discovery(u) : -1;
    udp_close(u);
    return how;
}

/* Also for IPv4 by a socket of IPv6. */
static int on_a_plain_machine(void) {
    struct addr v4 = addr_v4(0, 0, 0, 0, 0), both = {0};
    if (!own_network()) {
        return 2;
    }
    bool ok =
        how_opened(&v4) == IP_PMTUDISC_DO && (!has_v6() || how_opened(&both) == IP_PMTUDISC_DO);
    return ok ? 0 : 1;
}

TEST(udp_does_not_let_packets_be_cut) {
    in_own_network(on_a_plain_machine, "the discovery of paths");
}

static int on_a_machine_without_discovery(void) {
    struct addr v4 = addr_v4(0, 0, 0, 0, 0);
    if (!own_network() || !write_text("/proc/sys/net/ipv4/ip_no_pmtu_disc", "1")) {
        return 2;
    }
    return how_opened(&v4) == IP_PMTUDISC_DONT ? 0 : 1;
}

TEST(udp_lets_them_be_cut_where_the_machine_is_told_to) {
    in_own_network(on_a_machine_without_discovery, "ip_no_pmtu_disc");
}
