#include "media/send/redundancy.h"
#include "tests/unit/test.h"

/* Reports of a hundred packets each; the number of blocks after them. */
static unsigned after(struct send_redundancy *x, unsigned reports, uint32_t lost) {
    unsigned was = x->blocks;
    for (unsigned i = 0; i < reports; i++) {
        bool changed = send_redundancy_report(x, 3, lost, 100);
        EXPECT_EQ(changed, x->blocks != was);
        was = x->blocks;
    }
    return x->blocks;
}

TEST(redundancy_begins_with_loss_and_ends_with_calm) {
    struct send_redundancy x = {.blocks = 0};
    EXPECT_EQ(after(&x, 1, 3), 0); /* not more than 3 % */
    EXPECT_EQ(after(&x, 1, 4), 1);
    EXPECT_EQ(after(&x, 1, 7), 1); /* not more than 7.5 % */
    EXPECT_EQ(after(&x, 1, 8), 2);
    EXPECT_EQ(after(&x, 2, 2), 2);
    EXPECT_EQ(after(&x, 1, 2), 1);
    EXPECT_EQ(after(&x, 2, 0), 1);
    EXPECT_EQ(after(&x, 1, 1), 1); /* 1 %: not calm, it begins anew */
    EXPECT_EQ(after(&x, 2, 0), 1);
    EXPECT_EQ(after(&x, 1, 0), 0);
    EXPECT_EQ(after(&x, 1, 20), 2); /* at once */
}

/* Between its limits it stays what it is. */
TEST(redundancy_does_not_swing) {
    struct send_redundancy x = {.blocks = 0};
    EXPECT_EQ(after(&x, 20, 2), 0);
    EXPECT_EQ(after(&x, 1, 5), 1);
    EXPECT_EQ(after(&x, 20, 2), 1);
    EXPECT_EQ(after(&x, 1, 10), 2);
    EXPECT_EQ(after(&x, 20, 3), 2);
}

/* One of a few packets is no loss rate; reports are added up. */
TEST(redundancy_waits_for_enough_packets) {
    struct send_redundancy x = {.blocks = 0};
    for (int i = 0; i < 9; i++) {
        EXPECT(!send_redundancy_report(&x, 3, 1, 10));
    }
    EXPECT(send_redundancy_report(&x, 3, 0, 10) && x.blocks == 2);
}

TEST(redundancy_may_be_forbidden_and_believes_no_nonsense) {
    struct send_redundancy x = {.blocks = 0};
    EXPECT(!send_redundancy_report(&x, 0, 1000, 1000));
    EXPECT(!send_redundancy_report(&x, 100, UINT32_MAX, 1000)); /* all of it: not more */
    EXPECT(send_redundancy_report(&x, 99, UINT32_MAX, 1000) && x.blocks == 1);
}
