/* Finishing what a crash left unfinished. Runs when the recorder opens, and again while it writes
 * nothing if something failed for now; with the lock held, so every recording that is not closed
 * belongs to a dead process. The list comes from wraps.db, not from the catalogue: a catalogue that
 * lost rows, or all of itself, is rebuilt. Blocks.
 *
 * **Recovery may not harm.** It deletes no key and no object, it signs nothing that it knows to be
 * incomplete, and a recording that it cannot finish does not keep it from the next one: that is
 * noted, and tried again. */
#ifndef ORIEL_RECORDER_ARCHIVE_RECOVERY_H
#define ORIEL_RECORDER_ARCHIVE_RECOVERY_H

#include "recorder/archive/archive.h"

#define RECOVERY_TOLD 64 /* unfinished recordings named in a report; more are only counted */

struct recovery_unfinished {
    struct id id;
    enum err error; /* ERR_UNKNOWN: objects are missing; ERR_AUTH, ERR_FORMAT, ERR_LONG: changed;
                       ERR_UNSUPPORTED: made by a later release */
};
struct recovery_report {
    uint32_t closed;      /* recordings ended as interrupted */
    uint32_t rebuilt;     /* recordings whose catalogue rows were computed anew */
    uint32_t adopted;     /* segments stored after the last journal flush */
    uint32_t damaged;     /* key or journal missing, changed or cut: left as they are */
    uint32_t failed;      /* could not be finished now: a full disk, a read error */
    uint32_t empty;       /* keys of recordings of which nothing ever reached the store */
    enum err unforgotten; /* not OK: names or keys of who was shredded may be in the databases or
                             their logs still (forget.h) */
    uint32_t n_told;
    struct recovery_unfinished told[RECOVERY_TOLD]; /* of the damaged and failed ones */
};

/* For each recording not closed: replay its journal, adopt segments that follow the last noted one
 * and are authentic, note them and the end, write the manifest and the rows. Damaged ones are
 * looked at again. What was shredded is forgotten (forget.h). ret may be NULL. ERR_IO, ERR_NOMEM:
 * the list itself could not be read to its end. */
enum err recovery_run(struct archive *a, struct recovery_report *ret);

#endif
