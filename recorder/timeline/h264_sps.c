#include "recorder/timeline/h264_sps.h"

#define SPS_MAX 256   /* [bytes] read of a parameter set */
#define HEADER_MAX 32 /* [bytes] enough for the beginning of any slice header */

/* Section 7.3.1: the payload of a NAL unit without its header and the bytes that prevent start
 * codes. */
struct plain {
    uint8_t b[SPS_MAX];
    size_t n;
};

static struct bits unescape(struct bytes nal, size_t most, struct plain *out) {
    unsigned zeros = 0;
    out->n = 0;
    for (size_t i = 1; i < nal.n && out->n < most; i++) {
        if (zeros == 2 && nal.p[i] == 3) {
            zeros = 0;
            continue;
        }
        zeros = nal.p[i] == 0 && zeros < 2 ? zeros + 1 : nal.p[i] == 0 ? 2 : 0;
        out->b[out->n++] = nal.p[i];
    }
    return bits_of(bytes_of(out->b, out->n));
}

bool h264_profile_is_high(uint8_t profile) {
    static const uint8_t high[] = {100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135};
    return memchr(high, profile, sizeof(high)) != NULL;
}

/* Section 7.3.2.1.1.1 */
static void skip_scaling_list(struct bits *b, unsigned n) {
    uint32_t last = 8, next = 8;
    for (unsigned i = 0; i < n && next != 0 && !b->bad; i++) {
        next = (last + (uint32_t)bits_se(b)) & 0xff;
        last = next ? next : last;
    }
}

static void read_chroma(struct bits *b, struct h264_sps *s) {
    uint32_t format = bits_ue(b);
    s->separate_planes = format == 3 && bits_flag(b);
    uint32_t luma = bits_ue(b), chroma = bits_ue(b);
    b->bad = b->bad || format > 3 || luma > 6 || chroma > 6;
    s->chroma_format = (uint8_t)format;
    s->luma_depth = (uint8_t)luma;
    s->chroma_depth = (uint8_t)chroma;
    bits_skip(b, 1); /* qpprime_y_zero_transform_bypass_flag */
    if (bits_flag(b)) {
        for (unsigned i = 0; i < (format == 3 ? 12u : 8u) && !b->bad; i++) {
            if (bits_flag(b)) {
                skip_scaling_list(b, i < 6 ? 16 : 64);
            }
        }
    }
}

static void skip_order_count(struct bits *b) {
    uint32_t type = bits_ue(b);
    if (type == 0) {
        bits_ue(b);
    } else if (type == 1) {
        bits_skip(b, 1);
        bits_se(b);
        bits_se(b);
        uint32_t n = bits_ue(b);
        b->bad = b->bad || n > 255;
        for (; n > 0 && !b->bad; n--) {
            bits_se(b);
        }
    }
    b->bad = b->bad || type > 2;
}

/* Section 7.4.2.1.1: macroblocks of 16 pixels, fields count twice, less what is cropped. */
static void read_size(struct bits *b, struct h264_sps *s) {
    uint64_t w = ((uint64_t)bits_ue(b) + 1) * 16, h = ((uint64_t)bits_ue(b) + 1) * 16;
    unsigned fields = bits_flag(b) ? 1 : 2;
    bits_skip(b, fields - 1); /* mb_adaptive_frame_field_flag */
    bits_skip(b, 1);          /* direct_8x8_inference_flag */
    uint64_t x = 0, y = 0;
    if (bits_flag(b)) {
        unsigned format = s->separate_planes ? 0 : s->chroma_format;
        x = (uint64_t)bits_ue(b) + bits_ue(b);
        y = (uint64_t)bits_ue(b) + bits_ue(b);
        x *= format == 1 || format == 2 ? 2 : 1;
        y *= (format == 1 ? 2 : 1) * fields;
    }
    h *= fields;
    if (w > UINT16_MAX || h > UINT16_MAX || x >= w || y >= h) {
        b->bad = true;
        return;
    }
    s->width = (uint16_t)(w - x);
    s->height = (uint16_t)(h - y);
}

/* Annex E.1.2 */
static void skip_hrd(struct bits *b) {
    uint32_t n = bits_ue(b);
    b->bad = b->bad || n > 31; /* cpb_cnt_minus1 */
    bits_skip(b, 4 + 4);
    for (uint32_t i = 0; i <= n && !b->bad; i++) {
        bits_ue(b);
        bits_ue(b);
        bits_skip(b, 1);
    }
    bits_skip(b, 5 + 5 + 5 + 5);
}

