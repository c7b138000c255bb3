/* A worker as it runs in production: its own thread, socket and mailboxes. The client here is on
 * the test's thread, talks UDP and waits for answers; nothing is timed. */
#include "base/bytes.h"
#include "media/secure/srtp.h"
#include "media/wire/rtp.h"
#include "server/os/clock.h"
#include "server/os/runtime_dir.h"
#include "server/relay/mix_thread.h"
#include "server/relay/worker.h"
#include "tests/sim/sim_config.h"
#include "tests/sim/sim_stun.h"
#include "tests/unit/server/tasks.h"
#include "tests/unit/test.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define TOUR 5
#define PEER 9
#define PATIENCE_MS 10000 /* a limit, far above anything that happens */
#define MIC_SSRC 0x1234u

struct rig {
    struct dtls_identity *identity, *client_identity;
    struct mailbox *taps;
    struct worker *worker;
    struct peering *peering; /* with a second worker, whose taps are r->taps then */
    struct worker *second;
    struct mix_thread *mix; /* NULL: nothing is mixed */
    struct session_params params;
    int notes; /* eventfd: the worker woke the control thread */
    int fd;    /* the client's socket */
    bool tcp;  /* it is a connection, and packets are framed */
    struct dtls *dtls;
    struct live_file *live; /* NULL: sessions end with the worker */
    struct live_old *old;   /* what it goes on with */
    uint16_t port;          /* of its own; 0: any */
    us_t claim;
};

static void wake(void *ctx) {
    uint64_t one = 1;
    ssize_t n = write(((struct rig *)ctx)->notes, &one, sizeof(one));
    CHECK(n == sizeof(one));
}

static bool start_worker(struct rig *r, uint32_t index, struct worker **ret) {
    char why[WHY_MAX] = "";
    bool taps = r->peering == NULL || index == 1;
    struct worker_config c = {.index = index,
                              .peering = r->peering,
                              .to_mix = r->mix ? mix_thread_from(r->mix, index) : NULL,
                              .from_mix = r->mix ? mix_thread_to(r->mix, index) : NULL,
                              .bind = addr_v4(127, 0, 0, 1, r->port),
                              .live = r->live,
                              .old = r->old,
                              .claim = r->claim,
                              .packets = 256,
                              .mailbox = 64,
                              .wake_control = wake,
                              .wake_ctx = r,
                              .taps = taps ? r->taps : NULL};
    c.tcp = (struct ice_tcp_config){.enabled = true,
                                    .connections = 4,
                                    .per_address = 4,
                                    .packets = 64,
                                    .queue = 65536,
                                    .wait = US_PER_S,
                                    .first = 5 * US_PER_S,
                                    .idle = 60 * US_PER_S};
    c.engine = sim_config(r->identity, (struct rng){0}); /* the worker has its own */
    enum err err = worker_start(&c, ret, why);
    if (err != OK) {
        printf("# %s\n", why);
    }
    return err == OK;
}

static bool connect_client(struct rig *r) {
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons(worker_port(r->worker)),
                             .sin_addr = {htonl(INADDR_LOOPBACK)}};
    r->fd = socket(AF_INET, (r->tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC, 0);
    return connect(r->fd, (struct sockaddr *)&to, sizeof(to)) == 0;
}

static bool speak(const struct rig *r, const uint8_t *packet, size_t n) {
    uint8_t head[2];
    put_be16(head, (uint16_t)n);
    return (!r->tcp || send(r->fd, head, sizeof(head), MSG_NOSIGNAL) == sizeof(head)) &&
           send(r->fd, packet, n, MSG_NOSIGNAL) == (ssize_t)n;
}

/* A packet; -1 when there is none, or no room. */
static ssize_t hear(const struct rig *r, uint8_t *out, size_t cap) {
    uint8_t head[2];
    if (!r->tcp) {
        return recv(r->fd, out, cap, 0);
    }
    if (recv(r->fd, head, sizeof(head), MSG_WAITALL) != sizeof(head) || be16(head) > cap) {
        return -1;
    }
    return recv(r->fd, out, be16(head), MSG_WAITALL);
}

static void rig_close(struct rig *r) {
    struct tap t;
    worker_stop(r->worker);
    worker_stop(r->second);
    mix_thread_stop(r->mix);
    r->mix = mix_thread_free(r->mix);
    r->peering = peering_free(r->peering);
    while (r->taps && mailbox_pop(r->taps, &t)) {
        packet_unref(t.packet);
    }
    r->worker = worker_free(r->worker);
    r->second = worker_free(r->second);
    mailbox_free(r->taps);
    dtls_free(r->dtls);
    dtls_identity_free(r->identity);
    dtls_identity_free(r->client_identity);
    close(r->notes);
    close(r->fd);
}

