#include "base/terms.h"

#include "base/check.h"

#include <string.h>
#include <strings.h>

static const char *const codecs[CODEC_COUNT] = {"none", "opus",
#define X(sym, name) name,
                                                VIDEO_CODECS(X)
#undef X
};
static const char *const sources[SOURCE_KIND_COUNT] = {"none", "microphone", "camera", "screen"};
static const char *const slots[SLOT_KIND_COUNT] = {"none", "stage", "gallery", "audio"};

static const char *const ext_uris[RTP_EXT_COUNT] = {
    [RTP_EXT_MID] = "urn:ietf:params:rtp-hdrext:sdes:mid",
    [RTP_EXT_RID] = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id",
    [RTP_EXT_RRID] = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id",
    [RTP_EXT_AUDIO_LEVEL] = "urn:ietf:params:rtp-hdrext:ssrc-audio-level",
    [RTP_EXT_ABS_SEND_TIME] = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
    [RTP_EXT_TWCC] = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
    [RTP_EXT_ORIENTATION] = "urn:3gpp:video-orientation",
    [RTP_EXT_DEPENDENCY] =
        "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension",
    [RTP_EXT_PLAYOUT_DELAY] = "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay",
};

/* Index 0 is "none" in each of the lists, hence also the answer to an unknown name. */
static size_t find_name(const char *const *names, size_t count, const char *name) {
    for (size_t i = 1; i < count; i++) {
        if (strcmp(names[i], name) == 0) {
            return i;
        }
    }
    return 0;
}

const char *codec_name(enum codec c) {
    return (unsigned)c < CODEC_COUNT ? codecs[c] : codecs[0];
}

enum codec codec_from_name(const char *name, size_t n) {
    for (size_t i = 1; i < CODEC_COUNT; i++) {
        if (strlen(codecs[i]) == n && strncasecmp(codecs[i], name, n) == 0) {
            return (enum codec)i;
        }
    }
    return CODEC_NONE;
}

uint32_t codec_clock(enum codec c) {
    if (c <= CODEC_NONE || c >= CODEC_COUNT) {
        return 0;
    }
    return c == CODEC_OPUS ? 48000 : 90000; /* RFC 7587 section 4.1; RFC 7741 section 6.1 */
}

const char *source_kind_name(enum source_kind k) {
    return (unsigned)k < SOURCE_KIND_COUNT ? sources[k] : sources[0];
}

enum source_kind source_kind_from_name(const char *name) {
    return (enum source_kind)find_name(sources, SOURCE_KIND_COUNT, name);
}

const char *slot_kind_name(enum slot_kind k) {
    return (unsigned)k < SLOT_KIND_COUNT ? slots[k] : slots[0];
}

enum slot_kind slot_kind_from_name(const char *name) {
    return (enum slot_kind)find_name(slots, SLOT_KIND_COUNT, name);
}

const char *rtp_ext_uri(enum rtp_ext e) {
    CHECK((unsigned)e < RTP_EXT_COUNT);
    return ext_uris[e];
}

enum rtp_ext rtp_ext_from_uri(const char *uri, size_t n) {
    for (size_t i = 0; i < RTP_EXT_COUNT; i++) {
        if (strlen(ext_uris[i]) == n && memcmp(ext_uris[i], uri, n) == 0) {
            return (enum rtp_ext)i;
        }
    }
    return RTP_EXT_COUNT;
}
