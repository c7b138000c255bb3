/* One act, as the audit log keeps it: a value on the heap that changes hands; nothing in it points
 * elsewhere. Thread: any. */
#ifndef ORIEL_SERVER_AUDIT_AUDIT_ENTRY_H
#define ORIEL_SERVER_AUDIT_AUDIT_ENTRY_H

#include "base/addr.h"
#include "base/time.h"
#include "server/audit/audit_words.h"
#include "signaling/words/claims.h"

#define AUDIT_TEXT_MAX 128 /* [bytes] of what is longer only so much is kept */
#define AUDIT_RECORDING_MAX 32

/* What a caller says of an act. All pointers are borrowed for the call, and may be NULL. */
struct audit_act {
    enum audit_action what;
    const char *code;              /* why it was refused, or failed; NULL: it was done */
    const struct claims *who;      /* whose token it was */
    const char *sub, *name, *role; /* the same of who has a seat, where who is NULL */
    const struct addr *from;
    const char *tour, *recording, *participant;
    const char *whom;   /* the sub of whom it was done to */
    const char *detail; /* what else there is to say: a track, a reason, a number */
    const char *trace;  /* trace id of the request (W3C Trace Context) */
};

struct audit_entry {
    enum audit_action what;
    wall_t at;
    char code[40]; /* "": it was done */
    char sub[SUB_MAX + 1], role[12], name[NAME_MAX_BYTES + 1];
    char address[ADDR_TEXT_MAX];
    char tour[TOUR_NAME_MAX + 1], recording[AUDIT_RECORDING_MAX + 1], participant[20];
    char whom[SUB_MAX + 1];
    char detail[AUDIT_TEXT_MAX + 1], trace[33];
    uint64_t count; /* how often since `first`; 0 or 1: once, at `at` */
    wall_t first;
};

/* The act at this time. shorten: addresses lose what tells one household from another, as those of
 * the log do (log.shorten_addresses). */
void audit_entry_of(const struct audit_act *act, wall_t at, bool shorten, struct audit_entry *ret);
/* The same but for the time: said twice it is one act that was done twice. */
bool audit_entry_same(const struct audit_entry *a, const struct audit_entry *b);

#endif
