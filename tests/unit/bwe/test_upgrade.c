/* Sizes that a path carries in its best moments only. */
#include "media/bwe/upgrade.h"
#include "tests/unit/test.h"

#define KBIT UINT64_C(1000)
#define SEC(s) ((us_t)((s) * (double)US_PER_S))
#define ANY UPGRADE_ANY

/* Size 1 is taken at 500 kbit/s, and given up some seconds later at 400. Returns when. */
static us_t in_vain(struct upgrade *u, us_t now, double seconds) {
    upgrade_chosen(u, now, 500 * KBIT, 0, 1);
    upgrade_chosen(u, now + SEC(seconds) / 2, 480 * KBIT, 1, 1);
    now += SEC(seconds);
    upgrade_chosen(u, now, 400 * KBIT, 1, 0);
    return now;
}

TEST(upgrade_that_was_in_vain_waits_longer_each_time) {
    static const double waits[] = {2, 4, 8, 16, 32, 40, 40};
    struct upgrade u = {0};
    us_t now = SEC(10);
    EXPECT_EQ(upgrade_limit(&u, now, 500 * KBIT), ANY);
    for (unsigned i = 0; i < 7; i++) {
        now = in_vain(&u, now, 2);
        EXPECT_EQ(upgrade_limit(&u, now, 500 * KBIT), 0);
        EXPECT_EQ(upgrade_limit(&u, now + SEC(waits[i]) - 1, 500 * KBIT), 0);
        now += SEC(waits[i]);
        EXPECT_EQ(upgrade_limit(&u, now, 500 * KBIT), ANY);
    }
}

TEST(upgrade_is_tried_on_what_is_clearly_a_better_path) {
    struct upgrade u = {0};
    us_t now = in_vain(&u, SEC(10), 2);
    EXPECT_EQ(upgrade_limit(&u, now, 620 * KBIT), 0);
    EXPECT_EQ(upgrade_limit(&u, now, 630 * KBIT), ANY);
    EXPECT_EQ(upgrade_limit(&u, now, 500 * KBIT), ANY); /* it is forgotten */
    now = in_vain(&u, now, 2);
    EXPECT_EQ(upgrade_limit(&u, now + SEC(2), 500 * KBIT), ANY); /* from the beginning */
}

/* Who uses more is believed to carry more: that is not another path. */
TEST(upgrade_is_not_forgotten_while_it_is_tried) {
    struct upgrade u = {0};
    us_t now = in_vain(&u, SEC(10), 2) + SEC(2);
    upgrade_chosen(&u, now, 500 * KBIT, 0, 1);
    EXPECT_EQ(upgrade_limit(&u, now + SEC(1), 700 * KBIT), ANY);
    upgrade_chosen(&u, now + SEC(1), 700 * KBIT, 1, 1);
    upgrade_chosen(&u, now + SEC(2), 400 * KBIT, 1, 0);
    EXPECT_EQ(upgrade_limit(&u, now + SEC(2 + 3.9), 500 * KBIT), 0);
}

/* The most that was believed counts, not what was believed at the step. */
TEST(upgrade_remembers_the_best_of_what_failed) {
    struct upgrade u = {0};
    upgrade_chosen(&u, SEC(10), 500 * KBIT, 0, 1);
    upgrade_chosen(&u, SEC(11), 700 * KBIT, 1, 1);
    upgrade_chosen(&u, SEC(12), 400 * KBIT, 1, 0);
    EXPECT_EQ(upgrade_limit(&u, SEC(12), 800 * KBIT), 0);
    EXPECT_EQ(upgrade_limit(&u, SEC(12), 900 * KBIT), ANY);
}

TEST(upgrade_that_has_held_is_none_in_vain) {
    struct upgrade u = {0};
    us_t now = in_vain(&u, SEC(10), 2) + SEC(2);
    upgrade_chosen(&u, now, 500 * KBIT, 0, 1);
    upgrade_chosen(&u, now + SEC(31), 500 * KBIT, 1, 1);
    upgrade_chosen(&u, now + SEC(40), 400 * KBIT, 1, 0); /* the path is another one by now */
    EXPECT_EQ(upgrade_limit(&u, now + SEC(40), 500 * KBIT), ANY);
    now = in_vain(&u, now + SEC(41), 2);
    EXPECT_EQ(upgrade_limit(&u, now + SEC(2), 500 * KBIT), ANY);
}

