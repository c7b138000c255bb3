#include "signaling/door/secrets.h"

#include "base/bytes.h"
#include "base/check.h"

#include <string.h>

static void forget(struct sig *s, char secret[RESUME_LEN + 1]) {
    if (*secret) {
        map_take(s->resumes, key_of(s, secret));
        mem_wipe(secret, RESUME_LEN + 1);
    }
}

static void make(struct sig *s, struct seat *x) {
    random_hex(s, x->resume, RESUME_LEN);
    CHECK(map_put(s->resumes, key_of(s, x->resume), x) == OK); /* two of each seat have room */
}

static bool same(const char *a, const char *b) {
    return *a && ct_equal(a, b, RESUME_LEN);
}

void secret_forget(struct sig *s, struct seat *x) {
    forget(s, x->resume);
    forget(s, x->before);
}

void secret_renew(struct sig *s, struct seat *x) {
    secret_forget(s, x);
    make(s, x);
}

struct seat *seat_by_resume(const struct sig *s, us_t now, const char *secret) {
    struct seat *x = map_get(s->resumes, key_of(s, secret));
    bool ok = x && strlen(secret) == RESUME_LEN && now < x->resume_by &&
              (same(x->resume, secret) || same(x->before, secret));
    return ok ? x : NULL;
}

void secret_rotate(struct sig *s, struct seat *x, const char *secret) {
    if (same(x->resume, secret)) {
        forget(s, x->before);
        memcpy(x->before, x->resume, sizeof(x->before));
    } else {
        forget(s, x->resume); /* the reply that told it was lost */
    }
    make(s, x);
}

void secret_confirm(struct sig *s, struct seat *x) {
    forget(s, x->before);
}
