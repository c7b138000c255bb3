/* Messages and tasks between server and helper, layouts, waveforms, and where thumbnails lie. */
#include "recorder/derived/layout.h"
#include "recorder/derived/message.h"
#include "recorder/derived/moments.h"
#include "recorder/derived/task.h"
#include "recorder/derived/waveform.h"
#include "tests/unit/test.h"

static const struct message samples[] = {
    {.type = MESSAGE_TASK, .data = {(const uint8_t *)"task", 4}},
    {.type = MESSAGE_DATA, .data = {(const uint8_t *)"", 0}},
    {.type = MESSAGE_READ, .index = 7, .at = INT64_MAX, .n = MESSAGE_READ_MAX},
    {.type = MESSAGE_PROGRESS, .n = 1000},
    {.type = MESSAGE_HEAD_SIZE, .size = INT64_MAX},
    {.type = MESSAGE_BODY, .data = {(const uint8_t *)"body", 4}},
    {.type = MESSAGE_HEAD_DATA, .data = {(const uint8_t *)"head", 4}},
    {.type = MESSAGE_THUMBNAIL,
     .index = 3,
     .width = 320,
     .height = MESSAGE_SIDE_MAX,
     .data = {(const uint8_t *)"jpeg", 4}},
    {.type = MESSAGE_WAVE, .index = 9, .at = UINT64_MAX, .data = {(const uint8_t *)"wave", 4}},
    {.type = MESSAGE_FAILED, .data = {(const uint8_t *)"why", 3}},
    {.type = MESSAGE_DONE},
    {.type = MESSAGE_PROBE, .n = 5},
};

static bool same(const struct message *a, const struct message *b) {
    return a->type == b->type && a->index == b->index && a->at == b->at && a->n == b->n &&
           a->size == b->size && a->width == b->width && a->height == b->height &&
           bytes_eq(a->data, b->data);
}

TEST(message_reads_what_it_writes_and_nothing_shorter) {
    for (size_t i = 0; i < ARRAY_LEN(samples); i++) {
        uint8_t b[MESSAGE_START_MAX + 16];
        struct message back;
        uint32_t n = 0;
        size_t start = message_start(&samples[i], b);
        if (samples[i].data.n) {
            memcpy(b + start, samples[i].data.p, samples[i].data.n);
        }
        EXPECT_EQ(message_length(b, &n), OK);
        EXPECT_EQ(n, start + samples[i].data.n - 4);
        EXPECT_EQ(message_decode(b[4], bytes_of(b + MESSAGE_HEAD, n - 1), &back), OK);
        EXPECT(same(&back, &samples[i]));
        for (size_t cut = MESSAGE_HEAD; cut < start; cut++) {
            EXPECT_EQ(message_decode(b[4], bytes_of(b + MESSAGE_HEAD, cut - MESSAGE_HEAD), &back),
                      ERR_FORMAT);
        }
        bool open_end = samples[i].data.n || samples[i].type == MESSAGE_DATA;
        b[MESSAGE_HEAD + n - 1] = 1;
        if (!open_end) {
            EXPECT_EQ(message_decode(b[4], bytes_of(b + MESSAGE_HEAD, n), &back), ERR_FORMAT);
        }
    }
}

static enum err decode(uint8_t type, const char *hex) {
    uint8_t b[64];
    struct message m;
    size_t n = strlen(hex) / 2;
    CHECK(n <= sizeof(b) && hex_decode(b, n, hex));
    return message_decode(type, bytes_of(b, n), &m);
}

TEST(message_refuses_what_no_helper_says) {
    uint8_t head[MESSAGE_HEAD] = {0};
    uint32_t n;
    EXPECT_EQ(message_length(head, &n), ERR_FORMAT);
    put_be32(head, MESSAGE_BODY_MAX + 1);
    EXPECT_EQ(message_length(head, &n), OK);
    put_be32(head, MESSAGE_BODY_MAX + 2);
    EXPECT_EQ(message_length(head, &n), ERR_FORMAT);
    put_be32(head, UINT32_MAX);
    EXPECT_EQ(message_length(head, &n), ERR_FORMAT);
    EXPECT_EQ(decode(0, ""), ERR_FORMAT);
    EXPECT_EQ(decode(99, ""), ERR_FORMAT);
    EXPECT_EQ(decode(MESSAGE_READ, "00000000000000000000000000000000"), ERR_FORMAT); /* nothing */
    EXPECT_EQ(decode(MESSAGE_READ, "00000000000000000000000000040001"), ERR_FORMAT); /* too much */
    EXPECT_EQ(decode(MESSAGE_READ, "00000000800000000000000000000001"), ERR_FORMAT);
    EXPECT_EQ(decode(MESSAGE_PROGRESS, "000003e9"), ERR_FORMAT);
    EXPECT_EQ(decode(MESSAGE_HEAD_SIZE, "8000000000000000"), ERR_FORMAT);
    EXPECT_EQ(decode(MESSAGE_THUMBNAIL, "0000000000000001ff"), ERR_FORMAT);    /* no width */
    EXPECT_EQ(decode(MESSAGE_THUMBNAIL, "0000000000011001ff"), ERR_FORMAT);    /* too high */
    EXPECT_EQ(decode(MESSAGE_THUMBNAIL, "0000000000010001"), ERR_FORMAT);      /* no picture */
    EXPECT_EQ(decode(MESSAGE_WAVE, "000000000000000000000000ff"), ERR_FORMAT); /* half a pair */
}

