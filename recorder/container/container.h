/* Which container holds which codec, and what it needs to know of it: the table that track, muxer
 * and library ask. WebM holds VP8, VP9, AV1 and Opus (RFC 9559), MP4 fragments H.264 and Opus
 * (ISO/IEC 14496-12, -15). Stateless; any thread. */
#ifndef ORIEL_RECORDER_CONTAINER_CONTAINER_H
#define ORIEL_RECORDER_CONTAINER_CONTAINER_H

#include "base/buffer.h"
#include "base/bytes.h"
#include "base/terms.h"

#include <stdbool.h>

#define CONTAINER_INIT_MAX 512      /* [bytes] of a decoder configuration record */
#define CONTAINER_OPUS_PRE_SKIP 312 /* [1/48000 s] what libopus encoders ask for: 6.5 ms */

/* The identification header of RFC 7845 section 5.1, which WebM takes as CodecPrivate. */
extern const uint8_t container_opus_head[19];

enum container { CONTAINER_WEBM, CONTAINER_MP4 };

/* Of an epoch with this video codec; CODEC_NONE: sound alone. */
enum container container_of_codec(enum codec video);
/* "video/webm" ...; pictures: there are some. Never NULL. */
const char *container_type(enum container c, bool pictures);
/* What is in a file, as players ask for it (RFC 6381 section 3). */
struct container_content {
    enum codec video; /* of the epoch */
    struct bytes init;
    bool pictures, sound; /* there are some */
};
#define CONTAINER_MIME_MAX 64 /* [bytes] with NUL */
/* Its type with codecs, `video/webm; codecs="vp8,opus"` or `video/mp4; codecs="avc1.42e01f"`, into
 * out[CONTAINER_MIME_MAX]; returns out. Of a record that is too short only the codec's name. */
char *container_mime(const struct container_content *c, char *out);
/* Must a file have a decoder configuration record of this codec (avcC, av1C) in its header? */
bool container_needs_init(enum codec video);
/* May a key frame with record `next` go on in a file whose header has record `init`? AV1 carries a
 * new sequence header in its frames while profile and pixel format stay, so that the size may
 * change; H.264 only other picture parameter sets (container_put_sets). Codecs without a record:
 * always. */
bool container_carries(enum codec video, struct bytes init, struct bytes next);
/* Append the parameter sets of an avcC as they stand before a key frame in its sample. Of what is
 * no record as much as can be read. */
void container_put_sets(struct bytes avcc, struct buffer *out);

#endif
