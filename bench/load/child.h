/* Child processes of the bench: the servers that it measures. Each is ended by its pid, and dies
 * with the bench, whatever that dies of. Owner: the generator's thread. */
#ifndef ORIEL_BENCH_LOAD_CHILD_H
#define ORIEL_BENCH_LOAD_CHILD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct child {
    pid_t pid; /* 0 = none */
};

/* Limits of the bench and its children: as many descriptors as the system lets it have. */
void child_limits(void);
/* Keep this process on one processor, and children that are started on another; false when this
 * machine lets us have one only. *ret_generator and *ret_server are their numbers. */
bool child_pin(int *ret_generator, int *ret_server);
/* Run argv with standard output and error to the file log, in an environment with one variable
 * more (NAME=value) or NULL. False when it cannot be started. */
bool child_start(struct child *c, const char *const *argv, const char *log, const char *variable);
/* Run work(ctx) in a fork of this process. */
bool child_fork(struct child *c, void (*work)(void *ctx), void *ctx);
/* Has it ended by itself? */
bool child_ended(struct child *c);
/* Wait for its end, at most ten seconds; true when it ended with status 0. */
bool child_wait(struct child *c);
/* SIGTERM, and SIGKILL ten seconds later; waits for its end. Nothing when there is none. */
void child_stop(struct child *c);

/* [ns] CPU time of a process with all its threads, living and gone; 0 when it is gone. */
uint64_t child_cpu_ns(const struct child *c);
/* [ns] that the servers' processor has been busy with anything, steal by the host included; 0 when
 * there is none of its own. */
uint64_t child_processor_ns(void);
/* [bytes] of memory that is its own, swapped or not: heap, stacks and anonymous mappings, without
 * program files, of which it shares pages with others; 0 when it is gone. */
uint64_t child_memory(const struct child *c);

#define CHILD_THREADS_MAX 16
#define CHILD_THREAD_NAME 24 /* [bytes] Linux's 16 and " (main)" */

struct child_threads {
    unsigned n;
    struct {
        char name[CHILD_THREAD_NAME]; /* without a worker's number; the first with " (main)" */
        uint64_t ns;
    } at[CHILD_THREADS_MAX];
};

/* More CPU time of the threads of a name; nothing when there are too many names. */
void child_threads_add(struct child_threads *t, const char *name, uint64_t ns);
/* CPU time of its living threads, those of one name and all workers together; what does not fit is
 * left out. */
void child_threads(const struct child *c, struct child_threads *ret);

#endif