TEST(upgrade_that_holds_for_some_time_waits_no_longer) {
    struct upgrade u = {0};
    us_t now = in_vain(&u, SEC(10), 2) + SEC(2);
    for (unsigned i = 0; i < 3; i++) {
        now = in_vain(&u, now, 20);
        EXPECT_EQ(upgrade_limit(&u, now + SEC(2) - 1, 500 * KBIT), 0);
        now += SEC(2);
        EXPECT_EQ(upgrade_limit(&u, now, 500 * KBIT), ANY);
    }
}

/* A tunnel, or a train that leaves the cell. */
TEST(upgrade_on_a_path_that_breaks_away_has_not_failed) {
    struct upgrade u = {0};
    upgrade_chosen(&u, SEC(10), 500 * KBIT, 0, 1);
    upgrade_chosen(&u, SEC(11), 200 * KBIT, 1, 0);
    EXPECT_EQ(upgrade_limit(&u, SEC(11), 500 * KBIT), ANY);
}

/* Something else is shown, which takes the rate: the path is as good as it was. */
TEST(upgrade_that_gave_way_has_not_failed) {
    struct upgrade u = {0};
    upgrade_chosen(&u, SEC(10), 500 * KBIT, 0, 1);
    upgrade_chosen(&u, SEC(11), 500 * KBIT, 1, 0);
    EXPECT_EQ(upgrade_limit(&u, SEC(11), 500 * KBIT), ANY);
}

/* A picture that comes back is no larger size; what holds below says nothing of what failed. */
TEST(upgrade_is_of_sizes) {
    struct upgrade u = {0};
    upgrade_chosen(&u, SEC(10), 100 * KBIT, -1, 0);
    upgrade_chosen(&u, SEC(11), 50 * KBIT, 0, -1);
    EXPECT_EQ(upgrade_limit(&u, SEC(11), 100 * KBIT), ANY);
    upgrade_chosen(&u, SEC(20), 900 * KBIT, 1, 2);
    upgrade_chosen(&u, SEC(21), 460 * KBIT, 2, 0);
    EXPECT_EQ(upgrade_limit(&u, SEC(21), 500 * KBIT), 1);
    upgrade_chosen(&u, SEC(21.5), 500 * KBIT, 0, 1);
    upgrade_chosen(&u, SEC(22.5), 500 * KBIT, 1, 1);
    EXPECT_EQ(upgrade_limit(&u, SEC(22.5), 500 * KBIT), 1);
    EXPECT_EQ(upgrade_limit(&u, SEC(23), 500 * KBIT), ANY);
}

/* The key frame that a larger size begins with fills the path: that is not what it carries. */
TEST(upgrade_is_given_a_moment) {
    struct upgrade u = {0};
    EXPECT_EQ(upgrade_trusts(&u, SEC(9), 450 * KBIT), 450 * KBIT);
    upgrade_chosen(&u, SEC(10), 500 * KBIT, 0, 1);
    EXPECT_EQ(upgrade_trusts(&u, SEC(10.5), 425 * KBIT), 500 * KBIT);
    EXPECT_EQ(upgrade_trusts(&u, SEC(10.5), 400 * KBIT), 480 * KBIT); /* a fifth more at most */
    EXPECT_EQ(upgrade_trusts(&u, SEC(10.5), 600 * KBIT), 600 * KBIT);
    EXPECT_EQ(upgrade_trusts(&u, SEC(12.1), 425 * KBIT), 425 * KBIT);
    upgrade_chosen(&u, SEC(12.1), 425 * KBIT, 1, 0);
    EXPECT_EQ(upgrade_trusts(&u, SEC(12.2), 425 * KBIT), 425 * KBIT);
}
