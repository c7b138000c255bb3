/* oriel token. */
#include "server/cli/cli.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "server/auth/scopes.h"
#include "server/config/config_can.h"
#include "server/os/clock.h"

#include <stdio.h>
#include <stdlib.h>

#define TTL_DEFAULT 3600 /* [s] */
#define TTL_MAX (366L * 86400)

struct token_args {
    const char *file, *role, *tour, *sub, *name, *ttl, *scope, *can;
};

static bool parse_token_args(int argc, char **argv, struct token_args *a) {
    for (int i = 1; i < argc; i++) {
        const struct {
            const char *option;
            const char **value;
        } options[] = {{"-c", &a->file},       {"--role", &a->role}, {"--tour", &a->tour},
                       {"--sub", &a->sub},     {"--name", &a->name}, {"--ttl", &a->ttl},
                       {"--scope", &a->scope}, {"--can", &a->can}};
        size_t k = 0;
        while (k < sizeof(options) / sizeof(options[0]) && strcmp(argv[i], options[k].option)) {
            k++;
        }
        if (k == sizeof(options) / sizeof(options[0])) {
            cli_fail(CLI_USAGE, "token: unknown option \"%s\"", argv[i]);
            return false;
        }
        *options[k].value = cli_value(argc, argv, &i);
        if (!*options[k].value) {
            return false;
        }
    }
    return true;
}

/* What is wrong with who it is for, or NULL. */
static const char *holder_problem(const struct token_args *a, enum role role) {
    bool service = a->role && strcmp(a->role, "service") == 0;
    return !a->role && !a->scope ? "token: --role is needed, or --scope"
           : a->role && role == ROLE_NONE && !service
               ? "token: --role is buyer, agent, ops or service"
           : service && !a->scope                      ? "token: --scope is needed"
           : a->scope && role != ROLE_NONE             ? "token: --scope is for --role service"
           : a->scope && !scopes_known(a->scope)       ? "token: --scope has an unknown word"
           : !a->tour && role != ROLE_OPS && !a->scope ? "token: --tour is needed"
                                                       : NULL;
}

/* What is wrong with the arguments, or NULL. */
static const char *token_problem(const struct token_args *a, enum role role, long ttl) {
    const char *problem = holder_problem(a, role);
    struct capabilities_part can;
    return problem                                ? problem
           : a->tour && !tour_name_valid(a->tour) ? "token: --tour is 1..64 of A-Z a-z 0-9 _ -"
           : a->sub && (!*a->sub || strlen(a->sub) > SUB_MAX) ? "token: --sub is 1..64 bytes"
           : a->name && strlen(a->name) > NAME_MAX_BYTES      ? "token: --name is at most 128 bytes"
           : a->can && !config_read_can(a->can, &can)
               ? "token: --can is an object such as {\"screen\": \"receive\", \"chat\": false}"
           : ttl < 1 || ttl > TTL_MAX ? "token: --ttl is 1..31622400 seconds"
                                      : NULL;
}

int cli_token(int argc, char **argv) {
    struct token_args a = {0};
    char seat[32] = "seat-", nothing[] = "", *end = nothing;
    if (!parse_token_args(argc, argv, &a)) {
        return CLI_USAGE;
    }
    enum role role = a.role ? role_from_name(a.role) : ROLE_NONE;
    long ttl = a.ttl ? strtol(a.ttl, &end, 10) : TTL_DEFAULT;
    const char *problem = token_problem(&a, role, *end ? 0 : ttl);
    if (problem) {
        return cli_fail(CLI_USAGE, "%s", problem);
    }
    struct config *cfg = cli_config(a.file);
    if (!cfg) {
        return CLI_FAILED;
    }
    if (cfg->auth_max_lifetime_s && ttl > cfg->auth_max_lifetime_s) {
        if (a.ttl) {
            config_free(cfg);
            return cli_fail(CLI_USAGE, "token: --ttl is more than auth.max_lifetime_s allows");
        }
        ttl = (long)cfg->auth_max_lifetime_s;
    }
    uint8_t random[8];
    struct rng rng = clock_rng();
    rng_fill(&rng, random, sizeof(random));
    hex_encode(seat + 5, random, sizeof(random));
    struct claims who = {.role = role,
                         .scopes = a.scope ? scopes_read(a.scope) : 0,
                         .can = config_can(a.can ? a.can : "")};
    snprintf(who.tour, sizeof(who.tour), "%s", a.tour ? a.tour : "");
    snprintf(who.sub, sizeof(who.sub), "%s", a.sub ? a.sub : seat);
    snprintf(who.name, sizeof(who.name), "%s", a.name ? a.name : "");
    char *token = cli_mint(cfg, &who, ttl);
    config_free(cfg);
    if (!token) {
        return CLI_FAILED;
    }
    printf("%s\n", token);
    mem_free(token);
    return CLI_OK;
}
