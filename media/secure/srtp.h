/* SRTP and SRTCP (RFC 3711, AES-GCM: RFC 7714). Inbound packets are opened (srtp_open.c) by cipher
 * libraries directly with AES-GCM, and by libsrtp2 with AES-CM and HMAC-SHA1. Outbound ones are
 * sealed by cipher libraries directly (srtp_seal.c): the packet index is an argument, owned and
 * advanced by the caller before the send, so that a session rebuilt from a snapshot never uses a
 * (key, index) pair twice; and the plaintext is read from a shared buffer, so that encryption is
 * the copy. Sealers allocate nothing after creation, openers only for a stream they have not seen.
 * Owner: one worker thread. */
#ifndef ORIEL_MEDIA_SECURE_SRTP_H
#define ORIEL_MEDIA_SECURE_SRTP_H

#include "media/secure/dtls.h"

#define SRTCP_INDEX_END (UINT64_C(1) << 31) /* RFC 3711 section 3.4: 31 bits */
#define SRTP_OVERHEAD 20 /* [bytes] most that sealing adds: SRTCP index 4 + GCM tag 16 */

/* Start libsrtp before anything else here, from one thread; further calls do nothing. ERR_CRYPTO
 * when it refuses. */
enum err srtp_library_init(void);

/* [count] Inbound streams of one session: known at a time, and let go to make room for others. */
#define SRTP_STREAMS_MAX 64
#define SRTP_STREAMS_GONE_MAX 256

struct srtp_opener;
/* NULL when memory is out or the profile is unknown. */
struct srtp_opener *srtp_opener_new(const struct dtls_keys *k);
/* NULL allowed; returns NULL. Wipes keys. */
struct srtp_opener *srtp_opener_free(struct srtp_opener *s);
/* Open in place: *len shrinks. ERR_AUTH, ERR_REPLAY or ERR_FORMAT leave the state unchanged and the
 * packet, whose contents may be gone, must be dropped. ssrc streams are created on first use; where
 * there are SRTP_STREAMS_MAX, the one that was silent longest is let go (srtp_streams.h says how
 * its past stays closed), at most SRTP_STREAMS_GONE_MAX in all; then a new one is ERR_FULL.
 * ERR_NOMEM for a new one. */
enum err srtp_open_rtp(struct srtp_opener *s, uint8_t *packet, size_t *len);
enum err srtp_open_rtcp(struct srtp_opener *s, uint8_t *packet, size_t *len);
/* The rollover counter of an inbound stream, for the snapshot; ERR_UNKNOWN for a new ssrc. */
enum err srtp_opener_roc(struct srtp_opener *s, uint32_t ssrc, uint32_t *ret_roc);
/* Adopt a stream with the highest index known (rollover counter << 16 | seq), before its first
 * packet, so that the right counter is found also when the stream wraps between the snapshot and
 * that packet. The replay window starts empty: what was received before may be accepted once more.
 * ERR_WRONG_STATE for a known ssrc, ERR_FULL, ERR_NOMEM. */
enum err srtp_opener_adopt(struct srtp_opener *s, uint32_t ssrc, uint64_t high);

/* Which library seals and opens with AES-GCM (RFC 7714); AES-CM is always sealed by OpenSSL.
 * X(symbol, name) */
#define SRTP_AEADS(X)               \
    X(SRTP_AEAD_AUTO, "auto")       \
    X(SRTP_AEAD_OPENSSL, "openssl") \
    X(SRTP_AEAD_IPSEC_MB, "ipsec-mb")
#define X(sym, name) sym,
enum srtp_aead { SRTP_AEADS(X) };
#undef X
/* Choose it for all sealers and openers made later; from one thread, before there are others. AUTO
 * tries what is there for less than a millisecond and takes the faster, by the caller's clock [ns];
 * without one (NULL) it takes OpenSSL. ERR_UNSUPPORTED when the one wanted is not built in, cannot
 * run on this processor or computes something else than OpenSSL; ERR_NOMEM. On error nothing
 * changes. */
enum err srtp_aead_choose(enum srtp_aead wanted, uint64_t (*now_ns)(void));
/* The name of the one in use, for logs and metrics: "openssl" or "ipsec-mb". */
const char *srtp_aead_name(void);

struct srtp_sealer;
/* NULL when memory is out or the profile is unknown. */
struct srtp_sealer *srtp_sealer_new(const struct dtls_keys *k);
/* NULL allowed; returns NULL. Wipes keys. */
struct srtp_sealer *srtp_sealer_free(struct srtp_sealer *s);
/* The sealer, and then what it points to, is going to be used soon: the two calls in turn, with
 * work between them. */
void srtp_sealer_prefetch(const struct srtp_sealer *s);
void srtp_sealer_prefetch_key(const struct srtp_sealer *s);
/* The plaintext of a packet where it lies: a few bytes of the packet's own (an original sequence
 * number, a rewritten descriptor), what all viewers share, padding. One piece is sealed straight
 * from its place. Several are first put together where the ciphertext is to stand and sealed there,
 * which costs 4 ns for 120 bytes and 20 to 30 for 1100. Feeding a cipher piece by piece, or the
 * first block apart and the rest from its place, was measured too and is no faster for long packets
 * and slower for short ones. So what need not be rewritten is better left in one piece. */
#define SRTP_PIECES_MAX 4
struct srtp_plain {
    struct bytes piece[SRTP_PIECES_MAX]; /* any may be empty */
    unsigned n;                          /* pieces used */
};

/* Seal header | payload into out (no overlap). index = rollover counter << 16 | seq; the seq in the
 * header must be its low half. Returns the length of the SRTP packet, 0 when cap is too small or
 * the library fails. */
size_t srtp_seal_rtp(struct srtp_sealer *s, uint64_t index, struct bytes header,
                     struct bytes payload, struct wr *out);
/* The same for a plaintext in pieces; 0 also for more than SRTP_PIECES_MAX. */
size_t srtp_seal_pieces(struct srtp_sealer *s, uint64_t index, struct bytes header,
                        const struct srtp_plain *plain, struct wr *out);
/* Many packets in one go, each with the sealer of its viewer. */
struct srtp_job {
    struct srtp_sealer *sealer;
    uint64_t index;
    struct bytes header;
    struct srtp_plain plain;
    uint8_t *out;
    size_t cap; /* [bytes] at out */
    size_t len; /* [bytes] of the SRTP packet, set by srtp_seal_batch; 0 as srtp_seal_rtp has it */
};
void srtp_seal_batch(struct srtp_job *jobs, size_t n);
/* Seal a compound RTCP packet with the 31-bit SRTCP index (RFC 3711 section 3.4); 0 on failure. */
size_t srtp_seal_rtcp(struct srtp_sealer *s, uint32_t index, struct bytes packet, struct wr *out);

#endif
