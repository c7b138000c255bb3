/* libs: media_feed */
/* A stream of dependency descriptors, each behind its length: what they make of a stream's packets
 * stays within what is told apart, and a structure changes only as a whole. */
#include "base/check.h"
#include "media/feed/layers.h"

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
        struct layer_marks m = layers_av1(&reader, seq, b);
        CHECK(m.spatial < LAYERS_SPATIAL && m.temporal < LAYERS_TEMPORAL);
        CHECK((m.needed & ~LAYERS_EVERY) == 0 && (m.enters & ~m.needed) == 0);
        CHECK(!m.layered || known);
    }
    layer_reader_free(&reader);
    return 0;
}
