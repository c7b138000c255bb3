/* Glue between a real signaling state and a real worker in its own thread. */
#include "base/alloc.h"
#include "media/secure/srtp.h"
#include "server/glue/glue.h"
#include "server/os/clock.h"
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
    struct signaling *signaling;
    struct worker *worker;
    struct mix_thread *mix; /* NULL unless a test wants one */
    struct glue *glue;
    int woken; /* eventfd */
    struct noted noted;
    unsigned notes;
};

static void wake(void *ctx) {
    uint64_t one = 1;
    CHECK(write(((struct rig *)ctx)->woken, &one, sizeof(one)) == sizeof(one));
}

static void deliver(void *ctx, const struct signaling_effect *e) {
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

static bool start_mix(struct rig *r) {
    char why[WHY_MAX];
    struct mix_thread_config c = {.workers = 1, .mailbox = 64};
    c.mixes = (struct mixes_config){.listeners = 2, .voices = 2, .delay = 40 * US_PER_MS};
    return mix_thread_start(&c, &r->mix, why) == OK;
}

static bool open_rig(struct rig *r, bool mixed) {
    char why[WHY_MAX];
    *r = (struct rig){.woken = eventfd(0, EFD_CLOEXEC)};
    if (mixed && !start_mix(r)) {
        return false;
    }
    CHECK(srtp_library_init() == OK);
    r->identity = dtls_identity_new(clock_wall());
    r->signaling = fuzz_signaling(&r->seed);
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
    if (r->mix) {
        c.to_mix = mix_thread_from(r->mix, 0);
        c.from_mix = mix_thread_to(r->mix, 0);
    }
    if (!r->identity || worker_start(&c, &r->worker, why) != OK) {
        return false;
    }
    r->glue = glue_new(&(struct glue_config){.signaling = r->signaling,
                                             .workers = &r->worker,
                                             .n_workers = 1,
                                             .mix = r->mix,
                                             .deliver = deliver,
                                             .note = note,
                                             .ctx = r});
    return r->glue != NULL;
}

static bool rig_open(struct rig *r) {
    return open_rig(r, false);
}

static void rig_close(struct rig *r) {
    glue_free(r->glue);
    worker_stop(r->worker);
    mix_thread_stop(r->mix);
    worker_free(r->worker);
    mix_thread_free(r->mix);
    signaling_free(r->signaling);
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
    EXPECT(worker_post(r.worker, &(struct command){.type = COMMAND_PEER_ADD, .params = p}));
    EXPECT(wait_note(&r));
    EXPECT_STR(r.noted.event, "peer_failed");
    EXPECT_STR(r.noted.detail, "out_of_range");
    EXPECT_EQ(r.noted.peer, 9);
    rig_close(&r);
}

/* An order that the worker has taken before the next one; it may have to wait for room. */
static bool post_patiently(struct rig *r, const struct command *o) {
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
        EXPECT(post_patiently(&r, &(struct command){.type = COMMAND_PEER_ADD, .params = p}));
    }
    /* When one more than the mailbox holds was taken, the first of these has been obeyed, hence all
     * before it: their reports wait. */
    for (unsigned i = 0; i <= MAILBOX; i++) {
        EXPECT(post_patiently(&r, &(struct command){.type = COMMAND_PEER_REMOVE, .peer = 1}));
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

static const char player[] =
    "v=0\r\na=fingerprint:sha-256 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:"
    "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF\r\n"
    "a=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\n"
    "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na=rtcp-mux\r\na=rtpmap:111 opus/48000/2\r\n";

/* Nothing is done about it yet. */
static void request(struct rig *r, bool whep, const char *audio, const char *token) {
    struct signaling_http h = {.req = 1,
                               .method = SIGNALING_POST,
                               .whep = whep,
                               .audio = audio,
                               .tour = "demo",
                               .token = token,
                               .content_type = "application/sdp",
                               .body = player,
                               .body_len = sizeof(player) - 1};
    signaling_http(r->signaling, clock_now(), &h);
}

/* WHIP, or WHEP that asks for the mix. */
static void post_offer(struct rig *r, bool whep, const char *token) {
    request(r, whep, whep ? "mix" : NULL, token);
    glue_effects(r->glue, clock_now());
}

/* The mix's counters are published four times a second. */
static bool wait_mix(const struct rig *r, uint64_t listeners, uint64_t outputs) {
    us_t limit = clock_now() + PATIENCE_MS * US_PER_MS;
    struct mix_thread_counters n;
    do {
        poll(NULL, 0, 10);
        mix_thread_counters(r->mix, &n);
    } while ((n.mix.listeners != listeners || n.mix.outputs != outputs) && clock_now() < limit);
    return n.mix.listeners == listeners && n.mix.outputs == outputs;
}

/* Who listens, and whom not to hear, reaches the mix; and that nobody does any more. */
TEST(glue_tells_the_mix_of_its_listeners) {
    struct rig r;
    REQUIRE(open_rig(&r, true));
    post_offer(&r, false, "agent|demo|obs|x");
    post_offer(&r, true, "buyer|demo|tv|x");
    EXPECT(wait_mix(&r, 1, 1));
    post_offer(&r, true, "agent|demo|obs|x"); /* does not hear himself */
    EXPECT(wait_mix(&r, 2, 2));
    EXPECT_EQ(signaling_stats(r.signaling).sessions, 3);
    for (uint64_t peer = 1; peer <= 64; peer++) { /* whichever theirs are */
        signaling_peer_gone(r.signaling, clock_now(), peer);
        glue_effects(r.glue, clock_now());
    }
    EXPECT_EQ(signaling_stats(r.signaling).sessions, 0);
    EXPECT(wait_mix(&r, 0, 0));
    EXPECT_EQ(r.notes, 1); /* that the tour was opened */
    rig_close(&r);
}

/* Its worker never hears of it, so nobody would ever say that it has gone: whatever finds no
 * memory, who comes is known to the worker or to nobody. */
TEST(glue_has_a_peer_leave_that_finds_no_memory) {
    unsigned lost = 0;
    bool more = true;
    for (long n = 0; more; n++) {
        struct rig r;
        REQUIRE(rig_open(&r));
        request(&r, false, NULL, "agent|demo|obs|x");
        request(&r, true, NULL, "agent|demo|tv|x");
        EXPECT_EQ(signaling_stats(r.signaling).sessions, 2);
        mem_fail_at(n);
        glue_effects(r.glue, clock_now());
        more = mem_failed();
        mem_fail_at(-1);
        EXPECT_EQ(signaling_stats(r.signaling).sessions, 2 - glue_lost(r.glue));
        EXPECT(glue_lost(r.glue) == 0 || strcmp(r.noted.event, "out_of_memory") == 0);
        lost += (unsigned)glue_lost(r.glue);
        rig_close(&r);
    }
    EXPECT_EQ(lost, 2);
}
