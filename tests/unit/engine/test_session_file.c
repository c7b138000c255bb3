#include "media/engine/session_file.h"

#include "tests/unit/test.h"

#include <string.h>

static uint8_t head[SESSION_FILE_HEAD];
static const struct session_file is = {.worker = 3, .n_slots = 4096, .wall_at_zero = {-7}};

static enum err read_head(struct session_file *ret) {
    return session_file_read(bytes_of(head, sizeof(head)), ret);
}

static void begin(void) {
    memset(head, 0, sizeof(head));
    session_file_begin(&is, head);
}

TEST(session_file_says_whose_it_is) {
    struct session_file f;
    begin();
    EXPECT_EQ(read_head(&f), OK);
    EXPECT_EQ(f.worker, 3);
    EXPECT_EQ(f.n_slots, 4096);
    EXPECT_EQ(f.wall_at_zero.us, -7);
    EXPECT_EQ(session_file_slot(0), SESSION_FILE_HEAD);
    EXPECT_EQ(session_file_size(2), SESSION_FILE_HEAD + 2 * sizeof(struct session_slot));
}

TEST(session_file_is_not_trusted_when_a_bit_has_changed) {
    struct session_file f;
    for (size_t i = 0; i < sizeof(struct session_file_head); i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            begin();
            head[i] ^= (uint8_t)(1u << bit);
            EXPECT(read_head(&f) != OK);
        }
    }
    memset(head, 0, sizeof(head)); /* the process ended before it had written it */
    EXPECT_EQ(read_head(&f), ERR_FORMAT);
    for (size_t n = 0; n < sizeof(head); n++) {
        EXPECT_EQ(session_file_read(bytes_of(head, n), &f), ERR_SHORT);
    }
}

/* Written by another build: whole, but nothing for us. */
TEST(session_file_of_another_build_is_told_apart) {
    struct session_file_head h;
    struct session_file f;
    struct session_file none = {.n_slots = 0}, many = {.n_slots = 65536};
    session_file_begin(&none, head);
    EXPECT_EQ(read_head(&f), ERR_FORMAT);
    session_file_begin(&many, head);
    EXPECT_EQ(read_head(&f), ERR_FORMAT);
    for (unsigned i = 0; i < 3; i++) {
        begin();
        memcpy(&h, head, sizeof(h));
        h.version += i == 0;
        h.snapshot_version += i == 1;
        h.slot_bytes += i == 2;
        session_file_seal(&h);
        memcpy(head, &h, sizeof(h));
        EXPECT_EQ(read_head(&f), ERR_UNSUPPORTED);
    }
}
