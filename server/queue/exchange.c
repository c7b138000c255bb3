#include "server/queue/exchange.h"

#include "base/check.h"
#include "server/queue/mailbox.h"

bool exchange_open(struct exchange *x, const struct exchange_config *c) {
    *x = (struct exchange){.most = c->most};
    x->asked = mailbox_new(c->most, c->question);
    x->replies = mailbox_new_wake(c->most, c->reply, c->wake, c->wake_ctx);
    return x->asked && x->replies;
}

void exchange_close(struct exchange *x) {
    mailbox_free(x->asked);
    mailbox_free(x->replies);
    *x = (struct exchange){0};
}

bool exchange_ask(struct exchange *x, const void *question) {
    if (x->under_way == x->most || !mailbox_push(x->asked, question)) {
        return false;
    }
    x->under_way++;
    mailbox_notify(x->asked);
    return true;
}

void exchange_ring(struct exchange *x) {
    mailbox_notify(x->asked);
}

void exchange_listen(struct exchange *x) {
    mailbox_ack(x->replies);
}

bool exchange_reply(struct exchange *x, void *ret) {
    bool got = x->replies && mailbox_pop(x->replies, ret);
    x->under_way -= got;
    return got;
}

int exchange_fd(const struct exchange *x) {
    return mailbox_fd(x->asked);
}

void exchange_wake(struct exchange *x) {
    mailbox_ack(x->asked);
}

bool exchange_question(struct exchange *x, void *ret) {
    return mailbox_pop(x->asked, ret);
}

void exchange_answer(struct exchange *x, const void *reply) {
    CHECK(mailbox_push(x->replies, reply)); /* there is room for all that are under way */
    mailbox_notify(x->replies);
}
