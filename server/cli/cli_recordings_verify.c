#include "server/cli/cli_recordings.h"

#include "base/alloc.h"
#include "base/check.h"
#include "base/json_write.h"
#include "server/cli/cli.h"
#include "server/os/files.h"
#include "server/recording/public_keys.h"
#include "server/recording/verification.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct verification {
    struct library *library;
    bool json, no_key;
    const char *id;              /* of the one under way */
    struct buffer out, findings; /* of --json: all of it, and of the one under way */
    unsigned n[VERIFICATION_RESULT_COUNT];
};

static void say(void *ctx, const struct library_finding *f) {
    struct verification *v = ctx;
    if (v->json) {
        verification_put_finding(&v->findings, f);
    } else {
        printf("%s  %s: %s\n", v->id, f->object, f->what);
    }
}

static void anew(void *ctx) {
    buffer_free(&((struct verification *)ctx)->findings);
}

static void print(const struct verification *v, const struct verification_end *end) {
    if (end->result == VERIFICATION_OK || end->result == VERIFICATION_SHREDDED) {
        const char *why = v->no_key ? "" : library_why(v->library);
        printf("%s  %s%s%s\n", v->id, verification_result_name(end->result),
               end->opened ? "" : " (signature and sealed objects; nothing was opened) ",
               end->opened ? "" : why);
    } else if (end->result == VERIFICATION_DAMAGED) {
        printf("%s  DAMAGED\n", v->id);
    } else {
        enum err e = end->error;
        cli_fail(CLI_FAILED, "recordings: %s: %s", v->id,
                 e == ERR_UNKNOWN                         ? "there is no such recording"
                 : e == ERR_DENIED || e == ERR_KEY_DENIED ? "could not be checked"
                                                          : err_name(e));
    }
}

static void add_result(struct verification *v, const struct verification_end *end) {
    json_open(&v->out, NULL, '{');
    json_put_string(&v->out, "id", v->id);
    json_put_string(&v->out, "result", verification_result_name(end->result));
    json_put_bool(&v->out, "opened", end->opened);
    json_open(&v->out, "findings", '[');
    buffer_put(&v->out, v->findings.p, v->findings.n);
    v->out.bad = v->out.bad || v->findings.bad;
    json_close(&v->out, ']');
    json_close(&v->out, '}');
    buffer_free(&v->findings);
}

/* Verify one. */
static void verify(struct verification *v, const char *id) {
    char name[RECORDING_ID_LEN + 1];
    snprintf(name, sizeof(name), "%.32s", id);
    v->id = name;
    const struct verification_watch w = {{.found = say, .ctx = v}, anew};
    struct verification_end end = verification_run(v->library, id, v->no_key, &w);
    v->n[end.result]++;
    if (v->json) {
        add_result(v, &end);
    } else {
        print(v, &end);
    }
}

static void each_id(void *ctx, const struct json *recording) {
    char id[RECORDING_ID_LEN + 1] = "";
    json_get_text(json_member(recording, "id"), id, sizeof(id));
    buffer_put(ctx, id, sizeof(id));
}

/* A terminal shows where it is; a log gets a line for every hundred. */
static void progress(size_t done, size_t all) {
    if (isatty(STDERR_FILENO)) {
        fprintf(stderr, "\rverify: %zu of %zu%s", done, all, done == all ? "\n" : "");
    } else if (done % 100 == 0 || done == all) {
        fprintf(stderr, "verify: %zu of %zu\n", done, all);
    }
}

static int verify_all(struct verification *v) {
    struct library_query everything = {0};
    struct buffer ids = {0};
    int status = cli_recordings_walk(v->library, &everything, 0, each_id, &ids);
    size_t n = ids.n / (RECORDING_ID_LEN + 1);
    if (status == CLI_OK && ids.bad) {
        status = cli_fail(CLI_FAILED, "recordings: %s", err_name(ERR_NOMEM));
    }
    for (size_t i = 0; status == CLI_OK && i < n; i++) {
        verify(v, ids.p + i * (RECORDING_ID_LEN + 1));
        progress(i + 1, n);
    }
    buffer_free(&ids);
    return status;
}

