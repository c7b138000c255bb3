/* What tours look like in the API. */
#ifndef ORIEL_SERVER_API_TOURS_SCHEMAS_H
#define ORIEL_SERVER_API_TOURS_SCHEMAS_H

#include "server/rest/operation.h"

/* The body of POST /v1/tours, and that of PATCH, which has no name. */
struct tour_body {
    struct schema_given given;
    const char *name, *title;
    int record, codec;
    bool lobby;
    wall_t starts_at, ends_at;
    int64_t max_length_s, capacity;
    int64_t microphones, cameras, screens, kbps;
    const struct json *property;
};
/* Bits of tour_body.given, in both. */
enum tour_member {
    TOUR_TITLE,
    TOUR_RECORD,
    TOUR_CODEC,
    TOUR_LOBBY,
    TOUR_STARTS_AT,
    TOUR_ENDS_AT,
    TOUR_MAX_LENGTH,
    TOUR_CAPACITY,
    TOUR_PROPERTY,
    TOUR_MICROPHONES,
    TOUR_CAMERAS,
    TOUR_SCREENS,
    TOUR_KBPS
};
/* The body of POST /v1/tours/{tour}/invites. */
struct invite_body {
    struct schema_given given;
    int role; /* INVITE_BUYER ... */
    const char *name, *sub;
    int64_t ttl_s;
};
enum { INVITE_BUYER, INVITE_AGENT };

/* Arguments of GET /v1/tours, in this order. */
enum { TOURS_LIMIT, TOURS_AFTER, TOURS_STATE, TOURS_RUNNING };
extern const struct operation_query tours_query[];
/* `after` of the kept tours, whose places are ids. */
extern const struct operation_query tours_after_kept;
#define TOURS_LIMIT_MAX 500
#define TOURS_LIMIT_DEFAULT 100

extern const struct schema schema_tour_name, schema_tour_new, schema_tour_change, schema_tour;
extern const struct schema schema_invite_new;
/* The words of tour_body.record and codec, and of the argument `state`, are in the order of
 * RECORD_MODES, VIDEO_CODECS and TOUR_STATES. */
extern const char *const tour_state_words[];

extern const struct operation operation_tours_create, operation_tours_list, operation_tours_get,
    operation_tours_update, operation_tours_end, operation_tours_delete, operation_invites_create;

#endif
