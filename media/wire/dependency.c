#include "media/wire/dependency.h"

#include "base/bits.h"

/* ns(n) of A.8.1: 0..n-1, the lower ones a bit shorter. */
static uint32_t read_ns(struct bits *b, uint32_t n) {
    unsigned w = 32u - (unsigned)__builtin_clz(n);
    uint32_t m = (1u << w) - n, v = bits_u(b, w - 1);
    return v < m ? v : (v << 1) - m + bits_u(b, 1);
}

/* template_layers() */
static void read_layers(struct bits *b, struct dependency_structure *s) {
    enum { SAME, NEXT_TEMPORAL, NEXT_SPATIAL, END } next;
    unsigned spatial = 0, temporal = 0;
    do {
        if (s->n_templates == DEPENDENCY_TEMPLATES_MAX || spatial == DEPENDENCY_SPATIAL_MAX ||
            temporal == DEPENDENCY_TEMPORAL_MAX) {
            b->bad = true;
            return;
        }
        struct dependency_frame *t = &s->templates[s->n_templates++];
        t->spatial = (uint8_t)spatial;
        t->temporal = (uint8_t)temporal;
        next = bits_u(b, 2);
        temporal = next == NEXT_TEMPORAL ? temporal + 1 : next == NEXT_SPATIAL ? 0 : temporal;
        spatial += next == NEXT_SPATIAL;
    } while (next != END && !b->bad);
}

static void read_dtis(struct bits *b, unsigned n, struct dependency_frame *f) {
    for (unsigned i = 0; i < n; i++) {
        f->dti[i] = (uint8_t)bits_u(b, 2);
    }
}

static void add_diff(struct bits *b, struct dependency_frame *f, uint32_t diff) {
    if (f->n_diffs == DEPENDENCY_DIFFS_MAX) {
        b->bad = true;
        return;
    }
    f->diffs[f->n_diffs++] = (uint16_t)diff;
}

/* template_chains() */
static void read_chains(struct bits *b, struct dependency_structure *s) {
    s->n_chains = (uint8_t)read_ns(b, s->n_targets + 1u);
    for (unsigned i = 0; s->n_chains > 0 && i < s->n_targets; i++) {
        s->protected_by[i] = (uint8_t)read_ns(b, s->n_chains);
    }
    for (unsigned i = 0; i < s->n_templates; i++) {
        for (unsigned k = 0; k < s->n_chains; k++) {
            s->templates[i].chain[k] = (uint8_t)bits_u(b, 4);
        }
    }
}

/* decode_target_layers() */
static void note_layers(struct dependency_structure *s) {
    for (unsigned i = 0; i < s->n_targets; i++) {
        for (unsigned k = 0; k < s->n_templates; k++) {
            const struct dependency_frame *t = &s->templates[k];
            if (t->dti[i] != DTI_ABSENT) {
                s->spatial[i] = t->spatial > s->spatial[i] ? t->spatial : s->spatial[i];
                s->temporal[i] = t->temporal > s->temporal[i] ? t->temporal : s->temporal[i];
            }
        }
    }
}

/* template_dependency_structure() */
static void read_structure(struct bits *b, struct dependency_structure *s) {
    *s = (struct dependency_structure){.first_id = (uint8_t)bits_u(b, 6)};
    s->n_targets = (uint8_t)(bits_u(b, 5) + 1);
    read_layers(b, s);
    for (unsigned i = 0; i < s->n_templates; i++) {
        read_dtis(b, s->n_targets, &s->templates[i]);
    }
    for (unsigned i = 0; i < s->n_templates; i++) {
        while (bits_flag(b) && !b->bad) {
            add_diff(b, &s->templates[i], bits_u(b, 4) + 1);
        }
    }
    read_chains(b, s);
    note_layers(s);
    if (bits_flag(b)) { /* render_resolutions() */
        s->n_sizes = (uint8_t)(s->templates[s->n_templates - 1].spatial + 1);
    }
    for (unsigned i = 0; i < s->n_sizes; i++) {
        s->width[i] = (uint16_t)bits_u(b, 16);
        s->height[i] = (uint16_t)bits_u(b, 16);
    }
}

/* What a frame says otherwise than its template: custom_dtis_flag and so on. */
struct custom {
    bool dtis, diffs, chains;
};

/* frame_dependency_definition() */
static void read_frame(struct bits *b, const struct dependency_structure *s, struct custom custom,
                       struct dependency_frame *f) {
    uint32_t size;
    if (custom.dtis) {
        read_dtis(b, s->n_targets, f);
    }
    if (custom.diffs) {
        f->n_diffs = 0;
        while ((size = bits_u(b, 2)) > 0 && !b->bad) {
            add_diff(b, f, bits_u(b, 4 * size) + 1);
        }
    }
    for (unsigned i = 0; custom.chains && i < s->n_chains; i++) {
        f->chain[i] = (uint8_t)bits_u(b, 8);
    }
}

/* Of the template's id. */
static unsigned index_of(const struct dependency_structure *s, uint8_t id) {
    return (id - s->first_id) & (DEPENDENCY_TEMPLATES_MAX - 1u);
}

bool dependency_has_structure(struct bytes b) {
    return b.n > DEPENDENCY_MANDATORY && (b.p[DEPENDENCY_MANDATORY] & 0x80);
}

bool dependency_known(struct bytes b, const struct dependency_structure *structure) {
    return b.n < DEPENDENCY_MANDATORY || dependency_has_structure(b) ||
           index_of(structure, b.p[0] & 0x3f) < structure->n_templates;
}

enum err dependency_parse(struct bytes b, struct dependency_structure *structure,
                          struct dependency *ret) {
    struct bits r = bits_of(b);
    struct dependency_structure fresh;
    const struct dependency_structure *s = structure;
    struct custom custom = {0};
    struct dependency d = {.start = bits_flag(&r), .end = bits_flag(&r)};
    d.template_id = (uint8_t)bits_u(&r, 6);
    d.frame_number = (uint16_t)bits_u(&r, 16);
    if (b.n > DEPENDENCY_MANDATORY) { /* extended_descriptor_fields() */
        d.has_structure = bits_flag(&r);
        d.has_active = bits_flag(&r);
        custom.dtis = bits_flag(&r);
        custom.diffs = bits_flag(&r);
        custom.chains = bits_flag(&r);
    }
    if (d.has_structure) {
        read_structure(&r, &fresh);
        s = &fresh;
        d.active = UINT32_MAX >> (32 - s->n_targets);
    }
    if (r.bad) {
        return b.n < DEPENDENCY_MANDATORY ? ERR_SHORT : ERR_FORMAT;
    }
    unsigned index = index_of(s, d.template_id);
    if (index >= s->n_templates) {
        return d.has_structure ? ERR_FORMAT : ERR_UNKNOWN;
    }
    d.active_at = (uint16_t)(b.n > DEPENDENCY_MANDATORY ? r.at : DEPENDENCY_ACTIVE_AT);
    if (d.has_active) {
        d.active = bits_u(&r, s->n_targets);
    }
    d.has_active |= d.has_structure;
    d.frame = s->templates[index];
    read_frame(&r, s, custom, &d.frame);
    if (r.bad) {
        return ERR_FORMAT;
    }
    d.len = (uint8_t)((r.at + 7) / 8);
    if (d.has_structure) {
        *structure = fresh;
    }
    *ret = d;
    return OK;
}
