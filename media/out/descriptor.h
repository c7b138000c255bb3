/* The dependency descriptor of a packet as its viewer gets it: numbers that run on whatever is
 * shown (send/rewrite_dependency.h), and which decode targets are to be had, from when on that is
 * not all that the source sends. It is so in each packet from then on: a set holds until another is
 * said, so each viewer would have to be asked which one has reached it. Owner: the engine's thread.
 */
#ifndef ORIEL_MEDIA_OUT_DESCRIPTOR_H
#define ORIEL_MEDIA_OUT_DESCRIPTOR_H

#include "media/out/stream.h"

/* This packet goes to this viewer with one. */
static inline bool descriptor_goes(const struct stream *s, const struct media_packet *p) {
    return s->header.dependency && p->layers.described;
}
/* Of a packet that descriptor_goes with: its length [bytes], at most, before stream_map; */
size_t descriptor_len(const struct stream *s, const struct media_packet *p);
/* and write it, the same each time: returns its length. */
size_t descriptor_write(struct stream *s, const struct media_packet *p,
                        uint8_t out[DEPENDENCY_LEN_MAX]);

#endif
