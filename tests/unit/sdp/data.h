/* The offers of tests/data. */
#ifndef ORIEL_TESTS_UNIT_SDP_DATA_H
#define ORIEL_TESTS_UNIT_SDP_DATA_H

/* A file of tests/data, NUL-terminated, kept until the process ends. */
const char *data_file(const char *name);

#endif
