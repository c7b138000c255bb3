/* DTLS 1.2 handshakes for SRTP keys (RFC 5763, RFC 5764), as server or, for a client that waits for
 * us, as its client, on OpenSSL with a BIO of our own that keeps datagram boundaries. OpenSSL stays
 * behind openssl.h of this folder.
 *
 * DESIGN. The object lives only for the handshake. When it is DTLS_DONE the caller takes from it
 *     dtls_export         the SRTP keys,
 *     dtls_last_flight    what a client that lost our Finished gets again,
 *     dtls_farewell       our close_notify, sealed in advance, to be sent when the session ends,
 *     dtls_reader_export  what recognises the peer's close_notify,
 * and frees it. The association seals and opens nothing else: tickets and renegotiation are off,
 * unauthentic alerts are ignored. OpenSSL's own retransmission timer (which reads the
 * clock) is disabled; dtls_deadline and dtls_timeout resend the flight in the caller's time.
 * Owner: one worker thread. An object allocates; it is off the packet path. */
#ifndef ORIEL_MEDIA_SECURE_DTLS_H
#define ORIEL_MEDIA_SECURE_DTLS_H

#include "base/bytes.h"
#include "base/err.h"
#include "base/session.h"
#include "base/time.h"
#include "media/secure/srtp_profile.h"

#define DTLS_MTU 1200            /* [bytes] per datagram; safe on every path WebRTC uses */
#define DTLS_LAST_FLIGHT_MAX 256 /* [bytes] ChangeCipherSpec + Finished */
/* [count] broken handshakes a server forgives in one join. An honest client breaks none; each costs
 * a signature and about 600 bytes to whoever can send from the validated address. */
#define DTLS_RESTARTS_MAX 8

/* Certificate and key, one per process; immutable and shared between workers after creation. */
struct dtls_identity;
/* A fresh self-signed ECDSA P-256 certificate, or NULL. not_before/after surround `wall`. */
struct dtls_identity *dtls_identity_new(wall_t wall);
#define DTLS_IDENTITY_MAX 1024 /* [bytes] */
/* As bytes, so that a process after this one has the same fingerprint. The private key is among
 * them: out is to be wiped by its owner. ERR_CRYPTO: nothing is in it.
 *     8   "orlident"
 *     2   version, 1
 *     8   [us] wall clock when it was made
 *     2+n certificate (X.509 in DER), after its length
 *     2+n private key (RFC 5915 in DER), likewise
 *     8   SipHash of all before */
enum err dtls_identity_save(const struct dtls_identity *id, uint8_t out[DTLS_IDENTITY_MAX],
                            size_t *ret_len);
/* The way back. ERR_FORMAT: it is no such thing, or not whole; ERR_UNSUPPORTED: of another version;
 * ERR_GONE: older than max_age [us] at `wall`, or made after it; ERR_NOMEM. *ret is untouched on
 * failure. */
enum err dtls_identity_load(struct bytes b, wall_t wall, us_t max_age, struct dtls_identity **ret);
struct dtls_identity *dtls_identity_free(struct dtls_identity *id);
const uint8_t *dtls_identity_fingerprint(const struct dtls_identity *id); /* SHA-256, 32 bytes */

struct dtls;
/* role_client: begins the handshake, and fails with it, for what breaks it cannot be told from a
 * forgery; a server forgives. NULL when memory is out.
 * peer_fingerprint: SHA-256 of the certificate the peer must present (RFC 8122). */
struct dtls *dtls_new(const struct dtls_identity *id, const uint8_t *peer_fingerprint,
                      bool role_client);
/* NULL allowed; returns NULL. Wipes keys. */
struct dtls *dtls_free(struct dtls *d);

enum dtls_state { DTLS_HANDSHAKING, DTLS_DONE, DTLS_FAILED };
/* X(symbol, err, name): why a handshake is DTLS_FAILED; err is what an application is told, name is
 * for logs and metrics. */
#define DTLS_FAILURE_LIST(X)                                                                       \
    X(NONE, OK, "none")                     /* it is not */                                        \
    X(TIMEOUT, ERR_AGAIN, "timeout")        /* not finished 30 s after the first flight */         \
    X(RESTARTS, ERR_AUTH, "restarts")       /* server: broken more than DTLS_RESTARTS_MAX times */ \
    X(PROTOCOL, ERR_AUTH, "protocol")       /* client: the server's flight is wrong */             \
    X(CERTIFICATE, ERR_AUTH, "certificate") /* none, or not that of the fingerprint */             \
    X(PROFILE, ERR_UNSUPPORTED, "srtp_profile") /* server: no SRTP protection profile in common */ \
    X(SUITE, ERR_UNSUPPORTED, "cipher_suite") /* server: no version, suite, group or signature */  \
    X(RESOURCES, ERR_NOMEM, "resources")      /* memory, or a flight too long to keep */

