/* What one offer and one answer agreed on: written by signaling, carried by the rim's glue, obeyed
 * by media. Plain structs without pointers. */
#ifndef ORIEL_BASE_SESSION_H
#define ORIEL_BASE_SESSION_H

#include "base/terms.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define ICE_UFRAG_MAX 32 /* RFC 8839 allows 256; longer remote ones are refused */
#define ICE_PWD_MAX 64
#define ICE_OWN_UFRAG_MAX 16 /* ours are shorter */
#define ICE_OWN_PWD_MAX 32
#define FINGERPRINT_LEN 32 /* SHA-256 (RFC 8122) */
/* [bytes] longer mids are refused; RFC 5888 has no limit, the header extension (RFC 8285
 * section 4.2) has this one */
#define MID_MAX 16
/* [bytes] Every line may have a mid of 7; what goes beyond that of all lines of a session, with a
 * byte for each such mid, fits in so much (mids_fit), and a session in its snapshot. */
#define MID_SHORT 8
#define MID_TAILS_MAX 48
#define RID_MAX 8            /* [bytes] longer rids (RFC 8851) are refused */
#define SESSION_LINES_MAX 24 /* m-lines in one session */
#define SESSION_SLOTS_MAX 12 /* receiving m-lines: stage + 8 gallery + 3 audio */
#define SESSION_SOURCES_MAX 4
#define SESSION_LAYERS_MAX 3  /* streams of one sending m-line: simulcast (RFC 8853) */
#define SESSION_STREAMS_MAX 6 /* of all sending m-lines together */
#define CNAME_MAX 24

struct ice_credentials {
    char local_ufrag[ICE_UFRAG_MAX + 1];
    char local_pwd[ICE_PWD_MAX + 1];
    char remote_ufrag[ICE_UFRAG_MAX + 1];
    char remote_pwd[ICE_PWD_MAX + 1];
};

/* One accepted m-line. Exactly one of source and slot is set. */
struct session_line {
    char mid[MID_MAX + 1];
    uint8_t source;       /* enum source_kind: the client sends here */
    uint8_t slot;         /* enum slot_kind: the client receives here */
    uint8_t slot_index;   /* among the session's slots of this kind, from 0 */
    uint8_t codec;        /* enum codec */
    uint8_t pt;           /* RTP payload type of the codec, 0..127 */
    uint8_t rtx_pt;       /* RFC 4588; 0 = RTX not negotiated */
    uint8_t red_pt;       /* RFC 2198, audio; 0 = redundancy not negotiated */
    uint8_t fec_pt;       /* FlexFEC, a stage that is received; 0 = not negotiated */
    bool nack, pli, twcc; /* feedback agreed (RFC 4585, transport-cc) */
    bool remb;            /* source: goog-remb, where transport-cc is not */
    bool fir;             /* source: ccm fir (RFC 5104), where nack pli is not */
    uint32_t ssrc;        /* slot: ours, as announced in the answer; source: 0 when not announced */
    uint32_t rtx_ssrc;    /* likewise, of the RTX stream */
    uint32_t fec_ssrc;    /* likewise, of what repairs it */
    struct rtp_ext_map ext;
    uint8_t
        n_rids; /* source: streams that it may send at a time, each with a rid; 0 = one, without */
    char rid[SESSION_LAYERS_MAX][RID_MAX + 1]; /* the largest picture first */
};

/* Handles of participants: the seats of one person in a tour, who may have several devices there,
 * differ in the bits above these only. All are exact as numbers in JSON (RFC 8259 section 6). */
#define PERSON_BITS 44
#define PERSON_DEVICES 255u /* at once, and more than any limit lets in */
/* Of one person? */
static inline bool same_person(uint64_t a, uint64_t b) {
    return ((a ^ b) & ((UINT64_C(1) << PERSON_BITS) - 1)) == 0;
}

struct session_params {
    uint64_t peer;        /* handle of this transport, unique for the life of the process, not 0 */
    uint64_t participant; /* handle of the seat, not 0 */
    uint64_t tour;        /* handle of the tour, not 0 */
    bool host;            /* what it shows holds the stage (COMMAND_STAGE), whoever speaks */
    bool loudest_audio;   /* WHEP: audio slot 0 carries the loudest voice, not the stage owner's */
    bool mix;             /* audio slot 0 carries all voices, mixed, and no other slot any */
    bool record_consent;  /* this participant's sources may be tapped */
    bool obeys_layers;    /* it can be told which of its layers nobody needs, and stops them */
    uint64_t without;     /* mix: but this participant's, 0 = nobody's */
    char cname[CNAME_MAX + 1]; /* RTCP CNAME of what we send */
    struct ice_credentials ice;
    uint8_t fingerprint[FINGERPRINT_LEN]; /* of the client's certificate */
    bool dtls_active; /* we begin the handshake: the client offers to wait for it (setup:passive) */
    uint8_t n_lines;
    struct session_line lines[SESSION_LINES_MAX];
};

/* Whether the mids of these lines are not too long together. */
static inline bool mids_fit(const struct session_line *lines, unsigned n) {
    size_t tails = 0;
    for (unsigned i = 0; i < n; i++) {
        size_t len = strlen(lines[i].mid);
        tails += len < MID_SHORT ? 0 : len - MID_SHORT + 1;
    }
    return tails <= MID_TAILS_MAX;
}

#endif
