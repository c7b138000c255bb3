/* Finishing what a crash left unfinished. Runs when the recorder opens, with the lock held, so
 * every recording that is not closed belongs to a dead process. The list comes from wraps.db, not
 * from the catalogue: a catalogue that lost rows, or all of itself, is rebuilt. Blocks. */
#ifndef ORIEL_RECORDER_RECOVERY_H
#define ORIEL_RECORDER_RECOVERY_H

#include "recorder/archive.h"

struct recovery_report {
    uint32_t closed;  /* recordings ended as interrupted */
    uint32_t rebuilt; /* recordings whose catalogue rows were computed anew */
    uint32_t adopted; /* segments stored after the last journal flush */
    uint32_t damaged; /* recordings whose journal does not authenticate: left as they are */
};

/* For each recording not closed: replay its journal, adopt segments that follow the last noted one
 * and are authentic, note them and the end, write the manifest and the rows. ret may be NULL.
 * ERR_IO, ERR_NOSPACE, ERR_NOMEM: run again at the next start. */
enum err recovery_run(struct archive *a, struct recovery_report *ret);
/* Replace the catalogue's rows of one recording by what its journal says; *ret (may be NULL) is
 * where the journal stands. ERR_AUTH, ERR_FORMAT: the journal is damaged. */
enum err recovery_rebuild(struct archive *a, const struct id *recording, struct journal_head *ret);
/* Write the next manifest from the catalogue's rows and note it there. version: 1 or the one after
 * the last. */
enum err recovery_seal_manifest(struct archive *a, const struct id *recording,
                                const struct journal_head *head, uint32_t version);

#endif
