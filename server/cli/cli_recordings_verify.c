#include "server/cli/cli_recordings.h"

#include "base/alloc.h"
#include "base/check.h"
#include "server/cli/cli.h"
#include "server/os/files.h"
#include "server/recording/public_keys.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum result { RESULT_OK, RESULT_DAMAGED, RESULT_SHREDDED, RESULT_FAILED, RESULT_COUNT };
static const char *const result_names[RESULT_COUNT] = {"ok", "damaged", "shredded", "failed"};

struct verification {
    struct library *library;
    bool json, no_key;
    const char *id; /* of the one under way */
    bool chain;     /* its sealed objects were checked, and none was opened */
    json_t *findings;
    unsigned n[RESULT_COUNT];
};

static void say(void *ctx, const char *object, const char *what) {
    struct verification *v = ctx;
    if (v->json) {
        json_array_append_new(v->findings, json_pack("{s:s,s:s}", "object", object, "what", what));
    } else {
        printf("%s  %s: %s\n", v->id, object, what);
    }
}

/* The key does not open it now, which says nothing of the recording. */
static bool lacks_key(enum err e) {
    return e == ERR_DENIED || e == ERR_KEY_DENIED || e == ERR_AGAIN || e == ERR_IO;
}

static enum result result_of(enum err e) {
    return e == OK                ? RESULT_OK
           : e == ERR_AUTH        ? RESULT_DAMAGED
           : e == ERR_WRONG_STATE ? RESULT_SHREDDED
                                  : RESULT_FAILED;
}

static void print(const struct verification *v, enum result r, enum err e) {
    if (r == RESULT_OK || r == RESULT_SHREDDED) {
        const char *why = v->no_key ? "" : library_why(v->library);
        printf("%s  %s%s%s\n", v->id, result_names[r],
               v->chain ? " (signature and sealed objects; nothing was opened) " : "",
               v->chain ? why : "");
    } else if (r == RESULT_DAMAGED) {
        printf("%s  DAMAGED\n", v->id);
    } else {
        cli_fail(CLI_FAILED, "recordings: %s: %s", v->id,
                 e == ERR_UNKNOWN                         ? "there is no such recording"
                 : e == ERR_DENIED || e == ERR_KEY_DENIED ? "could not be checked"
                                                          : err_name(e));
    }
}

/* Verify one; with --json what was found goes to `out`. */
static enum result verify(struct verification *v, const char *id, json_t *out) {
    char name[RECORDING_ID_LEN + 1];
    snprintf(name, sizeof(name), "%.32s", id);
    v->id = name;
    v->findings = v->json ? json_array() : NULL;
    enum err e = v->no_key ? ERR_DENIED : library_verify(v->library, id, say, v);
    v->chain = lacks_key(e);
    if (v->chain) {
        /* Signature and sealed objects can be checked all the same. */
        e = library_verify_chain(v->library, id, say, v);
    }
    enum result r = result_of(e);
    v->n[r]++;
    if (v->json) {
        json_array_append_new(out,
                              json_pack("{s:s,s:s,s:b,s:o}", "id", name, "result", result_names[r],
                                        "opened", !v->chain, "findings", v->findings));
    } else {
        print(v, r, e);
    }
    return r;
}

static void each_id(void *ctx, json_t *recording) {
    json_array_append(ctx, json_object_get(recording, "id"));
}

/* A terminal shows where it is; a log gets a line for every hundred. */
static void progress(size_t done, size_t all) {
    if (isatty(STDERR_FILENO)) {
        fprintf(stderr, "\rverify: %zu of %zu%s", done, all, done == all ? "\n" : "");
    } else if (done % 100 == 0 || done == all) {
        fprintf(stderr, "verify: %zu of %zu\n", done, all);
    }
}

static int verify_all(struct verification *v, json_t *out) {
    struct library_query everything = {0};
    json_t *ids = json_array();
    int status = cli_recordings_walk(v->library, &everything, 0, each_id, ids);
    size_t n = json_array_size(ids);
    for (size_t i = 0; status == CLI_OK && i < n; i++) {
        verify(v, json_string_value(json_array_get(ids, i)), out);
        progress(i + 1, n);
    }
    json_decref(ids);
    return status;
}

static void print_summary(const struct verification *v, json_t *recordings) {
    if (!v->json) {
        printf("%u ok, %u damaged, %u shredded, %u could not be checked\n", v->n[RESULT_OK],
               v->n[RESULT_DAMAGED], v->n[RESULT_SHREDDED], v->n[RESULT_FAILED]);
        return;
    }
    json_t *o = json_pack("{s:O}", "recordings", recordings);
    for (size_t i = 0; i < RESULT_COUNT; i++) {
        json_object_set_new(o, result_names[i], json_integer(v->n[i]));
    }
    json_dumpf(o, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(o);
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
    json_t *out = json_array();
    bool all = strcmp(o.what, "--all") == 0;
    if (all) {
        status = verify_all(&v, out);
    } else {
        verify(&v, o.what, out);
    }
    if (status == CLI_OK && (all || v.json)) {
        print_summary(&v, out);
    }
    json_decref(out);
    return status == CLI_OK && v.n[RESULT_DAMAGED] + v.n[RESULT_FAILED] ? CLI_FAILED : status;
}
