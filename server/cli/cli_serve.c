/* serve: start, wait for signals, stop. */
#include "server/cli/cli.h"

#include "base/alloc.h"
#include "media/secure/srtp.h"
#include "server/auth/tls.h"
#include "server/boot/server.h"
#include "server/config/config_changes.h"
#include "server/http/policy.h"
#include "server/os/clock.h"
#include "server/os/log.h"
#include "server/os/sockaddr.h"
#include "server/os/supervisor.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#define LAN_PORT 8443
#define CHANGES_MAX 256       /* [bytes] of names of keys in one line */
#define LINK_TTL (30 * 86400) /* [s] links of a development server outlive a tea break */

static volatile sig_atomic_t stop_asked, reload_asked;
static struct loop *to_wake; /* set before the handlers are */

static void on_signal(int number) {
    int keep = errno;
    if (number == SIGHUP) {
        reload_asked = 1;
    } else {
        stop_asked = 1;
    }
    loop_wake(to_wake);
    errno = keep;
}

/* Blocked while threads start, so that each inherits the mask and only this one gets signals. */
static void block_signals(sigset_t *before) {
    sigset_t ours;
    sigemptyset(&ours);
    sigaddset(&ours, SIGTERM);
    sigaddset(&ours, SIGINT);
    sigaddset(&ours, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &ours, before);
}

static void handle_signals(const sigset_t *before) {
    struct sigaction handle = {.sa_handler = on_signal}, ignore = {.sa_handler = SIG_IGN};
    sigemptyset(&handle.sa_mask);
    sigemptyset(&ignore.sa_mask);
    sigaction(SIGTERM, &handle, NULL);
    sigaction(SIGINT, &handle, NULL);
    sigaction(SIGHUP, &handle, NULL);
    sigaction(SIGPIPE, &ignore, NULL);
    pthread_sigmask(SIG_SETMASK, before, NULL);
}

static enum err set_lan(struct config *cfg, const char *address, char why[WHY_MAX]) {
    char cert[512], key[512], url[128];
    struct addr a;
    if (!sockaddr_parse(address, 0, &a)) {
        snprintf(why, WHY_MAX, "--lan needs an IP address, not \"%.64s\"", address);
        return ERR_FORMAT;
    }
    bool v6 = strchr(address, ':') != NULL;
    snprintf(cert, sizeof(cert), "%.400s/tls/cert.pem", cfg->state_dir);
    snprintf(key, sizeof(key), "%.400s/tls/key.pem", cfg->state_dir);
    snprintf(url, sizeof(url), "https://%s%.64s%s:%d", v6 ? "[" : "", address, v6 ? "]" : "",
             LAN_PORT);
    if (access(key, R_OK) != 0 || !tls_names(cert, address, clock_wall())) {
        enum err e = tls_self_sign(cert, key, address, why);
        if (e != OK) {
            return e;
        }
    }
    bool bad = config_set(&cfg->tls_cert, cert) != OK || config_set(&cfg->tls_key, key) != OK ||
               config_set(&cfg->public_url, url) != OK ||
               config_set(&cfg->listen_address, v6 ? "::" : "0.0.0.0") != OK ||
               config_set(&cfg->media_address, address) != OK;
    cfg->listen_port = LAN_PORT;
    cfg->media_announce.n = 0;
    return bad ? ERR_NOMEM : OK;
}

/* "agent URL: http://.../agent/demo#TOKEN" */
static void print_link(const struct loop *l, enum role role, const char *name, const char *path) {
    const char *tour = l->config->n_tours ? l->config->tours[0].name : "demo";
    const char *below = role == ROLE_OPS ? "" : tour;
    struct claims who = {.role = role};
    snprintf(who.tour, sizeof(who.tour), "%s", below);
    snprintf(who.sub, sizeof(who.sub), "%s", role_name(role));
    snprintf(who.name, sizeof(who.name), "%s", name);
    int64_t most = l->config->auth_max_lifetime_s;
    char *token = cli_mint(l->config, &who, most && most < LINK_TTL ? most : LINK_TTL);
    if (token) {
        printf("%s URL: %s%s%s#%s\n", role_name(role), l->url, path, below, token);
    }
    mem_free(token);
}

static void announce_ready(struct server *s) {
    const struct loop *l = server_loop(s);
    LOG(LOG_LEVEL_INFO, "listening", "The server is ready.", LOG_STR("url", l->url),
        LOG_NUM("port", l->port), LOG_NUM("workers", server_workers(s)),
        LOG_NUM("media_port", server_media_port(s)), LOG_STR("aead", srtp_aead_name()),
        LOG_STR("version", ORIEL_VERSION));
    if (l->config->dev_print_links) {
        print_link(l, ROLE_AGENT, "Agent", "/agent/");
        print_link(l, ROLE_BUYER, "Buyer", "/t/");
        print_link(l, ROLE_OPS, "Ops", "/ops");
    }
    printf("ready\n");
    fflush(stdout);
    server_ready(s);
}

/* A server that runs. */
struct serving {
    struct server *server;
    const char *file; /* its configuration */
    bool lan;
    struct tls_shown shown;
};

/* All is looked at before anything changes: the certificate is the last to be taken, and is the
 * one that was found good, whatever its files have become meanwhile. *ret_at: the file that is
 * wrong. */
static enum err reload_all(struct serving *v, const struct config *fresh, const char **ret_at,
                           char why[WHY_MAX]) {
    struct loop *l = server_loop(v->server);
    const char *cert = l->config->tls_cert, *file = *ret_at;
    struct ssl_ctx_st *pair = NULL;
    *ret_at = l->tls ? cert : file;
    enum err e = l->tls ? tls_load(cert, l->config->tls_key, &pair, why) : OK;
    if (e != OK) {
        return e;
    }
    e = server_tokens_again(v->server, fresh, why);
    if (e != OK) {
        *ret_at = file;
        tls_free(pair);
        return e;
    }
    if (l->tls) {
        tls_show(l->ssl, &v->shown, pair);
    }
    return OK;
}

