/* Questions to another thread and its answers: a pair of mailboxes in which there is always room
 * for the answer, for no more questions are under way than it has places. */
#ifndef ORIEL_SERVER_QUEUE_EXCHANGE_H
#define ORIEL_SERVER_QUEUE_EXCHANGE_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A zeroed one is closed. */
struct exchange {
    struct mailbox *asked, *replies;
    uint32_t most, under_way; /* under_way: of who asks */
};

struct exchange_config {
    uint32_t most;                /* questions under way at once */
    size_t question, reply;       /* [bytes] of one */
    void (*wake)(void *wake_ctx); /* there are replies; in the thread that answers */
    void *wake_ctx;
};
/* False: memory or descriptors are out; close it all the same. */
bool exchange_open(struct exchange *x, const struct exchange_config *c);
/* Both ends are done. What is inside is not looked at: take it out before, where something hangs on
 * it. */
void exchange_close(struct exchange *x);

/* Who asks: false, when too many questions are under way. */
bool exchange_ask(struct exchange *x, const void *question);
/* Who asks: the other thread is to look up, though nothing was asked. */
void exchange_ring(struct exchange *x);
/* Who asks: take note of a wake-up; call before taking replies until there are none. */
void exchange_listen(struct exchange *x);
/* Who asks: the next reply; false: there is none now. */
bool exchange_reply(struct exchange *x, void *ret);

/* Who answers: readable when there are questions. */
int exchange_fd(const struct exchange *x);
/* Who answers: take note of the wake-up, then take questions until there are none. */
void exchange_wake(struct exchange *x);
bool exchange_question(struct exchange *x, void *ret);
/* Who answers: one for each question. */
void exchange_answer(struct exchange *x, const void *reply);

#endif
