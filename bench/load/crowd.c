#include "bench/load/crowd.h"

#include "base/alloc.h"
#include "base/check.h"
#include "bench/load/http.h"
#include "server/os/clock.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>

#define TICK (10 * US_PER_MS)
/* Sweeping sockets less often is cheaper; 1000 viewers get 200 packets a second each. */
#define PACE_SMALL (2 * US_PER_MS)
#define PACE_LARGE (5 * US_PER_MS)
#define LARGE 100           /* viewers */
#define OPENED_PER_S 4000.0 /* packets opened in all, about */
#define PACKETS_PER_S 200.0 /* to one viewer */
#define SAMPLE_MAX 100

static volatile sig_atomic_t stopped;

static void on_signal(int number) {
    (void)number;
    stopped = 1;
}

void load_open(struct load *l) {
    struct sigaction a = {.sa_handler = on_signal};
    memset(l, 0, sizeof(*l));
    CHECK(srtp_library_init() == OK);
    /* Without it timers may be 50 us late, which would show as delay of the servers. */
    (void)prctl(PR_SET_TIMERSLACK, 1000);
    sigaction(SIGINT, &a, NULL);
    sigaction(SIGTERM, &a, NULL);
    signal(SIGPIPE, SIG_IGN);
    loop_open(&l->world.loop);
    l->world.rng = clock_rng();
    l->world.identity = dtls_identity_new(clock_wall());
    CHECK(l->world.identity);
    rng_seed(&l->seed, 1);
    l->seeded = rng_from_seeded(&l->seed);
}

void load_close(struct load *l) {
    dtls_identity_free(l->world.identity);
    loop_close(&l->world.loop);
}

struct http_client *load_http_new(struct load *l) {
    CHECK(l->n_http < LOAD_CROWDS_MAX);
    return l->http[l->n_http++] = http_client_new(&l->world.loop);
}

struct http_client *load_http_free(struct load *l, struct http_client *h) {
    for (unsigned i = 0; i < l->n_http; i++) {
        if (l->http[i] == h) {
            l->http[i] = l->http[--l->n_http];
            break;
        }
    }
    return http_client_free(h);
}

void load_also(struct load *l, us_t (*also)(void *ctx, us_t now), void *ctx) {
    l->also = also;
    l->also_ctx = ctx;
}

bool load_stopped(void) {
    return stopped;
}

/* ---- crowds ---- */

static void set_pace(struct load *l) {
    unsigned viewers = 0;
    for (unsigned i = 0; i < l->n_crowds; i++) {
        viewers += l->crowds[i]->n_viewers;
    }
    l->world.loop.pace = viewers > LARGE ? PACE_LARGE : PACE_SMALL;
}

void crowd_open(struct crowd *c, struct load *l, unsigned n_publishers, unsigned n_viewers) {
    CHECK(l->n_crowds < LOAD_CROWDS_MAX);
    *c = (struct crowd){.n_publishers = n_publishers, .n_viewers = n_viewers};
    double sample = n_viewers * PACKETS_PER_S / OPENED_PER_S;
    c->audience.sample = sample < 1 ? 1 : sample > SAMPLE_MAX ? SAMPLE_MAX : (unsigned)sample;
    c->audience.rng = &l->seeded;
    c->publishers = mem_zalloc(n_publishers, sizeof(c->publishers[0]));
    c->viewers = mem_zalloc(n_viewers, sizeof(c->viewers[0]));
    CHECK(c->publishers && c->viewers);
    for (unsigned i = 0; i < n_publishers; i++) {
        publisher_open(&c->publishers[i], &l->world);
    }
    for (unsigned i = 0; i < n_viewers; i++) {
        viewer_open(&c->viewers[i], &l->world, &c->audience);
    }
    l->crowds[l->n_crowds++] = c;
    set_pace(l);
}

void crowd_close(struct crowd *c, struct load *l) {
    for (unsigned i = 0; i < l->n_crowds; i++) {
        if (l->crowds[i] == c) {
            l->crowds[i] = l->crowds[--l->n_crowds];
            break;
        }
    }
    for (unsigned i = 0; i < c->n_publishers; i++) {
        publisher_close(&c->publishers[i]);
    }
    for (unsigned i = 0; i < c->n_viewers; i++) {
        viewer_close(&c->viewers[i]);
    }
    mem_free(c->publishers);
    mem_free(c->viewers);
    *c = (struct crowd){0};
    set_pace(l);
}

