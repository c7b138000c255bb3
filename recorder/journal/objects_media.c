#include "recorder/journal/objects_media.h"

#include "base/alloc.h"

#include <string.h>

#define LENGTH_LEN 4

static struct object_id media_id(const struct id *recording, const struct entry_segment *s) {
    return (struct object_id){.type = OBJECT_MEDIA,
                              .recording = *recording,
                              .track = s->track,
                              .epoch = s->epoch,
                              .number = s->number};
}

/* The object is there: is it what we would have written? */
static enum err same_already(const struct object_access *a, const struct object_id *o,
                             struct bytes plain, struct object_info *ret) {
    struct object_plain there;
    enum err e = object_get(a, o, &there);
    if (e != OK) {
        return e == ERR_AUTH ? ERR_EXISTS : e;
    }
    e = bytes_eq(bytes_of(there.p, there.n), plain) ? OK : ERR_EXISTS;
    *ret = there.info;
    mem_free(there.p);
    return e;
}

enum err media_object_put(const struct object_access *a, const struct id *recording,
                          struct entry *e, struct bytes media) {
    struct entry_segment *s = &e->u.segment;
    struct object_id o = media_id(recording, s);
    struct buffer plain = {0};
    uint8_t length[LENGTH_LEN];
    s->bytes = media.n;
    s->info = (struct object_info){0};
    buffer_put(&plain, media.p, media.n);
    enum err error = entry_encode(e, NULL, &plain);
    if (error == OK) {
        put_be32(length, (uint32_t)(plain.n - media.n));
        buffer_put(&plain, length, sizeof(length));
        error = plain.bad ? ERR_NOMEM : OK;
    }
    if (error == OK) {
        struct bytes all = bytes_of(plain.p, plain.n);
        error = object_put(a, &o, all, &s->info);
        if (error == ERR_EXISTS) {
            error = same_already(a, &o, all, &s->info);
        }
    }
    buffer_free(&plain);
    return error;
}

static enum err read_entry(const struct object_plain *plain, const struct entry_segment *seg,
                           struct entry *ret) {
    struct entry e;
    if (plain->n < LENGTH_LEN) {
        return ERR_AUTH;
    }
    size_t rest = plain->n - LENGTH_LEN, n = be32(plain->p + rest);
    enum err error = n > rest ? ERR_AUTH : entry_decode(bytes_of(plain->p + rest - n, n), &e, NULL);
    if (error != OK || e.type != ENTRY_SEGMENT) {
        return error == ERR_NOMEM ? error : ERR_AUTH;
    }
    struct entry_segment *s = &e.u.segment;
    if (!id_eq(&s->track, &seg->track) || s->epoch != seg->epoch || s->number != seg->number ||
        s->bytes != rest - n) {
        return ERR_AUTH;
    }
    s->info = plain->info;
    *ret = e;
    return OK;
}

enum err media_object_entry(const struct object_access *a, const struct id *recording,
                            const struct entry_segment *seg, struct entry *ret) {
    struct object_id o = media_id(recording, seg);
    struct object_plain plain;
    enum err e = object_get(a, &o, &plain);
    if (e == OK) {
        e = read_entry(&plain, seg, ret);
        mem_free(plain.p);
    }
    return e;
}
