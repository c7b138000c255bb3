#include "recorder/timeline/av1_sequence.h"

/* Section 6.4.2 */
enum { COLOR_BT_709 = 1, TRANSFER_SRGB = 13, MATRIX_IDENTITY = 0 };

#define LEVEL_WITH_TIER 7 /* levels above it have a tier */

struct decoder_model {
    bool present;
    unsigned delay_bits;
};

/* Sections 5.5.3, 5.5.4 */
static void read_timing(struct bits *b, struct decoder_model *m) {
    bits_skip(b, 32 + 32);
    if (bits_flag(b)) {
        bits_ue(b); /* num_ticks_per_picture_minus_1: uvlc() is ue(v) */
    }
    m->present = bits_flag(b);
    if (m->present) {
        m->delay_bits = bits_u(b, 5) + 1;
        bits_skip(b, 32 + 5 + 5);
    }
}

static void read_operating_point(struct bits *b, const struct decoder_model *m, bool delays,
                                 struct av1_sequence *first) {
    bits_skip(b, 12); /* operating_point_idc */
    uint32_t level = bits_u(b, 5), tier = level > LEVEL_WITH_TIER ? bits_u(b, 1) : 0;
    if (m->present && bits_flag(b)) {
        bits_skip(b, 2 * m->delay_bits + 1);
    }
    if (delays && bits_flag(b)) {
        bits_skip(b, 4);
    }
    if (first) {
        first->level = (uint8_t)level;
        first->tier = (uint8_t)tier;
    }
}

static void read_operating_points(struct bits *b, struct av1_sequence *s) {
    struct decoder_model m = {0};
    if (s->reduced) {
        s->level = (uint8_t)bits_u(b, 5);
        return;
    }
    if (bits_flag(b)) {
        read_timing(b, &m);
    }
    bool delays = bits_flag(b);
    unsigned n = bits_u(b, 5) + 1;
    for (unsigned i = 0; i < n && !b->bad; i++) {
        read_operating_point(b, &m, delays, i == 0 ? s : NULL);
    }
}

static void read_size(struct bits *b, struct av1_sequence *s) {
    unsigned w = bits_u(b, 4) + 1, h = bits_u(b, 4) + 1;
    uint32_t width = bits_u(b, w) + 1, height = bits_u(b, h) + 1;
    b->bad = b->bad || width > UINT16_MAX || height > UINT16_MAX;
    s->width = (uint16_t)width;
    s->height = (uint16_t)height;
}

/* From frame_id_numbers_present_flag to enable_restoration. */
static void skip_tools(struct bits *b, bool reduced) {
    if (!reduced && bits_flag(b)) {
        bits_skip(b, 4 + 3);
    }
    bits_skip(b, 3); /* use_128x128_superblock, enable_filter_intra, enable_intra_edge_filter */
    if (!reduced) {
        bits_skip(b, 4); /* interintra, masked compound, warped motion, dual filter */
        bool order_hint = bits_flag(b);
        bits_skip(b, order_hint ? 2 : 0); /* enable_jnt_comp, enable_ref_frame_mvs */
        bool choose = bits_flag(b);       /* seq_choose_screen_content_tools */
        bool tools = choose || bits_flag(b);
        if (tools && !bits_flag(b)) { /* seq_choose_integer_mv */
            bits_skip(b, 1);
        }
        bits_skip(b, order_hint ? 3 : 0);
    }
    bits_skip(b, 3); /* enable_superres, enable_cdef, enable_restoration */
}

static void read_subsampling(struct bits *b, struct av1_sequence *s) {
    if (s->profile == 0) {
        s->subsampling_x = s->subsampling_y = true;
    } else if (s->profile == 1) {
        s->subsampling_x = s->subsampling_y = false;
    } else if (s->twelve_bit) {
        s->subsampling_x = bits_flag(b);
        s->subsampling_y = s->subsampling_x && bits_flag(b);
    } else {
        s->subsampling_x = true;
        s->subsampling_y = false;
    }
}

/* Section 5.5.2 */
static void read_color(struct bits *b, struct av1_sequence *s) {
    uint32_t primaries = 2, transfer = 2, matrix = 2;
    s->high_bitdepth = bits_flag(b);
    s->twelve_bit = s->profile == 2 && s->high_bitdepth && bits_flag(b);
    s->monochrome = s->profile != 1 && bits_flag(b);
    if (bits_flag(b)) {
        primaries = bits_u(b, 8);
        transfer = bits_u(b, 8);
        matrix = bits_u(b, 8);
    }
    if (s->monochrome) {
        bits_skip(b, 1); /* color_range */
        s->subsampling_x = s->subsampling_y = true;
    } else if (primaries == COLOR_BT_709 && transfer == TRANSFER_SRGB &&
               matrix == MATRIX_IDENTITY) {
        s->subsampling_x = s->subsampling_y = false;
    } else {
        bits_skip(b, 1); /* color_range */
        read_subsampling(b, s);
        if (s->subsampling_x && s->subsampling_y) {
            s->sample_position = (uint8_t)bits_u(b, 2);
        }
    }
}

enum err av1_sequence_read(struct bytes payload, struct av1_sequence *ret) {
    struct bits b = bits_of(payload);
    *ret = (struct av1_sequence){.profile = (uint8_t)bits_u(&b, 3)};
    bits_skip(&b, 1); /* still_picture */
    ret->reduced = bits_flag(&b);
    read_operating_points(&b, ret);
    read_size(&b, ret);
    skip_tools(&b, ret->reduced);
    read_color(&b, ret);
    return b.bad || ret->profile > 2 ? ERR_FORMAT : OK;
}

void av1_config_head(const struct av1_sequence *s, uint8_t ret[AV1_CONFIG_HEAD]) {
    ret[0] = 0x81; /* marker, version 1 */
    ret[1] = (uint8_t)(s->profile << 5 | s->level);
    ret[2] =
        (uint8_t)(s->tier << 7 | s->high_bitdepth << 6 | s->twelve_bit << 5 | s->monochrome << 4 |
                  s->subsampling_x << 3 | s->subsampling_y << 2 | s->sample_position);
    ret[3] = 0; /* no initial presentation delay */
}
