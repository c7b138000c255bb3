/* How a viewer comes to a picture: from what is kept of the feed since its last key frame, or by a
 * key frame that is asked for, where that is not kept or would take too long on its path. Owner:
 * the engine's thread. */
#ifndef ORIEL_MEDIA_ENGINE_PICTURE_H
#define ORIEL_MEDIA_ENGINE_PICTURE_H

#include "media/engine/session.h"

/* The stream of s awaits this feed (stream_show), of which it has nothing: begin a replay, if that
 * is the way; else a key frame is asked for. */
void picture_begin(struct session *s, us_t now, struct stream *out, struct feed *f);
/* The stream of s that awaits this feed is to begin with what is kept of it, where that is: it
 * shows nothing meanwhile, or something else. Another layer of what it shows would jump back. */
bool picture_replays(const struct session *s, const struct stream *out, struct feed *f);
/* What is kept of the feed has just come from elsewhere: who awaits it begins with that. */
void picture_kept(struct feed *f, us_t now);
/* To show the stream's viewer this picture, at this target (layers.h), as it is kept, and what
 * comes of it meanwhile, would take longer than a key frame, for all that is guessed of its path.
 */
bool picture_takes_long(const struct session *s, us_t now, const struct stream *out,
                        const struct feed *f, unsigned target);
/* The viewer says that it has lost the picture of this stream (PLI, FIR). */
void picture_lost(struct session *s, us_t now, struct stream *out);
/* It has been left without any for a while: what was under way meanwhile did not come either. */
void picture_lost_all(struct session *s, us_t now);
/* What has been replayed for too long is given up, and what is behind for too long. */
void picture_give_up(struct session *s, us_t now);

#endif
