/* What is shredded of recordings is erased in the ledger of events as well, and receivers are told
 * so. The orders are those that wraps.db keeps for ever, and the ledger remembers how far in them
 * it came: so nothing needs to be handed over, whoever shreds (server, keeper, command line), and
 * what a process that died had not done is done by the next. Blocks. Thread: any, each with a
 * connection of its own. */
#ifndef ORIEL_SERVER_EVENTS_EVENTS_ERASE_H
#define ORIEL_SERVER_EVENTS_EVENTS_ERASE_H

#include "server/events/event_store.h"

/* Carry out what is not yet. recordings: the recordings' directory. ERR_AGAIN: it is carried out,
 * and a reader keeps what was there in the file's log: call again. ERR_BUSY: another writes, and it
 * is not; ERR_IO, ERR_NOSPACE, ERR_NOMEM, ERR_FORMAT; why[WHY_MAX]. */
enum err events_erase_in(struct event_store *s, const char *recordings, char why[WHY_MAX]);
/* The same in the ledger at `path`; one that is not there has nothing to be erased. */
enum err events_erase(const char *path, const char *recordings, char why[WHY_MAX]);

#endif
