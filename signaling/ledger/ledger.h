/* The ledger of a tour's run: everything that is said, asked, shown or decided in it, numbered,
 * with the time and who. An entry goes at once to everybody whom it is for; what people read (chat,
 * questions, answers, chapters) is kept, up to a limit, for who comes later or was away for a
 * while. Each is told to the rim, too, for the recording. Owner: the control thread. */
#ifndef ORIEL_SIGNALING_LEDGER_LEDGER_H
#define ORIEL_SIGNALING_LEDGER_LEDGER_H

#include "base/err.h"
#include "signaling/ledger/entry_kind.h"
#include "signaling/state/state.h"

#define SAID_FIELDS_MAX 1088 /* [bytes] of what else an entry has, as JSON; a view fits */

/* Of a new tour. */
void ledger_init(struct ledger *l);
/* Its run has ended: nothing was said. */
void ledger_forget(struct ledger *l);

struct entry_in {
    enum entry_kind kind;
    const struct seat *from;  /* NULL: nobody in the tour (the REST API, the server) */
    const struct seat *about; /* of whom the recording notes it; NULL: of whoever says it */
    bool hosts_only;          /* for hosts, and whoever says it */
    const char *text;         /* at most SAID_TEXT_MAX bytes, where its kind has one; NULL: none */
    const char *fields;       /* a JSON object of further members, at most SAID_FIELDS_MAX bytes;
                                 NULL: none */
};
/* Add an entry: it gets the next number, and is told. ERR_NOMEM: nothing has changed. */
enum err entry_add(struct signaling *s, us_t now, struct tour *t, const struct entry_in *in);
/* As JSON list, the history behind number `seen` that this seat may read; NULL: all of it. */
void entries_put(struct buffer *o, const struct tour *t, const struct seat *seat, uint64_t seen);
/* Something behind `seen` was kept once, and is no more. */
bool entries_lost(const struct tour *t, uint64_t seen);
/* Who wrote entry `seq` of the history: true, and *by (0: nobody in the tour). False: there is no
 * such text that who asks may read (NULL: every one). */
bool entry_author(const struct tour *t, const struct seat *asks, uint64_t seq, uint64_t *by);
/* Take its text out of the history. Call after the entry that says so was added. */
void entry_retract(struct signaling *s, struct tour *t, uint64_t seq);

/* The recording begins, or goes on: what still holds is told to the rim once more (chapter, hands,
 * view, spotlight, pointer). Without memory it is left out. */
void ledger_again(struct signaling *s, struct tour *t);

#endif
