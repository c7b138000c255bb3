/* Looking for bytes that should not be there: in every file below a folder, whatever it is. */
#ifndef ORIEL_TESTS_SEARCH_FILES_H
#define ORIEL_TESTS_SEARCH_FILES_H

#include "base/bytes.h"

/* How many files below dir hold these bytes: databases, logs, free pages, objects, all. The test
 * ends when there is no file at all. */
unsigned search_files(const char *dir, struct bytes what);

#endif
