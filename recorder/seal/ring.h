/* A key ring: the key of any object of one recording, for whoever reads or writes its objects. The
 * journal's track entries tell it how a track is keyed and whose it is; the vault opens what a
 * person is under when it is first asked for. So nobody else knows which key an object is under,
 * and a person whose keys were shredded is ERR_GONE and no damage. Owner: one thread, that of the
 * vault. */
#ifndef ORIEL_RECORDER_SEAL_RING_H
#define ORIEL_RECORDER_SEAL_RING_H

#include "recorder/seal/objects.h"
#include "recorder/seal/vault.h"

/* What a track entry says. */
struct ring_track {
    struct id track;
    uint64_t subject; /* the participant; 0: the recording, as of the programme */
    uint8_t keys;     /* enum track_keys; another value: of a later release */
};

struct ring_subject;
/* Zero is closed. */
struct key_ring {
    struct vault *vault; /* borrowed */
    struct keyset set;   /* of the recording */
    struct ring_track *tracks;
    size_t n_tracks, tracks_cap;
    struct ring_subject *subjects;
    size_t n_subjects, subjects_cap;
    uint64_t *stored; /* subjects whose keys were made here and are in the vault, and not here */
    size_t n_stored, stored_cap;
    struct wraps_spans redacted; /* refused, whatever keys a copy of before may still have */
};

/* Of a recording that is there. Errors of vault_recording; closed then. */
enum err key_ring_open(struct key_ring *r, struct vault *v, const struct id *recording);
/* Of a new one, whose key is durable when this is OK. Errors of vault_new; closed then. */
enum err key_ring_new(struct key_ring *r, struct vault *v, const struct id *recording);
/* Wipes; safe on a zeroed one, which it is afterwards. */
void key_ring_close(struct key_ring *r);
/* A track of the recording; what was said of it before is replaced. ERR_NOMEM. */
enum err key_ring_track(struct key_ring *r, const struct ring_track *t);
/* Make keys for a participant who has none on this ring yet; they are in memory until
 * key_ring_settle. ERR_NOMEM, ERR_CRYPTO. */
enum err key_ring_add_subject(struct key_ring *r, uint64_t subject);
/* Store what key_ring_add_subject made, durably: before the first object under it is put. A subject
 * that was shredded meanwhile stays so. Errors of wraps_put; call again. */
enum err key_ring_settle(struct key_ring *r);
/* Wipe the keys of subjects that no track on this ring is of and that are stored: they are opened
 * again when somebody asks. So that a recording that many come to and leave does not keep what they
 * all are called under in memory, but eight bytes of each. */
void key_ring_release(struct key_ring *r);
/* The keys of the recording's objects, for struct object_access; the ring must stay where it is.
 * Errors beside those of the vault: ERR_GONE (shredded or redacted), ERR_UNSUPPORTED (keyed in a
 * way this release does not know). */
struct object_keys key_ring_objects(struct key_ring *r);
/* The key that what a participant is called, or wrote, is under (recorder/journal/personal.h):
 * HKDF-Expand(the participant's objects key, "oriel-text/1" | recording id). ERR_GONE: shredded;
 * errors of vault_subject. Wipe it. */
enum err key_ring_text(struct key_ring *r, uint64_t subject, uint8_t ret[KEY_LEN]);
/* What was said of a track; false: nothing. */
bool key_ring_find(const struct key_ring *r, const struct id *track, struct ring_track *ret);
/* Whether an object's key was shredded or redacted, without computing it. *ret untouched after an
 * error of the vault. */
enum err key_ring_erased(struct key_ring *r, const struct object_id *o, bool *ret);
/* What verifies manifests of version 1. */
enum err key_ring_signing(const struct key_ring *r, struct signing_key *ret);

#endif
