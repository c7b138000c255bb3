#include "base/owner.h"

#include "tests/unit/test.h"

#include <pthread.h>

struct thing {
    struct owner owner;
    int value;
};

static void use(void *p) {
    struct thing *t = p;
    OWNER_CHECK(&t->owner);
    t->value++;
}

static int value(const struct thing *t) {
    OWNER_CHECK(&t->owner);
    return t->value;
}
static void look(void *t) {
    (void)value(t);
}

static void release(void *p) {
    struct thing *t = p;
    OWNER_RELEASE(&t->owner);
}

static void *use_in_thread(void *t) {
    use(t);
    return NULL;
}
static void *use_and_release_in_thread(void *t) {
    use(t);
    release(t);
    return NULL;
}
static void in_thread(void *(*f)(void *), struct thing *t) {
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, f, t) == 0 && pthread_join(thread, NULL) == 0);
}

static const char says[] = "&t->owner: not this thread's";

TEST(owner_is_who_comes_first) {
    struct thing t = {0};
    EXPECT(!test_aborts_in_thread(use, &t, says)); /* there it is untouched, and so it is here */
    use(&t);
    use(&t);
    EXPECT_EQ(value(&t), 2);
    EXPECT(!test_aborts(use, &t, says));
    EXPECT(test_aborts_in_thread(use, &t, says));
    EXPECT(test_aborts_in_thread(look, &t, says));
    EXPECT(test_aborts_in_thread(release, &t, says));
    EXPECT_EQ(value(&t), 2);
}

TEST(owner_is_not_made_by_a_look) {
    struct thing t = {0};
    EXPECT_EQ(value(&t), 0);
    EXPECT(t.owner.thread == NULL);
    EXPECT(!test_aborts_in_thread(use, &t, says));
}

TEST(owner_releases_and_the_next_one_takes_it) {
    struct thing t = {0};
    in_thread(use_and_release_in_thread, &t);
    EXPECT_EQ(value(&t), 1);
    use(&t);
    EXPECT(test_aborts_in_thread(use, &t, says));
    release(&t);
    in_thread(use_in_thread, &t);
    EXPECT_EQ(t.value, 3);
}

/* As an engine that its worker used and control frees after the join. */
TEST(owner_takes_over_from_a_thread_that_is_gone) {
    struct thing t = {0};
    in_thread(use_in_thread, &t);
    EXPECT(test_aborts(use, &t, says));
    EXPECT(test_aborts(look, &t, says));
    owner_take(&t.owner);
    use(&t);
    EXPECT_EQ(value(&t), 2);
    EXPECT(test_aborts_in_thread(use, &t, says));
}
