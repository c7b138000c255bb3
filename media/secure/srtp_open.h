/* The two ways in which inbound packets are opened, below the streams of a session (srtp_open.c):
 * AES-GCM by the engines that seal with it too (srtp_open_gcm.c), AES-CM with HMAC-SHA1 by libsrtp2
 * (srtp_open_cm.c). Used by the files of this folder only. Owner: the srtp_opener that made them.
 */
#ifndef ORIEL_MEDIA_SECURE_SRTP_OPEN_H
#define ORIEL_MEDIA_SECURE_SRTP_OPEN_H

#include "base/err.h"
#include "media/secure/srtp_kdf.h"

#define SRTP_RTCP_INDEX 4 /* [bytes] E flag and index (RFC 3711 section 3.4) */

/* An inbound packet, which has at least a header, and what its header says. */
struct arrival {
    uint8_t *packet;
    size_t *len; /* shrinks to the plaintext */
    uint32_t ssrc;
    bool rtcp;
    uint16_t seq;   /* RTP */
    uint64_t index; /* of the packet: rollover counter << 16 | seq, or the SRTCP index */
};

struct open_gcm;
/* From the session keys, not the master keys. NULL when memory is out. */
struct open_gcm *srtp_gcm_new(uint16_t profile, const struct srtp_session_keys *rtp,
                              const struct srtp_session_keys *rtcp);
/* NULL allowed. Wipes the keys. */
void srtp_gcm_free(struct open_gcm *g);
/* ERR_FORMAT, ERR_AUTH; ERR_NOMEM for the first RTP packet of a session. What was refused has lost
 * its contents. */
enum err srtp_gcm_open(struct open_gcm *g, const struct arrival *a);

struct open_cm;
/* NULL when memory is out. */
struct open_cm *srtp_cm_new(const struct dtls_keys *k);
/* NULL allowed. Wipes the keys. */
void srtp_cm_free(struct open_cm *c);
/* Make a stream known to libsrtp2 before it has sent a packet; ERR_NOMEM. */
enum err srtp_cm_introduce(struct open_cm *c, uint32_t ssrc);
/* The stream is new when it comes again. */
void srtp_cm_forget(struct open_cm *c, uint32_t ssrc);
/* libsrtp2 may have the wrong rollover counter of this stream: a->index has the right one. */
void srtp_cm_tell(struct open_cm *c, const struct arrival *a);
/* ERR_FORMAT, ERR_AUTH, ERR_REPLAY, ERR_NOMEM. A stream of an authentic packet becomes known. */
enum err srtp_cm_open(struct open_cm *c, const struct arrival *a);

#endif
