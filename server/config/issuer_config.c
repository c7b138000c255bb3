#include "server/config/issuer_config.h"

#include "base/alloc.h"
#include "base/check.h"
#include "server/config/outbound_url.h"
#include "json/json_read.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define LIFETIME_MAX 31622400 /* [s] a leap year */
#define LEEWAY_MAX 600        /* [s] */

/* One issuer that is being read. */
struct reading {
    struct issuer_config *c;
    size_t index;
    struct issuer_problem *problem;
};

__attribute__((format(printf, 4, 5))) static enum err
complain(const struct reading *r, enum err e, const char *member, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    snprintf(r->problem->path, sizeof(r->problem->path), "auth.issuers[%zu]%s%.60s", r->index,
             *member ? "." : "", member);
    vsnprintf(r->problem->what, sizeof(r->problem->what), fmt, ap);
    va_end(ap);
    return e;
}

/* ---- members ---- */

/* A copy of a string of 1..ISSUER_TEXT_MAX bytes. */
static enum err set_text(const struct reading *r, const char *member, const struct json *v,
                         char **out) {
    size_t n;
    const char *s = json_get_string(v, &n);
    if (n == 0 || n > ISSUER_TEXT_MAX) {
        return complain(r, ERR_RANGE, member, "must be a string of 1..%d bytes", ISSUER_TEXT_MAX);
    }
    *out = mem_strdup(s);
    return *out ? OK : ERR_NOMEM;
}

static enum err set_name(struct reading *r, const char *member, const struct json *v) {
    const char *s = json_get_string(v, NULL);
    if (!s || strlen(s) > ISSUER_NAME_MAX || !tour_name_valid(s)) {
        return complain(r, ERR_RANGE, member, "must be 1..%d of A-Z a-z 0-9 _ -", ISSUER_NAME_MAX);
    }
    snprintf(r->c->name, sizeof(r->c->name), "%s", s);
    return OK;
}

static enum err set_issuer(struct reading *r, const char *member, const struct json *v) {
    return set_text(r, member, v, &r->c->issuer);
}

static enum err set_audience(struct reading *r, const char *member, const struct json *v) {
    return set_text(r, member, v, &r->c->audience);
}

static enum err set_algorithms(struct reading *r, const char *member, const struct json *v) {
    bool bad = json_kind(v) != JSON_KIND_LIST || json_count(v) == 0;
    for (size_t i = 0; i < json_count(v); i++) {
        enum jws_algorithm a = jws_algorithm_from(json_get_string(json_item(v, i), NULL));
        bad = bad || a == JWS_NONE;
        r->c->algorithms |= 1u << a;
    }
    return bad ? complain(r, ERR_RANGE, member,
                          "must be a list of \"HS256\", \"RS256\" or \"ES256\"")
               : OK;
}

static enum err set_keys(struct reading *r, const char *member, const struct json *v) {
    static const char *const members[] = {"secret_file", "keys_file", "keys_url"};
    if (r->c->keys) {
        return complain(r, ERR_RANGE, member, "stands beside another place for keys: one is right");
    }
    for (size_t i = 0; i < ARRAY_LEN(members); i++) {
        r->c->source = strcmp(member, members[i]) == 0 ? (enum issuer_source)i : r->c->source;
    }
    enum err e = set_text(r, member, v, &r->c->keys);
    if (e == OK && r->c->source == ISSUER_KEYS_URL && !outbound_url_ok(r->c->keys)) {
        e = complain(r, ERR_RANGE, member,
                     "must be a URL that begins with https:// (or http:// on this machine itself)");
    }
    return e;
}

static enum err set_ca_file(struct reading *r, const char *member, const struct json *v) {
    return set_text(r, member, v, &r->c->ca_file);
}

static enum err set_number(const struct reading *r, const char *member, const struct json *v,
                           int64_t max, int64_t *out) {
    bool ok = json_get_int(v, 0, max, out);
    return ok ? OK
              : complain(r, ERR_RANGE, member, "must be a whole number 0..%lld", (long long)max);
}

static enum err set_leeway(struct reading *r, const char *member, const struct json *v) {
    return set_number(r, member, v, LEEWAY_MAX, &r->c->leeway_s);
}

