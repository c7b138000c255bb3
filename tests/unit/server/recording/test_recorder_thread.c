/* The recorder's and the reader's thread as they run in production: orders and taps go in through
 * mailboxes from here, what was recorded comes out through the reader. Run under ThreadSanitizer.
 */
#include "recorder/store/store_local.h"
#include "server/os/clock.h"
#include "server/recording/reader_thread.h"
#include "server/recording/recorder_thread.h"
#include "tests/unit/server/tasks.h"
#include "tests/unit/test.h"

#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#define TOUR 4
#define VOICE 1 /* tap id */
#define CAMERA 2
#define PACKETS 150 /* 3 s of 20 ms */
#define PATIENCE_MS 10000
#define OPUS_LEN 40

struct rig {
    char dir[64], kek[80];
    int notes; /* eventfd: somebody woke the control thread */
    struct recorder_thread *recorder;
    struct reader_thread *reader;
    struct packet_pool *pool;
    struct store *store;      /* NULL: the local one */
    const struct store *read; /* of the readers; NULL: the local one */
};

static void wake(void *ctx) {
    uint64_t one = 1;
    ssize_t n = write(((struct rig *)ctx)->notes, &one, sizeof(one));
    CHECK(n == sizeof(one));
}

static bool start(struct rig *r) {
    char why[WHY_MAX] = "";
    us_t segment_max = 4 * US_PER_S;
    struct recorder_thread_config c = {
        .workers = 1, .tap_mailbox = 512, .wake_control = wake, .wake_ctx = r};
    c.writer = (struct writer_config){.dir = r->dir,
                                      .kek_file = r->kek,
                                      .create_kek = true,
                                      .flush_every = segment_max,
                                      .store = r->store};
    c.recorder = (struct recorder_config){.segment_min = segment_max / 2,
                                          .segment_max = segment_max,
                                          .reorder_wait = 600 * US_PER_MS,
                                          .per_source_tracks = true};
    struct reader_thread_config rc = {.dir = r->dir,
                                      .kek_file = r->kek,
                                      .threads = 2,
                                      .downloads = 3,
                                      .stores = {r->read, r->read},
                                      .wake = wake,
                                      .wake_ctx = r};
    bool ok = recorder_thread_start(&c, &r->recorder, why) == OK &&
              reader_thread_start(&rc, &r->reader, why) == OK;
    if (!ok) {
        printf("# %s\n", why);
    }
    return ok;
}

static bool rig_make(struct rig *r) {
    *r = (struct rig){.dir = "/tmp/oriel-threads-XXXXXX"};
    r->notes = eventfd(0, EFD_CLOEXEC);
    r->pool = packet_pool_new(PACKETS);
    if (!mkdtemp(r->dir) || !r->pool) {
        return false;
    }
    snprintf(r->kek, sizeof(r->kek), "%s/kek", r->dir);
    return true;
}

static bool rig_open(struct rig *r) {
    return rig_make(r) && start(r);
}

static void rig_close(struct rig *r) {
    char command[128];
    reader_thread_stop(r->reader);
    recorder_thread_stop(r->recorder);
    packet_pool_free(r->pool); /* checks that every packet has come home */
    close(r->notes);
    snprintf(command, sizeof(command), "rm -r %s", r->dir);
    CHECK(system(command) == 0);
}

static bool sleep_until_woken(struct rig *r) {
    struct pollfd p = {.fd = r->notes, .events = POLLIN};
    uint64_t count;
    return poll(&p, 1, PATIENCE_MS) == 1 && read(r->notes, &count, sizeof(count)) > 0;
}

static bool wait_event(struct rig *r, struct recorder_event *ret) {
    for (;;) {
        recorder_thread_listen(r->recorder);
        if (recorder_thread_event(r->recorder, ret)) {
            return true;
        }
        if (!sleep_until_woken(r)) {
            return false;
        }
    }
}

