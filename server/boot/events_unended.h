/* After a crash: the ledger of events says that tours run and recordings go on, and none does. */
#ifndef ORIEL_SERVER_BOOT_EVENTS_UNENDED_H
#define ORIEL_SERVER_BOOT_EVENTS_UNENDED_H

#include "base/err.h"

/* Tell the end of what has none: tour.ended with reason "crash", recording.completed with
 * `recovered`. Before anything else is appended to the ledger at `path`, and after recordings were
 * recovered. Those of event_store_open, ERR_NOMEM, ERR_IO, ERR_NOSPACE, with why[WHY_MAX]. */
enum err events_end_unended(const char *path, char why[WHY_MAX]);

#endif
