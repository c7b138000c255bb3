/* The vault: makes and opens the keys of recordings. The root key of a recording is wrapped by a
 * key provider; the root keys of its participants are wrapped under a key of the recording, so that
 * a provider that is slow, denied or gone in the middle of a tour loses nothing, and one request to
 * it opens a recording. All wraps lie in wraps.db, and deleting one shreds what is under it.
 *
 * Several providers may be there at once: one wraps, the others open what they wrapped before,
 * which is how keys are rotated and providers changed. What a provider has opened is kept in memory
 * for a bounded time and number, belongs to the very row that it was opened of, and is wiped.
 * A provider's ERR_DENIED is ERR_KEY_DENIED from here on: to everybody above, a denial is what they
 * may not do themselves. Blocks. Owner: one thread. */
#ifndef ORIEL_RECORDER_SEAL_VAULT_H
#define ORIEL_RECORDER_SEAL_VAULT_H

#include "base/time.h"
#include "recorder/seal/keyset.h"
#include "recorder/seal/wraps.h"

#define VAULT_CACHE 64                       /* unwrapped root keys in memory */
#define VAULT_LIFETIME (300 * US_PER_S)      /* [us] of one of them, if nothing else is said */
#define VAULT_RECORDING_PROVIDER "recording" /* wrapped under the recording's own key */

struct vault;

/* Open the providers. rng is borrowed; NULL: nothing is wrapped. The first to wrap is checked by
 * vault_check, not here. Errors of the providers, ERR_FORMAT (configuration); the reason in why. */
enum err vault_open(const struct key_config *c, const struct rng *rng, struct vault **ret,
                    char why[WHY_MAX]);
/* The database with the wraps, borrowed. Before anything else. */
void vault_use(struct vault *v, struct wraps *w);
/* Wipes all keys. NULL allowed; returns NULL. */
struct vault *vault_close(struct vault *v);
/* Let the time pass: what is too old is wiped, and, looked at once a second, what was shredded or
 * exchanged since it was opened. Without it nothing is ever kept. */
void vault_tick(struct vault *v, us_t now);
/* Why the last call failed, for people; "" when it did not say. */
const char *vault_why(const struct vault *v);
/* Whether the provider that wraps can do so now. Its errors. */
enum err vault_check(struct vault *v);
/* The name of provider number i, 0 is the one that wraps; NULL behind the last. */
const char *vault_provider(const struct vault *v, size_t i);
/* vault_check of any of them; the reason in why[WHY_MAX], "" when OK. vault_why stays. */
enum err vault_check_provider(struct vault *v, size_t i, char why[WHY_MAX]);

/* A new recording: a random root key, its wrap durable. Errors of the provider and of wraps_put. */
enum err vault_new(struct vault *v, const struct id *recording, struct keyset *ret);
/* The keys of a recording. ERR_UNKNOWN: never begun, or shredded; ERR_AUTH, ERR_FORMAT: its wrap is
 * damaged or under another key; else errors of the provider: try again. */
enum err vault_recording(struct vault *v, const struct id *recording, struct keyset *ret);
/* A random root key for a participant, wrapped under the recording's keys; not stored yet. */
enum err vault_new_subject(struct vault *v, const struct keyset *recording, uint64_t subject,
                           struct keyset *ret, struct key_wrap *ret_wrap);
/* Store it, durably. One that is there, or was shredded, is ERR_EXISTS. */
enum err vault_put_subject(struct vault *v, const struct key_context *c,
                           const struct key_wrap *wrap);
/* Several of them are durable together, for one sync: begin, store, and end with how that went
 * (after an error nothing is stored). Returns it, or what kept it from being so. */
enum err vault_batch_begin(struct vault *v);
enum err vault_batch_end(struct vault *v, enum err e);
/* The keys of a participant. ERR_GONE: shredded; ERR_AUTH: missing or damaged; ERR_IO, ERR_NOMEM.
 */
enum err vault_subject(struct vault *v, const struct keyset *recording, uint64_t subject,
                       struct keyset *ret);
/* Replace what is stored of this subject by a keyset of which a part was destroyed, which is noted:
 * under a new root key, and so that the old one is in no file. ERR_DENIED: the recording is held;
 * ERR_BUSY: done but for wraps_purge; errors of the provider. recording: its keys, for a
 * participant; else NULL. */
enum err vault_replace(struct vault *v, const struct key_context *c, const struct keyset *recording,
                       const struct keyset *left, const struct wraps_redaction *gone);
/* What was redacted of a recording, as wraps_redacted. */
enum err vault_redacted(struct vault *v, const struct id *recording, struct wraps_spans *ret);

/* A random key that is thrown away, wrapped for this id: whether it opens tells a wrong key. */
enum err vault_probe_make(struct vault *v, const struct id *id, struct key_wrap *ret);
enum err vault_probe(struct vault *v, const struct id *id, const struct key_wrap *w);
/* Whether a wrap is under the current key of the provider that wraps. Participants' wraps are not a
 * provider's: true. */
bool vault_is_current(const struct vault *v, const struct key_wrap *w);
/* Wrap a row again, under the current key; durable, and the old bytes may be in the log until
 * wraps_purge. ERR_UNKNOWN: the row is not what it was; errors of both providers. */
enum err vault_rewrap(struct vault *v, const struct key_context *c, const struct key_wrap *w);

#endif
