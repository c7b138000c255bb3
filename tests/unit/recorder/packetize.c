#include "tests/unit/recorder/packetize.h"

#include "tests/unit/test.h"

/* A payload: head, then body. */
static void put(struct payloads *p, struct bytes head, struct bytes body) {
    CHECK(p->n < PAYLOADS_MAX && head.n + body.n <= sizeof(p->at[0].b));
    memcpy(p->at[p->n].b, head.p, head.n);
    if (body.n) {
        memcpy(p->at[p->n].b + head.n, body.p, body.n);
    }
    p->at[p->n++].n = head.n + body.n;
}

static size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

/* RFC 7741 section 4.2: S on the first packet, a 15-bit picture id. */
static void packetize_vp8(struct bytes f, unsigned picture, struct payloads *ret) {
    for (size_t at = 0; at < f.n || (at == 0 && f.n == 0); at += PAYLOAD_MAX) {
        uint8_t d[] = {(uint8_t)(0x80 | (at == 0 ? 0x10 : 0)), 0x80,
                       (uint8_t)(0x80 | (picture >> 8 & 0x7f)), (uint8_t)picture};
        put(ret, bytes_of(d, sizeof(d)),
            bytes_of(f.p + at, f.n ? least(PAYLOAD_MAX, f.n - at) : 0));
    }
}

/* RFC 9628 section 4.2: one spatial layer, a 15-bit picture id. */
static void packetize_vp9(struct bytes f, unsigned picture, struct payloads *ret) {
    bool key = !(f.p[0] & 0x04); /* profile 0: frame_type */
    for (size_t at = 0; at < f.n; at += PAYLOAD_MAX) {
        size_t n = least(PAYLOAD_MAX, f.n - at);
        uint8_t d[] = {
            (uint8_t)(0x80 | (key ? 0 : 0x40) | (at == 0 ? 0x08 : 0) | (at + n == f.n ? 0x04 : 0)),
            (uint8_t)(0x80 | (picture >> 8 & 0x7f)), (uint8_t)picture};
        put(ret, bytes_of(d, sizeof(d)), bytes_of(f.p + at, n));
    }
}

bool annexb_next(struct bytes unit, size_t *at, struct bytes *ret) {
    size_t i = *at;
    while (i + 3 <= unit.n && memcmp(unit.p + i, "\0\0\1", 3) != 0) {
        i++;
    }
    if (i + 3 > unit.n) {
        return false;
    }
    size_t start = i += 3;
    while (i + 3 <= unit.n && memcmp(unit.p + i, "\0\0\1", 3) != 0) {
        i++;
    }
    size_t end = i + 3 > unit.n ? unit.n : i;
    *at = end;
    while (end > start && unit.p[end - 1] == 0) {
        end--; /* of a start code of 4 bytes */
    }
    *ret = bytes_of(unit.p + start, end - start);
    return true;
}

static void fragment_nal(struct bytes nal, struct payloads *ret) {
    for (size_t at = 1; at < nal.n;) {
        size_t n = least(PAYLOAD_MAX, nal.n - at);
        uint8_t head[] = {
            (uint8_t)((nal.p[0] & 0xe0) | 28),
            (uint8_t)((nal.p[0] & 0x1f) | (at == 1 ? 0x80 : 0) | (at + n == nal.n ? 0x40 : 0))};
        put(ret, bytes_of(head, 2), bytes_of(nal.p + at, n));
        at += n;
    }
}

/* Small units before the slices go together in a STAP-A, as WebRTC and GStreamer do. */
static void packetize_h264(struct bytes f, struct payloads *ret) {
    struct bytes nal;
    uint8_t stap[PAYLOAD_MAX];
    size_t n = 0;
    for (size_t at = 0; annexb_next(f, &at, &nal);) {
        if ((nal.p[0] & 0x1f) >= 6 && n + nal.n + 3 <= sizeof(stap)) {
            n = n ? n : 1;
            stap[0] = 24;
            put_be16(stap + n, (uint16_t)nal.n);
            memcpy(stap + n + 2, nal.p, nal.n);
            n += 2 + nal.n;
            continue;
        }
        if (n) {
            put(ret, bytes_of(stap, n), bytes_of(NULL, 0));
            n = 0;
        }
        if (nal.n <= PAYLOAD_MAX) {
            put(ret, nal, bytes_of(NULL, 0));
        } else {
            fragment_nal(nal, ret);
        }
    }
}