static bool ask(struct rig *r, const struct read_request *q, struct read_reply *ret) {
    if (!reader_thread_post(r->reader, q)) {
        return false;
    }
    for (;;) {
        reader_thread_listen(r->reader);
        if (reader_thread_reply(r->reader, ret)) {
            return ret->req == q->req;
        }
        if (!sleep_until_woken(r)) {
            return false;
        }
    }
}

static struct packet *opus_packet(struct rig *r) {
    /* TOC: CELT, 20 ms, mono, one frame (RFC 6716 section 3.1). */
    static const uint8_t opus[OPUS_LEN] = {31 << 3};
    struct packet *k = packet_take(r->pool);
    CHECK(k);
    memcpy(k->data, opus, sizeof(opus));
    k->len = sizeof(opus);
    return k;
}

static void push(struct rig *r, struct tap *t) {
    struct mailbox *to = recorder_thread_taps(r->recorder, 0);
    t->tour = TOUR;
    t->source = VOICE;
    t->kind = SOURCE_MICROPHONE;
    t->codec = CODEC_OPUS;
    t->now = t->now ? t->now : clock_now();
    CHECK(mailbox_push(to, t));
    mailbox_notify(to);
}

/* As if each packet had come in its time. */
static void speak(struct rig *r) {
    us_t begin = clock_now();
    push(r, &(struct tap){.type = TAP_SOURCE_ON, .participant = 7});
    push(r, &(struct tap){.type = TAP_VOICE, .participant = 7});
    for (unsigned i = 0; i < PACKETS; i++) {
        push(r, &(struct tap){.type = TAP_RTP,
                              .participant = 7,
                              .now = begin + i * 20 * US_PER_MS,
                              .seq = 65536 + i,
                              .rtp_ts = i * 960,
                              .payload_len = OPUS_LEN,
                              .marker = i == 0,
                              .packet = opus_packet(r)});
    }
}

static bool record(struct rig *r, char id[RECORDING_ID_LEN + 1]) {
    struct recorder_event e;
    struct recorder_order o = {.type = ORDER_START, .tour = TOUR, .tour_name = "threads"};
    if (!recorder_thread_post(r->recorder, &o) || !wait_event(r, &e) ||
        e.type != RECORDER_STARTED) {
        return false;
    }
    snprintf(id, RECORDING_ID_LEN + 1, "%s", e.recording);
    speak(r);
    /* The order to stop may overtake taps; source off tells that all before it was taken. */
    push(r, &(struct tap){.type = TAP_SOURCE_OFF, .participant = 7});
    struct recorder_thread_counters n = {0};
    us_t limit = clock_now() + PATIENCE_MS * US_PER_MS;
    while (n.capture.frames < PACKETS && clock_now() < limit) {
        struct pollfd none = {.fd = -1};
        poll(&none, 1, 10); /* counters are published four times a second */
        recorder_thread_counters(r->recorder, &n);
    }
    o.type = ORDER_STOP;
    return recorder_thread_post(r->recorder, &o) && wait_event(r, &e) &&
           e.type == RECORDER_STOPPED && strcmp(e.recording, id) == 0;
}

static void expect_json(struct rig *r, const struct read_request *q, const char *part) {
    struct read_reply a = {0};
    REQUIRE(ask(r, q, &a));
    EXPECT_EQ(a.error, OK);
    EXPECT(a.data && strstr(a.data, part) != NULL);
    mem_free(a.data);
}

