/* The thread that reads the audit log for who asks over HTTP: neither control nor the thread that
 * records waits for it. Questions and replies travel through a pair of mailboxes; a reply's data is
 * heap memory that the receiver frees. Owner: the control thread. */
#ifndef ORIEL_SERVER_AUDIT_AUDIT_READER_H
#define ORIEL_SERVER_AUDIT_AUDIT_READER_H

#include "server/audit/audit_page.h"

struct audit_reader;

/* struct audit_page, with its texts; "": anything. */
struct audit_question {
    uint64_t req; /* the caller's handle, comes back in the reply */
    char who[NAME_MAX_BYTES + 1], what[AUDIT_WORD_MAX + 1];
    char recording[AUDIT_RECORDING_MAX + 1], tour[TOUR_NAME_MAX + 1], outcome[8];
    wall_t since, until;
    struct audit_cursor after;
    uint32_t limit;
    bool newest_first, of_one;
};
struct audit_reply {
    uint64_t req;
    uint8_t error; /* enum err, of audit_page_put */
    char *data;    /* JSON; NULL after an error. mem_free it */
    size_t len;
};

/* dir is copied. wake: audit_reader_reply has something; called in the thread. ERR_NOMEM, ERR_IO,
 * with why[WHY_MAX]. *ret untouched on failure. */
enum err audit_reader_start(const char *dir, void (*wake)(void *wake_ctx), void *wake_ctx,
                            struct audit_reader **ret, char why[WHY_MAX]);
/* False: too much is asked already. */
bool audit_reader_ask(struct audit_reader *t, const struct audit_question *q);
/* After a wake-up, before replies are taken. */
void audit_reader_listen(struct audit_reader *t);
/* The next reply, whose data passes to the caller; false: none. */
bool audit_reader_reply(struct audit_reader *t, struct audit_reply *ret);
/* Ends with the page that it reads. NULL allowed; returns NULL. */
struct audit_reader *audit_reader_stop(struct audit_reader *t);

#endif
