/* SRTP and SRTCP (RFC 3711, AES-GCM: RFC 7714). Inbound packets are opened by libsrtp2
 * (srtp_open.c). Outbound ones are sealed by OpenSSL directly (srtp_seal.c): the packet index is
 * an argument, owned and advanced by the caller before the send, so that a session rebuilt from a
 * snapshot never uses a (key, index) pair twice; and the plaintext is read from a shared buffer,
 * so that encryption is the copy. Sealers allocate nothing after creation, openers only for a
 * stream they have not seen. Owner: one worker thread. */
#ifndef ORIEL_MEDIA_SECURE_SRTP_H
#define ORIEL_MEDIA_SECURE_SRTP_H

#include "media/secure/dtls.h"

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
 * packet must be dropped. ssrc streams are created on first use; where there are SRTP_STREAMS_MAX,
 * the one that was silent longest is let go (srtp_streams.h says how its past stays closed), at
 * most SRTP_STREAMS_GONE_MAX in all; then a new one is ERR_FULL. ERR_NOMEM for a new one. */
enum err srtp_open_rtp(struct srtp_opener *s, uint8_t *packet, size_t *len);
enum err srtp_open_rtcp(struct srtp_opener *s, uint8_t *packet, size_t *len);
/* The rollover counter of an inbound stream, for the snapshot; ERR_UNKNOWN for a new ssrc. */
enum err srtp_opener_roc(struct srtp_opener *s, uint32_t ssrc, uint32_t *ret_roc);
/* Adopt a stream with the highest index known (rollover counter << 16 | seq), before its first
 * packet, so that the right counter is found also when the stream wraps between the snapshot and
 * that packet. The replay window starts empty: what was received before may be accepted once more.
 * ERR_WRONG_STATE for a known ssrc, ERR_FULL, ERR_NOMEM. */
enum err srtp_opener_adopt(struct srtp_opener *s, uint32_t ssrc, uint64_t high);

struct srtp_sealer;
/* NULL when memory is out or the profile is unknown. */
struct srtp_sealer *srtp_sealer_new(const struct dtls_keys *k);
/* NULL allowed; returns NULL. Wipes keys. */
struct srtp_sealer *srtp_sealer_free(struct srtp_sealer *s);
/* Seal header | payload into out (no overlap). index = rollover counter << 16 | seq; the seq in the
 * header must be its low half. Returns the length of the SRTP packet, 0 when cap is too small or
 * the library fails. */
size_t srtp_seal_rtp(struct srtp_sealer *s, uint64_t index, struct bytes header,
                     struct bytes payload, struct wr *out);
/* Seal a compound RTCP packet with the 31-bit SRTCP index (RFC 3711 section 3.4); 0 on failure. */
size_t srtp_seal_rtcp(struct srtp_sealer *s, uint32_t index, struct bytes packet, struct wr *out);

#endif