void crowd_play(struct crowd *c, bool on) {
    us_t now = clock_now();
    for (unsigned i = 0; i < c->n_publishers; i++) {
        /* Cameras do not take their pictures at the same moment. */
        publisher_play(&c->publishers[i], now + i * VIDEO_INTERVAL / c->n_publishers, on);
    }
}

static const struct client *client_at(const struct crowd *c, unsigned i) {
    return i < c->n_publishers ? &c->publishers[i].client : &c->viewers[i - c->n_publishers].client;
}

unsigned crowd_count(const struct crowd *c, enum client_state state) {
    unsigned n = 0;
    for (unsigned i = 0; i < c->n_publishers + c->n_viewers; i++) {
        n += client_at(c, i)->state == state;
    }
    return n;
}

const char *crowd_why(const struct crowd *c) {
    for (unsigned i = 0; i < c->n_publishers + c->n_viewers; i++) {
        if (client_at(c, i)->state == CLIENT_FAILED) {
            return client_at(c, i)->why;
        }
    }
    return "";
}

void crowd_faults(const struct crowd *c, uint64_t *ret_auth_failed, uint64_t *ret_malformed) {
    *ret_auth_failed = *ret_malformed = 0;
    for (unsigned i = 0; i < c->n_publishers + c->n_viewers; i++) {
        *ret_auth_failed += client_at(c, i)->auth_failed;
        *ret_malformed += client_at(c, i)->malformed;
    }
}

uint64_t crowd_drops(const struct crowd *c) {
    uint64_t n = 0;
    for (unsigned i = 0; i < c->n_publishers + c->n_viewers; i++) {
        n += client_drops(client_at(c, i));
    }
    return n;
}

/* A line of /proc/net/udp: "sl: local:port remote:port st tx:rx tr:tm retrnsmt uid timeout inode
 * ref pointer drops", in hex up to the retransmissions. */
static uint64_t drops_of(const char *line, const uint8_t *ports) {
    unsigned port;
    unsigned long long drops;
    int n = sscanf(line, "%*u: %*x:%x %*x:%*x %*x %*x:%*x %*x:%*x %*x %*u %*u %*u %*u %*s %llu",
                   &port, &drops);
    return n == 2 && port <= UINT16_MAX && ports[port] ? drops : 0;
}

uint64_t crowd_server_drops(const struct crowd *c) {
    static uint8_t ports[UINT16_MAX + 1];
    char line[512];
    uint64_t sum = 0;
    FILE *f = fopen("/proc/net/udp", "re");
    memset(ports, 0, sizeof(ports));
    for (unsigned i = 0; i < c->n_publishers + c->n_viewers; i++) {
        ports[client_at(c, i)->server.port] = client_at(c, i)->server.port != 0;
    }
    while (f && fgets(line, sizeof(line), f)) {
        sum += drops_of(line, ports);
    }
    if (f) {
        fclose(f);
    }
    return sum;
}

/* ---- the loop ---- */

static us_t send_due(struct load *l, us_t now) {
    us_t next = US_NEVER;
    for (unsigned i = 0; i < l->n_crowds; i++) {
        struct crowd *c = l->crowds[i];
        for (unsigned k = 0; k < c->n_publishers; k++) {
            publisher_send(&c->publishers[k], now);
            next = us_min(next, publisher_due(&c->publishers[k]));
        }
    }
    return next;
}

static void tick(struct crowd *c, us_t now) {
    for (unsigned i = 0; i < c->n_publishers; i++) {
        publisher_tick(&c->publishers[i], now);
    }
    for (unsigned i = 0; i < c->n_viewers; i++) {
        viewer_tick(&c->viewers[i], now);
    }
}

void load_turn(struct load *l, us_t until) {
    us_t now = clock_now(), due = send_due(l, now);
    if (l->also) {
        due = us_min(due, l->also(l->also_ctx, now));
    }
    if (now >= l->tick_at) {
        l->tick_at = now + TICK;
        for (unsigned i = 0; i < l->n_crowds; i++) {
            tick(l->crowds[i], now);
        }
    }
    for (unsigned i = 0; i < l->n_http; i++) {
        http_client_tick(l->http[i], now); /* in each turn: so requests go out at once */
    }
    loop_turn(&l->world.loop, us_min(us_min(due, until), l->tick_at));
}

static bool never(void *ctx) {
    (void)ctx;
    return false;
}

bool load_run(struct load *l, us_t until) {
    (void)load_wait(l, until, never, NULL);
    return !stopped;
}

bool load_wait(struct load *l, us_t until, bool (*done)(void *ctx), void *ctx) {
    while (!stopped && !done(ctx)) {
        if (clock_now() >= until) {
            return false;
        }
        load_turn(l, until);
    }
    return !stopped;
}
