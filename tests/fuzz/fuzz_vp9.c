/* libs: media_feed */
/* Payloads of a VP9 stream, each behind its length: a descriptor lies within its payload, and what
 * is said of layers within what is told apart. */
#include "base/check.h"
#include "media/feed/layers.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct layer_reader reader = {0};
    for (size_t at = 0; at < size;) {
        struct vp9 d;
        size_t n = data[at++];
        n = n < size - at ? n : size - at;
        struct bytes b = bytes_of(data + at, n);
        at += n;
        if (vp9_parse(b, &d) != OK) {
            continue;
        }
        CHECK(d.len >= 1 && d.len < b.n);
        CHECK(!d.ids.has_picture_id || d.ids.picture_id_at + (d.ids.picture_id_bits == 15) < d.len);
        CHECK(!d.ids.has_picture_id || d.ids.picture_id < 1u << d.ids.picture_id_bits);
        CHECK(!d.ids.has_tl0picidx || b.p[d.ids.tl0picidx_at] == d.ids.tl0picidx);
        struct layer_marks m = layers_vp9(&reader, &d);
        CHECK(m.layered == d.has_layers && reader.n_spatial <= 8);
        CHECK(m.spatial < LAYERS_SPATIAL && m.temporal < LAYERS_TEMPORAL);
        CHECK(target_in(m.needed, target_of(m.spatial, m.temporal)));
        CHECK((m.needed & ~LAYERS_EVERY) == 0);
    }
    return 0;
}
