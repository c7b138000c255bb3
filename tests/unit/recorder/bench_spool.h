/* A spool folder on a scratch disk, whose operations can fail, a remote store in memory behind one
 * that can fail, and an uploader between them in virtual time. */
#ifndef ORIEL_TESTS_BENCH_SPOOL_H
#define ORIEL_TESTS_BENCH_SPOOL_H

#include "recorder/store/store_spool.h"
#include "recorder/store/uploader.h"

#include "tests/unit/recorder/bench_files.h"
#include "tests/unit/recorder/bench_s3.h"

struct spool_bench {
    struct s3_bench remote; /* S3 in memory: remote.service, remote.fault, remote.store */
    char dir[PATH_MAX];     /* the spool folder */
    struct fault_files files;
    struct store local;        /* through files: of the uploader */
    struct store writer_local; /* undisturbed: of the writer */
    struct store spool;        /* over writer_local and remote.store */
    struct rng_seeded state;
    struct uploader_config config;
    struct uploader *uploader;
    us_t now;
};
void spool_bench_begin(struct spool_bench *b);
void spool_bench_end(struct spool_bench *b);
/* The uploader's process ends and begins anew, without faults; time goes on. */
void spool_bench_restart(struct spool_bench *b);
/* Step, and let the time pass to each deadline, until `until` or nothing is left to be moved. */
void spool_bench_run(struct spool_bench *b, us_t until);
/* An object of `n` bytes that depend on its name is put into the spool. */
enum err spool_bench_put(struct spool_bench *b, const char *name, size_t n);
/* The store's identity is `text`, and the folder has its copy, as after a start of the recorder. */
void spool_bench_identity(struct spool_bench *b, const char *text);
/* Is exactly that object in the remote store, or in the folder? */
bool spool_bench_is_remote(struct spool_bench *b, const char *name, size_t n);
bool spool_bench_is_local(struct spool_bench *b, const char *name, size_t n);

#endif
