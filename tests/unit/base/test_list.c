#include "base/list.h"

#include "tests/unit/test.h"

struct item {
    int value;
    struct link in_a, in_b;
};

/* The values of a list whose links are in_a, in order, as one number. */
static long values(struct link *head) {
    long n = 0;
    LIST_EACH(l, head) {
        n = 10 * n + LIST_ENTRY(l, struct item, in_a)->value;
    }
    return n;
}

static void items_init(struct item *x, int n) {
    for (int i = 0; i < n; i++) {
        x[i].value = i + 1;
        list_init(&x[i].in_a);
        list_init(&x[i].in_b);
    }
}

TEST(list_keeps_the_order_of_pushing) {
    struct link head;
    struct item x[3];
    list_init(&head);
    items_init(x, 3);
    EXPECT(list_empty(&head) && list_empty(&x[0].in_a));
    EXPECT_EQ(values(&head), 0);
    for (int i = 0; i < 3; i++) {
        list_push(&head, &x[i].in_a);
    }
    EXPECT_EQ(values(&head), 123);
    EXPECT(!list_empty(&head) && !list_empty(&x[0].in_a));
    EXPECT(LIST_ENTRY(head.next, struct item, in_a) == &x[0]);
    EXPECT(LIST_ENTRY(head.prev, struct item, in_a) == &x[2]);
}

TEST(list_is_left_from_any_place_and_twice) {
    struct link head;
    struct item x[4];
    list_init(&head);
    items_init(x, 4);
    for (int i = 0; i < 4; i++) {
        list_push(&head, &x[i].in_a);
    }
    list_remove(&x[1].in_a); /* the middle */
    EXPECT_EQ(values(&head), 134);
    list_remove(&x[0].in_a); /* the first */
    EXPECT_EQ(values(&head), 34);
    list_remove(&x[3].in_a); /* the last */
    EXPECT_EQ(values(&head), 3);
    list_remove(&x[3].in_a); /* on no list: nothing happens */
    EXPECT(list_empty(&x[3].in_a));
    EXPECT_EQ(values(&head), 3);
    list_push(&head, &x[3].in_a);
    EXPECT_EQ(values(&head), 34);
    list_remove(&x[2].in_a);
    list_remove(&x[3].in_a);
    EXPECT(list_empty(&head));
}

TEST(list_visit_may_remove_what_it_visits) {
    struct link head;
    struct item x[5];
    list_init(&head);
    items_init(x, 5);
    for (int i = 0; i < 5; i++) {
        list_push(&head, &x[i].in_a);
    }
    LIST_EACH(l, &head) {
        if (LIST_ENTRY(l, struct item, in_a)->value % 2) {
            list_remove(l);
        }
    }
    EXPECT_EQ(values(&head), 24);
    LIST_EACH(l, &head) {
        list_remove(l);
    }
    EXPECT(list_empty(&head));
}

TEST(list_one_struct_on_two_lists) {
    struct link a, b;
    struct item x[2];
    list_init(&a);
    list_init(&b);
    items_init(x, 2);
    list_push(&a, &x[0].in_a);
    list_push(&a, &x[1].in_a);
    list_push(&b, &x[1].in_b);
    EXPECT(CONTAINER_OF(b.next, struct item, in_b) == &x[1]);
    list_remove(&x[1].in_a);
    EXPECT_EQ(values(&a), 1);
    EXPECT(CONTAINER_OF(b.next, struct item, in_b) == &x[1]);
}