static void fill(struct task *t, unsigned inputs, unsigned moments) {
    *t = (struct task){.kind = TASK_EXPORT,
                       .layout = TASK_LAYOUT_FACES,
                       .fps = 30,
                       .width = 1280,
                       .height = 720,
                       .duration = INT64_MAX};
    for (unsigned i = 0; i < inputs; i++) {
        struct task_input in = {i, -5, INT64_MAX, TASK_ROLE_SOUND, TASK_FORMAT_MP4, (uint16_t)i};
        CHECK(task_add_input(t, &in) == OK);
    }
    for (unsigned i = 0; i < moments; i++) {
        struct task_moment m = {i % inputs, i};
        CHECK(task_add_moment(t, &m) == OK);
    }
}

TEST(task_goes_through_bytes_and_keeps_its_limits) {
    static const unsigned sizes[] = {1, 63, 64, 65, 129};
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        struct task t, back = {0};
        struct buffer b = {0};
        fill(&t, sizes[i], sizes[i]);
        task_encode(&t, &b);
        EXPECT_EQ(task_decode(bytes_of(b.p, b.n), &back), OK);
        EXPECT_EQ(back.n_inputs, sizes[i]);
        EXPECT_EQ(back.inputs[sizes[i] - 1].start, -5);
        EXPECT_EQ(back.inputs[sizes[i] - 1].line, sizes[i] - 1);
        EXPECT_EQ(back.moments[sizes[i] - 1].at, sizes[i] - 1);
        EXPECT_EQ(back.duration, INT64_MAX);
        task_clear(&back);
        for (size_t cut = 0; cut < b.n; cut += 1 + cut / 7) {
            EXPECT_EQ(task_decode(bytes_of(b.p, cut), &back), ERR_FORMAT);
        }
        buffer_free(&b);
        task_clear(&t);
    }
    struct task t;
    struct task_input in = {0};
    struct task_moment m = {0};
    fill(&t, TASK_INPUTS_MAX, TASK_MOMENTS_MAX);
    EXPECT_EQ(task_add_input(&t, &in), ERR_FULL);
    EXPECT_EQ(task_add_moment(&t, &m), ERR_FULL);
    task_clear(&t);
}

TEST(task_refuses_sizes_that_no_encoder_takes) {
    static const struct {
        uint16_t width, height;
        uint8_t fps, kind;
        enum err e;
    } cases[] = {
        {1280, 720, 30, TASK_EXPORT, OK},
        {1281, 720, 30, TASK_EXPORT, ERR_FORMAT},
        {1280, 721, 30, TASK_EXPORT, ERR_FORMAT},
        {0, 720, 30, TASK_EXPORT, ERR_FORMAT},
        {1280, 720, 0, TASK_EXPORT, ERR_FORMAT},
        {1280, 720, 61, TASK_EXPORT, ERR_FORMAT},
        {3842, 720, 30, TASK_EXPORT, ERR_FORMAT},
        {320, 0, 0, TASK_THUMBNAILS, OK},
        {321, 0, 0, TASK_THUMBNAILS, ERR_FORMAT},
        {0, 0, 0, TASK_WAVEFORM, OK},
        {0, 0, 0, 0, ERR_FORMAT},
        {0, 0, 0, 9, ERR_FORMAT},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct task back = {0}, t = {.kind = cases[i].kind,
                                     .fps = cases[i].fps,
                                     .width = cases[i].width,
                                     .height = cases[i].height};
        struct buffer b = {0};
        task_encode(&t, &b);
        EXPECT_EQ(task_decode(bytes_of(b.p, b.n), &back), cases[i].e);
        task_clear(&back);
        buffer_free(&b);
    }
}

TEST_ALLOC(task_without_memory) {
    struct task t = {.kind = TASK_WAVEFORM}, back = {0};
    struct buffer b = {0};
    struct task_input in = {.size = 5};
    enum err e = task_add_input(&t, &in);
    if (e == OK) {
        task_encode(&t, &b);
        e = b.bad ? ERR_NOMEM : task_decode(bytes_of(b.p, b.n), &back);
    }
    EXPECT_EQ(e, mem_failed() ? ERR_NOMEM : OK);
    task_clear(&back);
    task_clear(&t);
    buffer_free(&b);
}

