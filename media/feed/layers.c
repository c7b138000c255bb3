#include "media/feed/layers.h"

#include "base/alloc.h"
#include "media/wire/dependency_copy.h"

enum err layer_reader_init(struct layer_reader *r, const struct session_line *line) {
    if (line->codec == CODEC_AV1 && line->ext.id[RTP_EXT_DEPENDENCY] && !r->structure) {
        r->structure = mem_zalloc(1, sizeof(*r->structure));
        return r->structure ? OK : ERR_NOMEM;
    }
    return OK;
}

void layer_reader_free(struct layer_reader *r) {
    r->structure = mem_free(r->structure);
}

void layer_reader_reset(struct layer_reader *r) {
    r->n_spatial = 0;
    r->begun = r->settled = r->resumed = false;
    if (r->structure) {
        r->structure->n_templates = 0;
    }
}

void layer_reader_resume(struct layer_reader *r) {
    r->resumed = true;
}

struct layer_marks layers_none(void) {
    return (struct layer_marks){.needed = LAYERS_EVERY};
}

/* These targets at every size from `spatial` to `last`. */
static uint16_t sizes(unsigned spatial, unsigned last, unsigned temporal) {
    uint16_t set = 0;
    for (unsigned s = spatial; s <= last && s < LAYERS_SPATIAL; s++) {
        set |= targets_from(s, temporal);
    }
    return set;
}

/* What goes to whom is decided by the picture ids (send/rewrite_vp8.h): this is only measured. */
struct layer_marks layers_vp8(const struct vp8 *d) {
    uint8_t tid = d->has_tid ? d->tid : 0;
    return (struct layer_marks){.temporal = tid, .needed = sizes(0, LAYERS_SPATIAL, tid)};
}

/* How many sizes there are: said at a key frame; in the middle of a stream as many as a picture has
 * had until the next one begins. */
static void count_sizes(struct layer_reader *r, const struct vp9 *d) {
    bool key = !d->inter && d->spatial == 0 && d->layers > 0;
    if (key) {
        r->n_spatial = d->layers;
    }
    r->settled = r->settled || key || (r->begun && d->first && d->spatial == 0);
    r->begun = true;
    r->n_spatial = d->spatial >= r->n_spatial ? (uint8_t)(d->spatial + 1) : r->n_spatial;
}

/* Where the largest size of a stream is a smaller one of ours, it is also all above. */
struct layer_marks layers_vp9(struct layer_reader *r, const struct vp9 *d) {
    unsigned spatial = d->spatial < LAYERS_SPATIAL ? d->spatial : LAYERS_SPATIAL - 1;
    unsigned temporal = d->temporal < LAYERS_TEMPORAL ? d->temporal : LAYERS_TEMPORAL - 1;
    if (!d->has_layers) {
        return layers_none();
    }
    count_sizes(r, d);
    bool top = d->spatial + 1 == r->n_spatial;
    unsigned highest = top ? LAYERS_SPATIAL - 1 : spatial;
    struct layer_marks m = {.layered = true,
                            .ends = d->last,
                            .alone = !d->inter && !d->from_lower,
                            .spatial = (uint8_t)spatial,
                            .temporal = (uint8_t)temporal};
    m.needed = sizes(spatial, d->not_for_upper ? highest : LAYERS_SPATIAL - 1, temporal);
    if (m.alone) {
        m.enters = m.needed; /* a key frame: nothing after it refers to what was before */
    } else if (d->switches_up) {
        m.enters = sizes(spatial, r->settled ? highest : spatial, temporal);
    }
    return m;
}

/* The decode target that is closest to a target of ours: not larger, not faster, unless ours is the
 * best there is. */
