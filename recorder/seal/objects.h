/* Objects: what the store holds. Each is one FLOE message whose AAD says what it is, so that no
 * object can stand in for another. AAD: "oriel-object/1" | type 1 | recording id 16 | track id 16
 * (zero if none) | epoch 4 | number 4, big-endian. Names are for people and listings; only the AAD
 * is proof. Owner: one thread. */
#ifndef ORIEL_RECORDER_SEAL_OBJECTS_H
#define ORIEL_RECORDER_SEAL_OBJECTS_H

#include "recorder/seal/digest.h"
#include "recorder/seal/floe.h"
#include "recorder/seal/id.h"
#include "recorder/seal/keys.h"
#include "recorder/store/store.h"

/* The values are part of the format. */
enum object_type {
    OBJECT_MEDIA = 1,
    OBJECT_JOURNAL = 2,
    OBJECT_MANIFEST = 3,
    OBJECT_THUMBNAIL = 4,
    OBJECT_WAVEFORM = 5,
    OBJECT_EXPORT = 6,
    OBJECT_SUPPLEMENT = 7
};

struct object_id {
    uint8_t type; /* enum object_type */
    struct id recording;
    struct id track; /* ID_NONE but for media, thumbnails, waveforms */
    uint32_t epoch;  /* media; of an export: which part of it; else 0 */
    uint32_t number; /* from 0; of a manifest or supplement: its version, from 1 */
};

/* What journal and manifest say of a stored object. */
struct object_info {
    uint64_t size;              /* sealed [bytes] */
    uint8_t sha256[SHA256_LEN]; /* of the sealed bytes */
};

/* Who knows which key an object is under (ring.h). */
struct object_keys {
    /* The FLOE key of this object. Its errors are those of whoever asks for the object. */
    enum err (*key)(void *ctx, const struct object_id *o, uint8_t ret[KEY_LEN]);
    void *ctx;
};
/* All objects under this one key, which is borrowed. */
struct object_keys object_keys_one(const uint8_t key[KEY_LEN]);

/* What it takes to seal or open objects. Borrowed by every call. */
struct object_access {
    const struct store *store;
    struct object_keys keys;
    const struct rng *rng; /* sealing only */
};

#define OBJECT_AAD_LEN 55       /* [bytes] */
#define OBJECT_MAX (256u << 20) /* [bytes] plaintext that is read or written at once */

/* The AAD that binds an object to what it is. */
void object_aad(const struct object_id *o, uint8_t out[OBJECT_AAD_LEN]);
/* recordings/ID/TRACK/EPOCH-NUMBER.seg, recordings/ID/journal/NUMBER.jnl,
 * recordings/ID/manifest/VERSION.man, ... into out[OBJECT_NAME_MAX]; returns out. */
char *object_name(const struct object_id *o, char *out);
/* The inverse: true only for a name that object_name would give. */
bool object_parse_name(const char *name, struct object_id *ret);

/* Seal plain with 64 KiB segments (media, exports) or 4 KiB ones (the others) and put it under its
 * name. Errors of floe_seal, store.put and the keys; then nothing is visible and it may be tried
 * again. */
enum err object_put(const struct object_access *a, const struct object_id *o, struct bytes plain,
                    struct object_info *ret);

struct object_plain {
    uint8_t *p; /* mem_free it */
    size_t n;   /* [bytes] */
    struct object_info info;
};
/* Read, authenticate and open a whole object. *ret untouched on failure. ERR_UNKNOWN, ERR_AUTH
 * (also: too short, other parameters), ERR_LONG, ERR_IO, ERR_NOMEM; ERR_GONE and other errors of
 * the keys. */
enum err object_get(const struct object_access *a, const struct object_id *o,
                    struct object_plain *ret);

/* An object that is stored as it is, under its name: a manifest that everybody may read. Errors as
 * above, without those of sealing. */
enum err object_put_clear(const struct store *s, const struct object_id *o, struct bytes text,
                          struct object_info *ret);
/* The bytes of an object as they are stored, sealed or not, with their size and hash. */
enum err object_get_stored(const struct store *s, const struct object_id *o,
                           struct object_plain *ret);

/* Random access to one object's plaintext. */
struct object_reader;
#define OBJECT_AT_ONCE (1u << 20) /* [bytes] sealed; what is smaller is read with one request */

/* size: of the sealed object, as its object_info says; 0: not known, the store is asked. With a
 * size a small object is fetched here, whole, and the store is not asked again; of a larger one
 * only what is read. A wrong size is ERR_AUTH or ERR_UNKNOWN, never other bytes. The store is
 * borrowed, the key is not. Errors as object_get. */
enum err object_reader_open(const struct object_access *a, const struct object_id *o, uint64_t size,
                            struct object_reader **ret);
/* The same with an object of a known size, for whoever wants all of it: up to OBJECT_WHOLE_MAX it
 * is fetched whole, with one request, and kept until the reader is closed. */
#define OBJECT_WHOLE_MAX (40u << 20) /* [bytes] sealed; more than any segment has */
enum err object_reader_open_whole(const struct object_access *a, const struct object_id *o,
                                  uint64_t size, struct object_reader **ret);
size_t object_reader_held(const struct object_reader *r);   /* sealed bytes in memory */
uint64_t object_reader_size(const struct object_reader *r); /* plaintext [bytes], authentic */
/* Plaintext [at, at+n) into out. ERR_RANGE, ERR_AUTH, ERR_IO. */
enum err object_reader_read(struct object_reader *r, uint64_t at, uint8_t *out, size_t n);
/* NULL allowed; returns NULL. */
struct object_reader *object_reader_close(struct object_reader *r);

#endif
