/* The floor as a target: its clients get their keys from here and need no handshake. */
#include "bench/load/floor.h"

#include "base/alloc.h"
#include "base/check.h"
#include "bench/load/floor_server.h"
#include "bench/load/target.h"
#include "server/os/clock.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

/* [bytes] RFC 7714 section 12: AEAD_AES_128_GCM */
#define KEY_LEN 16
#define SALT_LEN 12
#define SHARED_LEN (2 * sizeof(atomic_uint))
#define SOCKET_BUFFER (4 * 1024 * 1024) /* [bytes], as server/net/udp.c */

struct floor {
    struct floor_config config;
    struct addr addr;
};

static struct addr address_of(int fd) {
    struct sockaddr_in name;
    socklen_t n = sizeof(name);
    CHECK(getsockname(fd, (struct sockaddr *)&name, &n) == 0);
    return addr_v4(127, 0, 0, 1, ntohs(name.sin_port));
}

static bool start(struct target *t, const struct target_config *c) {
    struct floor *f = mem_zalloc(1, sizeof(*f));
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int size = SOCKET_BUFFER, whole = IP_PMTUDISC_DO; /* as server/net/udp.c */
    (void)c;
    CHECK(f);
    t->own = f;
    f->config.fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    f->config.train =
        mmap(NULL, SHARED_LEN, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(f->config.fd >= 0 && f->config.train != MAP_FAILED);
    f->config.engine = f->config.train + 1;
    CHECK(bind(f->config.fd, (struct sockaddr *)&here, sizeof(here)) == 0);
    (void)setsockopt(f->config.fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
    (void)setsockopt(f->config.fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
    (void)setsockopt(f->config.fd, IPPROTO_IP, IP_MTU_DISCOVER, &whole, sizeof(whole));
    f->addr = address_of(f->config.fd);
    atomic_store(f->config.train, 1);
    return true;
}

static void close_floor(struct target *t) {
    struct floor *f = t->own;
    child_stop(&t->child);
    if (f) {
        close(f->config.fd);
        munmap(f->config.train, SHARED_LEN);
        mem_free(f->config.publishers);
        mem_free(f->config.viewers);
    }
    t->own = mem_free(f);
}

/* The description of a server that has Opus and VP8 and one extension, as Oriel's viewers get. */
static struct remote_description describe(const struct floor *f) {
    struct remote_description d = {.candidate = f->addr, .n_lines = 2};
    for (unsigned i = 0; i < 2; i++) {
        struct remote_line *l = &d.lines[i];
        *l = (struct remote_line){.video = i == 1, .accepted = true, .pt = i == 1 ? 96 : 111};
        l->mid[0] = i == 1 ? '1' : '0';
        l->ext.id[RTP_EXT_MID] = 4;
    }
    return d;
}

/* Keys of a client's, and the same as the floor sees them. */
static void make_keys(struct load *l, struct dtls_keys *client, struct dtls_keys *server) {
    *client = (struct dtls_keys){.profile = SRTP_PROFILE_AEAD_AES_128_GCM};
    rng_fill(&l->world.rng, client->inbound.key, KEY_LEN);
    rng_fill(&l->world.rng, client->inbound.salt, SALT_LEN);
    rng_fill(&l->world.rng, client->outbound.key, KEY_LEN);
    rng_fill(&l->world.rng, client->outbound.salt, SALT_LEN);
    *server = (struct dtls_keys){client->profile, client->outbound, client->inbound};
}

static struct floor_peer *add_peer(struct floor_peer **list, unsigned *n, const struct client *c,
                                   unsigned room) {
    struct floor_peer *more = mem_realloc(*list, (*n + 1) * sizeof(*more));
    CHECK(more);
    *list = more;
    more[*n] = (struct floor_peer){.addr = address_of(c->fd), .room = room};
    return &more[(*n)++];
}

static void publish(struct target *t, struct publisher *p, unsigned room) {
    struct floor *f = t->own;
    struct remote_description d = describe(f);
    struct dtls_keys keys;
    struct floor_peer *peer =
        add_peer(&f->config.publishers, &f->config.n_publishers, &p->client, room);
    make_keys(t->load, &keys, &peer->keys);
    CHECK(publisher_expect(p, &d));
    client_adopt(&p->client, clock_now(), &d.candidate, &keys);
}

static void view(struct target *t, struct viewer *v, unsigned room) {
    struct floor *f = t->own;
    struct remote_description d = describe(f);
    struct dtls_keys keys;
    struct floor_peer *peer = add_peer(&f->config.viewers, &f->config.n_viewers, &v->client, room);
    make_keys(t->load, &keys, &peer->keys);
    CHECK(viewer_expect(v, &d));
    client_adopt(&v->client, clock_now(), &d.candidate, &keys);
}

static void serve(void *ctx) {
    floor_serve(ctx);
}

bool floor_begin(struct target *t) {
    struct floor *f = t->own;
    return child_fork(&t->child, serve, &f->config) || target_fail(t, "cannot fork");
}

static enum srtp_aead library_of(unsigned engine) {
    return engine == FLOOR_IPSEC_MB ? SRTP_AEAD_IPSEC_MB : SRTP_AEAD_OPENSSL;
}

bool floor_has(unsigned engine) {
    bool has = srtp_aead_choose(library_of(engine), NULL) == OK;
    CHECK(srtp_aead_choose(SRTP_AEAD_OPENSSL, NULL) == OK);
    return has;
}

const char *floor_engine_name(unsigned engine) {
    return engine == FLOOR_IPSEC_MB ? "ipsec-mb" : "openssl";
}

void floor_choose(struct target *t, unsigned engine, unsigned train) {
    struct floor *f = t->own;
    CHECK(engine < FLOOR_ENGINES && train >= 1 && train <= FLOOR_TRAIN_MAX);
    atomic_store(f->config.engine, engine);
    atomic_store(f->config.train, train);
}

const struct target_ops target_floor = {
    .name = "floor", .start = start, .publish = publish, .view = view, .close = close_floor};
