/* The reading side of recordings: lists, details, verification and bytes for playback. It shares
 * files and catalogue with the recorder but no memory: a library belongs to one thread, blocks,
 * and is opened by the server's reader thread and by the command line. The first call after
 * library_open says which; a call from another one breaks an invariant (base/owner.h). */
#ifndef ORIEL_RECORDER_LIBRARY_LIBRARY_H
#define ORIEL_RECORDER_LIBRARY_LIBRARY_H

#include "base/err.h"
#include "recorder/store/store.h"

#include <stdbool.h>

#define RECORDING_ID_LEN 32 /* hex digits of 16 bytes */
#define PROGRAMME_TRACK "programme"

struct library;

/* dir and kek_file as in recorder_config. ERR_IO, ERR_CRYPTO, ERR_NOMEM; the reason in why. */
enum err library_open(const char *dir, const char *kek_file, struct library **ret,
                      char why[WHY_MAX]);
/* NULL allowed; returns NULL. */
struct library *library_close(struct library *l);

/* {"recordings":[{"id","tour","title","started","ended","duration_ms","state","bytes",
 * "participants":[..]}]}, newest first. The caller frees with mem_free. NULL on failure. */
char *library_list_json(struct library *l, unsigned limit, unsigned offset);
/* One recording with its tracks and epochs: {"id",...,"tracks":[{"id","kind","participant","codec",
 * "epochs":[{"number","start_ms","duration_ms","bytes"}]}],"events":[...]}. ERR_UNKNOWN. */
enum err library_recording_json(struct library *l, const char *id, char **ret);

/* Check every object, the journal's chain and the signed manifest of a recording. `say` is called
 * for each finding (object name and what is wrong). OK only when nothing was found; ERR_AUTH when
 * something is changed, missing or extra; ERR_UNKNOWN for the id. */
enum err library_verify(struct library *l, const char *id,
                        void (*say)(void *ctx, const char *object, const char *what), void *ctx);

/* Shred a recording: delete its wrapped key, after which nothing of it can be opened, then its
 * objects and what the catalogue knows beside its id and times. Not for one that is being made
 * (ERR_WRONG_STATE). ERR_UNKNOWN; ERR_BUSY or ERR_IO: call again to finish. */
enum err library_shred(struct library *l, const char *id);

/* One epoch of one track ("programme" or a track id) as a complete, seekable file: a computed
 * header before the untouched clusters. ERR_UNKNOWN, ERR_AUTH, ERR_IO, ERR_NOMEM. */
struct library_media;
enum err library_media_open(struct library *l, const char *id, const char *track, unsigned epoch,
                            struct library_media **ret);
struct library_media *library_media_close(struct library_media *m);
uint64_t library_media_size(const struct library_media *m);    /* [bytes] */
const char *library_media_type(const struct library_media *m); /* e.g. "video/webm" */
/* Decrypt [at, at+n) into out. ERR_RANGE past the end, ERR_AUTH, ERR_IO. */
enum err library_media_read(struct library_media *m, uint64_t at, uint8_t *out, size_t n);

#endif
