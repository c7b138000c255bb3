/* The reading side of recordings: lists, details, verification and bytes for playback. It shares
 * files and catalogue with the recorder but no memory: a library belongs to one thread, blocks,
 * and is opened by the server's reader thread and by the command line. The first call after
 * library_open says which; a call from another one breaks an invariant (base/owner.h). */
#ifndef ORIEL_RECORDER_LIBRARY_LIBRARY_H
#define ORIEL_RECORDER_LIBRARY_LIBRARY_H

#include "base/buffer.h"
#include "base/err.h"
#include "base/rng.h"
#include "base/time.h"
#include "recorder/seal/key_config.h"
#include "recorder/store/store.h"

#include <stdbool.h>

#define RECORDING_ID_LEN 32 /* hex digits of 16 bytes */
#define PROGRAMME_TRACK "programme"

/* The state of a recording that has ended and of which an object still waits for the object store,
 * so that it would be lost with this machine; else the states are the catalogue's. */
#define RECORDING_WAITS "waiting_for_store"

struct library;

struct library_config {
    const char *dir, *kek_file;             /* as in recorder_config */
    const struct key_config *keys;          /* the same */
    const struct store *store;              /* the same */
    const struct postgres_config *database; /* as in archive_config */
    bool store_known; /* the recorder of this process has looked whether it is the right one */
    struct rng rng;   /* for library_rekey only; may be zero */
    bool no_key;      /* without the keys that open recordings: for library_verify_chain */
};
/* ERR_IO, ERR_CRYPTO, ERR_NOMEM, errors of the key provider; the reason in why. */
enum err library_open(const struct library_config *c, struct library **ret, char why[WHY_MAX]);
/* NULL allowed; returns NULL. */
struct library *library_close(struct library *l);

/* What a call that ended with e is to be told as: ERR_AWAY where it failed and the database of the
 * catalogue is away, so that it may go well later; else e. */
enum err library_asked(const struct library *l, enum err e);

#define LIBRARY_PAGE_MAX 1000
#define LIBRARY_CURSOR_MAX 64 /* [bytes] with the NUL */
#define LIBRARY_TEXT_MAX 129  /* [bytes] with the NUL; longer texts are cut */
/* What of the list is asked for; all of it must be true of a recording. NULL or "": not asked. */
struct library_query {
    unsigned limit; /* recordings; 0: 100; at most LIBRARY_PAGE_MAX, more is as that */
    const char
        *after; /* "next" or "previous" of an earlier answer: the page behind, or before, it */
    const char *tour;          /* exactly */
    const char *text, *person; /* words, or beginnings of words: of anything; of participants */
    const char *state;         /* "complete" ... */
    const char *from, *to;     /* started at or after, and before: RFC 3339 times or dates */
};
/* {"recordings":[{"id","tour","title","started","ended","duration_ms","state","bytes",
 * "participants":[..]}],"next","previous"}, newest first; next and previous are opaque, and null
 * when there is no such page. *ret is freed with mem_free. ERR_RANGE: after, state, from or to is
 * not understood; ERR_IO, ERR_NOMEM. */
enum err library_list_json(struct library *l, const struct library_query *q, char **ret);
/* Of recordings that are being made these ids (32 hex digits each, one behind the other; NULL:
 * none) cannot be written now: lists and details say "failing" of them until this is called again,
 * as far as they are of this process. The text is borrowed until then. */
void library_failing(struct library *l, const char *ids);
/* May somebody whose token is for this tour ("": for all) read the recording? ERR_DENIED;
 * ERR_UNKNOWN for the id. */
enum err library_allowed(struct library *l, const char *id, const char *tour);
/* One recording with its tracks and epochs: {"id",...,"tracks":[{"id","kind","participant","codec",
 * "epochs":[{"number","start_ms","duration_ms","bytes"}]}],"events":[...]}, and where something was
 * redacted "redacted":[{"track","from_ms","to_ms"}]. ERR_UNKNOWN. */
enum err library_recording_json(struct library *l, const char *id, char **ret);

/* Check every object, the journal's chain and the signed manifest of a recording. `say` is called
 * for each finding (object name and what is wrong). OK only when nothing was found; ERR_AUTH when
 * something is changed, missing or extra; ERR_WRONG_STATE: it was shredded by order, and there is
 * nothing to check; ERR_UNKNOWN for the id. */
enum err library_verify(struct library *l, const char *id,
                        void (*say)(void *ctx, const char *object, const char *what), void *ctx);

/* What can be proved without any key that reads: every sealed object is the one that the signed
 * manifest lists, none is missing or extra. Results as library_verify; ERR_DENIED: it cannot be
 * checked so, since it was closed by an earlier release or there is no public key here. */
enum err library_verify_chain(struct library *l, const char *id,
                              void (*say)(void *ctx, const char *object, const char *what),
                              void *ctx);
