/* A keyset: all keys of one subject of a recording, the recording itself (subject 0) or one
 * participant. It is a root key of which everything is derived; or, when a part of it was
 * destroyed, the list of what is left. Which one it is makes no difference for whoever asks for a
 * key.
 *
 *   objects   the FLOE key of journals, manifests and derived objects, and of the media of tracks
 *             with the scheme TRACK_KEYS_ONE
 *   signing   the Ed25519 seed of manifests of version 1
 *   subjects  wraps the root keys of participants (subject 0 only)
 *   trees     one for each epoch of each track with the scheme TRACK_KEYS_TREE: the FLOE key of the
 *             media object with a number is the tree's key of that number
 *
 * Owner: one thread. Everything in it is secret; keyset_clear wipes. */
#ifndef ORIEL_RECORDER_SEAL_KEYSET_H
#define ORIEL_RECORDER_SEAL_KEYSET_H

#include "recorder/seal/id.h"
#include "recorder/seal/keytree.h"

#define KEYSET_TREES_MAX 8192

/* How the media objects of a track are keyed: the journal's track entry says it. */
enum track_keys {
    TRACK_KEYS_ONE = 0, /* the recording's objects key; what an entry without the word means */
    TRACK_KEYS_TREE = 1 /* trees of the track's participant, of the programme: the recording's */
};

enum keyset_single { KEYSET_OBJECTS, KEYSET_SIGNING, KEYSET_SUBJECTS, KEYSET_SINGLES };

/* An epoch of a track. */
struct keyset_place {
    struct id track;
    uint32_t epoch;
};
struct keyset_tree {
    struct keyset_place place;
    struct keytree tree;
};
struct keyset {
    struct id recording;
    bool listed;           /* what is left is listed; false: all of it derives from root */
    uint8_t root[KEY_LEN]; /* not listed */
    uint8_t single[KEYSET_SINGLES][KEY_LEN]; /* listed */
    struct keyset_tree *trees;               /* listed; owned */
    size_t n_trees;
};

/* All of it, from a root key. */
void keyset_init(struct keyset *s, const struct id *recording, const uint8_t root[KEY_LEN]);
/* Safe on a zeroed one, which it is afterwards. */
void keyset_clear(struct keyset *s);
/* One of the single keys. ERR_CRYPTO. */
enum err keyset_single(const struct keyset *s, enum keyset_single which, uint8_t ret[KEY_LEN]);
/* The key of a media object. ERR_GONE: destroyed; ERR_RANGE: a number beyond KEYTREE_LEAVES;
 * ERR_CRYPTO. */
enum err keyset_media(const struct keyset *s, const struct keyset_place *p, uint32_t number,
                      uint8_t ret[KEY_LEN]);
/* Whether there is such a key, without computing it. */
bool keyset_has_media(const struct keyset *s, const struct keyset_place *p, uint32_t number);
/* Turn a derived keyset into a list of what it has for these places; one that is listed stays as it
 * is. Places that are not named are lost: name all that the recording has. ERR_NOMEM, ERR_FULL,
 * ERR_CRYPTO; *s is as it was then. */
enum err keyset_list(struct keyset *s, const struct keyset_place *places, size_t n);
/* Destroy the keys of media objects first..last of a listed place. ERR_UNKNOWN: no such place;
 * ERR_WRONG_STATE: not listed; errors of keytree_puncture; *s is as it was then. */
enum err keyset_puncture(struct keyset *s, const struct keyset_place *p, uint32_t first,
                         uint32_t last);
/* A listed keyset as bytes: "oriel-keyset/1" | single keys 3 * 32 | trees 4 | of each: track 16,
 * epoch 4, tree (keytree.h). Secret: *out wipes itself from now on. */
void keyset_encode(const struct keyset *s, struct buffer *out);
/* ERR_FORMAT, ERR_NOMEM; *ret untouched then. */
enum err keyset_decode(struct bytes text, const struct id *recording, struct keyset *ret);

#endif
