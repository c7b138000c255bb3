#include "base/utf8.h"
#include "tests/unit/test.h"

TEST(utf8_characters_and_what_only_looks_like_them) {
    static const struct {
        const char *bytes;
        size_t len, want;
    } rows[] = {
        {"", 0, 0},
        {"a", 1, 1},
        {"\x7f", 1, 1},
        {"\0", 1, 1},
        {"\xc2\x80", 2, 2},
        {"\xdf\xbf", 2, 2},
        {"\xe2\x82\xac", 3, 3},
        {"\xed\x9f\xbf", 3, 3},
        {"\xf0\x90\x80\x80", 4, 4},
        {"\xf4\x8f\xbf\xbf", 4, 4},
        {"\x80", 1, 0},             /* a continuation alone */
        {"\xc1\xbf", 2, 0},         /* overlong */
        {"\xe0\x9f\xbf", 3, 0},     /* overlong */
        {"\xf0\x8f\xbf\xbf", 4, 0}, /* overlong */
        {"\xed\xa0\x80", 3, 0},     /* a surrogate */
        {"\xf4\x90\x80\x80", 4, 0}, /* above U+10FFFF */
        {"\xf5\x80\x80\x80", 4, 0},
        {"\xff", 1, 0},
        {"\xc2\x41", 2, 0}, /* the second byte does not continue */
        {"\xe2\x82\x41", 3, 0},
        {"\xc2", 1, 0}, /* cut off */
        {"\xe2\x82", 2, 0},
        {"\xf0\x90\x80", 3, 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (utf8_char(rows[i].bytes, rows[i].len) != rows[i].want) {
            test_fail(__FILE__, __LINE__, "row %zu", i);
        }
    }
}

TEST(utf8_a_text_is_cut_between_characters) {
    EXPECT_EQ(utf8_cut("abc", 3, 3), 3);
    EXPECT_EQ(utf8_cut("abc", 3, 2), 2);
    EXPECT_EQ(utf8_cut("ab\xc3\xa9", 4, 4), 4);
    EXPECT_EQ(utf8_cut("ab\xc3\xa9", 4, 3), 2);
    EXPECT_EQ(utf8_cut("a\xf0\x9f\x8f\xa0", 5, 4), 1);
    EXPECT_EQ(utf8_cut("a\xf0\x9f\x8f\xa0", 5, 2), 1);
    EXPECT_EQ(utf8_cut("a\xf0\x9f\x8f\xa0"
                       "b",
                       6, 5),
              5);
    EXPECT_EQ(utf8_cut("\x80\x80\x80\x80\x80\x80", 6, 5), 5); /* no text at all */
    EXPECT_EQ(utf8_cut("\xc3\xa9", 2, 1), 0);
    EXPECT_EQ(utf8_cut("", 0, 0), 0);
}

TEST(utf8_names_are_without_control_characters) {
    EXPECT(utf8_printable("Zo\xc3\xab \xe2\x82\xac"));
    EXPECT(utf8_printable(""));
    EXPECT(utf8_printable(NULL));
    EXPECT(!utf8_printable("a\nb"));
    EXPECT(!utf8_printable("\x1f"));
    EXPECT(!utf8_printable("a\x7f"));
}

/* Each code point of three bytes and less, alone and between letters: refused are C1, the
 * separators and the controls of direction, and no other. */
TEST(utf8_names_are_without_what_turns_text_around) {
    for (unsigned c = 0x80; c < 0x10000; c++) {
        bool hidden = c < 0xa0 || (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
        char text[8] = "a";
        size_t n = 1;
        if (c >= 0x800) {
            text[n++] = (char)(0xe0 | c >> 12);
            text[n++] = (char)(0x80 | (c >> 6 & 0x3f));
        } else {
            text[n++] = (char)(0xc0 | c >> 6);
        }
        text[n++] = (char)(0x80 | (c & 0x3f));
        text[n++] = 'b';
        EXPECT_EQ(utf8_printable(text), !hidden);
        text[n - 1] = '\0';
        EXPECT_EQ(utf8_printable(text + 1), !hidden);
    }
    EXPECT(utf8_printable("\xc2")); /* cut off: looks at nothing behind the end */
    EXPECT(utf8_printable("\xe2\x80"));
}
