#include "recorder/derived/task.h"

#include "base/alloc.h"

#define INPUT_LEN 28  /* [bytes] */
#define MOMENT_LEN 12 /* [bytes] */
#define GROW 64

static void put(struct buffer *out, uint64_t v, unsigned n) {
    uint8_t b[8];
    for (unsigned i = 0; i < n; i++) {
        b[i] = (uint8_t)(v >> 8 * (n - 1 - i));
    }
    buffer_put(out, b, n);
}

void task_encode(const struct task *t, struct buffer *out) {
    put(out, t->kind, 1);
    put(out, t->layout, 1);
    put(out, t->fps, 1);
    put(out, t->width, 2);
    put(out, t->height, 2);
    put(out, (uint64_t)t->duration, 8);
    put(out, t->n_inputs, 4);
    put(out, t->n_moments, 4);
    for (uint32_t i = 0; i < t->n_inputs; i++) {
        const struct task_input *in = &t->inputs[i];
        put(out, in->size, 8);
        put(out, (uint64_t)in->start, 8);
        put(out, (uint64_t)in->end, 8);
        put(out, in->role, 1);
        put(out, in->format, 1);
        put(out, in->line, 2);
    }
    for (uint32_t i = 0; i < t->n_moments; i++) {
        put(out, t->moments[i].input, 4);
        put(out, (uint64_t)t->moments[i].at, 8);
    }
}

static bool decode_lists(struct rd *r, struct task *t) {
    for (uint32_t i = 0; i < t->n_inputs; i++) {
        struct task_input *in = &t->inputs[i];
        in->size = rd_u64(r);
        in->start = (us_t)rd_u64(r);
        in->end = (us_t)rd_u64(r);
        in->role = rd_u8(r);
        in->format = rd_u8(r);
        in->line = rd_u16(r);
        if (in->size > INT64_MAX || in->role > TASK_ROLE_SOUND || in->format > TASK_FORMAT_MP4) {
            return false;
        }
    }
    for (uint32_t i = 0; i < t->n_moments; i++) {
        t->moments[i].input = rd_u32(r);
        t->moments[i].at = (us_t)rd_u64(r);
        if (t->moments[i].input >= t->n_inputs || t->moments[i].at < 0) {
            return false;
        }
    }
    return !r->bad;
}

static bool known(const struct task *t) {
    bool sides = t->width >= 16 && t->width <= TASK_SIDE_MAX && t->width % 2 == 0;
    if (t->kind == TASK_EXPORT) {
        sides = sides && t->height >= 16 && t->height <= TASK_SIDE_MAX && t->height % 2 == 0 &&
                t->fps >= 1 && t->fps <= 60 && t->layout <= TASK_LAYOUT_FACES;
    }
    return t->kind >= TASK_THUMBNAILS && t->kind <= TASK_HOARD && t->duration >= 0 &&
           (sides || (t->kind != TASK_EXPORT && t->kind != TASK_THUMBNAILS));
}

enum err task_decode(struct bytes b, struct task *ret) {
    struct rd r = rd_of(b.p, b.n);
    struct task t = {.kind = rd_u8(&r),
                     .layout = rd_u8(&r),
                     .fps = rd_u8(&r),
                     .width = rd_u16(&r),
                     .height = rd_u16(&r),
                     .duration = (us_t)rd_u64(&r),
                     .n_inputs = rd_u32(&r),
                     .n_moments = rd_u32(&r)};
    if (r.bad || !known(&t) || t.n_inputs > TASK_INPUTS_MAX || t.n_moments > TASK_MOMENTS_MAX ||
        rd_left(&r) != (size_t)t.n_inputs * INPUT_LEN + (size_t)t.n_moments * MOMENT_LEN) {
        return ERR_FORMAT;
    }
    t.inputs = mem_zalloc(t.n_inputs + 1, sizeof(*t.inputs));
    t.moments = mem_zalloc(t.n_moments + 1, sizeof(*t.moments));
    enum err e = !t.inputs || !t.moments ? ERR_NOMEM : decode_lists(&r, &t) ? OK : ERR_FORMAT;
    if (e != OK) {
        task_clear(&t);
        return e;
    }
    *ret = t;
    return OK;
}

/* Lists grow by GROW at a time; the room there is follows from the length. */
static bool room(void **list, uint32_t n, size_t each) {
    if (n % GROW) {
        return true;
    }
    void *p = mem_realloc(*list, (size_t)(n + GROW) * each);
    if (p) {
        *list = p;
    }
    return p != NULL;
}

enum err task_add_input(struct task *t, const struct task_input *i) {
    void *list = t->inputs;
    if (t->n_inputs == TASK_INPUTS_MAX) {
        return ERR_FULL;
    }
    bool ok = room(&list, t->n_inputs, sizeof(*i));
    t->inputs = list;
    if (ok) {
        t->inputs[t->n_inputs++] = *i;
    }
    return ok ? OK : ERR_NOMEM;
}

enum err task_add_moment(struct task *t, const struct task_moment *m) {
    void *list = t->moments;
    if (t->n_moments == TASK_MOMENTS_MAX) {
        return ERR_FULL;
    }
    bool ok = room(&list, t->n_moments, sizeof(*m));
    t->moments = list;
    if (ok) {
        t->moments[t->n_moments++] = *m;
    }
    return ok ? OK : ERR_NOMEM;
}

void task_clear(struct task *t) {
    mem_free(t->inputs);
    mem_free(t->moments);
    memset(t, 0, sizeof(*t));
}
