/* Who may sign tokens besides ourselves, as "auth.issuers" of the configuration says it. Owner: who
 * made it; immutable once read. */
#ifndef ORIEL_SERVER_CONFIG_ISSUER_CONFIG_H
#define ORIEL_SERVER_CONFIG_ISSUER_CONFIG_H

#include "base/err.h"
#include "server/config/token_algorithm.h"
#include "signaling/words/claims.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json;

#define ISSUERS_MAX 16       /* in "auth.issuers" */
#define ISSUER_NAME_MAX 16   /* [bytes] of A-Z a-z 0-9 _ - */
#define ISSUER_PATH_MAX 4    /* names from the claims down to the one with roles */
#define ISSUER_ROLES_MAX 64  /* in "roles" */
#define ISSUER_TEXT_MAX 1024 /* [bytes] of any string */
#define ISSUER_DEFAULT (-1)  /* a number that is not given: that of "auth" counts */

enum issuer_source { ISSUER_SECRET_FILE, ISSUER_KEYS_FILE, ISSUER_KEYS_URL };

struct issuer_role {
    char *from; /* what the token says */
    enum role to;
};

struct issuer_config {
    char name[ISSUER_NAME_MAX + 1]; /* what a sub of it begins with, before a colon; "": nothing */
    char *issuer;                   /* required iss; "": any */
    char *audience;                 /* required aud; "": any. NULL: that of "auth" */
    unsigned algorithms;            /* bit 1 << enum jws_algorithm for each that it may use */
    enum issuer_source source;
    char *keys;                        /* the file or URL that source says; NULL: handed over */
    char *ca_file;                     /* PEM, for the URL; NULL: the system's */
    int64_t leeway_s, max_lifetime_s;  /* [s]; ISSUER_DEFAULT */
    char *role_claim[ISSUER_PATH_MAX]; /* where the roles are; [0] NULL: "role" */
    char *tour_claim;                  /* NULL: "tour" */
    struct issuer_role *roles;         /* the first that the token has counts */
    size_t n_roles;                    /* 0: it says the role as we do */
};

struct issuer_configs {
    struct issuer_config *at;
    size_t n;
};

/* What is wrong, and where: "auth.issuers[1].keys_url". */
struct issuer_problem {
    char path[128], what[256];
};

/* Read the list. ERR_RANGE, ERR_UNKNOWN, ERR_EXISTS with *problem; ERR_NOMEM. *ret, zeroed before,
 * is for issuer_configs_free in any case. */
enum err issuer_configs_read(const struct json *list, struct issuer_configs *ret,
                             struct issuer_problem *problem);
/* Safe on a zeroed one, which it leaves. */
void issuer_configs_free(struct issuer_configs *l);
/* A copy in *ret for issuer_config_clear. ERR_NOMEM: *ret is zeroed. */
enum err issuer_config_copy(const struct issuer_config *c, struct issuer_config *ret);
/* Free what it holds. Safe on a zeroed one, which it leaves. */
void issuer_config_clear(struct issuer_config *c);

#endif
