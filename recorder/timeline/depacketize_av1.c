#include "recorder/timeline/depacketize_av1.h"

#include "recorder/timeline/av1_sequence.h"

/* AV1 bitstream specification section 6.2.2. */
enum obu_type {
    OBU_SEQUENCE_HEADER = 1,
    OBU_FRAME_HEADER = 3,
    OBU_TILE_GROUP = 4,
    OBU_METADATA = 5,
    OBU_FRAME = 6,
    OBU_REDUNDANT_FRAME_HEADER = 7
};

/* Section 4.4 of the payload format: the aggregation header. */
enum { Z = 0x80, Y = 0x40 };

#define EXTENSION 0x04 /* bits of an OBU header (section 5.3.2) */
#define HAS_SIZE 0x02
#define LEB128_MAX 8 /* [bytes] */

/* Section 4.10.5; sizes over 32 bits are refused. */
static uint32_t read_leb128(struct rd *r) {
    uint64_t v = 0;
    for (unsigned i = 0; i < LEB128_MAX; i++) {
        uint8_t b = rd_u8(r);
        v |= (uint64_t)(b & 0x7f) << (7 * i);
        if (!(b & 0x80)) {
            r->bad = r->bad || v > UINT32_MAX;
            return r->bad ? 0 : (uint32_t)v;
        }
    }
    r->bad = true;
    return 0;
}

static size_t write_leb128(uint8_t out[LEB128_MAX], size_t v) {
    size_t n = 0;
    do {
        out[n] = (uint8_t)((v & 0x7f) | (v > 0x7f ? 0x80 : 0));
        v >>= 7;
        n++;
    } while (v);
    return n;
}

/* An OBU as it came: header (1 or 2 bytes) and payload. */
struct obu {
    enum obu_type type;
    struct bytes header, payload;
};

static bool read_obu(struct bytes data, struct obu *ret) {
    struct rd r = rd_of(data.p, data.n);
    uint8_t head = rd_u8(&r);
    rd_skip(&r, head & EXTENSION ? 1 : 0);
    *ret = (struct obu){.type = (enum obu_type)(head >> 3 & 15),
                        .header = bytes_of(data.p, head & EXTENSION ? 2 : 1)};
    if (head & HAS_SIZE) {
        uint32_t n = read_leb128(&r);
        r.bad = r.bad || n != rd_left(&r);
    }
    ret->payload = rd_bytes(&r, rd_left(&r));
    return !r.bad && !(head & 0x80); /* obu_forbidden_bit */
}

/* In the low-overhead format. */
static bool put_obu(struct depacketizer *d, const struct obu *o) {
    uint8_t head[2 + LEB128_MAX];
    memcpy(head, o->header.p, o->header.n);
    head[0] |= HAS_SIZE;
    size_t n = o->header.n + write_leb128(head + o->header.n, o->payload.n);
    return depacketizer_put(d, head, n) && depacketizer_put(d, o->payload.p, o->payload.n);
}

/* The first frame header of the unit decides: show_existing_frame, frame_type, show_frame. */
static void note_header(struct depacketizer *d, const struct obu *o) {
    struct bits b = bits_of(o->payload);
    if (d->u.av1.header) {
        return;
    }
    d->u.av1.header = true;
    bool existing = bits_flag(&b);
    bool key = bits_u(&b, 2) == 0, shown = bits_flag(&b);
    d->key = !b.bad && !existing && key && shown && d->u.av1.sequence;
}

/* The OBU has been appended to the frame at `at`. */
static bool note_sequence(struct depacketizer *d, size_t at) {
    struct av1_state *s = &d->u.av1;
    size_t n = d->frame.n - at;
    if (n > sizeof(s->sequence_obu)) {
        return false;
    }
    memcpy(s->sequence_obu, d->frame.p + at, n);
    s->sequence_n = (uint16_t)n;
    s->sequence = true;
    return true;
}