static struct mix_thread *start_mix(void) {
    char why[WHY_MAX] = "";
    struct mix_thread *ret = NULL;
    struct mix_thread_config c = {.workers = 1, .mailbox = 256};
    c.mixes = (struct mixes_config){.listeners = 2, .voices = 4, .delay = 40 * US_PER_MS};
    if (mix_thread_start(&c, &ret, why) != OK) {
        printf("# %s\n", why);
    }
    return ret;
}

static bool rig_begin(struct rig *r, uint32_t workers) {
    r->fd = -1;
    r->peering = workers > 1 ? peering_new(workers, 256) : NULL;
    CHECK(srtp_library_init() == OK);
    r->notes = eventfd(0, EFD_CLOEXEC);
    r->identity = dtls_identity_new(clock_wall());
    r->client_identity = dtls_identity_new(clock_wall());
    r->taps = mailbox_new(64, sizeof(struct tap));
    if (!r->identity || !r->client_identity || !r->taps || !start_worker(r, 0, &r->worker) ||
        (workers > 1 && !start_worker(r, 1, &r->second))) {
        return false;
    }
    r->dtls = dtls_new(r->client_identity, dtls_identity_fingerprint(r->identity), true);
    struct session_params *s = &r->params;
    *s = (struct session_params){
        .peer = PEER,
        .participant = 3,
        .tour = TOUR,
        .host = true,
        .record_consent = true,
        .cname = "worker",
        .ice = {"serverfrag", "serverpasswordserverpass", "clientfrag", "clientpasswordclientpass"},
        .n_lines = 1};
    memcpy(s->fingerprint, dtls_identity_fingerprint(r->client_identity), FINGERPRINT_LEN);
    s->lines[0] = (struct session_line){
        .mid = "0", .source = SOURCE_MICROPHONE, .codec = CODEC_OPUS, .pt = 111, .ssrc = MIC_SSRC};
    return r->dtls && connect_client(r);
}

static bool rig_open_with(struct rig *r, uint32_t workers, bool mixed) {
    *r = (struct rig){.mix = mixed ? start_mix() : NULL};
    return rig_begin(r, workers);
}

static bool rig_open_workers(struct rig *r, uint32_t workers) {
    return rig_open_with(r, workers, false);
}

static bool rig_open(struct rig *r) {
    return rig_open_workers(r, 1);
}

static bool readable(int fd) {
    struct pollfd p = {.fd = fd, .events = POLLIN};
    return poll(&p, 1, PATIENCE_MS) == 1;
}

static bool wait_event(struct rig *r, struct media_event *ret) {
    uint64_t count;
    for (;;) {
        worker_listen(r->worker);
        if (worker_event(r->worker, ret)) {
            return true;
        }
        if (!readable(r->notes) || read(r->notes, &count, sizeof(count)) != sizeof(count)) {
            return false;
        }
    }
}

static bool order(struct rig *r, const struct command *o) {
    return worker_post(r->worker, o);
}

static bool add_peer(struct rig *r) {
    struct session_params *p = mem_alloc(sizeof(*p));
    if (!p) {
        return false;
    }
    *p = r->params;
    return order(r, &(struct command){.type = COMMAND_TOUR_ADD, .tour = TOUR}) &&
           order(r, &(struct command){.type = COMMAND_TOUR_TAP, .tour = TOUR, .on = true}) &&
           order(r, &(struct command){.type = COMMAND_PEER_ADD, .peer = PEER, .params = p});
}

/* A connectivity check and its answer; resent until the worker has obeyed the orders. */
static bool check_connectivity(struct rig *r) {
    uint8_t buf[256], in[512];
    struct addr mapped;
    struct stun_check k = {.c = &r->params.ice, .tie = 1, .nominate = true};
    for (int i = 0; i < 200; i++) {
        struct wr w = wr_of(buf, sizeof(buf));
        struct pollfd p = {.fd = r->fd, .events = POLLIN};
        memset(k.id, i, sizeof(k.id));
        stun_write_check(&w, &k);
        CHECK(!w.bad && speak(r, buf, wr_len(&w)));
        if (poll(&p, 1, 50) == 1) {
            ssize_t n = hear(r, in, sizeof(in));
            return n > 0 && stun_read_response(bytes_of(in, (size_t)n), k.id,
                                               r->params.ice.local_pwd, &mapped);
        }
    }
    return false;
}