static bool inside(const struct layout_box *b, unsigned w, unsigned h) {
    return b->x % 2 == 0 && b->y % 2 == 0 && b->w % 2 == 0 && b->h % 2 == 0 && b->w >= 2 &&
           b->h >= 2 && b->x + b->w <= w && b->y + b->h <= h;
}

TEST(layout_boxes_lie_inside_and_apart) {
    static const uint16_t sizes[][2] = {{16, 16},     {320, 180},   {1280, 720},
                                        {1920, 1080}, {3840, 2160}, {720, 1280}};
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        uint16_t w = sizes[i][0], h = sizes[i][1];
        struct layout l = layout_of(w, h, true), alone = layout_of(w, h, false);
        EXPECT_EQ(alone.faces, 0);
        EXPECT(alone.stage.w == w && alone.stage.h == h);
        EXPECT(inside(&l.stage, w, h));
        for (unsigned k = 0; k < l.faces; k++) {
            EXPECT(inside(&l.face[k], w, h));
            EXPECT(l.face[k].x >= l.stage.x + l.stage.w);
            EXPECT(k == 0 || l.face[k].y >= l.face[k - 1].y + l.face[k - 1].h);
        }
    }
}

TEST(layout_fit_keeps_the_shape) {
    struct layout_box box = {100, 50, 640, 360};
    struct layout_box b = layout_fit(&box, 1920, 1080);
    EXPECT(b.x == 100 && b.y == 50 && b.w == 640 && b.h == 360);
    b = layout_fit(&box, 1080, 1920);
    EXPECT(b.h == 360 && b.w == 202 && b.x == 318);
    b = layout_fit(&box, 4000, 100);
    EXPECT(b.w == 640 && b.h == 16 && b.y == 222);
    b = layout_fit(&box, 1, 65535); /* a picture may have any shape */
    EXPECT(b.w == 2 && b.h == 360);
    b = layout_fit(&box, 65535, 1);
    EXPECT(b.w == 640 && b.h == 2);
}

TEST(waveform_is_as_long_as_the_recording) {
    EXPECT_EQ(waveform_windows(0), 0);
    EXPECT_EQ(waveform_windows(-1), 0);
    EXPECT_EQ(waveform_windows(1), 1);
    EXPECT_EQ(waveform_windows(WAVEFORM_WINDOW), 1);
    EXPECT_EQ(waveform_windows(WAVEFORM_WINDOW + 1), 2);
    struct waveform w = {0};
    EXPECT_EQ(waveform_new(INT64_MAX, &w), ERR_LONG);
    REQUIRE(waveform_new(US_PER_S, &w) == OK);
    EXPECT_EQ(w.n, WAVEFORM_HEAD + 20);
    EXPECT(memcmp(w.b, "ORWF\1\0\0\144\0\0\0\12", 12) == 0);
    static const uint8_t pairs[] = {0x80, 0x7f, 0xff, 0x01};
    waveform_add(&w, 9, bytes_of(pairs, sizeof(pairs))); /* the second lies behind the end */
    waveform_add(&w, UINT64_MAX, bytes_of(pairs, sizeof(pairs)));
    waveform_add(&w, 0, bytes_of(pairs + 2, 2));
    waveform_add(&w, 0, bytes_of("\0\0", 2)); /* the wider range stays */
    EXPECT_EQ((int8_t)w.b[WAVEFORM_HEAD], -1);
    EXPECT_EQ((int8_t)w.b[WAVEFORM_HEAD + 1], 1);
    EXPECT_EQ((int8_t)w.b[WAVEFORM_HEAD + 18], -128);
    EXPECT_EQ((int8_t)w.b[WAVEFORM_HEAD + 19], 127);
    waveform_free(&w);
}

/* Key frames every `apart`: how many are taken? */
static unsigned taken(us_t duration, us_t apart, us_t every, uint32_t most) {
    struct moments m = moments_begin(duration, every, most);
    unsigned n = 0;
    for (us_t t = 0; t < duration; t += apart) {
        n += moments_take(&m, t);
    }
    return n;
}

TEST(moments_are_even_and_bounded) {
    EXPECT_EQ(taken(60 * US_PER_S, 2 * US_PER_S, 10 * US_PER_S, 100), 6);
    EXPECT_EQ(taken(60 * US_PER_S, 15 * US_PER_S, 10 * US_PER_S, 100), 4);
    EXPECT_EQ(taken(60 * US_PER_S, 10 * US_PER_MS, 10 * US_PER_MS, 100), 100);
    EXPECT_EQ(taken(8 * 3600 * US_PER_S, US_PER_S, 10 * US_PER_S, 200), 200);
    EXPECT_EQ(taken(1, 1, 1, 0), 1);
    struct moments m = moments_begin(US_PER_S, 100 * US_PER_MS, 10);
    EXPECT(moments_take(&m, 0));
    EXPECT(!moments_take(&m, 0)); /* a second one of the same time */
    EXPECT(!moments_take(&m, 99 * US_PER_MS));
    EXPECT(moments_take(&m, 150 * US_PER_MS));
}