/* A whole OBU. False: broken. */
static bool take_obu(struct depacketizer *d, struct bytes data) {
    struct obu o;
    size_t at = d->frame.n;
    if (!read_obu(data, &o)) {
        return false;
    }
    switch (o.type) {
    case OBU_SEQUENCE_HEADER:
        return put_obu(d, &o) && note_sequence(d, at);
    case OBU_FRAME_HEADER:
    case OBU_FRAME:
        note_header(d, &o);
        return put_obu(d, &o);
    case OBU_TILE_GROUP:
    case OBU_METADATA:
    case OBU_REDUNDANT_FRAME_HEADER:
        return put_obu(d, &o);
    default: /* temporal delimiter, tile list, padding, reserved */
        return true;
    }
}

/* An OBU element (section 4.4): the whole or a piece of an OBU. */
static bool take_element(struct depacketizer *d, struct bytes data, bool begins, bool ends) {
    struct av1_state *s = &d->u.av1;
    if (begins && ends) {
        return data.n == 0 || take_obu(d, data);
    }
    if (begins) {
        buffer_cut(&s->obu, 0);
    }
    if (data.n > VIDEO_FRAME_MAX - s->obu.n) {
        return false;
    }
    buffer_put(&s->obu, data.p, data.n);
    s->obu_open = !ends;
    return !s->obu.bad && (!ends || s->obu.n == 0 || take_obu(d, bytes_of(s->obu.p, s->obu.n)));
}

static bool begin(struct depacketizer *d, const struct video_piece *p) {
    struct av1_state *s = &d->u.av1;
    if (!d->open) {
        s->obu_open = s->sequence = s->header = false;
    }
    return p->payload.n > 1;
}

static bool append(struct depacketizer *d, const struct video_piece *p) {
    struct av1_state *s = &d->u.av1;
    struct rd r = rd_of(p->payload.p, p->payload.n);
    uint8_t head = rd_u8(&r);
    unsigned count = head >> 4 & 3; /* 0: each element has its length */
    if (s->obu_open != ((head & Z) != 0)) {
        return false;
    }
    for (unsigned i = 0; count ? i < count : rd_left(&r) > 0; i++) {
        bool measured = count == 0 || i + 1 < count;
        struct bytes data = rd_bytes(&r, measured ? read_leb128(&r) : rd_left(&r));
        bool last = count ? i + 1 == count : rd_left(&r) == 0;
        if (r.bad || !take_element(d, data, i > 0 || !(head & Z), !last || !(head & Y))) {
            return false;
        }
    }
    return true;
}

/* The record of the last sequence header. */
static bool make_config(struct depacketizer *d) {
    struct av1_state *s = &d->u.av1;
    struct av1_sequence sequence;
    struct obu o;
    _Static_assert(AV1_CONFIG_HEAD + AV1_SEQUENCE_MAX <= VIDEO_INIT_MAX, "av1C fits");
    if (!read_obu(bytes_of(s->sequence_obu, s->sequence_n), &o) ||
        av1_sequence_read(o.payload, &sequence) != OK) {
        return false;
    }
    av1_config_head(&sequence, d->init);
    memcpy(d->init + AV1_CONFIG_HEAD, s->sequence_obu, s->sequence_n);
    d->init_n = (uint16_t)(AV1_CONFIG_HEAD + s->sequence_n);
    d->width = sequence.width;
    d->height = sequence.height;
    return true;
}

static enum video_verdict finish(struct depacketizer *d) {
    struct av1_state *s = &d->u.av1;
    if (s->obu_open) {
        return VIDEO_BROKEN;
    }
    if (!s->header) {
        return VIDEO_NOTHING;
    }
    return !d->key || make_config(d) ? VIDEO_WHOLE : VIDEO_BROKEN;
}

static enum video_order order(const struct depacketizer *d) {
    (void)d;
    return VIDEO_APART;
}

static void over(struct depacketizer *d, bool whole) {
    (void)d;
    (void)whole;
}

static void release(struct depacketizer *d) {
    buffer_free(&d->u.av1.obu);
}

const struct depacketizer_codec depacketize_av1 = {begin, append, finish, order, over, release};