static bool shake_hands(struct rig *r) {
    uint8_t buf[PACKET_CAP];
    enum dtls_state state = DTLS_HANDSHAKING;
    dtls_start(r->dtls, clock_now());
    for (;;) {
        for (size_t n; (n = dtls_output(r->dtls, buf, sizeof(buf))) > 0;) {
            CHECK(speak(r, buf, n));
        }
        if (state != DTLS_HANDSHAKING) {
            return state == DTLS_DONE;
        }
        if (!readable(r->fd)) {
            return false;
        }
        ssize_t n = hear(r, buf, sizeof(buf));
        if (n > 0 && wire_classify(bytes_of(buf, (size_t)n)) == WIRE_DTLS) {
            state = dtls_input(r->dtls, clock_now(), bytes_of(buf, (size_t)n));
        }
    }
}

static bool send_voice_from(struct rig *r, unsigned first, unsigned packets) {
    static const uint8_t payload[40] = {0xfc};
    uint8_t header[RTP_FIXED_HEADER], out[200];
    struct dtls_keys keys;
    if (dtls_export(r->dtls, &keys) != OK) {
        return false;
    }
    struct srtp_sealer *sealer = srtp_sealer_new(&keys);
    for (unsigned i = 0; sealer && i < packets; i++) {
        unsigned at = first + i;
        struct rtp h = {.pt = 111, .seq = (uint16_t)at, .ts = at * 960, .ssrc = MIC_SSRC};
        size_t n = rtp_write_header(header, sizeof(header), &h, NULL, 0);
        struct wr w = wr_of(out, sizeof(out));
        n = srtp_seal_rtp(sealer, at, bytes_of(header, n), bytes_of(payload, sizeof(payload)), &w);
        CHECK(n > 0 && speak(r, out, n));
    }
    bool ok = sealer != NULL;
    srtp_sealer_free(sealer);
    return ok;
}

static bool send_voice(struct rig *r, unsigned packets) {
    return send_voice_from(r, 100, packets);
}

/* Counts tapped packets until `wanted` have come. */
static unsigned count_taps_from(struct rig *r, unsigned first, unsigned wanted) {
    unsigned got = 0;
    struct tap t;
    while (got < wanted && readable(mailbox_fd(r->taps))) {
        mailbox_ack(r->taps);
        while (mailbox_pop(r->taps, &t)) {
            got += t.type == TAP_RTP && t.seq % 65536 == first + got && t.payload_len == 40;
            packet_unref(t.packet);
        }
    }
    return got;
}

static unsigned count_taps(struct rig *r, unsigned wanted) {
    return count_taps_from(r, 100, wanted);
}

TEST(worker_joins_a_client_and_taps_its_voice) {
    struct rig r;
    struct media_event e;
    REQUIRE(rig_open(&r));
    EXPECT(add_peer(&r));
    EXPECT(check_connectivity(&r));
    EXPECT(shake_hands(&r));
    EXPECT(wait_event(&r, &e));
    EXPECT_EQ(e.type, MEDIA_PEER_CONNECTED);
    EXPECT_EQ(e.peer, PEER);
    EXPECT(send_voice(&r, 20));
    EXPECT_EQ(count_taps(&r, 20), 20);
    EXPECT(wait_event(&r, &e));
    EXPECT_EQ(e.type, MEDIA_SOURCE_ON);
    rig_close(&r);
}

/* The same for a client that UDP does not reach: on the same port, framed. */
TEST(worker_joins_a_client_by_tcp) {
    struct rig r;
    struct media_event e;
    struct worker_rim_counters n = {0};
    REQUIRE(rig_open(&r));
    close(r.fd);
    r.tcp = true;
    REQUIRE(connect_client(&r));
    EXPECT(add_peer(&r));
    EXPECT(check_connectivity(&r));
    EXPECT(shake_hands(&r));
    EXPECT(wait_event(&r, &e));
    EXPECT_EQ(e.type, MEDIA_PEER_CONNECTED);
    EXPECT(send_voice(&r, 20));
    EXPECT_EQ(count_taps(&r, 20), 20);
    for (us_t limit = clock_now() + PATIENCE_MS * US_PER_MS; n.tcp.opened == 0;) {
        worker_rim_counters(r.worker, &n);
        REQUIRE(clock_now() < limit);
    }
    EXPECT_EQ(n.tcp.dropped, 0);
    rig_close(&r);
}

