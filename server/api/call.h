/* What is known of a request beside what HTTP knows of it: who asks, and what it waits for. Owner:
 * the control thread. */
#ifndef ORIEL_SERVER_API_CALL_H
#define ORIEL_SERVER_API_CALL_H

#include "server/api/api.h"

struct playback;

struct call {
    enum code refused;    /* what the token lacks; CODE_OK: it will do */
    us_t wait;            /* when refused: then it may come again [us]; 0: nobody knows */
    struct claims claims; /* of routes that need a token */
    struct addr client;   /* where it comes from, for the audit log */
    bool has_client;
    bool noted; /* the log has it */
    /* For the audit log; "": nothing, or the path says it. */
    char whom[SUB_MAX + 1];          /* to whom it is done, */
    char participant[20];            /* which they are, */
    char detail[AUDIT_TEXT_MAX + 1]; /* and how */
    /* Of whom a playback cookie let in: it must hold for as long as the answer takes. expires 0:
     * it was a token. */
    struct auth_ticket ticket;
    /* What the reply that it waits for is for; either may take over the reply's data. */
    void (*on_read)(struct request *r, struct read_reply *reply);
    void (*on_job)(struct request *r, struct job_reply *reply);
    struct playback *playback; /* NULL: it is none */
};

/* A request has begun: make its call. False when memory is out. */
bool call_begin(struct request *r);
/* It ends; begun or not. */
void call_end(struct request *r);
static inline struct call *call_of(const struct request *r) {
    return r->own;
}
/* Drain what signaling does for the request, which may be answered by that and gone. */
void call_settle(const struct request *r);
/* Is this how a recording is named? */
bool call_names_recording(const char *text);

#endif
