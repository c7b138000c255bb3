/* Session descriptions (RFC 8866) as far as an offer of WebRTC needs them (RFC 8829): a bounded
 * parser into views of the caller's text. Pure functions; nothing allocates. */
#ifndef ORIEL_SIGNALING_SDP_SDP_H
#define ORIEL_SIGNALING_SDP_SDP_H

#include "base/session.h"
#include "signaling/sdp/span.h"
#include "signaling/words/codes.h"

#define SDP_MEDIA_MAX SESSION_LINES_MAX
#define SDP_FORMATS_MAX 64 /* payload types looked at per m-line; Chromium offers up to 40 */
#define SDP_EXTS_MAX 24    /* extmap lines looked at per m-line */
#define SDP_RIDS_MAX 8     /* streams of an m-line looked at (RFC 8853) */

enum sdp_kind { SDP_OTHER, SDP_AUDIO, SDP_VIDEO };
enum sdp_setup { SDP_SETUP_NONE, SDP_SETUP_ACTIVE, SDP_SETUP_PASSIVE, SDP_SETUP_ACTPASS };
/* Directions as bits, seen from the offerer. */
enum sdp_direction { SDP_INACTIVE = 0, SDP_SEND = 1, SDP_RECV = 2, SDP_SENDRECV = 3 };
/* Feedback offered for a payload type (RFC 4585, RFC 5104), as bits. */
enum sdp_fb { SDP_FB_NACK = 1, SDP_FB_PLI = 2, SDP_FB_FIR = 4, SDP_FB_TWCC = 8, SDP_FB_REMB = 16 };

struct sdp_format {
    uint8_t pt;    /* 0..127 */
    uint8_t codec; /* enum codec, CODEC_NONE for what we do not speak */
    uint8_t fb;    /* enum sdp_fb bits */
    bool rtx;      /* RFC 4588 */
    bool red;      /* RFC 2198, at the clock of Opus */
    bool fec;      /* flexfec-03 */
    struct span fmtp;
};

struct sdp_ext {
    uint8_t id;        /* as offered, 1..255 */
    uint8_t ext;       /* enum rtp_ext, RTP_EXT_COUNT when unknown */
    uint8_t direction; /* of the offerer (RFC 8285 section 5), SDP_SENDRECV when not given */
    struct span uri;
};

struct sdp_transport {
    struct span ufrag, pwd;
    uint8_t setup; /* enum sdp_setup */
    bool has_fingerprint, other_fingerprint;
    uint8_t fingerprint[FINGERPRINT_LEN];
};

struct sdp_media {
    uint8_t kind; /* enum sdp_kind */
    uint8_t direction;
    uint16_t port;
    bool bundled, rtcp_mux, rtcp_rsize;
    bool mixed; /* header extensions of both forms in one stream (RFC 8285 section 6) */
    struct span media, proto, format, mid; /* format: the first one, for rejecting the line */
    struct sdp_transport transport;
    uint32_t ssrc, rtx_ssrc; /* announced by the offerer, 0 = not */
    bool has_fid;
    uint8_t n_formats, n_exts, fb_all; /* fb_all: feedback offered for "*" */
    uint8_t n_rids;
    struct span rids[SDP_RIDS_MAX]; /* streams that the offerer would send at a time */
    struct sdp_format formats[SDP_FORMATS_MAX];
    struct sdp_ext exts[SDP_EXTS_MAX];
};

struct sdp {
    struct sdp_transport common; /* session level, valid for m-lines without their own */
    struct span bundle;          /* mids of the first BUNDLE group (RFC 9143) */
    uint8_t direction;           /* session level defaults */
    bool mixed;
    uint8_t n_media;
    struct sdp_media media[SDP_MEDIA_MAX];
};

/* Parse n bytes of text; ret holds views into it. CODE_OK, CODE_SDP_MALFORMED, or
 * CODE_SDP_UNSUPPORTED (more than SDP_MEDIA_MAX lines, mid over MID_MAX, ICE credentials longer
 * than ours may be). */
enum code sdp_parse(const char *text, size_t n, struct sdp *ret);
/* A trickle-ice-sdpfrag (RFC 8840): ICE credentials when there are any, else empty spans. CODE_OK
 * or as sdp_parse. */
enum code sdp_parse_fragment(const char *text, size_t n, struct span *ufrag, struct span *pwd);
/* The m-line with this mid, or -1. */
int sdp_find_mid(const struct sdp *s, const char *mid);
/* The format with this payload type, or NULL. */
const struct sdp_format *sdp_find_format(const struct sdp_media *m, unsigned pt);

#endif
