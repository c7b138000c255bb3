#include "server/recording/readable.h"

enum err readable_open(struct library *l, const struct read_request *q, struct readable *ret) {
    struct library_derived_name n = {.id = q->recording, .track = q->track, .number = q->epoch};
    *ret = (struct readable){0};
    if (q->type == READ_MEDIA || q->type == READ_SEGMENT) {
        struct library_file f = {q->recording, q->track, q->epoch, q->snapshot};
        return q->type == READ_MEDIA ? library_media_open_file(l, &f, &ret->media)
                                     : library_media_open_segment(l, &f, q->number, &ret->media);
    }
    n.kind = q->type == READ_THUMBNAIL  ? LIBRARY_THUMBNAIL
             : q->type == READ_WAVEFORM ? LIBRARY_WAVEFORM
                                        : LIBRARY_EXPORT;
    return library_derived_open(l, &n, &ret->derived);
}

bool readable_is_open(const struct readable *r) {
    return r->media || r->derived;
}

bool readable_current(const struct readable *r) {
    return r->media && library_media_current(r->media);
}

uint64_t readable_snapshot(const struct readable *r) {
    return r->media ? library_media_snapshot(r->media) : 1;
}

bool readable_gone(const struct readable *r) {
    return (r->media && library_media_gone(r->media)) ||
           (r->derived && library_derived_gone(r->derived));
}

void readable_close(struct readable *r) {
    r->media = library_media_close(r->media);
    r->derived = library_derived_close(r->derived);
}

uint64_t readable_size(const struct readable *r) {
    return r->media ? library_media_size(r->media) : library_derived_size(r->derived);
}

size_t readable_held(const struct readable *r) {
    return r->media ? library_media_held(r->media) : 0;
}

const char *readable_type(const struct readable *r) {
    return r->media ? library_media_type(r->media) : library_derived_type(r->derived);
}

enum err readable_read(struct readable *r, uint64_t at, uint8_t *out, size_t n) {
    return r->media ? library_media_read(r->media, at, out, n)
                    : library_derived_read(r->derived, at, out, n);
}
