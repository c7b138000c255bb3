/* The files of SQLite under the same faults as everything else that is stored: a VFS over the real
 * one, which every connection gets that is opened meanwhile. Counted and able to fail is what
 * changes something: making a file, write, sync, truncate, delete. Reads fail when the process is
 * gone, and shared memory is passed through. One at a time. */
#ifndef ORIEL_TESTS_BENCH_SQL_H
#define ORIEL_TESTS_BENCH_SQL_H

#include "tests/unit/recorder/bench_files.h"

#include <stdint.h>

/* From now on, with the faults of f, which is borrowed. */
void fault_sql_begin(struct fault_files *f);
/* Reads by SQLite since fault_sql_begin: a page or a header each. */
uint64_t fault_sql_reads(void);
/* All connections are closed: the real VFS is the default again. When the power was lost
 * (FILE_FAULT_LOST), each file is what it was when it was last synced. */
void fault_sql_end(void);

#endif
