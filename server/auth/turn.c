#include "server/auth/turn.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/check.h"
#include "server/auth/secret_file.h"
#include "server/config/turn_url.h"
#include "server/os/files.h"

#include <inttypes.h>
#include <limits.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <string.h>

#define SECRET_MIN 16         /* [bytes] a shorter one can be guessed from one password */
#define SHA1_LEN 20           /* [bytes] coturn knows no other */
#define SUBJECT_LEN 8         /* [bytes] */
#define LEAST (60 * US_PER_S) /* [us] credentials of a token that is about to end */

struct turn {
    const struct config_list *urls;
    int64_t ttl_s;
    char secret[TURN_SECRET_MAX + 1];
    size_t n; /* [bytes] of the secret; 0: STUN only */
};

static bool any_turn(const struct config_list *urls) {
    for (size_t i = 0; i < urls->n; i++) {
        if (turn_url_needs_credentials(urls->items[i])) {
            return true;
        }
    }
    return false;
}

static enum err refuse(enum err e, const char *path, const char *what, char why[WHY_MAX]) {
    snprintf(why, WHY_MAX, "turn.secret_file: %.150s: %s", path, what);
    return e;
}

static enum err read_secret(const struct config *cfg, struct turn *t, char why[WHY_MAX]) {
    char path[PATH_MAX];
    const char *file = files_credential(cfg->turn_secret_file, path);
    char *text = NULL;
    size_t n = 0;
    const char *wrong = "";
    enum err e = secret_file_read(file, TURN_SECRET_MAX, &text, &n, &wrong);
    if (e != OK) {
        return refuse(e, file, e == ERR_LONG ? "longer than 1024 bytes" : wrong, why);
    }
    t->n = strcspn(text, "\r\n");
    memcpy(t->secret, text, t->n);
    mem_wipe(text, n);
    mem_free(text);
    return t->n >= SECRET_MIN ? OK : refuse(ERR_SHORT, file, "under 16 characters", why);
}

enum err turn_new(const struct config *cfg, struct turn **ret, char why[WHY_MAX]) {
    struct turn *t = mem_zalloc(1, sizeof(*t));
    if (!t) {
        return ERR_NOMEM;
    }
    t->urls = &cfg->turn_urls;
    t->ttl_s = cfg->turn_ttl_s;
    enum err e = any_turn(t->urls) ? read_secret(cfg, t, why) : OK;
    if (e != OK) {
        turn_free(t);
        return e;
    }
    *ret = t;
    return OK;
}

struct turn *turn_free(struct turn *t) {
    if (t) {
        mem_wipe(t, sizeof(*t));
    }
    return mem_free(t);
}

static void sign(const struct turn *t, const char *text, uint8_t ret[SHA1_LEN]) {
    unsigned n = 0;
    CHECK(HMAC(EVP_sha1(), t->secret, (int)t->n, (const uint8_t *)text, strlen(text), ret, &n) &&
          n == SHA1_LEN);
}

/* Who it is stays between us: a TURN server needs to tell people apart (its quotas), not to know
 * them. */
static void subject(const struct turn *t, const char *sub, char ret[2 * SUBJECT_LEN + 1]) {
    char text[SUB_MAX + 16];
    uint8_t mac[SHA1_LEN];
    snprintf(text, sizeof(text), "subject:%s", sub);
    sign(t, text, mac);
    hex_encode(ret, mac, SUBJECT_LEN);
}

void turn_servers(const struct turn *t, wall_t wall, const struct turn_client *c,
                  struct signaling_ice_servers *ret) {
    char who[2 * SUBJECT_LEN + 1];
    uint8_t mac[SHA1_LEN];
    *ret = (struct signaling_ice_servers){.urls = (const char *const *)t->urls->items,
                                          .n = t->urls->n};
    if (t->n == 0) {
        return;
    }
    subject(t, c->sub, who);
    snprintf(ret->username, sizeof(ret->username), "%" PRId64 ":%s",
             us_min(wall.us + t->ttl_s * US_PER_S, us_max(c->until.us, wall.us + LEAST)) / US_PER_S,
             who);
    sign(t, ret->username, mac);
    _Static_assert(sizeof(ret->credential) > 4 * ((SHA1_LEN + 2) / 3), "base64 fits");
    EVP_EncodeBlock((uint8_t *)ret->credential, mac, SHA1_LEN);
    mem_wipe(mac, sizeof(mac));
}

const char *turn_link(const struct signaling_ice_servers *s, size_t i, char out[TURN_LINK_MAX]) {
    if (turn_url_needs_credentials(s->urls[i])) {
        snprintf(out, TURN_LINK_MAX,
                 "<%s>; rel=\"ice-server\"; username=\"%s\"; credential=\"%s\"; "
                 "credential-type=\"password\"",
                 s->urls[i], s->username, s->credential);
    } else {
        snprintf(out, TURN_LINK_MAX, "<%s>; rel=\"ice-server\"", s->urls[i]);
    }
    return out;
}
