/* The recorder's and the reader's thread as they run in production: orders and taps go in through
 * mailboxes from here, what was recorded comes out through the reader. Run under ThreadSanitizer.
 */
#include "server/clock.h"
#include "server/reader_thread.h"
#include "server/recorder_thread.h"
#include "tests/unit/test.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define TOUR 4
#define VOICE 1     /* tap id */
#define PACKETS 150 /* 3 s of 20 ms */
#define PATIENCE_MS 10000

struct rig {
    char dir[64], kek[80];
    int notes; /* eventfd: somebody woke the control thread */
    struct recorder_thread *recorder;
    struct reader_thread *reader;
    struct packet_pool *pool;
};

static void wake(void *ctx) {
    uint64_t one = 1;
    ssize_t n = write(((struct rig *)ctx)->notes, &one, sizeof(one));
    CHECK(n == sizeof(one));
}

static bool start(struct rig *r) {
    char why[256] = "";
    struct recorder_thread_config c = {
        .workers = 1, .tap_mailbox = 512, .wake_control = wake, .wake_ctx = r};
    c.recorder = (struct recorder_config){.dir = r->dir,
                                          .kek_file = r->kek,
                                          .create_kek = true,
                                          .segment_min = 2 * US_PER_S,
                                          .segment_max = 4 * US_PER_S,
                                          .reorder_wait = 600 * US_PER_MS,
                                          .per_source_tracks = true};
    struct reader_thread_config rc = {
        .dir = r->dir, .kek_file = r->kek, .wake = wake, .wake_ctx = r};
    bool ok = recorder_thread_start(&c, &r->recorder, why) == OK &&
              reader_thread_start(&rc, &r->reader, why) == OK;
    if (!ok) {
        printf("# %s\n", why);
    }
    return ok;
}

static bool rig_open(struct rig *r) {
    *r = (struct rig){.dir = "/tmp/oriel-threads-XXXXXX"};
    r->notes = eventfd(0, EFD_CLOEXEC);
    r->pool = packet_pool_new(PACKETS);
    if (!mkdtemp(r->dir) || !r->pool) {
        return false;
    }
    snprintf(r->kek, sizeof(r->kek), "%s/kek", r->dir);
    return start(r);
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

static void push(struct rig *r, struct tap *t) {
    struct mailbox *to = recorder_thread_taps(r->recorder, 0);
    t->tour = TOUR;
    t->source = VOICE;
    t->kind = SOURCE_MICROPHONE;
    t->codec = CODEC_OPUS;
    t->now = clock_now();
    CHECK(mailbox_push(to, t));
    mailbox_flush(to);
}

static void speak(struct rig *r) {
    /* TOC: CELT, 20 ms, mono, one frame (RFC 6716 section 3.1). */
    static const uint8_t opus[40] = {31 << 3};
    push(r, &(struct tap){.type = TAP_SOURCE_ON, .participant = 7});
    push(r, &(struct tap){.type = TAP_VOICE, .participant = 7});
    for (unsigned i = 0; i < PACKETS; i++) {
        struct packet *k = packet_take(r->pool);
        CHECK(k);
        memcpy(k->data, opus, sizeof(opus));
        k->len = sizeof(opus);
        push(r, &(struct tap){.type = TAP_RTP,
                              .participant = 7,
                              .seq = 65536 + i,
                              .rtp_ts = i * 960,
                              .payload_len = sizeof(opus),
                              .marker = i == 0,
                              .packet = k});
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
    struct recorder_counters n = {0};
    us_t limit = clock_now() + PATIENCE_MS * US_PER_MS;
    while (n.frames < PACKETS && clock_now() < limit) {
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

TEST(what_the_recorder_thread_wrote_the_reader_thread_reads) {
    struct rig r;
    struct read_request q = {.type = READ_LIST, .req = 1, .limit = 10};
    REQUIRE(rig_open(&r));
    EXPECT(record(&r, q.recording));
    expect_json(&r, &q, "\"threads\"");
    q.type = READ_RECORDING;
    q.req = 2;
    expect_json(&r, &q, "\"programme\"");
    struct read_reply a = {0};
    q = (struct read_request){.type = READ_RECORDING, .req = 3, .recording = "none of ours"};
    EXPECT(ask(&r, &q, &a));
    EXPECT_EQ(a.error, ERR_UNKNOWN);
    EXPECT(a.data == NULL);
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