/* Annex E.1.1, up to bitstream_restriction_flag: how pictures look and when they come. */
static void skip_look(struct bits *b) {
    if (bits_flag(b) && bits_u(b, 8) == 255) { /* aspect_ratio_idc: Extended_SAR */
        bits_skip(b, 16 + 16);
    }
    if (bits_flag(b)) { /* overscan */
        bits_skip(b, 1);
    }
    if (bits_flag(b)) { /* video_signal_type */
        bits_skip(b, 3 + 1);
        bits_skip(b, bits_flag(b) ? 8 + 8 + 8 : 0);
    }
    if (bits_flag(b)) { /* chroma_loc_info */
        bits_ue(b);
        bits_ue(b);
    }
    bits_skip(b, bits_flag(b) ? 32 + 32 + 1 : 0); /* timing_info */
    bool hrd = false;
    for (unsigned i = 0; i < 2; i++) {
        if (bits_flag(b)) {
            hrd = true;
            skip_hrd(b);
        }
    }
    bits_skip(b, hrd ? 1 : 0); /* low_delay_hrd_flag */
    bits_skip(b, 1);           /* pic_struct_present_flag */
}

/* False, too, where nothing is said of it, or nothing that can be read. */
static bool read_reorders(struct bits *b) {
    if (!bits_flag(b)) {
        return false;
    }
    skip_look(b);
    if (!bits_flag(b)) {
        return false;
    }
    bits_skip(b, 1); /* motion_vectors_over_pic_boundaries_flag */
    for (unsigned i = 0; i < 4; i++) {
        bits_ue(b);
    }
    uint32_t depth = bits_ue(b); /* max_num_reorder_frames */
    bits_ue(b);
    return depth > 0 && !b->bad;
}

enum err h264_sps_read(struct bytes nal, struct h264_sps *ret) {
    struct plain plain;
    struct bits b = unescape(nal, SPS_MAX, &plain);
    *ret = (struct h264_sps){.chroma_format = 1};
    ret->profile = (uint8_t)bits_u(&b, 8);
    ret->constraints = (uint8_t)bits_u(&b, 8);
    ret->level = (uint8_t)bits_u(&b, 8);
    uint32_t id = bits_ue(&b);
    ret->id = (uint8_t)id;
    if (h264_profile_is_high(ret->profile)) {
        read_chroma(&b, ret);
    }
    uint32_t number = bits_ue(&b);
    ret->number_bits = (uint8_t)(number + 4);
    skip_order_count(&b);
    bits_ue(&b);      /* max_num_ref_frames */
    bits_skip(&b, 1); /* gaps_in_frame_num_value_allowed_flag */
    read_size(&b, ret);
    if (b.bad || id > 31 || number > 12) {
        return ERR_FORMAT;
    }
    ret->reorders = read_reorders(&b);
    return OK;
}

enum err h264_pps_read(struct bytes nal, uint8_t *ret_id, uint8_t *ret_sps) {
    struct plain plain;
    struct bits b = unescape(nal, HEADER_MAX, &plain);
    uint32_t id = bits_ue(&b), sps = bits_ue(&b);
    if (b.bad || id > 255 || sps > 31) {
        return ERR_FORMAT;
    }
    *ret_id = (uint8_t)id;
    *ret_sps = (uint8_t)sps;
    return OK;
}

/* Section 7.3.3: first_mb_in_slice, slice_type, pic_parameter_set_id. */
static bool read_slice(struct bits *b, struct h264_slice *ret) {
    ret->first = bits_ue(b);
    bits_ue(b);
    uint32_t pps = bits_ue(b);
    ret->pps = (uint8_t)pps;
    return !b->bad && pps <= 255;
}

enum err h264_slice_read(struct bytes nal, struct h264_slice *ret) {
    struct plain plain;
    struct bits b = unescape(nal, HEADER_MAX, &plain);
    return read_slice(&b, ret) ? OK : ERR_FORMAT;
}

enum err h264_slice_number(struct bytes nal, const struct h264_sps *sps, uint32_t *ret) {
    struct plain plain;
    struct h264_slice s;
    struct bits b = unescape(nal, HEADER_MAX, &plain);
    if (!read_slice(&b, &s)) {
        return ERR_FORMAT;
    }
    bits_skip(&b, sps->separate_planes ? 2 : 0); /* colour_plane_id */
    *ret = bits_u(&b, sps->number_bits);
    return b.bad ? ERR_FORMAT : OK;
}
