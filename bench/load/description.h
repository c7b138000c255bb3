/* Session descriptions of the generator's clients: what a server said, and what they say. */
#ifndef ORIEL_BENCH_LOAD_DESCRIPTION_H
#define ORIEL_BENCH_LOAD_DESCRIPTION_H

#include "base/addr.h"
#include "base/buffer.h"
#include "base/session.h"

#define DESCRIPTION_LINES 2

/* One m-line of a server's description. */
struct remote_line {
    bool video, accepted, nack, pli;
    bool rsize; /* RTCP packets need not be compound (RFC 5506) */
    char mid[MID_MAX + 1];
    uint8_t pt, rtx_pt;      /* Opus or VP8; rtx_pt 0 = none */
    uint32_t ssrc, rtx_ssrc; /* of what the server sends, 0 = not announced */
    struct rtp_ext_map ext;
};

struct remote_description {
    char ufrag[ICE_UFRAG_MAX + 1], pwd[ICE_PWD_MAX + 1];
    uint8_t fingerprint[FINGERPRINT_LEN];
    struct addr candidate; /* the first UDP host candidate */
    unsigned n_lines;
    struct remote_line lines[DESCRIPTION_LINES];
};

/* What a client says of itself. */
struct local_description {
    const char *ufrag, *pwd;
    const uint8_t *fingerprint;                 /* SHA-256, FINGERPRINT_LEN bytes */
    uint16_t port;                              /* of its host candidate on 127.0.0.1 */
    bool sends;                                 /* else it receives */
    uint32_t ssrc[DESCRIPTION_LINES], rtx_ssrc; /* audio, video; when it sends */
};

/* False, and the reason in why[128], when the text cannot be understood or the generator cannot
 * speak with such a server. */
bool description_read(const char *text, size_t n, struct remote_description *ret, char *why);
/* An offer of one line of audio (Opus) and one of video (VP8 with RTX), as browsers make them. */
void description_offer(struct buffer *out, const struct local_description *d);
/* The answer to a server's offer, with its payload types and extensions. */
void description_answer(struct buffer *out, const struct local_description *d,
                        const struct remote_description *offer);

#endif
