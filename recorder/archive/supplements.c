#include "recorder/archive/supplements.h"

#include "base/alloc.h"

#include <stdio.h>

struct versions {
    struct id recording;
    uint32_t highest;
    uint32_t below; /* versions below this one are gathered */
    uint32_t old[16];
    size_t n_old;
};

static void note(void *ctx, const char *name, uint64_t size) {
    struct versions *v = ctx;
    struct object_id o;
    (void)size;
    if (!object_parse_name(name, &o) || o.type != OBJECT_SUPPLEMENT ||
        !id_eq(&o.recording, &v->recording)) {
        return;
    }
    v->highest = o.number > v->highest ? o.number : v->highest;
    if (o.number < v->below && v->n_old < sizeof(v->old) / sizeof(*v->old)) {
        v->old[v->n_old++] = o.number;
    }
}

static enum err look(const struct archive *a, struct versions *v) {
    char prefix[OBJECT_NAME_MAX], id[ID_TEXT_MAX];
    snprintf(prefix, sizeof(prefix), "recordings/%s/supplement/", id_text(&v->recording, id));
    enum err e = a->store.list ? a->store.list(a->store.ctx, prefix, note, v) : OK;
    return e == ERR_UNKNOWN ? OK : e;
}

static struct object_id object_of(const struct id *recording, uint32_t version) {
    return (struct object_id){
        .type = OBJECT_SUPPLEMENT, .recording = *recording, .number = version};
}

enum err supplements_get(struct archive *a, const struct id *recording, struct supplement *ret) {
    struct versions v = {.recording = *recording};
    struct object_plain stored;
    struct supplement s = {.recording = *recording};
    enum err e = look(a, &v);
    if (e != OK || v.highest == 0) {
        *ret = s;
        return e;
    }
    struct object_id o = object_of(recording, v.highest);
    e = a->has_signer ? object_get_stored(&a->store, &o, &stored) : ERR_DENIED;
    if (e == OK) {
        e = supplement_decode(bytes_of(stored.p, stored.n), &a->signer, &s);
        mem_free(stored.p);
    }
    if (e == OK && (s.version != v.highest || !id_eq(&s.recording, recording))) {
        supplement_clear(&s);
        e = ERR_AUTH;
    }
    *ret = e == OK ? s : (struct supplement){0};
    return e;
}

/* What an interrupted replacement leaves is removed by the next one. */
static void remove_old(struct archive *a, const struct id *recording, uint32_t version) {
    struct versions v = {.recording = *recording, .below = version};
    char name[OBJECT_NAME_MAX];
    if (look(a, &v) != OK) {
        return;
    }
    for (size_t i = 0; i < v.n_old; i++) {
        struct object_id o = object_of(recording, v.old[i]);
        (void)a->store.remove(a->store.ctx, object_name(&o, name));
    }
}

enum err supplements_put(struct archive *a, struct supplement *s) {
    struct object_id o = object_of(&s->recording, s->version + 1);
    struct object_info info;
    struct key_ring ring;
    char *text = NULL;
    size_t n = 0;
    enum err e = a->has_signer ? archive_ring(a, &s->recording, &ring) : ERR_DENIED;
    if (e != OK) {
        return e == ERR_GONE ? ERR_UNKNOWN : e;
    }
    key_ring_close(&ring);
    s->version++;
    e = supplement_encode(s, &a->signer, &text, &n);
    e = e == OK ? object_put_clear(&a->store, &o, bytes_of(text, n), &info) : e;
    mem_free(text);
    if (e != OK) {
        s->version--;
        return e;
    }
    remove_old(a, &s->recording, s->version);
    return OK;
}
