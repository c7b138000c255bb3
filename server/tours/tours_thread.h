/* The thread that writes the tours of the API: the control thread orders and goes on, and is told
 * when it is durable. What was ordered meanwhile becomes durable together, so many changes cost
 * hardly more than one. Owner: the control thread. */
#ifndef ORIEL_SERVER_TOURS_TOURS_THREAD_H
#define ORIEL_SERVER_TOURS_TOURS_THREAD_H

#include "server/tours/kept_answer.h"
#include "server/tours/tour_record.h"

struct tours_thread;

#define TOURS_ORDERS 256 /* under way at once */

/* Hand what is there to take, which owns it, and start. Errors are those of tours_db_open and
 * tours_db_each, and ERR_IO (no thread). wake(ctx) says, from the thread, that replies have come.
 */
struct tours_thread_config {
    const char *path;
    bool (*take)(void *ctx, struct tour_record *r);
    /* Before that the answers that are kept; `seed` first, once: false, memory is out. Both NULL:
     * none are. */
    bool (*seed)(void *ctx, uint64_t seed);
    bool (*take_answer)(void *ctx, struct kept_answer *x);
    uint64_t fresh;      /* random: the seed of a new database */
    size_t most_answers; /* that are kept */
    void (*wake)(void *wake_ctx);
    void *ctx, *wake_ctx;
};
enum err tours_thread_start(const struct tours_thread_config *c, struct tours_thread **ret,
                            char why[WHY_MAX]);
/* What was ordered is written first. NULL allowed; returns NULL. */
struct tours_thread *tours_thread_stop(struct tours_thread *t);

/* Keep the record, which passes to the thread, or forget it; with it, in one and the same
 * transaction, the answer to who asked for it (NULL: none). False: too much is under way; both are
 * the caller's still. tag comes back with the reply. */
bool tours_thread_order(struct tours_thread *t, uint64_t tag, struct tour_record *r, bool forget,
                        struct kept_answer *answer);

struct tours_reply {
    uint64_t tag;
    enum err error; /* OK: it is durable */
};
/* After a wake-up, before replies are taken. */
void tours_thread_listen(struct tours_thread *t);
/* The next reply, in the order of the orders; false: none. */
bool tours_thread_reply(struct tours_thread *t, struct tours_reply *ret);

#endif
