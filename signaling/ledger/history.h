/* What people may read later, oldest first, up to a limit of entries and bytes. Private to the
 * ledger. */
#ifndef ORIEL_SIGNALING_LEDGER_HISTORY_H
#define ORIEL_SIGNALING_LEDGER_HISTORY_H

#include "signaling/state/state.h"

struct kept {
    struct link in_history;
    uint64_t seq, by; /* by: participant, 0 = nobody in the tour */
    bool hosts_only, retractable;
    struct shared_text *text; /* the event */
};

/* Room for one; NULL: no memory. */
struct kept *kept_new(void);
/* Add it, with a reference of its own to the text, and forget the oldest beyond these limits. */
void history_add(struct ledger *l, struct kept *k, uint32_t most, size_t most_bytes);
/* The entry, or NULL. */
struct kept *history_find(const struct ledger *l, uint64_t seq);
void history_remove(struct ledger *l, struct kept *k);

#endif
