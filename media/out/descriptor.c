#include "media/out/descriptor.h"

/* Which targets, and whether that must be said. */
static struct dependency_copy targets(const struct stream *s, const struct media_packet *p) {
    const struct descriptor *d = &p->descriptor;
    struct dependency_copy c = {.n_targets = grid_targets(d->grid), .active_at = d->active_at};
    if (c.n_targets > 0) {
        c.active = grid_active(d->grid, d->active, choice_target(&s->layers, p->seq));
        c.sets_active = c.active != d->active || choice_changed(&s->layers, p->seq) ||
                        dependency_says_active(media_packet_descriptor(p));
    }
    return c;
}

/* It may be the one from which on something else is sent (stream_map), which it would say. */
static bool may_change(const struct stream *s, const struct media_packet *p) {
    const struct choice *c = &s->layers;
    bool thins = s->replay.behind && s->replay.thin;
    return s->fresh || ((!c->begun || p->seq > c->newest) && (c->want != c->now || thins));
}

size_t descriptor_len(const struct stream *s, const struct media_packet *p) {
    struct dependency_copy c = targets(s, p);
    c.sets_active = c.sets_active || (c.n_targets > 0 && may_change(s, p));
    return dependency_copy_len(media_packet_descriptor(p), &c);
}

size_t descriptor_write(struct stream *s, const struct media_packet *p,
                        uint8_t out[DEPENDENCY_LEN_MAX]) {
    struct rewrite_dependency_in in = {media_packet_descriptor(p), p->descriptor.n_templates};
    struct dependency_copy c = targets(s, p);
    rewrite_dependency_map(&s->dependency, &in, &c);
    return dependency_copy(in.element, &c, out);
}
