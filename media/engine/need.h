/* Which layers of a source anybody needs. What nobody does is not encoded: its sender is told to
 * stop it (MEDIA_LAYERS), and it is dormant, which is as good as there: it is offered to viewers
 * with what it took when it came last, and the first who is to have it has it asked for at once.
 * Until its first key frame the viewer keeps a smaller one. Owner: the engine's thread.
 *
 * DESIGN. A layer is needed by a slot that is to show it, by a stream that shows or awaits it, by
 * the recorder, which has the largest of what it records, and by other workers. Nobody counts
 * these: once a second they are looked for, and each layer remembers when it was needed last, so
 * that a message that got lost or a viewer who vanished can keep nothing awake and put nothing to
 * sleep. Wishes of other workers come again once a second (RELAY_NEEDED) and are of that moment,
 * too. The smallest layer that flows is never stopped: it tells that the camera is on, and it is
 * what a newcomer sees first. A source of which nothing comes any more begins anew with all of its
 * layers.
 *
 * A layer that does not come although it was asked for has been stopped by its encoder, for want of
 * uplink or processor. It is offered no more until it comes by itself. */
#ifndef ORIEL_MEDIA_ENGINE_NEED_H
#define ORIEL_MEDIA_ENGINE_NEED_H

#include "media/engine/source.h"

#define NEED_EVERY (1 * US_PER_S) /* [us] needs are looked for again, and told to other workers */
#define NEED_AWAIT (3 * US_PER_S) /* [us] what was asked for comes by then, or not */

/* These layers of it flow from now on. */
void need_begins(struct flow *f, unsigned layers, us_t now);
/* Others of its layers flow than before. */
void need_changed(struct source *x, us_t now);
/* Somebody needs layer i now. When it is dormant it is asked for. */
void need_layer(struct flow *f, unsigned i, us_t now);
/* What is recorded of it is its largest layer. */
void need_recorded(struct flow *f, us_t now);
/* What is shown until this one comes: itself when it flows, else the largest smaller one. */
struct layer *need_instead(struct layer *l);
/* Somebody gets it, or would, or waits for it, here or on another worker. */
static inline bool need_is_wanted(const struct layer *l, us_t now) {
    bool elsewhere = l->told_at > 0 && now - l->told_at < 2 * NEED_EVERY;
    return elsewhere || l == l->flow->shown || !list_empty(&l->feed.subs);
}
/* Another worker says that it needs layer i of what we receive. */
void need_told(struct flow *f, unsigned i, us_t now);
/* The replica is due: tell its origin what of it is needed here. */
void need_tell(const struct flow *f, us_t now);
/* Its origin has told which layers of the replica are dormant. */
void need_relayed(struct flow *f, const struct relay *m);
/* What the session was told by another engine is not known: all its layers are wished for. */
void need_adopted(struct session *s);
/* When a tour is due: look for what is needed. */
void need_on_timer(struct tour *t, us_t now);

#endif
