#include "server/cli/cli_recordings.h"

#include "base/alloc.h"
#include "base/check.h"
#include "server/cli/cli.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE 200 /* recordings per query */

static int64_t number_of(const struct json *o, const char *key) {
    int64_t n = 0;
    json_get_int(json_member(o, key), INT64_MIN, INT64_MAX, &n);
    return n;
}

static const char *text_of(const struct json *o, const char *key) {
    const char *s = json_get_string(json_member(o, key), NULL);
    return s ? s : "-";
}

/* One page, or NULL after a message. */
static const struct json *page(struct library *l, const struct library_query *q, int *status) {
    static const struct json_limits limits = {BUFFER_MAX, 16, BUFFER_MAX};
    const struct json *o = NULL;
    char *text = NULL;
    enum err e = library_list_json(l, q, &text);
    if (e == ERR_RANGE) {
        *status = cli_fail(CLI_USAGE, "recordings: --state, --from or --to is not understood");
        return NULL;
    }
    e = e == OK ? json_read(text, strlen(text), &limits, &o, NULL) : e;
    mem_free(text);
    if (e != OK) {
        const char *why = library_why(l);
        *status = cli_fail(CLI_FAILED, "recordings: the catalogue cannot be read: %s",
                           *why ? why : err_name(e));
    }
    return o;
}

int cli_recordings_walk(struct library *l, const struct library_query *query, unsigned most,
                        void (*each)(void *ctx, const struct json *recording), void *ctx) {
    char after[LIBRARY_CURSOR_MAX] = "";
    struct library_query q = *query;
    int status = CLI_OK;
    bool more = true;
    for (unsigned n = 0; more;) {
        q.limit = most && most - n < PAGE ? most - n : PAGE;
        q.after = after;
        const struct json *o = page(l, &q, &status);
        if (!o) {
            return status;
        }
        const struct json *list = json_member(o, "recordings");
        const char *next = json_get_string(json_member(o, "next"), NULL);
        for (size_t i = 0; i < json_count(list); i++, n++) {
            each(ctx, json_item(list, i));
        }
        snprintf(after, sizeof(after), "%s", next ? next : "");
        more = next && (most == 0 || n < most);
        json_free(o);
    }
    return status;
}

static void each_row(void *ctx, const struct json *r) {
    (void)ctx;
    printf("%s  %-24s  %-24s  %8.1f s  %10" PRId64 " B  %s\n", text_of(r, "id"), text_of(r, "tour"),
           text_of(r, "started"), (double)number_of(r, "duration_ms") / 1000.0,
           number_of(r, "bytes"), text_of(r, "state"));
}

/* What is to be printed, once all of it is known: the list has no limit. */
struct listing {
    FILE *out;
    unsigned n;
    bool bad;
};

static void each_json(void *ctx, const struct json *recording) {
    struct listing *l = ctx;
    struct buffer b = {0};
    json_put_indented(&b, recording, 4);
    fprintf(l->out, "%s\n    %s", l->n++ ? "," : "", b.p ? b.p : "");
    l->bad = l->bad || b.bad;
    buffer_free(&b);
}

struct options {
    struct library_query query;
    unsigned most;
    bool json;
};

static bool read_number(const char *text, unsigned *ret) {
    *ret = (unsigned)strtoul(text, NULL, 10);
    return strlen(text) < 9 && !text[strspn(text, "0123456789")] && *ret > 0;
}

static bool read_options(int argc, char **argv, struct options *o) {
    const struct {
        const char *name;
        const char **value;
    } texts[] = {{"--tour", &o->query.tour},     {"--find", &o->query.text},
                 {"--person", &o->query.person}, {"--state", &o->query.state},
                 {"--from", &o->query.from},     {"--to", &o->query.to}};
    for (int i = 1; i < argc; i++) {
        const char *number = NULL, **value = NULL;
        if (strcmp(argv[i], "--json") == 0) {
            o->json = true;
            continue;
        }
        for (size_t k = 0; k < ARRAY_LEN(texts); k++) {
            value = strcmp(argv[i], texts[k].name) == 0 ? texts[k].value : value;
        }
        value = strcmp(argv[i], "--limit") == 0 ? &number : value;
        if (!value) {
            cli_fail(CLI_USAGE, "recordings: list does not know %s", argv[i]);
            return false;
        }
        *value = cli_value(argc, argv, &i);
        if (!*value || (number && !read_number(number, &o->most))) {
            return *value ? (cli_fail(CLI_USAGE, "recordings: --limit %s", number), false) : false;
        }
    }
    return true;
}

static int list_json(struct library *l, const struct options *o) {
    char *text = NULL;
    size_t n = 0;
    struct listing all = {.out = open_memstream(&text, &n)};
    if (!all.out) {
        return cli_fail(CLI_FAILED, "recordings: %s", err_name(ERR_NOMEM));
    }
    int status = cli_recordings_walk(l, &o->query, o->most, each_json, &all);
    bool whole = fclose(all.out) == 0 && !all.bad;
    if (status == CLI_OK && whole) {
        printf("{\n  \"recordings\": [%s%s]\n}\n", text, all.n ? "\n  " : "");
    }
    free(text);
    return status == CLI_OK && !whole ? cli_fail(CLI_FAILED, "recordings: %s", err_name(ERR_NOMEM))
                                      : status;
}

int cli_recordings_list(struct library *l, int argc, char **argv) {
    struct options o = {.most = 0};
    if (!read_options(argc, argv, &o)) {
        return CLI_USAGE;
    }
    return o.json ? list_json(l, &o) : cli_recordings_walk(l, &o.query, o.most, each_row, NULL);
}
