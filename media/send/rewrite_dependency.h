/* Continuity of dependency descriptors (AV1 RTP specification, appendix A) in a slot that changes
 * its source: libwebrtc drops a key frame whose number is not ahead of the last one, and must not
 * read a frame by the structure of another source. So frame numbers and template ids run on. They
 * do not close up over what is left out: what refers to what is told by the distance, and nothing
 * refers to what is not there. A zeroed struct is ready. Owner: one worker. */
#ifndef ORIEL_MEDIA_SEND_REWRITE_DEPENDENCY_H
#define ORIEL_MEDIA_SEND_REWRITE_DEPENDENCY_H

#include "media/wire/dependency_copy.h"

struct rewrite_dependency { /* all of it is what a rebuilt stream goes on with */
    uint16_t frame_number;  /* newest sent */
    uint16_t offset;        /* out = in + offset (mod 2^16) */
    uint8_t next_id;        /* behind the templates of the newest structure that was sent */
    uint8_t ids;            /* template id out = in + ids (mod 64) */
};

/* An element of a source. */
struct rewrite_dependency_in {
    struct bytes element; /* has been parsed */
    uint8_t n_templates;  /* of the structure it brings; 0: it brings none */
};

/* The stream begins: the next rewrite_dependency_switch, to this element, leaves numbers and ids as
 * they are. */
void rewrite_dependency_begin(struct rewrite_dependency *r, const struct rewrite_dependency_in *in);
/* The slot switches to a source at the packet with this element. */
void rewrite_dependency_switch(struct rewrite_dependency *r,
                               const struct rewrite_dependency_in *in);
/* Is its number near the newest one that was sent? Each receiver unwraps numbers by the one before:
 * a source that goes half of their range back, twice, would lead it to where everything that is
 * shown after it is far behind. What does not follow must not be sent without a switch. */
bool rewrite_dependency_follows(const struct rewrite_dependency *r,
                                const struct rewrite_dependency_in *in);
/* Number and ids for an element of the bound source, new or sent again; the rest of *ret is the
 * caller's. */
void rewrite_dependency_map(struct rewrite_dependency *r, const struct rewrite_dependency_in *in,
                            struct dependency_copy *ret);
/* Go on with what was saved, whatever it is; more frames may have been sent after it: leave out as
 * many numbers as that can have been. A switch must follow. */
void rewrite_dependency_rejoin(struct rewrite_dependency *r,
                               const struct rewrite_dependency *saved);

#endif
