/* Questions and answers, both ends played here: there is room for every answer, whoever waits. */
#include "server/queue/exchange.h"

#include "base/alloc.h"
#include "tests/unit/test.h"

#define MOST 3

static int woken;

static void wake(void *ctx) {
    (void)ctx;
    woken++;
}

static bool open_one(struct exchange *x) {
    const struct exchange_config c = {MOST, sizeof(int), sizeof(long), wake, NULL};
    woken = 0;
    return exchange_open(x, &c);
}

TEST(exchange_has_room_for_every_answer) {
    struct exchange x;
    int asked = 0, q = 0;
    long answer = 0;
    REQUIRE(open_one(&x));
    for (int round = 0; round < 5; round++) {
        while (asked < 100 && exchange_ask(&x, &asked)) {
            asked++;
        }
        EXPECT_EQ(asked, MOST * (round + 1));
        exchange_wake(&x);
        for (int i = 0; i < MOST; i++) {
            REQUIRE(exchange_question(&x, &q));
            EXPECT_EQ(q, MOST * round + i);
            answer = 10L * q;
            exchange_answer(&x, &answer);
            EXPECT(!exchange_ask(&x, &asked)); /* it is answered, and nobody has taken that */
        }
        EXPECT(!exchange_question(&x, &q));
        EXPECT_EQ(woken, round + 1);
        exchange_listen(&x);
        for (int i = 0; i < MOST; i++) {
            REQUIRE(exchange_reply(&x, &answer));
            EXPECT_EQ(answer, 10L * (MOST * round + i));
        }
        EXPECT(!exchange_reply(&x, &answer));
    }
    exchange_close(&x);
    EXPECT(!exchange_reply(&x, &answer));
}

/* Memory that is out at any point leaves something that can be closed. */
TEST(exchange_without_memory) {
    for (long fail = 0; fail < 20; fail++) {
        struct exchange x;
        mem_fail_at(fail);
        bool ok = open_one(&x);
        mem_fail_at(-1);
        exchange_close(&x);
        if (ok) {
            return;
        }
    }
    EXPECT(false);
}
