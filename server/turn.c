#include "server/turn.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/check.h"
#include "server/files.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

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

static bool needs_credentials(const char *url) {
    return strncmp(url, "turn", 4) == 0;
}

/* RFC 3986 section 3.2.2: a name, an IPv4 address, or one of IPv6 in brackets. Returns how long it
 * is; 0 = it is none. */
static size_t host_len(const char *p) {
    char text[INET6_ADDRSTRLEN];
    uint8_t ip[16];
    if (*p != '[') {
        return strspn(p, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.");
    }
    size_t n = strcspn(p + 1, "]");
    if (n >= sizeof(text) || !p[1 + n]) {
        return 0;
    }
    memcpy(text, p + 1, n);
    text[n] = '\0';
    return inet_pton(AF_INET6, text, ip) == 1 ? n + 2 : 0;
}

/* With its colon; 0 = there is none, or it is no port. */
static size_t port_len(const char *p) {
    size_t n = *p == ':' ? strspn(p + 1, "0123456789") : 0;
    long port = n > 0 && n <= 5 ? strtol(p + 1, NULL, 10) : 0;
    return port > 0 && port <= 65535 ? n + 1 : 0;
}

/* RFC 7064 and RFC 7065 are strict enough that nothing has to be escaped anywhere. What passes here
 * a browser must take: it makes no connection at all with a URL that it does not like. */
bool turn_url_ok(const char *url) {
    static const char *const schemes[] = {"stun:", "stuns:", "turn:", "turns:"};
    static const char *const queries[] = {"", "?transport=udp", "?transport=tcp"};
    for (size_t i = 0; i < ARRAY_LEN(schemes); i++) {
        size_t n = strlen(schemes[i]);
        if (strncmp(url, schemes[i], n) != 0 || strlen(url) > TURN_URL_MAX) {
            continue;
        }
        size_t host = host_len(url + n);
        const char *rest = url + n + host + port_len(url + n + host);
        bool turn = needs_credentials(url);
        for (size_t k = 0; host > 0 && k < (turn ? ARRAY_LEN(queries) : 1); k++) {
            if (strcmp(rest, queries[k]) == 0) {
                return true;
            }
        }
    }
    return false;
}

static bool any_turn(const struct config_list *urls) {
    for (size_t i = 0; i < urls->n; i++) {
        if (needs_credentials(urls->items[i])) {
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
    struct stat st;
    if (stat(file, &st) == 0 && (st.st_mode & S_IRWXO)) {
        return refuse(ERR_DENIED, file, "everybody may read it; chmod 600", why);
    }
    enum err e = config_read_file(file, TURN_SECRET_MAX, &text, &n);
    if (e != OK) {
        return refuse(e, file, e == ERR_LONG ? "longer than 1024 bytes" : strerror(errno), why);
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
                  struct sig_ice_servers *ret) {
    char who[2 * SUBJECT_LEN + 1];
    uint8_t mac[SHA1_LEN];
    *ret = (struct sig_ice_servers){.urls = (const char *const *)t->urls->items, .n = t->urls->n};
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

const char *turn_link(const struct sig_ice_servers *s, size_t i, char out[TURN_LINK_MAX]) {
    if (needs_credentials(s->urls[i])) {
        snprintf(out, TURN_LINK_MAX,
                 "<%s>; rel=\"ice-server\"; username=\"%s\"; credential=\"%s\"; "
                 "credential-type=\"password\"",
                 s->urls[i], s->username, s->credential);
    } else {
        snprintf(out, TURN_LINK_MAX, "<%s>; rel=\"ice-server\"", s->urls[i]);
    }
    return out;
}
