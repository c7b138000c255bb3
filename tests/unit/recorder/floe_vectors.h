/* Reading FLOE vectors: our own (key=value lines) and the reference's pairs of hex files. */
#ifndef ORIEL_TESTS_FLOE_VECTORS_H
#define ORIEL_TESTS_FLOE_VECTORS_H

#include "recorder/seal/floe.h"

struct floe_vector {
    uint8_t key[FLOE_KEY_LEN], aad[FLOE_AAD_MAX];
    size_t aad_len;
    uint32_t segment_len;
    uint8_t rotation;
    struct bytes plain, sealed; /* owned */
};

/* FOLDER/NAME.txt with lines key, aad, segment, rotation, plain, sealed. */
bool vector_load(const char *folder, const char *name, struct floe_vector *ret);
/* FOLDER/NAME_pt.txt and NAME_ct.txt into plain and sealed; the rest is the caller's. */
bool vector_load_pair(const char *folder, const char *name, struct floe_vector *v);
void vector_clear(struct floe_vector *v);

#endif