/* A VP8 picture of one packet (RFC 7741 sections 4.2, 4.3). */
static void show(struct rig *r, uint64_t seq, bool key, us_t at) {
    static const uint8_t first[] = {0x10, 0x10, 0x02, 0x00, 0x9d, 0x01,
                                    0x2a, 0x40, 0x01, 0xb4, 0x00};
    struct packet *k = packet_take(r->pool);
    CHECK(k);
    memcpy(k->data, first, sizeof(first));
    k->data[1] |= !key;
    k->len = sizeof(first);
    struct tap t = {.type = TAP_RTP,
                    .tour = TOUR,
                    .source = CAMERA,
                    .kind = SOURCE_CAMERA,
                    .codec = CODEC_VP8,
                    .participant = 7,
                    .now = at,
                    .seq = seq,
                    .rtp_ts = (uint32_t)seq * 3000,
                    .payload_len = sizeof(first),
                    .marker = 1,
                    .packet = k};
    struct mailbox *to = recorder_thread_taps(r->recorder, 0);
    CHECK(mailbox_push(to, &t));
    mailbox_notify(to);
}

/* It asks the worker from which it hears, which may be no more when the recorder ends. */
TEST(what_the_recorder_thread_lacks_it_asks_for) {
    struct rig r;
    struct recorder_event e;
    struct tap_ask a = {0};
    struct recorder_order o = {.type = ORDER_START, .tour = TOUR, .tour_name = "threads"};
    REQUIRE(rig_open(&r));
    EXPECT(recorder_thread_post(r.recorder, &o) && wait_event(&r, &e));
    us_t now = clock_now();
    struct mailbox *asks = recorder_thread_asks(r.recorder, 0);
    show(&r, 65536, true, now);
    show(&r, 65537, false, now + 200 * US_PER_MS);
    show(&r, 65539, false, now + 300 * US_PER_MS); /* one is missing, and given up */
    show(&r, 65540, false, now + 2 * US_PER_S);
    struct pollfd p = {.fd = mailbox_fd(asks), .events = POLLIN};
    /* The relay asks by itself when a source begins: a second is left to it. */
    us_t limit = clock_now() + PATIENCE_MS * US_PER_MS;
    for (uint64_t seq = 65541; a.source == 0 && clock_now() < limit; seq++) {
        show(&r, seq, false, clock_now());
        if (poll(&p, 1, 100) == 1) {
            mailbox_ack(asks);
            (void)mailbox_pop(asks, &a);
        }
    }
    EXPECT_EQ(a.tour, TOUR);
    EXPECT_EQ(a.source, CAMERA);
    EXPECT_EQ(a.worker, 0);
    EXPECT(a.seen >= 65540);
    rig_close(&r);
}

TEST(what_the_recorder_thread_wrote_the_reader_thread_reads) {
    struct rig r;
    struct read_request q = {.type = READ_LIST, .req = 1, .list = {.limit = 10, .text = "THREADS"}};
    REQUIRE(rig_open(&r));
    EXPECT(record(&r, q.recording));
    expect_json(&r, &q, "\"threads\"");
    q.type = READ_RECORDING;
    q.req = 2;
    expect_json(&r, &q, "\"programme\"");
    struct read_reply a = {0};
    q.type = READ_ALLOWED;
    EXPECT(ask(&r, &q, &a));
    EXPECT_EQ(a.error, OK);
    snprintf(q.tour, sizeof(q.tour), "threads");
    EXPECT(ask(&r, &q, &a));
    EXPECT_EQ(a.error, OK);
    snprintf(q.tour, sizeof(q.tour), "another");
    static const uint8_t types[] = {READ_ALLOWED, READ_RECORDING, READ_MEDIA};
    for (size_t i = 0; i < ARRAY_LEN(types); i++) {
        q.type = types[i];
        EXPECT(ask(&r, &q, &a));
        EXPECT_EQ(a.error, ERR_DENIED);
        EXPECT(a.data == NULL);
    }
    q = (struct read_request){.type = READ_LIST, .req = 4, .list = {.state = "nonsense"}};
    EXPECT(ask(&r, &q, &a));
    EXPECT_EQ(a.error, ERR_RANGE);
    q = (struct read_request){.type = READ_RECORDING, .req = 3, .recording = "none of ours"};
    EXPECT(ask(&r, &q, &a));
    EXPECT_EQ(a.error, ERR_UNKNOWN);
    EXPECT(a.data == NULL);
    rig_close(&r);
}