/* The OBUs of a temporal unit: header, payload (section 5.3 of the AV1 specification). */
static bool obu_next(struct bytes unit, size_t *at, struct bytes *whole, struct bytes *payload) {
    size_t i = *at, size = 0;
    if (i >= unit.n) {
        return false;
    }
    CHECK((unit.p[i] & 0x06) == 0x02); /* a size, no extension: so are the clip's */
    unsigned shift = 0;
    do {
        size |= (size_t)(unit.p[++i] & 0x7f) << shift;
        shift += 7;
    } while (unit.p[i] & 0x80);
    i++;
    CHECK(size <= unit.n - i);
    *payload = bytes_of(unit.p + i, size);
    *whole = bytes_of(unit.p + *at, i + size - *at);
    *at = i + size;
    return true;
}

/* Each OBU without its size is an element of its own packets; those that fit go together. Odd
 * pictures say the number of elements (W), even ones the length of each. */
static void packetize_av1(struct bytes f, unsigned picture, struct payloads *ret) {
    struct bytes whole, payload;
    uint8_t obu[65536];
    bool first = true, key = f.n > 2 && f.p[2] == 0x0a;
    for (size_t at = 0; obu_next(f, &at, &whole, &payload);) {
        if ((whole.p[0] >> 3 & 15) == 2) {
            continue;
        }
        CHECK(1 + payload.n <= sizeof(obu));
        obu[0] = (uint8_t)(whole.p[0] & ~0x02);
        memcpy(obu + 1, payload.p, payload.n);
        for (size_t from = 0; from < 1 + payload.n;) {
            size_t n = least(PAYLOAD_MAX, 1 + payload.n - from);
            uint8_t head[3] = {(uint8_t)((from ? 0x80 : 0) | (from + n < 1 + payload.n ? 0x40 : 0) |
                                         (picture & 1 ? 0x10 : 0) | (first && key ? 0x08 : 0)),
                               (uint8_t)(n | 0x80), (uint8_t)(n >> 7)};
            put(ret, bytes_of(head, picture & 1 ? 1 : 3), bytes_of(obu + from, n));
            first = false;
            from += n;
        }
    }
}

void packetize(enum codec codec, struct bytes frame, unsigned picture, struct payloads *ret) {
    ret->n = 0;
    switch (codec) {
    case CODEC_VP8:
        packetize_vp8(frame, picture, ret);
        break;
    case CODEC_VP9:
        packetize_vp9(frame, picture, ret);
        break;
    case CODEC_H264:
        packetize_h264(frame, ret);
        break;
    case CODEC_AV1:
        packetize_av1(frame, picture, ret);
        break;
    default:
        put(ret, frame, bytes_of(NULL, 0));
    }
}

static struct bytes lengths_of(struct bytes frame, uint8_t *out) {
    struct bytes nal;
    size_t n = 0;
    for (size_t at = 0; annexb_next(frame, &at, &nal);) {
        if ((nal.p[0] & 0x1f) > 6) {
            continue;
        }
        put_be32(out + n, (uint32_t)nal.n);
        memcpy(out + n + 4, nal.p, nal.n);
        n += 4 + nal.n;
    }
    return bytes_of(out, n);
}

struct bytes recorded_form(enum codec codec, struct bytes frame, uint8_t *out) {
    if (codec == CODEC_H264) {
        return lengths_of(frame, out);
    }
    if (codec == CODEC_AV1) {
        return bytes_of(frame.p + 2, frame.n - 2); /* behind the temporal delimiter */
    }
    return frame;
}
