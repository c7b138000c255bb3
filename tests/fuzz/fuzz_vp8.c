/* libs: media_wire */
/* The first three bytes are what to write, the rest is a payload: parse, rewrite, parse again. */
#include "base/alloc.h"
#include "base/check.h"
#include "media/wire/vp8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void rewrite(struct bytes payload, const struct vp8 *d, uint16_t id, uint8_t tl0) {
    uint8_t *copy = mem_alloc(payload.n);
    struct vp8 again;
    if (!copy) {
        return;
    }
    memcpy(copy, payload.p, payload.n);
    picture_ids_write(copy, &d->ids, id, tl0);
    CHECK(vp8_parse(bytes_of(copy, payload.n), &again) == OK);
    CHECK(again.len == d->len && again.ids.picture_id_bits == d->ids.picture_id_bits);
    CHECK(again.keyframe == d->keyframe && again.start == d->start && again.tid == d->tid);
    CHECK(!d->ids.has_picture_id ||
          again.ids.picture_id == (id & (d->ids.picture_id_bits == 7 ? 0x7f : 0x7fff)));
    CHECK(!d->ids.has_tl0picidx || again.ids.tl0picidx == tl0);
    CHECK(memcmp(copy + d->len, payload.p + d->len, payload.n - d->len) == 0);
    mem_free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct vp8 d;
    uint16_t width, height;
    if (size < 3) {
        return 0;
    }
    struct bytes payload = bytes_of(data + 3, size - 3);
    if (vp8_parse(payload, &d) != OK) {
        return 0;
    }
    CHECK(d.len >= 1 && d.len <= 6 && d.len < payload.n);
    if (vp8_keyframe_size(payload, &d, &width, &height) == OK) {
        CHECK(d.keyframe && width && width <= 16383 && height && height <= 16383);
    }
    rewrite(payload, &d, be16(data), data[2]);
    return 0;
}