TEST(a_download_has_a_place_from_its_beginning_to_its_end) {
    struct rig r;
    struct read_reply a = {0};
    REQUIRE(rig_open(&r));
    for (unsigned i = 0; i < 3; i++) {
        EXPECT(reader_thread_begin(r.reader));
    }
    EXPECT(!reader_thread_begin(r.reader));
    EXPECT_EQ(reader_thread_downloads(r.reader), 3);
    /* However many ask for something else, who has a place is served. */
    struct read_request list = {.type = READ_LIST, .req = 1};
    struct read_request media = {.type = READ_MEDIA, .req = 2, .recording = "none of ours"};
    unsigned others = 0, pieces = 0;
    while (reader_thread_post(r.reader, &list)) {
        others++;
    }
    EXPECT_EQ(others, 64);
    for (unsigned i = 0; i < 3; i++) {
        EXPECT(reader_thread_post(r.reader, &media));
    }
    EXPECT(!reader_thread_post(r.reader, &list));
    while (others + pieces < 67 + 64 && sleep_until_woken(&r)) {
        reader_thread_listen(r.reader);
        while (reader_thread_reply(r.reader, &a)) {
            pieces += a.type_asked == READ_MEDIA;
            others += a.type_asked == READ_LIST;
            mem_free(a.data);
        }
    }
    EXPECT_EQ(others, 128);
    EXPECT_EQ(pieces, 3);
    EXPECT(ask(&r, &list, &a));
    mem_free(a.data);
    for (unsigned i = 0; i < 3; i++) {
        reader_thread_end(r.reader);
    }
    EXPECT(reader_thread_begin(r.reader));
    reader_thread_end(r.reader);
    rig_close(&r);
}

TEST(a_recording_comes_back_in_pieces) {
    struct rig r;
    struct read_reply a = {0}, b = {0};
    struct read_request q = {.type = READ_MEDIA, .req = 1, .track = PROGRAMME_TRACK};
    REQUIRE(rig_open(&r));
    EXPECT(record(&r, q.recording));
    EXPECT(ask(&r, &q, &a)); /* n = 0: size and type only */
    EXPECT_EQ(a.error, OK);
    EXPECT(a.total > PACKETS * 40);
    EXPECT_STR(a.type, "audio/webm"); /* nobody showed a picture */
    q.req = 2;
    q.n = READER_CHUNK_MAX;
    EXPECT(ask(&r, &q, &a));
    EXPECT_EQ(a.len, a.total);
    /* A WebM file begins with the EBML magic (RFC 8794 section 8.1). */
    EXPECT(a.data && memcmp(a.data, "\x1a\x45\xdf\xa3", 4) == 0);
    q.req = 3;
    q.at = a.total / 2;
    q.n = 100;
    EXPECT(ask(&r, &q, &b));
    EXPECT_EQ(b.len, 100);
    EXPECT(a.data && b.data && memcmp(a.data + q.at, b.data, 100) == 0);
    mem_free(a.data);
    mem_free(b.data);
    q.req = 4;
    q.at = a.total + 1;
    EXPECT(ask(&r, &q, &b));
    EXPECT_EQ(b.error, ERR_RANGE);
    rig_close(&r);
}

