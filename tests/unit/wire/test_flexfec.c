#include "media/wire/flexfec.h"
#include "media/wire/rtp.h"
#include "tests/unit/test.h"

enum { SSRC = 0x12345678, PACKETS = 6 };

struct packet {
    uint8_t data[RTP_FIXED_HEADER + FLEXFEC_BODY_MAX];
    size_t len;
};

/* Number i of a stream that begins with `first`: of another length, time and content than any
 * other. */
static struct packet make(uint16_t first, unsigned i) {
    struct packet p = {.len = RTP_FIXED_HEADER + 8 + 37 * ((i * 5) % 7)};
    for (size_t k = 0; k < p.len; k++) {
        p.data[k] = (uint8_t)(k * 31 + i * 7);
    }
    p.data[0] = (uint8_t)(0x90 | (i % 2 ? 0x20 : 0));
    p.data[1] = (uint8_t)(96 | (i == PACKETS - 1 ? 0x80 : 0));
    put_be16(p.data + 2, (uint16_t)(first + i));
    put_be32(p.data + 4, 90000 + 3000 * i);
    put_be32(p.data + 8, SSRC);
    return p;
}

/* In a header and two pieces. */
static void add(struct flexfec *f, const struct packet *p) {
    const uint8_t *rest = p->data + RTP_FIXED_HEADER + 8;
    size_t n = p->len - RTP_FIXED_HEADER - 8, half = n / 2;
    const struct bytes piece[] = {bytes_of(rest, half), bytes_of(rest + half, n - half)};
    flexfec_add(f, bytes_of(p->data, RTP_FIXED_HEADER + 8), piece, 2);
}

/* Section 6.3 of the draft, by its words: the packet of this number, from the repair packet and all
 * others. */
static struct packet recover(const uint8_t *fec, size_t len, const struct packet *all,
                             unsigned lost) {
    struct packet ret = {.len = RTP_FIXED_HEADER};
    uint8_t body[FLEXFEC_BODY_MAX] = {0};
    uint16_t head = be16(fec), length = be16(fec + 2);
    uint32_t ts = be32(fec + 4);
    memcpy(body, fec + FLEXFEC_HEADER, len - FLEXFEC_HEADER);
    for (unsigned i = 0; i < PACKETS; i++) {
        if (i == lost) {
            continue;
        }
        const struct packet *p = &all[i];
        size_t n = p->len - RTP_FIXED_HEADER;
        head ^= be16(p->data) & 0x3fff;
        length ^= (uint16_t)n;
        ts ^= be32(p->data + 4);
        for (size_t k = 0; k < n; k++) {
            body[k] ^= p->data[RTP_FIXED_HEADER + k];
        }
    }
    ret.len += length;
    put_be16(ret.data, 0x8000 | head);
    put_be16(ret.data + 2, (uint16_t)(be16(fec + 16) + lost));
    put_be32(ret.data + 4, ts);
    put_be32(ret.data + 8, be32(fec + 12));
    memcpy(ret.data + RTP_FIXED_HEADER, body, length);
    return ret;
}

static void repairs_each_from(uint16_t first) {
    struct flexfec f = {0};
    struct packet all[PACKETS];
    uint8_t out[FLEXFEC_HEADER + FLEXFEC_BODY_MAX];
    for (unsigned i = 0; i < PACKETS; i++) {
        all[i] = make(first, i);
        EXPECT(flexfec_takes(&f, (uint16_t)(first + i), all[i].len - RTP_FIXED_HEADER));
        add(&f, &all[i]);
    }
    flexfec_write_header(&f, out);
    memcpy(out + FLEXFEC_HEADER, f.body, f.len);
    EXPECT_EQ(be32(out + 8), 1 << 24);
    EXPECT_EQ(be16(out + 18), 0x8000 | 0x7e00);
    for (unsigned lost = 0; lost < PACKETS; lost++) {
        struct packet p = recover(out, FLEXFEC_HEADER + f.len, all, lost);
        EXPECT_EQ(p.len, all[lost].len);
        EXPECT(memcmp(p.data, all[lost].data, p.len) == 0);
    }
}

TEST(flexfec_repairs_any_one_packet) {
    repairs_each_from(1000);
}

TEST(flexfec_reaches_over_a_wrap_of_the_sequence_number) {
    repairs_each_from(65533);
}

TEST(flexfec_of_a_stream_with_a_hole_names_what_is_in_it) {
    struct flexfec f = {0};
    uint8_t out[FLEXFEC_HEADER];
    for (unsigned i = 0; i < PACKETS; i += 2) {
        struct packet p = make(7, i);
        add(&f, &p);
    }
    flexfec_write_header(&f, out);
    EXPECT_EQ(be16(out + 16), 7);
    EXPECT_EQ(be16(out + 18), 0x8000 | 0x4000 | 0x1000 | 0x0400);
}

TEST(flexfec_takes_what_its_mask_and_its_room_reach) {
    struct flexfec f = {0};
    struct packet p = make(100, 0);
    EXPECT(!flexfec_takes(&f, 100, FLEXFEC_BODY_MAX + 1));
    EXPECT(flexfec_takes(&f, 100, FLEXFEC_BODY_MAX));
    add(&f, &p);
    EXPECT(flexfec_takes(&f, 100 + FLEXFEC_SPAN - 1, 1));
    EXPECT(!flexfec_takes(&f, 100 + FLEXFEC_SPAN, 1));
    EXPECT(!flexfec_takes(&f, 99, 1)); /* an older one */
}
