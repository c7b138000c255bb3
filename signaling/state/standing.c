#include "signaling/state/standing.h"

enum standing role_standing(enum role role) {
    return role == ROLE_AGENT ? STANDING_HOST
           : role == ROLE_OPS ? STANDING_OBSERVER
                              : STANDING_GUEST;
}

enum standing seat_standing(const struct seat *seat) {
    return seat->host ? STANDING_HOST : seat->role == ROLE_OPS ? STANDING_OBSERVER : STANDING_GUEST;
}

bool seat_is_guest(const struct seat *seat) {
    return seat_standing(seat) == STANDING_GUEST;
}

struct capabilities seat_default(const struct seat *seat) {
    enum standing standing = seat_standing(seat);
    return standing == STANDING_GUEST ? seat->tour->guest : capabilities_default(standing);
}