/* The beginning and all segments are the file, but for what the header says of the whole. */
TEST(a_recording_is_followed_segment_by_segment) {
    struct rig r;
    struct read_reply a = {0}, whole = {0};
    struct read_request q = {.type = READ_MEDIA, .track = PROGRAMME_TRACK, .n = READER_CHUNK_MAX};
    REQUIRE(rig_open(&r));
    EXPECT(record(&r, q.recording));
    EXPECT(ask(&r, &q, &whole));
    q.type = READ_INIT;
    EXPECT(ask(&r, &q, &a));
    EXPECT_EQ(a.error, OK);
    EXPECT_STR(a.type, "audio/webm; codecs=\"opus\"");
    EXPECT(a.len > 4 && a.len < whole.len && memcmp(a.data, "\x1a\x45\xdf\xa3", 4) == 0);
    mem_free(a.data);
    q.type = READ_SEGMENTS;
    expect_json(&r, &q, "\"growing\":false");
    q.type = READ_SEGMENT;
    size_t media = 0;
    for (q.number = 0;; q.number++) {
        q.n = 0;
        EXPECT(ask(&r, &q, &a));
        if (a.error != OK) {
            break;
        }
        EXPECT_STR(a.type, "audio/webm");
        q.n = READER_CHUNK_MAX;
        q.snapshot = a.snapshot;
        EXPECT(ask(&r, &q, &a));
        EXPECT(a.len > 0 && a.len == a.total);
        /* A cluster (RFC 9559 section 5.1.3), and the bytes that are in the file. */
        EXPECT(memcmp(a.data, "\x1f\x43\xb6\x75", 4) == 0);
        EXPECT(memmem(whole.data, whole.len, a.data, a.len) != NULL);
        media += a.len;
        mem_free(a.data);
        q.snapshot = 0;
    }
    EXPECT_EQ(a.error, ERR_SHORT);
    EXPECT(q.number > 0 && media < whole.len);
    EXPECT(memcmp(whole.data + whole.len - media, "\x1f\x43\xb6\x75", 4) == 0);
    snprintf(q.tour, sizeof(q.tour), "another");
    static const uint8_t types[] = {READ_SEGMENTS, READ_INIT, READ_SEGMENT};
    for (size_t i = 0; i < ARRAY_LEN(types); i++) {
        q.type = types[i];
        EXPECT(ask(&r, &q, &a));
        EXPECT(a.error == ERR_DENIED && a.data == NULL);
    }
    mem_free(whole.data);
    rig_close(&r);
}

/* How often a store is asked. */
struct counted {
    struct store store, real;
    atomic_uint asks;
};

static enum err counted_size(void *ctx, const char *name, uint64_t *ret_size) {
    struct counted *c = ctx;
    atomic_fetch_add(&c->asks, 1);
    return c->real.size(c->real.ctx, name, ret_size);
}

static enum err counted_read(void *ctx, const char *name, uint64_t at, uint8_t *out, size_t n) {
    struct counted *c = ctx;
    atomic_fetch_add(&c->asks, 1);
    return c->real.read(c->real.ctx, name, at, out, n);
}

static bool follower_takes_segment(struct rig *r, struct read_request *q) {
    struct read_reply a = {0};
    q->snapshot = q->n = 0;
    if (!ask(r, q, &a) || a.error != OK) {
        return false;
    }
    q->n = READER_CHUNK_MAX;
    q->snapshot = a.snapshot;
    bool ok = ask(r, q, &a) && a.error == OK && a.len > 0 && a.len == a.total;
    mem_free(a.data);
    return ok;
}

TEST(followers_of_one_segment_ask_the_store_once) {
    struct rig r;
    struct counted c = {.asks = 0};
    char objects[96];
    struct read_request q = {.type = READ_SEGMENT, .track = PROGRAMME_TRACK};
    REQUIRE(rig_make(&r));
    snprintf(objects, sizeof(objects), "%s/objects", r.dir);
    CHECK(mkdir(objects, 0700) == 0 && store_local_open(objects, &c.real) == OK);
    c.store = c.real;
    c.store.ctx = &c;
    c.store.size = counted_size;
    c.store.read = counted_read;
    c.store.put = NULL; /* a reader has nothing to write */
    c.store.remove = NULL;
    c.store.list = NULL;
    c.store.peek = NULL;
    c.store.digest = NULL;
    r.read = &c.store;
    REQUIRE(start(&r));
    EXPECT(record(&r, q.recording));
    unsigned before = atomic_load(&c.asks);
    for (unsigned i = 0; i < 3; i++) {
        EXPECT(follower_takes_segment(&r, &q));
    }
    EXPECT_EQ(atomic_load(&c.asks) - before, 1);
    rig_close(&r);
    store_local_close(&c.real);
}