static enum err set_lifetime(struct reading *r, const char *member, const struct json *v) {
    return set_number(r, member, v, LIFETIME_MAX, &r->c->max_lifetime_s);
}

/* "groups", or ["realm_access", "roles"] for a claim within a claim. */
static enum err set_role_claim(struct reading *r, const char *member, const struct json *v) {
    bool list = json_kind(v) == JSON_KIND_LIST;
    size_t n = list ? json_count(v) : 1;
    if (n == 0 || n > ISSUER_PATH_MAX) {
        return complain(r, ERR_RANGE, member, "must be the name of a claim, or a list of %d",
                        ISSUER_PATH_MAX);
    }
    enum err e = OK;
    for (size_t i = 0; i < n && e == OK; i++) {
        e = set_text(r, member, list ? json_item(v, i) : v, &r->c->role_claim[i]);
    }
    return e;
}

static enum err set_tour_claim(struct reading *r, const char *member, const struct json *v) {
    return set_text(r, member, v, &r->c->tour_claim);
}

static enum err set_roles(struct reading *r, const char *member, const struct json *v) {
    struct issuer_config *c = r->c;
    size_t n = json_count(v);
    if (json_kind(v) != JSON_KIND_OBJECT || n == 0 || n > ISSUER_ROLES_MAX) {
        return complain(r, ERR_RANGE, member,
                        "must be an object of 1..%d like {\"a group\": \"agent\"}",
                        ISSUER_ROLES_MAX);
    }
    c->roles = mem_zalloc(n, sizeof(*c->roles));
    if (!c->roles) {
        return ERR_NOMEM;
    }
    for (struct json_walk w = {0}; json_next(v, &w);) {
        struct issuer_role *role = &c->roles[c->n_roles++];
        const char *to = json_get_string(w.value, NULL);
        role->to = to ? role_from_name(to) : ROLE_NONE;
        if (role->to == ROLE_NONE) {
            return complain(r, ERR_RANGE, member,
                            "\"%.64s\" must become \"buyer\", \"agent\" or \"ops\"", w.name);
        }
        role->from = mem_strdup(w.name);
        if (!role->from) {
            return ERR_NOMEM;
        }
    }
    return OK;
}

static const struct {
    const char *name;
    enum err (*set)(struct reading *r, const char *member, const struct json *v);
} members[] = {
    {"name", set_name},
    {"issuer", set_issuer},
    {"audience", set_audience},
    {"keys_url", set_keys},
    {"keys_file", set_keys},
    {"secret_file", set_keys},
    {"ca_file", set_ca_file},
    {"algorithms", set_algorithms},
    {"leeway_s", set_leeway},
    {"roles", set_roles},
    {"role_claim", set_role_claim},
    {"tour_claim", set_tour_claim},
    {"max_lifetime_s", set_lifetime},
};

/* What only all members together show. */
static enum err check(const struct reading *r, const struct issuer_configs *before) {
    const struct issuer_config *c = r->c;
    unsigned hmac = 1u << JWS_HS256;
    if (!*c->name || !c->issuer || !c->algorithms || !c->keys) {
        return complain(r, ERR_RANGE, "",
                        "needs name, issuer, algorithms and one of keys_url, keys_file and "
                        "secret_file");
    }
    if (c->source == ISSUER_KEYS_URL && (c->algorithms & hmac)) {
        return complain(r, ERR_RANGE, "algorithms", "must not have HS256: a URL tells no secrets");
    }
    if (c->source == ISSUER_SECRET_FILE && c->algorithms != hmac) {
        return complain(r, ERR_RANGE, "algorithms", "must be [\"HS256\"] with secret_file");
    }
    if (c->ca_file && c->source != ISSUER_KEYS_URL) {
        return complain(r, ERR_RANGE, "ca_file", "is for keys_url only");
    }
    for (size_t i = 0; i < before->n - 1; i++) {
        bool name = strcmp(before->at[i].name, c->name) == 0;
        if (name || strcmp(before->at[i].issuer, c->issuer) == 0) {
            return complain(r, ERR_EXISTS, name ? "name" : "issuer",
                            "stands at auth.issuers[%zu] already", i);
        }
    }
    return OK;
}

