/* A file of slots (snapshot.h): what one engine leaves behind, and how another process knows that
 * it can read it. Bytes only: who maps and reads files is the rim.
 *
 *     0     struct session_file_head, the rest of SESSION_FILE_HEAD bytes is zero
 *     4096  n_slots times struct session_slot, those never used all zero
 *
 * The head is written once, before the first slot, and never again. It says how a process of
 * another build, or of a machine of another kind, finds out that what follows is not for it:
 * numbers are in the byte order of the machine. docs/survival.md says who reads what, and when. */
#ifndef ORIEL_MEDIA_ENGINE_SESSION_FILE_H
#define ORIEL_MEDIA_ENGINE_SESSION_FILE_H

#include "base/bytes.h"
#include "base/err.h"
#include "media/engine/snapshot.h"

#define SESSION_FILE_VERSION 1
#define SESSION_FILE_HEAD 4096 /* [bytes] */

struct session_file_head {
    uint64_t magic;
    uint32_t version;          /* SESSION_FILE_VERSION */
    uint32_t snapshot_version; /* SNAPSHOT_VERSION */
    uint32_t slot_bytes;       /* sizeof(struct session_slot) */
    uint32_t n_slots;          /* range 1..65535 */
    uint32_t worker;           /* number of the engine */
    uint32_t zero;
    int64_t wall_at_zero; /* [us] engine_config.wall_at_zero: the clock of its sender reports */
    uint64_t sum;         /* of all before it */
};
_Static_assert(sizeof(struct session_file_head) == 48, "no padding: the sum is of every byte");

/* What the rim knows of the engine whose file it is. */
struct session_file {
    uint32_t worker, n_slots;
    wall_t wall_at_zero;
};

/* [bytes] of the file. */
size_t session_file_size(uint32_t n_slots);
/* Where slot i lies in it [bytes]. */
size_t session_file_slot(uint32_t i);
/* Its head, to the first SESSION_FILE_HEAD bytes of the file, which are zero. */
void session_file_begin(const struct session_file *f, void *head);
/* Set its sum: it has been changed, which tests do. */
void session_file_seal(struct session_file_head *h);
/* Read it again from at least n bytes of the file. ERR_SHORT: that is not even a head; ERR_FORMAT:
 * it is no such file, or damaged; ERR_UNSUPPORTED: another build has written it. *ret is undefined
 * on error. */
enum err session_file_read(struct bytes head, struct session_file *ret);

#endif
