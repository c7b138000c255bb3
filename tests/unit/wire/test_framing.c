/* RFC 4571 framing: whatever the network makes of a stream, the packets are the same. */
#include "media/wire/framing.h"
#include "tests/unit/test.h"

/* Packet i of a stream is len bytes of value i + 1. */
static size_t write_packet(uint8_t *out, unsigned i, size_t len) {
    put_be16(out, (uint16_t)len);
    memset(out + FRAMING_HEAD, (int)i + 1, len);
    return FRAMING_HEAD + len;
}

static size_t give(struct framing *f, const uint8_t *p, size_t n) {
    size_t room;
    uint8_t *to = framing_room(f, &room);
    n = n < room ? n : room;
    memcpy(to, p, n);
    framing_wrote(f, n);
    return n;
}

static void expect_packet(struct bytes p, unsigned i, size_t len) {
    EXPECT_EQ(p.n, len);
    EXPECT(p.n == 0 || (p.p[0] == i + 1 && p.p[p.n - 1] == i + 1));
}

TEST(packets_are_found_wherever_the_stream_is_cut) {
    static const size_t lens[] = {20, 1, 1200, 0, 3, PACKET_CAP, 0, 0, 7};
    static const unsigned whole[] = {0, 1, 2, 4, 5, 8}; /* but the empty ones */
    static uint8_t stream[4096];
    size_t n = 0;
    for (unsigned i = 0; i < ARRAY_LEN(lens); i++) {
        n += write_packet(stream + n, i, lens[i]);
    }
    for (size_t piece = 1; piece <= n; piece++) {
        struct framing f = {0};
        struct bytes p;
        unsigned got = 0;
        for (size_t at = 0; at < n;) {
            at += give(&f, stream + at, piece < n - at ? piece : n - at);
            while (framing_next(&f, &p) == FRAMING_PACKET && got < ARRAY_LEN(whole)) {
                expect_packet(p, whole[got], lens[whole[got]]);
                got++;
            }
            EXPECT(!framing_waits(&f));
        }
        EXPECT_EQ(got, ARRAY_LEN(whole));
    }
}

TEST(a_packet_that_is_too_long_ends_the_stream) {
    struct framing f = {0};
    uint8_t head[4] = {0, 0}; /* an empty one before it */
    struct bytes p;
    put_be16(head + 2, PACKET_CAP + 1);
    EXPECT_EQ(give(&f, head, 3), 3);
    EXPECT_EQ(framing_next(&f, &p), FRAMING_MORE);
    EXPECT_EQ(give(&f, head + 3, 1), 1);
    EXPECT(framing_waits(&f));
    EXPECT_EQ(framing_next(&f, &p), FRAMING_BAD);
    EXPECT_EQ(framing_next(&f, &p), FRAMING_BAD);
}

/* A client may send nothing but those for a while. */
TEST(empty_packets_take_no_room_for_long) {
    static const uint8_t none[FRAMING_CAP];
    struct framing f = {0};
    struct bytes p;
    uint8_t one[FRAMING_HEAD + 9];
    write_packet(one, 0, 9);
    for (int i = 0; i < 5; i++) {
        size_t room;
        EXPECT_EQ(give(&f, none, sizeof(none)), FRAMING_CAP);
        EXPECT(!framing_waits(&f));
        (void)framing_room(&f, &room);
        EXPECT_EQ(room, FRAMING_CAP);
    }
    EXPECT_EQ(give(&f, none, FRAMING_CAP - 1), FRAMING_CAP - 1); /* half a length is left */
    EXPECT_EQ(give(&f, none, 1), 1);
    EXPECT_EQ(give(&f, one, sizeof(one)), sizeof(one));
    REQUIRE(framing_next(&f, &p) == FRAMING_PACKET);
    expect_packet(p, 0, 9);
}

TEST(what_is_not_taken_waits_and_the_rest_finds_no_room) {
    struct framing f = {0};
    uint8_t one[FRAMING_HEAD + 100];
    struct bytes p;
    size_t room, given = 0;
    write_packet(one, 0, 100);
    while (give(&f, one, sizeof(one)) == sizeof(one)) {
        EXPECT(framing_waits(&f));
        given++;
    }
    (void)framing_room(&f, &room);
    EXPECT_EQ(room, 0);
    for (size_t i = 0; i < given; i++) {
        EXPECT_EQ(framing_next(&f, &p), FRAMING_PACKET);
        expect_packet(p, 0, 100);
    }
    EXPECT(!framing_waits(&f)); /* the one that was cut off */
    EXPECT_EQ(framing_next(&f, &p), FRAMING_MORE);
    (void)framing_room(&f, &room);
    EXPECT_EQ(room, FRAMING_CAP - FRAMING_CAP % sizeof(one));
}