enum dtls_failure {
#define X(symbol, err, name) DTLS_FAILURE_##symbol,
    DTLS_FAILURE_LIST(X)
#undef X
};
enum dtls_failure dtls_failure(const struct dtls *d);
const char *dtls_failure_name(enum dtls_failure f); /* never NULL */
enum err dtls_failure_err(enum dtls_failure f);

/* One datagram from an ICE-validated address. Garbage is ignored (state unchanged). Afterwards
 * drain with dtls_output, also when it failed. Returns the state. */
enum dtls_state dtls_input(struct dtls *d, us_t now, struct bytes datagram);
/* Client role only: produce the ClientHello. */
void dtls_start(struct dtls *d, us_t now);
/* Length of the next datagram to send, at most DTLS_MTU; 0 when drained. */
size_t dtls_output_len(const struct dtls *d);
/* Copy it to out; its length, 0 when drained or cap is less. */
size_t dtls_output(struct dtls *d, uint8_t *out, size_t cap);
/* When to call dtls_timeout, or US_NEVER. First retransmission after 50 ms, then doubling up to
 * 2 s (RFC 6347 section 4.2.4.1 asks 1 s; WebRTC paths are validated and 50 ms is the custom). */
us_t dtls_deadline(const struct dtls *d);
/* Resend the current flight; gives up (DTLS_FAILED) 30 s after the first flight. */
enum dtls_state dtls_timeout(struct dtls *d, us_t now);
/* DTLS_DONE only, else ERR_WRONG_STATE. */
enum err dtls_export(struct dtls *d, struct dtls_keys *ret);
/* The datagrams of our last flight, each prefixed with its 16-bit length, at most
 * DTLS_LAST_FLIGHT_MAX bytes in all. DTLS_DONE only. */
enum err dtls_last_flight(struct dtls *d, uint8_t out[DTLS_LAST_FLIGHT_MAX], size_t *ret_len);

/* RFC 5246 section 7.2.1: who ends a session says so, so that the other end need not wait for its
 * absence to be noticed. */
#define DTLS_FAREWELL_MAX 40 /* [bytes] header 13, explicit nonce 8, alert 2, tag 16 */
/* Our close_notify as one datagram. It takes the record number after our Finished, and nothing else
 * is ever sealed under this key: the bytes may be sent more than once, no number is used twice.
 * DTLS_DONE only and once, else ERR_WRONG_STATE; ERR_CRYPTO when the library fails. ret_len and out
 * are undefined on failure. */
enum err dtls_farewell(struct dtls *d, uint8_t out[DTLS_FAREWELL_MAX], size_t *ret_len);

enum dtls_cipher { /* record protection of the suites we negotiate (RFC 5289, RFC 7905) */
                   DTLS_CIPHER_NONE = 0,
                   DTLS_AES_128_GCM,
                   DTLS_AES_256_GCM,
                   DTLS_CHACHA20_POLY1305
};
/* What opens the peer's records. Plain bytes, to be wiped by their owner (mem_wipe). All zero
 * recognises nothing, which is what a session rebuilt without it is left with. */
struct dtls_reader {
    uint8_t cipher;  /* enum dtls_cipher */
    uint8_t key[32]; /* the peer's write key; 16 used for AES-128 */
    uint8_t iv[12];  /* its write IV; 4 used for AES-GCM */
};
/* DTLS_DONE only, else ERR_WRONG_STATE; ERR_CRYPTO. */
enum err dtls_reader_export(struct dtls *d, struct dtls_reader *ret);
/* Whether the datagram holds an authentic alert that ends the association: close_notify or a fatal
 * one. For datagrams from an address of the peer after the handshake; false for everything forged,
 * at the cost of opening at most two records. Keeps no state: what comes after a close is the
 * caller's to ignore. */
bool dtls_is_close(const struct dtls_reader *r, struct bytes datagram);

/* True when the datagram carries a handshake record (content type 22, any epoch): the stored
 * last flight is worth sending again. */
bool dtls_is_handshake(struct bytes datagram);

#endif