/* The operator changed what a running server does not change: not to say so would be to say that
 * it was taken. With --lan the settings are not those of the file. */
static void tell_untaken(const struct config *before, const struct config *fresh) {
    char names[CHANGES_MAX];
    unsigned n = config_changes(before, fresh, names, sizeof(names));
    if (n > 0) {
        LOG(LOG_LEVEL_WARN, "restart_needed", "These settings were changed and wait for a restart.",
            LOG_STR("keys", names), LOG_NUM("count", n));
    }
}

/* SIGHUP: the TLS files, who may sign tokens and the keys of that, log.level, whose images pages
 * show and who may frame them, and then the names of media.announce. Whatever is wrong, all stays
 * as it was, and there is one line that says how it ended. */
static void reload(struct serving *v) {
    struct loop *l = server_loop(v->server);
    char why[WHY_MAX] = "";
    struct config *fresh = NULL;
    const char *at = v->file;
    enum err e = config_load(v->file, &fresh, why);
    e = e == OK ? reload_all(v, fresh, &at, why) : e;
    server_note_reload(v->server, e == OK);
    if (e != OK) {
        LOG(LOG_LEVEL_ERROR, "reload_failed", *why ? why : err_name(e), LOG_STR("file", at));
        config_free(fresh);
        return;
    }
    log_set_level(fresh->log_level);
    policy_again(l->policy, fresh);
    if (!v->lan) {
        tell_untaken(l->config, fresh);
    }
    config_free(fresh);
    LOG(LOG_LEVEL_INFO, "reloaded",
        l->tls ? "Settings, keys and certificate were read again."
               : "Settings and keys were read again.",
        LOG_STR("file", at));
}

static int run(struct serving *v) {
    struct loop *l = server_loop(v->server);
    announce_ready(v->server);
    while (!stop_asked) {
        if (!loop_turn(l)) {
            return cli_fail(CLI_FAILED, "the event loop failed");
        }
        server_announced(v->server);
        if (reload_asked) {
            reload_asked = 0;
            reload(v);
            server_announce_again(v->server);
        }
    }
    LOG(LOG_LEVEL_INFO, "stopping", "The server was asked to stop.",
        LOG_NUM("connections", l->open));
    return CLI_OK;
}

/* As many descriptors as the system allows; the default of 1024 is a busy evening. */
static void raise_limits(void) {
    struct rlimit r;
    if (getrlimit(RLIMIT_NOFILE, &r) == 0 && r.rlim_cur < r.rlim_max) {
        r.rlim_cur = r.rlim_max < 65536 ? r.rlim_max : 65536;
        setrlimit(RLIMIT_NOFILE, &r);
    }
}

static int serve(const struct config *cfg, const char *file, bool lan) {
    char why[WHY_MAX] = "";
    struct serving v = {.file = file, .lan = lan};
    sigset_t before;
    log_to(STDERR_FILENO);
    log_setup(cfg->log_level, cfg->log_format, cfg->log_shorten_addresses);
    log_limit_repeats((uint32_t)cfg->log_repeats_per_second);
    raise_limits();
    block_signals(&before);
    enum err e = server_start(cfg, &v.server, why);
    if (e != OK) {
        return cli_fail(CLI_FAILED, "%s", *why ? why : err_name(e));
    }
    to_wake = server_loop(v.server);
    handle_signals(&before);
    int status = run(&v);
    block_signals(&before); /* the control that a handler would wake is about to go */
    server_stop(v.server);
    tls_free(v.shown.pair);
    LOG(LOG_LEVEL_INFO, "stopped", "The server has stopped.", LOG_NUM("status", status));
    return status;
}

/* What was said on the command line. */
struct said {
    const char *file, *lan;
    bool supervise;
};

static bool read_options(int argc, char **argv, struct said *ret) {
    for (int i = 1; i < argc; i++) {
        bool is_file = strcmp(argv[i], "-c") == 0;
        if (strcmp(argv[i], "--supervise") == 0) {
            ret->supervise = true;
            continue;
        }
        if (!is_file && strcmp(argv[i], "--lan") != 0) {
            cli_fail(CLI_USAGE, "serve: unknown option \"%s\"", argv[i]);
            return false;
        }
        const char **value = is_file ? &ret->file : &ret->lan;
        *value = cli_value(argc, argv, &i);
        if (!*value) {
            return false;
        }
    }
    if (!ret->file) {
        cli_fail(CLI_USAGE, "serve needs -c FILE");
    }
    return ret->file != NULL;
}

/* The same command, without --supervise, as a child. */
static int parent(const struct said *said) {
    const char *argv[] = {"oriel", "serve", "-c", said->file, NULL, NULL, NULL};
    if (said->lan) {
        argv[4] = "--lan";
        argv[5] = said->lan;
    }
    return supervise((char *const *)argv);
}

int cli_serve(int argc, char **argv) {
    struct said said = {0};
    char why[WHY_MAX] = "";
    if (!read_options(argc, argv, &said)) {
        return CLI_USAGE;
    }
    if (said.supervise) {
        return parent(&said);
    }
    struct config *cfg = cli_config(said.file);
    if (!cfg) {
        return CLI_FAILED;
    }
    if (said.lan && set_lan(cfg, said.lan, why) != OK) {
        config_free(cfg);
        return cli_fail(CLI_FAILED, "%s", *why ? why : "out of memory");
    }
    int status = serve(cfg, said.file, said.lan != NULL);
    config_free(cfg);
    return status;
}
