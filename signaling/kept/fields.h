/* The fields of records, in their order: one function for each kind of record writes it and reads
 * it, so that both mean the same. What is read is checked as if a stranger had written it. */
#ifndef ORIEL_SIGNALING_KEPT_FIELDS_H
#define ORIEL_SIGNALING_KEPT_FIELDS_H

#include "base/bytes.h"
#include "signaling/state/unkept.h"

/* Of what records say; a change of any of them is another version. */
#define KEPT_VERSION 1

/* One pass over the fields of a record. */
struct kept_io {
    struct signaling *s;
    struct buffer *out; /* NULL: it reads */
    struct rd in;
    bool bad; /* there is no such value: what was read so far means nothing */
    bool nomem;
};

/* What is read must end where the record does. */
bool kept_read_ok(const struct kept_io *io);

/* What is of no tour. */
void fields_all(struct kept_io *io);
/* A declared tour that is not there (any more) is left out when it is read. */
void fields_ends(struct kept_io *io);
/* The first field of a tour, which says which one it is; of size TOUR_NAME_MAX + 1. */
void fields_tour_name(struct kept_io *io, char *name);
/* The others. What a tour is by declaration stays when it is declared. */
void fields_tour(struct kept_io *io, struct tour *t);
void fields_lists(struct kept_io *io, struct tour *t);
void fields_ledger(struct kept_io *io, struct tour *t);
void fields_view(struct kept_io *io, struct tour *t);
/* The first field of a seat: the handle of its tour. */
void fields_seat_tour(struct kept_io *io, uint64_t *tour);
/* The others. */
void fields_seat(struct kept_io *io, struct seat *seat);

struct kept;
/* An entry. Its text, when it is read, has one reference, the caller's. */
void fields_entry(struct kept_io *io, struct kept *k);

#endif
