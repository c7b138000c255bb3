#include "media/engine/params.h"

#include <string.h>

#define PT_MAX 127 /* RFC 3550 section 5.1: 7 bits */
#define EXT_MAX 14 /* RFC 8285 section 4.2: 15 is reserved */

static bool text(const char *s, size_t cap, bool may_be_empty) {
    return memchr(s, 0, cap) && (may_be_empty || s[0]);
}

static bool ice_ok(const struct ice_credentials *c) {
    return text(c->local_ufrag, ICE_OWN_UFRAG_MAX + 1, false) &&
           text(c->local_pwd, ICE_OWN_PWD_MAX + 1, false) &&
           text(c->remote_ufrag, sizeof(c->remote_ufrag), false) &&
           text(c->remote_pwd, sizeof(c->remote_pwd), false);
}

static bool ext_ok(const struct rtp_ext_map *m) {
    for (unsigned i = 0; i < RTP_EXT_COUNT; i++) {
        if (m->id[i] > EXT_MAX) {
            return false;
        }
    }
    return true;
}

/* Streams are told apart by a rid each, which only the extension can say (RFC 8852). */
static bool rids_ok(const struct session_line *l) {
    bool video = l->source == SOURCE_CAMERA || l->source == SOURCE_SCREEN;
    if (l->n_rids > SESSION_LAYERS_MAX || (l->n_rids > 0 && (!video || !l->ext.id[RTP_EXT_RID]))) {
        return false;
    }
    for (unsigned i = 0; i < l->n_rids; i++) {
        if (!text(l->rid[i], sizeof(l->rid[i]), false)) {
            return false;
        }
        for (unsigned j = 0; j < i; j++) {
            if (strcmp(l->rid[i], l->rid[j]) == 0) {
                return false;
            }
        }
    }
    return true;
}

/* What has a payload type of its own is told apart by it. */
static bool red_ok(const struct session_line *l) {
    return l->red_pt == 0 || (l->red_pt <= PT_MAX && l->red_pt != l->pt && l->red_pt != l->rtx_pt &&
                              l->codec == CODEC_OPUS);
}

static bool fec_ok(const struct session_line *l) {
    return l->fec_pt == 0 || (l->fec_pt <= PT_MAX && l->fec_pt != l->pt && l->fec_pt != l->rtx_pt &&
                              l->slot == SLOT_STAGE && l->fec_ssrc != 0);
}

static bool line_ok(const struct session_line *l) {
    bool source = l->source != SOURCE_NONE, slot = l->slot != SLOT_NONE;
    if (source == slot || l->slot_index >= SESSION_SLOTS_MAX || l->source >= SOURCE_KIND_COUNT ||
        l->slot >= SLOT_KIND_COUNT) {
        return false;
    }
    if (!text(l->mid, sizeof(l->mid), false) || !ext_ok(&l->ext) || !rids_ok(l) || l->pt > PT_MAX ||
        l->rtx_pt > PT_MAX || !red_ok(l) || !fec_ok(l) || l->codec == CODEC_NONE ||
        l->codec >= CODEC_COUNT) {
        return false;
    }
    bool audio = l->source == SOURCE_MICROPHONE || l->slot == SLOT_AUDIO;
    if (audio != (l->codec == CODEC_OPUS)) {
        return false;
    }
    return source || (l->ssrc != 0 && (l->rtx_pt == 0 || l->rtx_ssrc != 0));
}

static bool has_ssrc(const struct session_line *l, uint32_t ssrc) {
    return ssrc != 0 && (l->ssrc == ssrc || l->rtx_ssrc == ssrc || l->fec_ssrc == ssrc);
}

static bool shares_ssrc(const struct session_line *a, const struct session_line *b) {
    if (a->slot == SLOT_NONE || b->slot == SLOT_NONE) {
        return false;
    }
    return has_ssrc(a, b->ssrc) || has_ssrc(a, b->rtx_ssrc) || has_ssrc(a, b->fec_ssrc);
}

/* Of the streams of one slot. */
static bool repeats_ssrc(const struct session_line *l) {
    bool fec = l->fec_ssrc && (l->fec_ssrc == l->ssrc || l->fec_ssrc == l->rtx_ssrc);
    return l->slot != SLOT_NONE && (l->ssrc == l->rtx_ssrc || fec);
}

static bool lines_ok(const struct session_params *s) {
    unsigned sources = 0, streams = 0, slots = 0, repaired = 0;
    for (unsigned i = 0; i < s->n_lines; i++) {
        const struct session_line *l = &s->lines[i];
        if (!line_ok(l) || repeats_ssrc(l)) {
            return false;
        }
        sources += l->source != SOURCE_NONE;
        slots += l->slot != SLOT_NONE;
        repaired += l->fec_pt != 0;
        streams += l->source == SOURCE_NONE ? 0 : l->n_rids > 0 ? l->n_rids : 1;
        for (unsigned j = 0; j < i; j++) {
            if (strcmp(l->mid, s->lines[j].mid) == 0 || shares_ssrc(l, &s->lines[j])) {
                return false;
            }
        }
    }
    return sources <= SESSION_SOURCES_MAX && streams <= SESSION_STREAMS_MAX &&
           slots <= SESSION_SLOTS_MAX && repaired <= 1 && mids_fit(s->lines, s->n_lines);
}

enum err params_check(const struct session_params *s) {
    bool ok = s->peer && s->participant && s->tour && s->n_lines <= SESSION_LINES_MAX &&
              text(s->cname, sizeof(s->cname), true) && ice_ok(&s->ice) && lines_ok(s);
    return ok ? OK : ERR_RANGE;
}

enum err params_check_ice(const struct ice_credentials *c) {
    return ice_ok(c) ? OK : ERR_RANGE;
}