/* A disk that stands still as long as the gate is closed. */
struct gate {
    struct store store, real;
    atomic_bool closed;
    int entered, open; /* eventfds: a put has come; it may go on */
};

static enum err gate_put(void *ctx, const char *name, struct bytes object) {
    struct gate *g = ctx;
    uint64_t one = 1;
    if (atomic_load(&g->closed)) {
        CHECK(write(g->entered, &one, sizeof(one)) == sizeof(one));
        CHECK(read(g->open, &one, sizeof(one)) == sizeof(one));
    }
    return g->real.put(g->real.ctx, name, object);
}
static enum err gate_size(void *ctx, const char *name, uint64_t *ret_size) {
    struct gate *g = ctx;
    return g->real.size(g->real.ctx, name, ret_size);
}
static enum err gate_read(void *ctx, const char *name, uint64_t at, uint8_t *out, size_t n) {
    struct gate *g = ctx;
    return g->real.read(g->real.ctx, name, at, out, n);
}

static void gate_make(struct gate *g, const char *dir) {
    char objects[96];
    snprintf(objects, sizeof(objects), "%s/objects", dir);
    *g = (struct gate){.entered = eventfd(0, EFD_CLOEXEC), .open = eventfd(0, EFD_CLOEXEC)};
    CHECK(store_local_open(objects, &g->real) == OK);
    g->store = (struct store){.ctx = g, .put = gate_put, .size = gate_size, .read = gate_read};
}

static void gate_free(struct gate *g) {
    store_local_close(&g->real);
    close(g->entered);
    close(g->open);
}

static bool start_tour(struct rig *r, uint64_t tour, char id[RECORDING_ID_LEN + 1]) {
    struct recorder_event e;
    struct recorder_order o = {.type = ORDER_START, .tour = tour, .tour_name = "t"};
    bool ok = recorder_thread_post(r->recorder, &o) && wait_event(r, &e) &&
              e.type == RECORDER_STARTED && e.tour == tour;
    snprintf(id, RECORDING_ID_LEN + 1, "%s", ok ? e.recording : "");
    return ok;
}

static bool stop_tour(struct rig *r, uint64_t tour) {
    struct recorder_event e;
    struct recorder_order o = {.type = ORDER_STOP, .tour = tour};
    return recorder_thread_post(r->recorder, &o) && wait_event(r, &e) &&
           e.type == RECORDER_STOPPED && e.tour == tour;
}

static bool wait_frames(struct rig *r, uint64_t frames) {
    struct recorder_thread_counters n = {0};
    us_t limit = clock_now() + PATIENCE_MS * US_PER_MS;
    while (n.capture.frames < frames && clock_now() < limit) {
        struct pollfd none = {.fd = -1};
        poll(&none, 1, 10); /* counters are published four times a second */
        recorder_thread_counters(r->recorder, &n);
    }
    return n.capture.frames >= frames;
}

static bool recording_says(struct rig *r, const char *id, const char *part) {
    struct read_request q = {.type = READ_RECORDING, .req = 1};
    struct read_reply a = {0};
    snprintf(q.recording, sizeof(q.recording), "%s", id);
    bool said = ask(r, &q, &a) && a.error == OK && a.data && strstr(a.data, part);
    mem_free(a.data);
    return said;
}