static enum err read_one(struct reading *r, const struct json *o, const struct issuer_configs *l) {
    if (json_kind(o) != JSON_KIND_OBJECT) {
        return complain(r, ERR_RANGE, "", "must be an object");
    }
    for (struct json_walk w = {0}; json_next(o, &w);) {
        size_t i = 0;
        while (i < ARRAY_LEN(members) && strcmp(members[i].name, w.name) != 0) {
            i++;
        }
        if (i == ARRAY_LEN(members)) {
            return complain(r, ERR_UNKNOWN, w.name,
                            "unknown key (an issuer has name, issuer, audience, algorithms, "
                            "keys_url, ca_file, keys_file, secret_file, leeway_s, "
                            "max_lifetime_s, role_claim, roles and tour_claim)");
        }
        enum err e = members[i].set(r, w.name, w.value);
        if (e != OK) {
            return e;
        }
    }
    return check(r, l);
}

enum err issuer_configs_read(const struct json *list, struct issuer_configs *ret,
                             struct issuer_problem *problem) {
    size_t n = json_count(list);
    if (json_kind(list) != JSON_KIND_LIST || n > ISSUERS_MAX) {
        snprintf(problem->path, sizeof(problem->path), "auth.issuers");
        snprintf(problem->what, sizeof(problem->what), "must be a list of at most %d issuers",
                 ISSUERS_MAX);
        return ERR_RANGE;
    }
    CHECK(!ret->at);
    ret->at = mem_zalloc(n + 1, sizeof(*ret->at));
    enum err e = ret->at ? OK : ERR_NOMEM;
    for (size_t i = 0; i < n && e == OK; i++) {
        struct reading r = {&ret->at[ret->n++], i, problem};
        *r.c = (struct issuer_config){.leeway_s = ISSUER_DEFAULT, .max_lifetime_s = ISSUER_DEFAULT};
        e = read_one(&r, json_item(list, i), ret);
    }
    return e;
}

/* ---- copies ---- */

void issuer_configs_free(struct issuer_configs *l) {
    for (size_t i = 0; i < l->n; i++) {
        issuer_config_clear(&l->at[i]);
    }
    mem_free(l->at);
    *l = (struct issuer_configs){0};
}

void issuer_config_clear(struct issuer_config *c) {
    for (size_t i = 0; i < c->n_roles; i++) {
        mem_free(c->roles[i].from);
    }
    for (size_t i = 0; i < ISSUER_PATH_MAX; i++) {
        mem_free(c->role_claim[i]);
    }
    mem_free(c->roles);
    mem_free(c->issuer);
    mem_free(c->audience);
    mem_free(c->keys);
    mem_free(c->ca_file);
    mem_free(c->tour_claim);
    *c = (struct issuer_config){0};
}

static bool copy_text(const char *from, char **to) {
    *to = from ? mem_strdup(from) : NULL;
    return !from || *to;
}

enum err issuer_config_copy(const struct issuer_config *c, struct issuer_config *ret) {
    struct issuer_config x = {.algorithms = c->algorithms,
                              .source = c->source,
                              .leeway_s = c->leeway_s,
                              .max_lifetime_s = c->max_lifetime_s};
    memcpy(x.name, c->name, sizeof(x.name));
    bool ok = copy_text(c->issuer, &x.issuer) && copy_text(c->audience, &x.audience) &&
              copy_text(c->keys, &x.keys) && copy_text(c->ca_file, &x.ca_file) &&
              copy_text(c->tour_claim, &x.tour_claim);
    for (size_t i = 0; i < ISSUER_PATH_MAX && ok; i++) {
        ok = copy_text(c->role_claim[i], &x.role_claim[i]);
    }
    x.roles = ok ? mem_zalloc(c->n_roles + 1, sizeof(*x.roles)) : NULL;
    ok = ok && x.roles;
    for (size_t i = 0; i < c->n_roles && ok; i++) {
        x.roles[x.n_roles++].to = c->roles[i].to;
        ok = copy_text(c->roles[i].from, &x.roles[i].from);
    }
    if (!ok) {
        issuer_config_clear(&x);
    }
    *ret = x;
    return ok ? OK : ERR_NOMEM;
}
