/* libs: media_feed */
/* A stream of dependency descriptors, each behind its length: what they make of a stream's packets
 * stays within what is told apart, and a structure changes only as a whole. */
#include "base/check.h"
#include "media/feed/layers.h"
#include "media/wire/dependency_copy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_structure(const struct dependency_structure *s) {
    CHECK(s->n_templates >= 1 && s->n_templates <= DEPENDENCY_TEMPLATES_MAX);
    CHECK(s->n_targets >= 1 && s->n_targets <= DEPENDENCY_TARGETS_MAX);
    CHECK(s->n_chains <= s->n_targets && s->n_sizes <= DEPENDENCY_SPATIAL_MAX);
    for (unsigned i = 0; i < s->n_templates; i++) {
        CHECK(s->templates[i].n_diffs <= DEPENDENCY_DIFFS_MAX);
        CHECK(s->templates[i].spatial < DEPENDENCY_SPATIAL_MAX);
        CHECK(s->templates[i].temporal < DEPENDENCY_TEMPORAL_MAX);
    }
    for (unsigned i = 0; i < s->n_targets; i++) {
        CHECK(s->n_chains == 0 || s->protected_by[i] < s->n_chains);
        CHECK(s->spatial[i] < DEPENDENCY_SPATIAL_MAX && s->temporal[i] < DEPENDENCY_TEMPORAL_MAX);
    }
}

/* A copy says what it was to say, and all else as before. */
static void check_copy(const struct dependency_structure *s, struct bytes b,
                       const struct dependency *d) {
    static struct dependency_structure again;
    uint8_t out[DEPENDENCY_LEN_MAX];
    struct dependency e;
    struct grid g = grid_of(s);
    bool own = dependency_says_active(b);
    struct dependency_copy c = {.frame_number = (uint16_t)(d->frame_number * 7),
                                .ids = (uint8_t)(d->frame_number & 63),
                                .sets_active = grid_targets(g) > 0 && (d->frame_number & 1),
                                .n_targets = grid_targets(g),
                                .active_at = d->active_at,
                                .active = d->frame_number & ((1u << grid_targets(g)) - 1)};
    size_t n = dependency_copy(b, &c, out);
    CHECK(n == dependency_copy_len(b, &c) && n <= DEPENDENCY_LEN_MAX);
    again = *s;
    again.first_id = (s->first_id + c.ids) & (DEPENDENCY_TEMPLATES_MAX - 1);
    CHECK(dependency_parse(bytes_of(out, n), &again, &e) == OK);
    CHECK(e.start == d->start && e.end == d->end && e.frame_number == c.frame_number);
    CHECK(e.template_id == ((d->template_id + c.ids) & (DEPENDENCY_TEMPLATES_MAX - 1)));
    CHECK(e.has_structure == d->has_structure);
    CHECK(memcmp(&e.frame, &d->frame, sizeof(e.frame)) == 0);
    again.first_id = s->first_id;
    CHECK(memcmp(&again, s, sizeof(again)) == 0);
    bool sets =
        c.sets_active && (own || n > b.n || (n == b.n && dependency_says_active(bytes_of(out, n))));
    CHECK(!sets || (e.has_active && e.active == c.active));
    CHECK(sets || !d->has_active || e.active == d->active);
    for (unsigned t = 0; t < LAYERS_TARGETS; t++) {
        uint16_t all = (uint16_t)((1u << grid_targets(g)) - 1), set = grid_active(g, all, t);
        CHECK(grid_targets(g) == 0 || (set && (set & ~all) == 0));
    }
}

static void parse(struct dependency_structure *s, struct bytes b) {
    static struct dependency_structure before;
    struct dependency d;
    before = *s;
    bool known = dependency_known(b, s);
    enum err err = dependency_parse(b, s, &d);
    if (err != OK || !d.has_structure) {
        CHECK(memcmp(&before, s, sizeof(before)) == 0);
    }
    CHECK(err != ERR_UNKNOWN || !known);
    if (err == OK) {
        CHECK(known);
        CHECK(d.has_structure == dependency_has_structure(b));
        CHECK(!d.has_active || s->n_targets == 32 || d.active >> s->n_targets == 0);
        check_structure(s);
        check_copy(s, b, &d);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct dependency_structure alone;
    struct session_line line = {.codec = CODEC_AV1, .ext.id[RTP_EXT_DEPENDENCY] = 1};
    struct layer_reader reader = {0};
    uint64_t seq = 1u << 16;
    alone = (struct dependency_structure){0};
    if (layer_reader_init(&reader, &line) != OK) {
        return 0;
    }
    for (size_t at = 0; at < size; seq++) {
        size_t n = data[at++];
        n = n < size - at ? n : size - at;
        struct bytes b = bytes_of(data + at, n);
        at += n;
        parse(&alone, b);
        bool known = layers_known(&reader, b);
        struct descriptor d;
        struct layer_marks m = layers_av1(&reader, seq, b, &d);
        CHECK(m.spatial < LAYERS_SPATIAL && m.temporal < LAYERS_TEMPORAL);
        CHECK((m.needed & ~LAYERS_EVERY) == 0 && (m.enters & ~m.needed) == 0);
        CHECK(!m.layered || (known && m.described));
        CHECK(!m.described || (d.len <= b.n && d.len >= DEPENDENCY_MANDATORY));
        CHECK(!m.described || d.n_templates == 0 || d.len > DEPENDENCY_MANDATORY + 1);
    }
    layer_reader_free(&reader);
    return 0;
}
