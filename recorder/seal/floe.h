/* FLOE, the random-access AEAD of C2SP and Snowflake (FLOE specification, C2SP page "FLOE"):
 * AES-256-GCM segments under keys derived with HKDF-Expand-SHA-384. A message is a header and
 * sealed segments of one length, the last one shorter or equal; each segment is bound to its
 * number, to the message, to the AAD, and to being the last or not. A message is written once,
 * whole, and never resumed or appended to. OpenSSL stays inside floe.c. Owner: one thread. */
#ifndef ORIEL_RECORDER_SEAL_FLOE_H
#define ORIEL_RECORDER_SEAL_FLOE_H

#include "base/bytes.h"
#include "base/err.h"
#include "base/rng.h"

#define FLOE_KEY_LEN 32
#define FLOE_PARAMS_LEN 10
#define FLOE_IV_LEN 32
#define FLOE_TAG_LEN 32
#define FLOE_HEADER_LEN (FLOE_PARAMS_LEN + FLOE_IV_LEN + FLOE_TAG_LEN) /* [bytes] 74 */
#define FLOE_SEGMENT_OVERHEAD 32 /* [bytes] length field 4, IV 12, tag 16 */
#define FLOE_AAD_MAX 256         /* [bytes] our limit, the specification has none */
#define FLOE_SEGMENT_MAX 65536   /* [bytes] longest sealed segment we write or accept */
#define FLOE_ROTATION 20         /* a segment key serves 2^20 segments */

#define FLOE_4K 4096
#define FLOE_64K 65536

/* What seals or opens a message. Key and AAD are borrowed for the call or the opener's set-up. */
struct floe_context {
    const uint8_t *key;   /* FLOE_KEY_LEN */
    struct bytes aad;     /* at most FLOE_AAD_MAX */
    uint32_t segment_len; /* [bytes] sealed segment, 33..FLOE_SEGMENT_MAX; 0 when opening: as the
                             (authentic) header says, if that is 4 KiB or 64 KiB */
    uint8_t rotation;     /* log2 of segments per key; 0 = FLOE_ROTATION. Others for vectors only */
};

/* Bytes of the sealed message for n bytes of plaintext. */
uint64_t floe_sealed_size(uint32_t segment_len, uint64_t n);
/* Plaintext bytes of a sealed message of `sealed` bytes, header included. ERR_SHORT when no
 * message has this size. */
enum err floe_plain_size(uint32_t segment_len, uint64_t sealed, uint64_t *ret);

/* One-shot: seal plain into out, which has room for floe_sealed_size(). The rng gives the message
 * IV (32 bytes) and then one IV (12 bytes) per segment. ERR_RANGE (parameters), ERR_LONG (AAD),
 * ERR_NOMEM, ERR_CRYPTO; out is then undefined. */
enum err floe_seal(const struct floe_context *c, const struct rng *rng, struct bytes plain,
                   uint8_t *out);
/* One-shot: open a whole message into out, which has room for floe_plain_size(). ERR_SHORT,
 * ERR_FORMAT (parameters), ERR_AUTH, ERR_LONG, ERR_NOMEM, ERR_CRYPTO. On error out is wiped. */
enum err floe_open(const struct floe_context *c, struct bytes sealed, uint8_t *out, size_t *ret_n);

/* Streaming: begin with a header, then the segments in order, every one but the last carrying
 * exactly segment_len - FLOE_SEGMENT_OVERHEAD bytes of plaintext. */
struct floe_sealer;
/* Writes FLOE_HEADER_LEN bytes into header. The rng is borrowed until floe_sealer_free. Errors as
 * floe_seal. */
enum err floe_sealer_new(const struct floe_context *c, const struct rng *rng, uint8_t *header,
                         struct floe_sealer **ret);
/* Seal the next segment into out (room for plain.n + FLOE_SEGMENT_OVERHEAD). ERR_WRONG_STATE after
 * the last one, ERR_RANGE for a wrong length, ERR_CRYPTO. */
enum err floe_sealer_segment(struct floe_sealer *s, struct bytes plain, bool last, uint8_t *out);
/* Wipes keys. NULL allowed; returns NULL. */
struct floe_sealer *floe_sealer_free(struct floe_sealer *s);

/* Where sealed bytes come from: [at, at+n) of the message into out, completely or an error. */
struct floe_source {
    enum err (*read)(void *ctx, uint64_t at, uint8_t *out, size_t n);
    void *ctx;
};

/* Random access. The last segment is authenticated when the opener is made, so the plaintext size
 * is authentic and a truncated message does not open. */
struct floe_opener;
/* sealed_size: of the whole message [bytes]. The source is borrowed until floe_opener_free. Errors
 * as floe_open, and those of the source. */
enum err floe_opener_new(const struct floe_context *c, const struct floe_source *source,
                         uint64_t sealed_size, struct floe_opener **ret);
uint64_t floe_opener_size(const struct floe_opener *o);     /* plaintext [bytes] */
uint64_t floe_opener_segments(const struct floe_opener *o); /* number of segments, at least 1 */
/* Open segment `number` (from 0); *ret views its plaintext until the next call. ERR_RANGE,
 * ERR_AUTH, errors of the source. */
enum err floe_open_at(struct floe_opener *o, uint64_t number, struct bytes *ret);
/* Plaintext [at, at+n) into out. ERR_RANGE past the end, ERR_AUTH, errors of the source. */
enum err floe_read(struct floe_opener *o, uint64_t at, uint8_t *out, size_t n);
/* Wipes keys and plaintext. NULL allowed; returns NULL. */
struct floe_opener *floe_opener_free(struct floe_opener *o);

#endif