/* The client is on the first worker, the home of its tour is the second: what is said arrives
 * there, by reference, and is tapped there. */
TEST(workers_share_a_tour) {
    struct rig r;
    REQUIRE(rig_open_workers(&r, 2));
    struct session_params *p = mem_alloc(sizeof(*p));
    REQUIRE(p);
    *p = r.params;
    EXPECT(worker_post(r.second, &(struct command){.type = COMMAND_TOUR_ADD, .tour = TOUR}));
    EXPECT(worker_post(
        r.second,
        &(struct command){.type = COMMAND_TOUR_SPAN, .tour = TOUR, .home = 1, .workers = 3}));
    EXPECT(worker_post(r.second,
                       &(struct command){.type = COMMAND_TOUR_TAP, .tour = TOUR, .on = true}));
    EXPECT(order(&r, &(struct command){.type = COMMAND_TOUR_ADD, .tour = TOUR}));
    EXPECT(order(
        &r, &(struct command){.type = COMMAND_TOUR_SPAN, .tour = TOUR, .home = 1, .workers = 3}));
    EXPECT(order(&r, &(struct command){.type = COMMAND_PEER_ADD, .peer = PEER, .params = p}));
    struct media_event e;
    REQUIRE(check_connectivity(&r) && shake_hands(&r));
    REQUIRE(wait_event(&r, &e));
    EXPECT_EQ(e.type, MEDIA_PEER_CONNECTED);
    EXPECT(send_voice(&r, 40));
    EXPECT(count_taps(&r, 1) >= 1);
    rig_close(&r);
}

/* Packets of this ssrc, until `wanted` have come. */
static unsigned count_heard(struct rig *r, uint32_t ssrc, unsigned wanted) {
    uint8_t in[PACKET_CAP];
    unsigned got = 0;
    us_t limit = clock_now() + PATIENCE_MS * US_PER_MS;
    while (got < wanted && clock_now() < limit && readable(r->fd)) {
        struct rtp p;
        ssize_t n = hear(r, in, sizeof(in));
        bool media = n > 0 && wire_classify(bytes_of(in, (size_t)n)) == WIRE_RTP;
        got += media && rtp_parse(bytes_of(in, (size_t)n), &p) == OK && p.ssrc == ssrc;
    }
    return got;
}

static uint64_t mixed_packets(const struct rig *r) {
    struct mix_thread_counters n;
    mix_thread_counters(r->mix, &n);
    return n.mix.packets;
}

/* From a client through its worker to the mix, and back: it hears all voices, of which there is but
 * its own here. */
TEST(worker_lets_a_client_hear_the_mix) {
    struct rig r;
    struct media_event e;
    struct mix_order o = {.tour = TOUR, .peer = PEER, .on = true};
    REQUIRE(rig_open_with(&r, 1, true));
    r.params.n_lines = 2;
    r.params.mix = true;
    r.params.lines[1] = (struct session_line){
        .mid = "1", .slot = SLOT_AUDIO, .codec = CODEC_OPUS, .pt = 111, .ssrc = 0x5678};
    EXPECT(mix_thread_post(r.mix, &o));
    EXPECT(add_peer(&r));
    EXPECT(order(&r, &(struct command){.type = COMMAND_TOUR_MIX, .tour = TOUR, .on = true}));
    REQUIRE(check_connectivity(&r) && shake_hands(&r) && wait_event(&r, &e));
    EXPECT(send_voice(&r, 20));
    EXPECT(count_heard(&r, 0x5678, 3) >= 3);
    us_t limit = clock_now() + PATIENCE_MS * US_PER_MS;
    while (mixed_packets(&r) < 20 && clock_now() < limit) {
        struct pollfd none = {.fd = -1};
        poll(&none, 1, 10);
    }
    EXPECT_EQ(mixed_packets(&r), 20);
    EXPECT(tasks_named("oriel-mix") >= 1);
    o.on = false; /* and workers go on telling for a moment */
    EXPECT(mix_thread_post(r.mix, &o));
    EXPECT(send_voice(&r, 20));
    rig_close(&r);
}

static uint64_t taps_dropped(const struct rig *r) {
    struct worker_rim_counters c;
    worker_rim_counters(r->worker, &c);
    return c.tap_dropped;
}

