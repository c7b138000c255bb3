#include "base/addr.h"

#include "tests/unit/test.h"

static struct addr v6(const uint16_t groups[8], uint16_t port, uint32_t scope) {
    struct addr a = {.port = port, .scope = scope};
    for (int i = 0; i < 8; i++) {
        a.ip[2 * i] = (uint8_t)(groups[i] >> 8);
        a.ip[2 * i + 1] = (uint8_t)groups[i];
    }
    return a;
}

TEST(v4_is_mapped) {
    struct addr a = addr_v4(192, 0, 2, 1, 65535);
    char text[ADDR_TEXT_MAX];
    EXPECT(addr_is_v4(&a));
    EXPECT_EQ(a.ip[10], 0xff);
    EXPECT_EQ(a.ip[12], 192);
    EXPECT_STR(addr_text(&a, text), "192.0.2.1:65535");
}

TEST(v6_text_is_that_of_rfc5952) {
    static const struct {
        uint16_t groups[8];
        uint32_t scope;
        const char *text;
    } cases[] = {
        {{0}, 0, "[::]:5"},
        {{0, 0, 0, 0, 0, 0, 0, 1}, 0, "[::1]:5"},
        {{0x2001, 0xdb8}, 0, "[2001:db8::]:5"},
        {{0x2001, 0xdb8, 0, 0, 1, 0, 0, 1}, 0, "[2001:db8::1:0:0:1]:5"},
        {{0x2001, 0xdb8, 0, 1, 1, 1, 1, 1}, 0, "[2001:db8:0:1:1:1:1:1]:5"},
        {{0x2001, 0, 0, 1, 0, 0, 0, 1}, 0, "[2001:0:0:1::1]:5"},
        {{0xfe80, 0, 0, 0, 0, 0, 0, 2}, 3, "[fe80::2%3]:5"},
        {{0xffff, 0xffff, 0xffff, 0xffff, 0xffff, 0xffff, 0xffff, 0xffff},
         UINT32_MAX,
         "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff%4294967295]:5"},
    };
    char text[ADDR_TEXT_MAX];
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct addr a = v6(cases[i].groups, 5, cases[i].scope);
        EXPECT(!addr_is_v4(&a));
        EXPECT_STR(addr_text(&a, text), cases[i].text);
    }
}

TEST(equality_and_hash_see_every_part) {
    struct addr a = addr_v4(10, 0, 0, 1, 5000), b = a;
    EXPECT(addr_eq(&a, &b));
    EXPECT(addr_hash(&a, 7) == addr_hash(&b, 7));
    b.port = 5001;
    EXPECT(!addr_eq(&a, &b) && addr_hash(&a, 7) != addr_hash(&b, 7));
    b = a;
    b.ip[15] = 2;
    EXPECT(!addr_eq(&a, &b) && addr_hash(&a, 7) != addr_hash(&b, 7));
    b = a;
    for (unsigned bit = 1; bit <= 1u << 15; bit <<= 1) {
        b.via = (uint16_t)bit;
        EXPECT(!addr_eq(&a, &b) && addr_hash(&a, 7) != addr_hash(&b, 7));
    }
    b = a;
    for (uint32_t bit = 1; bit != 0; bit <<= 1) {
        b.scope = bit;
        EXPECT(!addr_eq(&a, &b) && addr_hash(&a, 7) != addr_hash(&b, 7));
    }
}

TEST(link_local_is_fe80_to_febf) {
    struct addr a = {.ip = {0xfe, 0x80}}, v4 = addr_v4(254, 128, 0, 1, 0);
    EXPECT(addr_is_link_local(&a));
    a.ip[1] = 0xbf;
    EXPECT(addr_is_link_local(&a));
    a.ip[1] = 0xc0;
    EXPECT(!addr_is_link_local(&a));
    a.ip[1] = 0x7f;
    EXPECT(!addr_is_link_local(&a));
    EXPECT(!addr_is_link_local(&v4));
}