/* The public half of the key that signs manifests, 64 hex digits into out[65]. ERR_UNKNOWN: there
 * is no signing key here. */
enum err library_public_key(struct library *l, char *out);

/* Who orders something that cannot be undone, and when. */
struct library_order {
    const char *who, *why; /* never NULL; at most 128 bytes are kept */
    wall_t at;
};
/* Shred a recording: delete its wrapped keys, after which nothing of it can be opened, then its
 * objects and what the catalogue knows beside its id and times. Not for one that is being made
 * (ERR_WRONG_STATE) or held (ERR_DENIED). ERR_UNKNOWN; ERR_BUSY or ERR_IO: call again to finish. */
enum err library_shred(struct library *l, const char *id, const struct library_order *o);
/* Shred one participant of a recording: the tracks of their own, what they were called, and every
 * export, in which they may be seen. What the programme has of them stays. ERR_UNKNOWN also: they
 * were not there; ERR_UNSUPPORTED: their tracks are under the one key of the recording (of a
 * release before participants had keys), which can only be shredded as a whole; else as
 * library_shred. */
enum err library_shred_person(struct library *l, const char *id, uint64_t participant,
                              const struct library_order *o);
/* Redact a span of one track: destroy the keys of every segment that has some of it, then the
 * segments. The rest of the track, and all other tracks, stay what they were, with a gap where the
 * span was; whole segments go, so that some seconds before and after it go with it.
 * ERR_UNSUPPORTED: a track of an earlier release, which is under one key; ERR_UNKNOWN: no such
 * track; ERR_FULL: too many spans; ERR_DENIED: held; ERR_WRONG_STATE: it is being made, or damaged
 * and not known whole; else as library_shred. A backup of before still has the keys, until it is
 * restored with a wraps.db that knows of it. */
struct library_span {
    const char *id, *track; /* recording; track id or PROGRAMME_TRACK */
    us_t from, to;          /* recording time [us]; `to` is not of it */
    struct library_order by;
};
enum err library_redact(struct library *l, const struct library_span *s);
/* The keys only: library_redact_finish does the rest, once for several spans. */
enum err library_redact_keys(struct library *l, const struct library_span *s);
/* What library_redact would have to do: nothing is changed, and s->by is not looked at. ERR_AUTH:
 * the recording is damaged; ERR_GONE: it was shredded; else errors of library_redact, and OK where
 * the track has nothing between the times. */
struct library_redactable {
    uint64_t left, gone; /* segments of the span: with a key, and without */
};
enum err library_redact_look(struct library *l, const struct library_span *s,
                             struct library_redactable *ret);
/* Behind the keys: remove what redactions of the recording have left in the store, as a sweep does,
 * and old keys from the log of their database. *ret: there were objects. ERR_BUSY, errors of the
 * store: call again. */
enum err library_redact_finish(struct library *l, const char *id, bool *ret);
/* Each recording of which something was redacted, the latest last; some more than once. */
enum err library_each_redacted(struct library *l, void (*each)(void *ctx, const char *id),
                               void *ctx);
/* Keep a recording from being shredded, whoever orders it, until it is released. ERR_UNKNOWN. */
enum err library_hold(struct library *l, const char *id, const struct library_order *o);
/* ERR_UNKNOWN: it is not held. */
enum err library_release(struct library *l, const char *id);

struct library_rekeyed {
    uint64_t rows, wrapped; /* looked at; wrapped again under the current key */
    uint64_t failed;        /* could not be: the key they are under is not here, or it is damaged */
};
/* Wrap all keys again under the current key of the configured provider. It may run beside the
 * server and may be run again after it was interrupted: rows under the current key are left alone.
 * Errors of the current provider; *ret says how far it came, why is at library_why. */
enum err library_rekey(struct library *l, struct library_rekeyed *ret);
/* Let the time pass: keys in memory that are too old are wiped. Without it none is kept. */
void library_tick(struct library *l, us_t now);
/* Why a key, or the database of the catalogue, could not be used, for people; "" when nothing was
 * said. */
const char *library_why(const struct library *l);

/* One epoch of one track ("programme" or a track id) as a complete, seekable file: a computed
 * header before the untouched clusters; of a recording that is being made, what is there so far.
 * ERR_UNKNOWN, ERR_AUTH, ERR_IO, ERR_NOMEM. */
struct library_media;
enum err library_media_open(struct library *l, const char *id, const char *track, unsigned epoch,
                            struct library_media **ret);
/* The same file, as it was at a moment: of a recording that is being made the file grows, its
 * header changes with it, and whoever reads it piece by piece must get pieces of one file. */
struct library_file {
    const char *id, *track;
    unsigned epoch;
    uint64_t snapshot; /* what library_media_snapshot said; 0: as it is now */
};
/* ERR_GONE also: something of that snapshot was shredded or redacted since. */
enum err library_media_open_file(struct library *l, const struct library_file *f,
                                 struct library_media **ret);