static uint8_t closest(const struct dependency_structure *s, uint32_t active, unsigned target) {
    unsigned spatial = target_spatial(target), temporal = target_temporal(target), best = 0;
    int best_rank = -1;
    spatial = spatial == LAYERS_SPATIAL - 1 ? DEPENDENCY_SPATIAL_MAX : spatial;
    temporal = temporal == LAYERS_TEMPORAL - 1 ? DEPENDENCY_TEMPORAL_MAX : temporal;
    for (unsigned i = 0; i < s->n_targets; i++) {
        int rank = s->spatial[i] * DEPENDENCY_TEMPORAL_MAX + s->temporal[i];
        bool fits = s->spatial[i] <= spatial && s->temporal[i] <= temporal;
        if (fits && (active >> i & 1) && rank > best_rank) {
            best = i;
            best_rank = rank;
        }
    }
    return (uint8_t)best;
}

bool layers_known(const struct layer_reader *r, struct bytes descriptor) {
    return !r->structure || dependency_known(descriptor, r->structure);
}

/* A structure that came late is one that nothing refers to any more: its key frame is for all. */
static bool late(const struct layer_reader *r, uint64_t seq, struct bytes descriptor) {
    return r->structure->n_templates > 0 && seq < r->structure_seq &&
           dependency_has_structure(descriptor);
}

/* It is passed on without a word on targets: what refers to a structure that has not come says
 * nothing where it could be put, and one that came late is of a picture that is past. */
static struct layer_marks unread(struct bytes b, bool is_late, struct descriptor *ret) {
    struct dependency_structure past = {0};
    struct dependency d;
    struct layer_marks m = layers_none();
    enum err err = dependency_parse(b, &past, &d);
    *ret =
        (struct descriptor){.len = (uint8_t)b.n, .n_templates = err == OK ? past.n_templates : 0};
    m.described = err == (is_late ? OK : ERR_UNKNOWN);
    return m;
}

/* What its structure says of all frames. */
static void note_structure(struct layer_reader *r, uint64_t seq, uint32_t active) {
    r->structure_seq = seq;
    r->grid = grid_of(r->structure);
    for (unsigned i = 0; i < LAYERS_TARGETS; i++) {
        r->target[i] = closest(r->structure, active, i);
    }
}

static struct descriptor describe(const struct layer_reader *r, const struct dependency *d) {
    return (struct descriptor){.active_at = d->active_at,
                               .active = (uint16_t)(d->has_active ? d->active : r->active),
                               .len = d->len,
                               .n_templates = d->has_structure ? r->structure->n_templates : 0,
                               .grid = r->grid};
}

struct layer_marks layers_av1(struct layer_reader *r, uint64_t seq, struct bytes descriptor,
                              struct descriptor *ret) {
    struct dependency d;
    if (!r->structure || descriptor.n == 0 || descriptor.n > DEPENDENCY_LEN_MAX) {
        return layers_none();
    }
    if (late(r, seq, descriptor)) {
        return unread(descriptor, true, ret);
    }
    if (dependency_parse(descriptor, r->structure, &d) != OK) {
        return unread(descriptor, false, ret);
    }
    if (d.has_structure) {
        note_structure(r, seq, d.active);
    }
    if (d.has_active && (d.has_structure || seq >= r->active_seq)) { /* else it is of before */
        r->active = d.active;
        r->active_seq = seq;
    }
    *ret = describe(r, &d);
    uint8_t own = target_of(d.frame.spatial, d.frame.temporal);
    struct layer_marks m = {.layered = true,
                            .ends = d.end,
                            .alone = d.frame.n_diffs == 0,
                            .described = true,
                            .spatial = (uint8_t)target_spatial(own),
                            .temporal = (uint8_t)target_temporal(own)};
    for (unsigned i = 0; i < LAYERS_TARGETS; i++) {
        uint8_t dti = d.frame.dti[r->target[i]];
        m.needed |= (uint16_t)((dti != DTI_ABSENT) << i);
        m.enters |= (uint16_t)((dti == DTI_SWITCH) << i);
    }
    return m;
}