/* A recorder that falls behind loses packets, but not the word that a source has ended. */
TEST(worker_keeps_room_for_taps_without_packets) {
    struct rig r;
    struct media_event e;
    struct tap t = {0};
    REQUIRE(rig_open(&r));
    EXPECT(add_peer(&r) && check_connectivity(&r) && shake_hands(&r) && wait_event(&r, &e));
    EXPECT(send_voice(&r, 150));
    EXPECT(wait_event(&r, &e));
    us_t limit = clock_now() + PATIENCE_MS * US_PER_MS;
    while (taps_dropped(&r) == 0 && clock_now() < limit) {
        struct pollfd none = {.fd = -1};
        poll(&none, 1, 10);
    }
    EXPECT(order(&r, &(struct command){.type = COMMAND_TOUR_TAP, .tour = TOUR}));
    struct session_params *p = mem_alloc(sizeof(*p));
    REQUIRE(p);
    *p = r.params; /* known already: the answer tells that the order before was obeyed */
    EXPECT(order(&r, &(struct command){.type = COMMAND_PEER_ADD, .params = p}));
    do {
        REQUIRE(wait_event(&r, &e));
    } while (e.type != MEDIA_PEER_FAILED);
    uint32_t dropped = 0; /* told by the next that found room: a voice, if it was heard before */
    while (t.type != TAP_SOURCE_OFF && mailbox_pop(r.taps, &t)) {
        dropped += t.dropped;
        packet_unref(t.packet);
    }
    EXPECT_EQ(t.type, TAP_SOURCE_OFF);
    EXPECT(dropped > 0);
    rig_close(&r);
}

TEST(worker_reports_a_peer_it_cannot_take) {
    struct rig r;
    struct media_event e;
    REQUIRE(rig_open(&r));
    struct session_params *p = mem_alloc(sizeof(*p));
    REQUIRE(p);
    *p = r.params;
    /* The tour was never added. */
    EXPECT(order(&r, &(struct command){.type = COMMAND_PEER_ADD, .peer = PEER, .params = p}));
    EXPECT(wait_event(&r, &e));
    EXPECT_EQ(e.type, MEDIA_PEER_FAILED);
    EXPECT_EQ(e.peer, PEER);
    EXPECT_EQ(e.reason, ERR_UNKNOWN);
    rig_close(&r);
}

/* A control thread that is busy for a while learns of everything in the end. */
TEST(worker_keeps_events_that_find_no_room) {
    struct rig r;
    struct media_event e;
    unsigned posted = 0, seen = 0;
    REQUIRE(rig_open(&r));
    while (posted < 300) { /* the mailboxes hold 64 */
        struct session_params *p = mem_alloc(sizeof(*p));
        REQUIRE(p);
        *p = r.params;
        p->peer = posted + 1;
        if (order(&r, &(struct command){.type = COMMAND_PEER_ADD, .params = p})) {
            posted++;
            continue;
        }
        mem_free(p);
        REQUIRE(wait_event(&r, &e));
        EXPECT_EQ(e.peer, ++seen);
    }
    while (seen < posted) {
        REQUIRE(wait_event(&r, &e));
        EXPECT_EQ(e.peer, ++seen);
    }
    rig_close(&r);
}

static uint64_t dropped(const struct rig *r) {
    struct engine_counters c;
    worker_counters(r->worker, &c);
    return c.drop_other + c.drop_unknown_address + c.drop_stun;
}

TEST(worker_counts_and_drops_what_strangers_send) {
    static const uint8_t garbage[3][40] = {{0xff}, {22, 0xfe, 0xfd}, {0x80, 111}};
    struct rig r;
    REQUIRE(rig_open(&r));
    for (size_t i = 0; i < ARRAY_LEN(garbage); i++) {
        EXPECT(send(r.fd, garbage[i], sizeof(garbage[i]), 0) > 0);
    }
    /* Counters are published four times a second; look until they are. */
    us_t limit = clock_now() + PATIENCE_MS * US_PER_MS;
    while (dropped(&r) < 3 && clock_now() < limit) {
        struct pollfd none = {.fd = -1};
        poll(&none, 1, 10);
    }
    EXPECT_EQ(dropped(&r), 3);
    rig_close(&r);
}

TEST(worker_stops_twice_and_frees_null) {
    struct rig r;
    REQUIRE(rig_open(&r));
    worker_stop(r.worker);
    worker_stop(NULL);
    EXPECT(worker_free(NULL) == NULL);
    rig_close(&r);
}

TEST(workers_are_told_apart_by_their_names) {
    static struct rig r;
    REQUIRE(rig_open_workers(&r, 2));
    EXPECT(tasks_named("oriel-media-0") >= 1); /* one that has just ended may still be there */
    EXPECT(tasks_named("oriel-media-1") >= 1);
    rig_close(&r);
}

