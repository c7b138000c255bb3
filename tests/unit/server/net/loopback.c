#include "tests/unit/server/net/loopback.h"

#include <arpa/inet.h>
#include <poll.h>

struct udp *loopback_open(void) {
    char why[WHY_MAX] = "";
    struct udp *u = NULL;
    struct addr any_port = addr_v4(127, 0, 0, 1, 0);
    enum err err = udp_open(&any_port, NULL, &u, why);
    if (err != OK) {
        printf("# %s\n", why);
    }
    return u;
}

bool loopback_readable(const struct udp *u) {
    struct pollfd fd = {.fd = udp_fd(u), .events = POLLIN};
    return poll(&fd, 1, 5000) == 1;
}

size_t loopback_take(struct udp *u, struct packet_pool *pool, struct packet **in, size_t want) {
    size_t got = 0;
    while (got < want && loopback_readable(u)) {
        got += udp_recv(u, pool, NOW, in + got);
    }
    return got;
}

void loopback_queue(struct udp *from, const struct addr *to, uint8_t fill, size_t len) {
    loopback_train(from, to, fill, len, 1);
}

void loopback_train(struct udp *from, const struct addr *to, uint8_t fill, size_t len, size_t n) {
    struct train *t = udp_slot(from);
    train_clear(t);
    t->to = *to;
    t->from = (struct addr){0};
    for (size_t i = 0; i < n; i++) {
        memset(t->data + t->len, fill, len);
        train_add(t, len);
    }
    udp_keep(from);
}

bool loopback_sends_whole(struct udp *u, const struct addr *to, us_t now) {
    uint64_t cut = udp_counters(u)->trains_cut;
    loopback_train(u, to, 1, 200, 2);
    udp_flush(u, now);
    return udp_counters(u)->trains_cut == cut;
}

struct addr loopback_v6(const char *ip, uint32_t scope) {
    struct addr a = {.scope = scope};
    CHECK(inet_pton(AF_INET6, ip, a.ip) == 1);
    return a;
}
