/* A copy of a dependency descriptor (wire/dependency.h) that says a few things otherwise: another
 * frame number, other template ids, and which decode targets are to be had. All else stays as it
 * is, to the bit. Thread: any. */
#ifndef ORIEL_MEDIA_WIRE_DEPENDENCY_COPY_H
#define ORIEL_MEDIA_WIRE_DEPENDENCY_COPY_H

#include "base/bytes.h"

#define DEPENDENCY_LEN_MAX 255 /* [bytes] of an element (RFC 8285 section 4.3), so of a copy */

struct dependency_copy {
    uint16_t frame_number; /* instead of its own */
    uint8_t ids;           /* added to its template ids, and to those of its structure, mod 64 */
    bool sets_active;      /* it says which decode targets are active, whether or not it did: */
    uint8_t n_targets;     /* 1..32, of the structure */
    uint16_t active_at;    /* [bits] struct dependency.active_at */
    uint32_t active;       /* bit per decode target */
};

/* First template id of the structure that this element, which has been parsed, brings. */
uint8_t dependency_first_id(struct bytes b);
/* The element, which has been parsed, says itself which targets are active. */
bool dependency_says_active(struct bytes b);
/* Length of the copy [bytes]. When it would be longer than DEPENDENCY_LEN_MAX the copy says nothing
 * of active targets that the element does not say. */
size_t dependency_copy_len(struct bytes b, const struct dependency_copy *c);
/* Write it; returns its length. b has been parsed. */
size_t dependency_copy(struct bytes b, const struct dependency_copy *c,
                       uint8_t out[DEPENDENCY_LEN_MAX]);

#endif
