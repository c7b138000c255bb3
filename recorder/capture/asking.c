#include "recorder/capture/asking.h"

void asking_init(struct asking *a) {
    *a = (struct asking){0};
    list_init(&a->due);
}

void asking_begin(struct asking *a, us_t now) {
    asking_stop(a);
    a->seen = 0;
    a->next = us_max(a->next, now + ASK_EVERY);
}

void asking_judge(struct asking *a, uint64_t seen, bool lacks) {
    a->seen = seen;
    a->lacks = lacks;
}

void asking_look(struct asking *a, us_t now, struct link *due) {
    if (!a->lacks) {
        asking_stop(a);
        return;
    }
    if (now < a->next || !list_empty(&a->due)) {
        return;
    }
    a->wait = a->wait ? us_min(2 * a->wait, ASK_SELDOM) : ASK_EVERY;
    a->next = now + a->wait;
    list_push(due, &a->due);
}

void asking_done(struct asking *a) {
    list_remove(&a->due);
}

void asking_stop(struct asking *a) {
    a->lacks = false;
    a->wait = 0;
    list_remove(&a->due);
}