#define CLAIM (200 * US_PER_MS)
static const struct session_file kept = {.n_slots = 16};

/* The worker and its thread are gone, as when the process is killed: of all it had its file is
 * there, of which a copy stands for what the system keeps. */
static void kill_worker(struct rig *r, const char *dir) {
    char cmd[256];
    worker_stop(r->worker);
    r->worker = worker_free(r->worker);
    snprintf(cmd, sizeof(cmd), "cd %s && cp worker-0.live copy", dir);
    CHECK(system(cmd) == 0);
    r->live = live_file_end(r->live);
    snprintf(cmd, sizeof(cmd), "cd %s && mv copy worker-0.live", dir);
    CHECK(system(cmd) == 0);
}

/* Another one, on the same port and over the bytes of that file. */
static bool start_again(struct rig *r, struct runtime_dir *d, struct live_found *found) {
    char why[WHY_MAX];
    r->old = live_old_open(d, 0, found);
    bool ok =
        r->old && live_file_new(d, &kept, &r->live, why) == OK && start_worker(r, 0, &r->worker);
    r->old = live_old_end(r->old);
    return ok;
}

static bool wait_type(struct rig *r, enum media_event_type type, struct media_event *ret) {
    do {
        if (!wait_event(r, ret)) {
            return false;
        }
    } while (ret->type != type);
    return true;
}

/* A client that is in the middle of speaking notices nothing of it: no handshake, the same keys. */
TEST(worker_goes_on_with_the_sessions_of_one_that_was_killed) {
    struct rig r = {0};
    struct media_event e;
    struct live_found found = {0};
    struct adopted who;
    struct worker_rim_counters n;
    struct session_snapshot left;
    struct runtime_dir *d = NULL;
    char why[WHY_MAX], dir[] = "/dev/shm/oriel-test-XXXXXX";
    CHECK(mkdtemp(dir) && runtime_dir_open(dir, &d, why) == OK);
    REQUIRE(live_file_new(d, &kept, &r.live, why) == OK && live_file_settle(r.live, why) == OK);
    REQUIRE(rig_begin(&r, 1));
    EXPECT(add_peer(&r) && check_connectivity(&r) && shake_hands(&r));
    EXPECT(wait_type(&r, MEDIA_PEER_CONNECTED, &e));
    EXPECT(send_voice(&r, 20));
    EXPECT_EQ(count_taps(&r, 20), 20);
    r.port = worker_port(r.worker);
    for (int claimed = 1; claimed >= 0; claimed--) {
        kill_worker(&r, dir);
        found = (struct live_found){0};
        r.claim = claimed ? 3600 * US_PER_S : CLAIM;
        REQUIRE(start_again(&r, d, &found));
        EXPECT_EQ(found.sessions, 1);
        EXPECT(worker_adopted(r.worker, 0, &who) && !worker_adopted(r.worker, 1, &who));
        EXPECT(who.peer == PEER && who.participant == 3 && who.tour == TOUR);
        EXPECT(wait_type(&r, MEDIA_PEER_CONNECTED, &e)); /* whoever knew it may have died */
        EXPECT_EQ(e.peer, PEER);
        if (claimed) {
            EXPECT(order(&r, &(struct command){.type = COMMAND_TOUR_ADD, .tour = TOUR}));
            EXPECT(
                order(&r, &(struct command){.type = COMMAND_TOUR_TAP, .tour = TOUR, .on = true}));
            EXPECT(order(&r, &(struct command){.type = COMMAND_HOST, .peer = PEER, .on = true}));
            EXPECT(send_voice_from(&r, 120, 20));
            EXPECT(wait_type(&r, MEDIA_SOURCE_ON, &e));
            EXPECT(count_taps_from(&r, 120, 20) == 20);
        }
    }
    us_t limit = clock_now() + PATIENCE_MS * US_PER_MS;
    do {
        struct pollfd none = {.fd = -1};
        poll(&none, 1, 10);
        worker_rim_counters(r.worker, &n);
    } while (n.unclaimed == 0 && clock_now() < limit);
    EXPECT_EQ(n.unclaimed, 1); /* nobody has said whose it is */
    EXPECT_EQ(n.adopted, 1);
    EXPECT_EQ(session_slot_read(live_file_slots(r.live), &left), ERR_UNKNOWN);
    rig_close(&r);
    live_file_end(r.live);
    runtime_dir_close(d);
    EXPECT_EQ(rmdir(dir), 0);
}
