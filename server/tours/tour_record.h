/* A tour as the API keeps it: what it is by declaration, apart from who is in it. Thread: any; a
 * record belongs to one. */
#ifndef ORIEL_SERVER_TOURS_TOUR_RECORD_H
#define ORIEL_SERVER_TOURS_TOUR_RECORD_H

#include "base/ulid.h"
#include "signaling/signaling.h"

#define TOUR_TITLE_MAX NAME_MAX_BYTES

struct tour_record {
    char id[ULID_CHARS + 1]; /* of its making: records are in this order */
    char name[TOUR_NAME_MAX + 1];
    char title[TOUR_TITLE_MAX + 1];
    enum record_mode record;
    enum codec codec;
    bool lobby;
    wall_t starts_at, ends_at; /* 0: none */
    us_t max_length;           /* [us] of a run; 0: any */
    uint32_t capacity;         /* 0: as many as there may be */
    struct signaling_quota quota;
    char made_by[SUB_MAX + 1]; /* sub of the token that it was made with; "": not known */
    char *property;            /* JSON; owned; NULL: none */
    wall_t created_at, updated_at;
    wall_t ended_at;  /* nobody enters it any more; 0: it has not ended */
    uint64_t version; /* from 1; one more with each change */
    bool busy;        /* a change of it is being written; not kept itself */
};

/* A copy; NULL when memory is out. */
struct tour_record *tour_record_copy(const struct tour_record *r);
/* NULL allowed; returns NULL. */
struct tour_record *tour_record_free(struct tour_record *r);
/* As signaling is told of it; borrows its texts. */
struct signaling_tour tour_record_plan(const struct tour_record *r);

#endif
