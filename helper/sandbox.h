/* The sandbox of the media helper: after sandbox_enter a process can compute, use the memory it is
 * allowed, and read and write the descriptors it has. It cannot open, connect, start, signal or
 * inspect anything. libseccomp stays inside. */
#ifndef ORIEL_HELPER_SANDBOX_H
#define ORIEL_HELPER_SANDBOX_H

#include <stdbool.h>
#include <stdint.h>

struct sandbox_limits {
    uint64_t memory; /* [bytes] of address space; not under a sanitizer, which reserves terabytes */
    uint64_t cpu;    /* [s] of processor time */
};

/* Give up everything but descriptor `keep`, for good. False when any part of it fails: then nothing
 * may be read. */
bool sandbox_enter(int keep, const struct sandbox_limits *l);
/* What a sandboxed process can still do, a bit for each of: open a file, make a socket, connect to
 * a local socket, start a program, fork, send a signal to its parent, trace, map executable memory,
 * duplicate a descriptor, be dumped, see an environment. 0 is right. For tests. */
uint32_t sandbox_probe(void);

#endif
