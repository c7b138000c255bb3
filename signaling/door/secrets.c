#include "signaling/door/secrets.h"

#include "signaling/state/unkept.h"

#include "base/bytes.h"
#include "base/check.h"

#include <string.h>

static void forget(struct signaling *s, char secret[RESUME_LEN + 1]) {
    if (*secret) {
        map_take(s->resumes, key_of(s, secret));
        mem_wipe(secret, RESUME_LEN + 1);
    }
}

static void make(struct signaling *s, struct seat *seat) {
    unkept_seat(s, seat);
    random_hex(s, seat->resume, RESUME_LEN);
    /* Two of each seat have room. */
    CHECK(map_put(s->resumes, key_of(s, seat->resume), seat) == OK);
}

static bool same(const char *a, const char *b) {
    return *a && ct_equal(a, b, RESUME_LEN);
}

void secret_forget(struct signaling *s, struct seat *seat) {
    forget(s, seat->resume);
    forget(s, seat->before);
}

void secret_renew(struct signaling *s, struct seat *seat) {
    secret_forget(s, seat);
    make(s, seat);
}

struct seat *seat_by_resume(const struct signaling *s, us_t now, const char *secret) {
    struct seat *seat = map_get(s->resumes, key_of(s, secret));
    bool ok = seat && strlen(secret) == RESUME_LEN && now < seat->resume_by &&
              (same(seat->resume, secret) || same(seat->before, secret));
    return ok ? seat : NULL;
}

void secret_rotate(struct signaling *s, struct seat *seat, const char *secret) {
    if (same(seat->resume, secret)) {
        forget(s, seat->before);
        memcpy(seat->before, seat->resume, sizeof(seat->before));
    } else {
        forget(s, seat->resume); /* the reply that told it was lost */
    }
    make(s, seat);
}

void secret_confirm(struct signaling *s, struct seat *seat) {
    if (*seat->before) {
        unkept_seat(s, seat);
    }
    forget(s, seat->before);
}
