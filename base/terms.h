/* The words that signaling, media and recorder all speak: codecs, kinds of sources and slots,
 * RTP header extensions. Plain values without behaviour. Thread: any. */
#ifndef ORIEL_BASE_TERMS_H
#define ORIEL_BASE_TERMS_H

#include <stddef.h>
#include <stdint.h>

/* What pictures may be in. X(symbol, name) */
#define VIDEO_CODECS(X)   \
    X(CODEC_VP8, "vp8")   \
    X(CODEC_VP9, "vp9")   \
    X(CODEC_H264, "h264") \
    X(CODEC_AV1, "av1")

enum codec {
    CODEC_NONE,
    CODEC_OPUS,
#define X(sym, name) sym,
    VIDEO_CODECS(X)
#undef X
        CODEC_COUNT
};

/* What a participant sends. */
enum source_kind {
    SOURCE_NONE,
    SOURCE_MICROPHONE,
    SOURCE_CAMERA,
    SOURCE_SCREEN,
    SOURCE_KIND_COUNT
};

/* What a receiving m-line is for; the server decides which source fills it. */
enum slot_kind {
    SLOT_NONE,
    SLOT_STAGE,   /* screen share, else pinned, else speaking participant's camera */
    SLOT_GALLERY, /* other cameras */
    SLOT_AUDIO,   /* index 0: the stage owner's voice; others: the loudest other voices */
    SLOT_KIND_COUNT
};

/* The header extensions Oriel negotiates. The numeric id on the wire is per m-line (RFC 8285
 * section 5), so every m-line has its own rtp_ext_map. */
enum rtp_ext {
    RTP_EXT_MID,           /* RFC 9143 */
    RTP_EXT_RID,           /* RFC 8852 */
    RTP_EXT_RRID,          /* RFC 8852 */
    RTP_EXT_AUDIO_LEVEL,   /* RFC 6464 */
    RTP_EXT_ABS_SEND_TIME, /* http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time */
    RTP_EXT_TWCC,          /* draft-holmer-rmcat-transport-wide-cc-extensions-01 */
    RTP_EXT_DEPENDENCY,    /* AV1 RTP specification, appendix A: the dependency descriptor */
    RTP_EXT_PLAYOUT_DELAY, /* http://www.webrtc.org/experiments/rtp-hdrext/playout-delay */
    RTP_EXT_ORIENTATION,   /* 3GPP TS 26.114, urn:3gpp:video-orientation; never accepted */
    RTP_EXT_COUNT
};
#define RTP_EXT_ACCEPTED RTP_EXT_ORIENTATION /* those before it may be */

struct rtp_ext_map {
    uint8_t id[RTP_EXT_COUNT]; /* id on the wire, range 1..14; 0 = not negotiated */
};

/* "vp8", "opus" ...; "none" for the zero value. Never NULL. */
const char *codec_name(enum codec c);
/* The codec with this name, letter case ignored ("OPUS" of GStreamer), or CODEC_NONE. */
enum codec codec_from_name(const char *name, size_t n);
/* RTP clock rate [Hz]: 48000 for Opus, 90000 for video, 0 for CODEC_NONE. */
uint32_t codec_clock(enum codec c);
/* "microphone", "camera", "screen"; "none". */
const char *source_kind_name(enum source_kind k);
enum source_kind source_kind_from_name(const char *name);
/* "stage", "gallery", "audio"; "none". */
const char *slot_kind_name(enum slot_kind k);
enum slot_kind slot_kind_from_name(const char *name);
/* The URI of an extension, never NULL. */
const char *rtp_ext_uri(enum rtp_ext e);
/* The extension with this URI (not NUL-terminated), or RTP_EXT_COUNT. */
enum rtp_ext rtp_ext_from_uri(const char *uri, size_t n);

#endif
