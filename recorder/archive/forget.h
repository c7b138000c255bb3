/* What was ordered to be shredded is forgotten, also when the process that was to do it died on the
 * way: the keys go first, and what names people after them. Blocks. Owner: one thread. */
#ifndef ORIEL_RECORDER_ARCHIVE_FORGET_H
#define ORIEL_RECORDER_ARCHIVE_FORGET_H

#include "recorder/archive/archive.h"

/* Have the catalogue forget every person and recording that wraps.db says was shredded, and
 * truncate the logs of both databases, in which keys and names of before may still be; a damaged
 * catalogue that was set aside goes, too, once anything was ever shredded. It costs a walk over
 * both databases and nothing more when there is nothing to do. Objects stay: nobody can open them,
 * and a sweep removes them. Everything is tried, and the first error is returned: of both
 * databases, ERR_BUSY among them when a reader keeps a log from being truncated. Call again. */
enum err forget_shredded(struct archive *a);

#endif
