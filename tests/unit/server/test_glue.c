/* Glue between a real signaling state and a real worker in its own thread. */
#include "base/alloc.h"
#include "media/secure/srtp.h"
#include "server/clock.h"
#include "server/glue.h"
#include "tests/fuzz/fuzz_world.h"
#include "tests/unit/test.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define MAILBOX 512
#define PATIENCE_MS 10000 /* a limit, far above anything that happens */

struct noted {
    char event[32], detail[32];
    uint64_t tour, peer;
};

struct rig {
    struct rng_seeded seed;
    struct dtls_identity *identity;
    struct sig *sig;
    struct worker *worker;
    struct glue *glue;
    int woken; /* eventfd */
    struct noted noted;
    unsigned notes;
};

static void wake(void *ctx) {
    uint64_t one = 1;
    CHECK(write(((struct rig *)ctx)->woken, &one, sizeof(one)) == sizeof(one));
}

static void deliver(void *ctx, const struct sig_effect *e) {
    (void)ctx;
    (void)e;
}

static void note(void *ctx, const char *event, uint64_t tour, uint64_t peer, const char *detail) {
    struct rig *r = ctx;
    r->noted = (struct noted){.tour = tour, .peer = peer};
    r->notes++;
    snprintf(r->noted.event, sizeof(r->noted.event), "%s", event);
    snprintf(r->noted.detail, sizeof(r->noted.detail), "%s", detail ? detail : "");
}

static bool rig_open(struct rig *r) {
    char why[WHY_MAX];
    *r = (struct rig){.woken = eventfd(0, EFD_CLOEXEC)};
    CHECK(srtp_library_init() == OK);
    r->identity = dtls_identity_new(clock_wall());
    r->sig = fuzz_sig(&r->seed);
    struct worker_config c = {.bind = addr_v4(127, 0, 0, 1, 0),
                              .packets = 64,
                              .mailbox = MAILBOX,
                              .wake_control = wake,
                              .wake_ctx = r,
                              .engine = {.max_peers = 4,
                                         .max_tours = 4,
                                         .cache_packets = 64,
                                         .media_silence = 8 * US_PER_S,
                                         .peer_timeout = 15 * US_PER_S,
                                         .join_timeout = 30 * US_PER_S,
                                         .identity = r->identity}};
    if (!r->identity || worker_start(&c, &r->worker, why) != OK) {
        return false;
    }
    r->glue = glue_new(&(struct glue_config){.sig = r->sig,
                                             .workers = &r->worker,
                                             .n_workers = 1,
                                             .deliver = deliver,
                                             .note = note,
                                             .ctx = r});
    return r->glue != NULL;
}

static void rig_close(struct rig *r) {
    glue_free(r->glue);
    worker_free(r->worker);
    sig_free(r->sig);
    dtls_identity_free(r->identity);
    close(r->woken);
}

/* Serve until something is noted. */
static bool wait_note(struct rig *r) {
    us_t limit = clock_now() + PATIENCE_MS * US_PER_MS;
    r->noted.event[0] = '\0';
    glue_service(r->glue, clock_now());
    while (!r->noted.event[0] && clock_now() < limit) {
        struct pollfd fd = {.fd = r->woken, .events = POLLIN};
        uint64_t n;
        if (poll(&fd, 1, PATIENCE_MS) == 1) {
            CHECK(read(r->woken, &n, sizeof(n)) == sizeof(n));
        }
        glue_service(r->glue, clock_now());
    }
    return r->noted.event[0] != '\0';
}

/* Why a client's media failed is for the operator: its page only sees that it is not connected. */
TEST(glue_notes_why_a_peer_failed) {
    struct rig r;
    REQUIRE(rig_open(&r));
    struct session_params *p = mem_zalloc(1, sizeof(*p));
    REQUIRE(p);
    p->peer = 9; /* and nothing else: the engine cannot take it */
    EXPECT(worker_post(r.worker, &(struct worker_order){.type = WORKER_PEER_ADD, .params = p}));
    EXPECT(wait_note(&r));
    EXPECT_STR(r.noted.event, "peer_failed");
    EXPECT_STR(r.noted.detail, "out_of_range");
    EXPECT_EQ(r.noted.peer, 9);
    rig_close(&r);
}

/* An order that the worker has taken before the next one; it may have to wait for room. */
static bool post_patiently(struct rig *r, const struct worker_order *o) {
    us_t limit = clock_now() + PATIENCE_MS * US_PER_MS;
    while (!worker_post(r->worker, o)) {
        if (clock_now() >= limit) {
            return false;
        }
        poll(NULL, 0, 1);
    }
    return true;
}

/* Reports in masses are taken in turns, and the rest is not forgotten. */
TEST(glue_takes_reports_in_bounded_turns) {
    struct rig r;
    const unsigned failing = GLUE_TURN_EVENTS + 100;
    REQUIRE(rig_open(&r));
    for (unsigned i = 0; i < failing; i++) {
        struct session_params *p = mem_zalloc(1, sizeof(*p));
        REQUIRE(p);
        p->peer = i + 1;
        EXPECT(post_patiently(&r, &(struct worker_order){.type = WORKER_PEER_ADD, .params = p}));
    }
    /* When one more than the mailbox holds was taken, the first of these has been obeyed, hence all
     * before it: their reports wait. */
    for (unsigned i = 0; i <= MAILBOX; i++) {
        EXPECT(post_patiently(&r, &(struct worker_order){.type = WORKER_PEER_REMOVE, .peer = 1}));
    }
    us_t now = clock_now();
    glue_service(r.glue, now);
    EXPECT_EQ(r.notes, GLUE_TURN_EVENTS);
    EXPECT(glue_deadline(r.glue) <= now);
    glue_service(r.glue, now);
    EXPECT_EQ(r.notes, failing);
    EXPECT(glue_deadline(r.glue) > now);
    rig_close(&r);
}