static int print_json(struct verification *v) {
    const struct json_limits limits = {BUFFER_MAX, 8, BUFFER_MAX};
    const struct json *o = NULL;
    struct buffer shown = {0};
    json_close(&v->out, ']');
    for (size_t i = 0; i < VERIFICATION_RESULT_COUNT; i++) {
        json_put_uint(&v->out, verification_result_name((enum verification_result)i), v->n[i]);
    }
    json_close(&v->out, '}');
    bool ok = !v->out.bad && json_read(v->out.p, v->out.n, &limits, &o, NULL) == OK;
    json_put_indented(&shown, o, 0);
    ok = ok && !shown.bad;
    if (ok) {
        printf("%s\n", shown.p);
    }
    json_free(o);
    buffer_free(&shown);
    return ok ? CLI_OK : cli_fail(CLI_FAILED, "recordings: %s", err_name(ERR_NOMEM));
}

static int print_summary(struct verification *v) {
    if (v->json) {
        return print_json(v);
    }
    printf("%u ok, %u damaged, %u shredded, %u could not be checked\n", v->n[VERIFICATION_OK],
           v->n[VERIFICATION_DAMAGED], v->n[VERIFICATION_SHREDDED], v->n[VERIFICATION_FAILED]);
    return CLI_OK;
}

struct options {
    const char *what; /* an id, or --all */
    const char *keys; /* a file; NULL: those that signed here */
    bool json, no_key;
};

static int read_options(int argc, char **argv, struct options *o) {
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0) {
            o->json = true;
        } else if (strcmp(argv[i], "--no-key") == 0) {
            o->no_key = true;
        } else if (strcmp(argv[i], "--public-key") == 0) {
            o->keys = cli_value(argc, argv, &i);
            if (!o->keys) {
                return CLI_USAGE;
            }
        } else if (o->what) {
            return cli_fail(CLI_USAGE, "recordings: verify one ID, or --all");
        } else {
            o->what = argv[i];
        }
    }
    return o->what ? CLI_OK : cli_fail(CLI_USAGE, "recordings: verify which? An ID, or --all");
}

/* From here on only what these keys signed is believed. */
static int trust(struct library *l, const char *file) {
    struct library_signers keys;
    char *text = NULL;
    size_t n = 0;
    enum err e = files_read(file, PUBLIC_KEYS_FILE_MAX, &text, &n);
    if (e != OK) {
        return cli_fail(CLI_FAILED, "recordings: %s: cannot be read: %s", file, err_name(e));
    }
    e = public_keys_read(text, n, &keys);
    mem_free(text);
    if (e == ERR_FORMAT || e == ERR_FULL) {
        return cli_fail(CLI_FAILED,
                        "recordings: %s: must hold Ed25519 public keys, at most %d: PEM, a JWK Set,"
                        " or lines of 64 hex digits",
                        file, LIBRARY_SIGNERS_MAX);
    }
    e = e == OK ? library_trust(l, &keys) : e;
    return e == OK ? CLI_OK : cli_fail(CLI_FAILED, "recordings: %s", err_name(e));
}

int cli_recordings_verify(struct library *l, int argc, char **argv) {
    struct options o = {0};
    int status = read_options(argc, argv, &o);
    status = status == CLI_OK && o.keys ? trust(l, o.keys) : status;
    if (status != CLI_OK) {
        return status;
    }
    struct verification v = {.library = l, .json = o.json, .no_key = o.no_key};
    bool all = strcmp(o.what, "--all") == 0;
    json_open(&v.out, NULL, '{');
    json_open(&v.out, "recordings", '[');
    if (all) {
        status = verify_all(&v);
    } else {
        verify(&v, o.what);
    }
    if (status == CLI_OK && (all || v.json)) {
        status = print_summary(&v);
    }
    buffer_free(&v.out);
    return status == CLI_OK && v.n[VERIFICATION_DAMAGED] + v.n[VERIFICATION_FAILED] ? CLI_FAILED
                                                                                    : status;
}