/* Sound in its time, n packets from packet `from` on. */
static void talk(struct rig *r, uint64_t tour, unsigned from, unsigned n) {
    static us_t begin;
    struct mailbox *to = recorder_thread_taps(r->recorder, 0);
    begin = from ? begin : clock_now();
    for (unsigned i = from; i < from + n; i++) {
        struct tap t = {.type = TAP_RTP,
                        .kind = SOURCE_MICROPHONE,
                        .codec = CODEC_OPUS,
                        .tour = tour,
                        .source = (uint32_t)tour,
                        .participant = tour,
                        .seq = 65536 + i,
                        .rtp_ts = i * 960,
                        .now = begin + i * 20 * US_PER_MS,
                        .payload_len = OPUS_LEN,
                        .packet = opus_packet(r)};
        CHECK(mailbox_push(to, &t));
    }
    mailbox_notify(to);
}

/* A put does not come back for as long as somebody speaks for a minute: no message is lost for it,
 * and everything is stored when it does. */
TEST(a_disk_that_stands_still_costs_no_message) {
    struct rig r;
    struct gate gate;
    char id[RECORDING_ID_LEN + 1];
    struct recorder_order third = {.type = ORDER_START, .tour = 9, .tour_name = "t"};
    struct recorder_event e;
    uint64_t count = 1;
    REQUIRE(rig_make(&r));
    gate_make(&gate, r.dir);
    r.store = &gate.store;
    REQUIRE(start(&r));
    EXPECT(start_tour(&r, TOUR, id));
    atomic_store(&gate.closed, true);
    EXPECT(recorder_thread_post(r.recorder, &third));
    CHECK(read(gate.entered, &count, sizeof(count)) == sizeof(count)); /* it stands still */
    for (unsigned i = 0; i < 60; i++) {
        talk(&r, TOUR, i * PACKETS, PACKETS);
        EXPECT(wait_frames(&r, (i + 1) * PACKETS));
    }
    struct recorder_thread_counters n = {0};
    recorder_thread_counters(r.recorder, &n);
    EXPECT_EQ(n.capture.tap_dropped, 0);
    EXPECT(n.capture.waiting > 0);
    EXPECT_EQ(n.writer.segments, 0);
    atomic_store(&gate.closed, false);
    CHECK(write(gate.open, &count, sizeof(count)) == sizeof(count));
    EXPECT(wait_event(&r, &e) && e.type == RECORDER_STARTED && e.tour == 9);
    EXPECT(stop_tour(&r, TOUR) && stop_tour(&r, 9));
    EXPECT(recording_says(&r, id, "\"complete\"") && !recording_says(&r, id, "\"gap\""));
    rig_close(&r);
    gate_free(&gate);
}

/* The server ends while much waits: what the store takes then is stored. */
TEST(what_waits_is_stored_at_the_end) {
    struct rig r;
    struct gate gate;
    char id[RECORDING_ID_LEN + 1];
    uint64_t count = 1;
    REQUIRE(rig_make(&r));
    gate_make(&gate, r.dir);
    r.store = &gate.store;
    REQUIRE(start(&r));
    EXPECT(start_tour(&r, TOUR, id));
    struct recorder_order third = {.type = ORDER_START, .tour = 9, .tour_name = "t"};
    atomic_store(&gate.closed, true);
    EXPECT(recorder_thread_post(r.recorder, &third));
    CHECK(read(gate.entered, &count, sizeof(count)) == sizeof(count));
    talk(&r, TOUR, 0, PACKETS);
    EXPECT(wait_frames(&r, PACKETS));
    atomic_store(&gate.closed, false);
    CHECK(write(gate.open, &count, sizeof(count)) == sizeof(count));
    r.recorder = recorder_thread_stop(r.recorder);
    EXPECT(recording_says(&r, id, "\"complete\"") && !recording_says(&r, id, "\"gap\""));
    rig_close(&r);
    gate_free(&gate);
}

TEST(recorder_and_reader_have_names) {
    static struct rig r;
    REQUIRE(rig_open(&r));
    EXPECT(tasks_named("oriel-recorder") >= 1); /* one that has just ended may still be there */
    EXPECT(tasks_named("oriel-writer") >= 1);
    EXPECT(tasks_named("oriel-reader") >= 1);
    rig_close(&r);
}