/* What of it is here, never 0: opened with it, the file has the same bytes for ever. */
uint64_t library_media_snapshot(const struct library_media *m);
/* Would opening it now give the same? Not when something was stored since, or something of it was
 * shredded or redacted, or its keys were wrapped again. */
bool library_media_current(const struct library_media *m);
/* Are its keys not those any more that it was opened with? Then reading it is ERR_GONE: close it.
 */
bool library_media_gone(const struct library_media *m);
struct library_media *library_media_close(struct library_media *m);
uint64_t library_media_size(const struct library_media *m);    /* [bytes] */
size_t library_media_held(const struct library_media *m);      /* of the store, in memory [bytes] */
const char *library_media_type(const struct library_media *m); /* e.g. "video/webm" */
/* Decrypt [at, at+n) into out. ERR_RANGE past the end, ERR_AUTH, ERR_IO; ERR_GONE: its keys are not
 * those any more that it was opened with, and are wiped. Close it, and open it anew if there still
 * is something. */
enum err library_media_read(struct library_media *m, uint64_t at, uint8_t *out, size_t n);

/* ---- following a recording while it is made (library_tail.c) ---- */

/* Whoever follows asks again and again what there is behind what he has, gets the segments one by
 * one and puts them behind the epoch's beginning; when an epoch does not grow any more he goes on
 * with the next. None of it costs more the longer the recording is, and all of it works as well
 * when the recording has ended. In all of it ERR_UNKNOWN is the recording, ERR_RANGE: it has no
 * such track or epoch, or nothing of it is stored yet. */
#define LIBRARY_SEGMENTS_MAX 500
struct library_segments {
    const char *id, *track;
    unsigned epoch;
    uint32_t from;  /* number of the first segment that is asked for */
    unsigned limit; /* segments; 0: 100; at most LIBRARY_SEGMENTS_MAX, more is as that */
};
/* {"type","epoch_start_ms","growing","next_epoch","last","more","wait_ms","segments":[{"number",
 * "start_ms","duration_ms","bytes","key","erased"}]}, as docs/api.md says. Errors of the catalogue
 * and of keys also. *ret is freed with mem_free. */
enum err library_segments_json(struct library *l, const struct library_segments *q, char **ret);
/* What a player must have before any segment of the epoch, appended to *out, and its type with
 * codecs. The same for as long as the same is in it: pictures, sound. f->snapshot is not used. */
#define LIBRARY_TYPE_MAX 64 /* [bytes] with NUL */
enum err library_init(struct library *l, const struct library_file *f, struct buffer *out,
                      char type[LIBRARY_TYPE_MAX]);
/* One segment as a file, all of which is fetched with one request and found authentic when it is
 * opened. ERR_SHORT: it is not there, or not yet; ERR_GONE: it was shredded or redacted; ERR_AUTH:
 * it is damaged, or missing. library_media_snapshot of it is always the same; opened with it, to go
 * on with what was begun, only what is read is fetched and looked at, and it is not
 * library_media_current: who begins opens it anew. */
enum err library_media_open_segment(struct library *l, const struct library_file *f,
                                    uint32_t number, struct library_media **ret);

/* ---- backup and restore (recorder/archive/backup.h) ---- */

struct library_copied {
    uint64_t objects, bytes, recordings;
    uint64_t erased;    /* recordings, persons, redactions: again */
    uint64_t other_key; /* of these, redactions under another key than the backup is under: that of
                           the newer wraps.db is needed as well */
    bool waiting; /* without objects: some wait on this machine for the store, and are in neither */
};
/* What else belongs to it, and is not the library's: called with the backup's folder, before what
 * was shredded is looked for. Errors end it; the reason in why. */
struct library_more {
    enum err (*copy)(void *ctx, const char *folder, char why[WHY_MAX]);
    void *ctx;
};
struct library_backup {
    const char *state; /* the state directory that is open */
    const char *dir;   /* the new folder */
    bool objects;      /* false: the store is elsewhere and has copies of its own */
    wall_t at;
    struct library_more more; /* copy NULL: nothing */
};
/* Beside the running server; no key is needed. ERR_EXISTS: dir is there and not empty; ERR_IO,
 * ERR_NOSPACE, ERR_NOMEM; the reason in why. */
enum err library_backup(struct library *l, const struct library_backup *b,
                        struct library_copied *ret, char why[WHY_MAX]);
struct library_restore {
    const char *from, *dir;
    const char *shredded;     /* NULL, or a newer wraps.db: what it says was erased is so again */
    struct library_more more; /* copy NULL: nothing */
};
/* Into a folder without recordings; nothing may be open there. ERR_EXISTS, ERR_UNKNOWN (no backup
 * that was finished), ERR_IO, ERR_NOSPACE, ERR_NOMEM; the reason in why. */
enum err library_restore(const struct library_restore *x, struct library_copied *ret,
                         char why[WHY_MAX]);

#endif
