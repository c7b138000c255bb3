#include "server/cli/cli_recordings.h"

#include "base/alloc.h"
#include "base/check.h"
#include "server/cli/cli.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE 200 /* recordings per query */

static int64_t number_of(const json_t *o, const char *key) {
    return json_integer_value(json_object_get(o, key));
}

static const char *text_of(const json_t *o, const char *key) {
    const char *s = json_string_value(json_object_get(o, key));
    return s ? s : "-";
}

/* One page as JSON, or NULL after a message. */
static json_t *page(struct library *l, const struct library_query *q, int *status) {
    char *text = NULL;
    enum err e = library_list_json(l, q, &text);
    json_t *o = e == OK ? json_loads(text, 0, NULL) : NULL;
    mem_free(text);
    if (e == ERR_RANGE) {
        *status = cli_fail(CLI_USAGE, "recordings: --state, --from or --to is not understood");
    } else if (!o) {
        *status = cli_fail(CLI_FAILED, "recordings: the catalogue cannot be read: %s", err_name(e));
    }
    return o;
}

int cli_recordings_walk(struct library *l, const struct library_query *query, unsigned most,
                        void (*each)(void *ctx, json_t *recording), void *ctx) {
    char after[LIBRARY_CURSOR_MAX] = "";
    struct library_query q = *query;
    int status = CLI_OK;
    bool more = true;
    for (unsigned n = 0; more;) {
        q.limit = most && most - n < PAGE ? most - n : PAGE;
        q.after = after;
        json_t *o = page(l, &q, &status);
        if (!o) {
            return status;
        }
        json_t *list = json_object_get(o, "recordings");
        const char *next = json_string_value(json_object_get(o, "next"));
        for (size_t i = 0; i < json_array_size(list); i++, n++) {
            each(ctx, json_array_get(list, i));
        }
        snprintf(after, sizeof(after), "%s", next ? next : "");
        more = next && (most == 0 || n < most);
        json_decref(o);
    }
    return status;
}

static void each_row(void *ctx, json_t *r) {
    (void)ctx;
    printf("%s  %-24s  %-24s  %8.1f s  %10" PRId64 " B  %s\n", text_of(r, "id"), text_of(r, "tour"),
           text_of(r, "started"), (double)number_of(r, "duration_ms") / 1000.0,
           number_of(r, "bytes"), text_of(r, "state"));
}

static void each_json(void *ctx, json_t *recording) {
    json_array_append(ctx, recording);
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

int cli_recordings_list(struct library *l, int argc, char **argv) {
    struct options o = {.most = 0};
    if (!read_options(argc, argv, &o)) {
        return CLI_USAGE;
    }
    if (!o.json) {
        return cli_recordings_walk(l, &o.query, o.most, each_row, NULL);
    }
    json_t *all = json_array();
    int status = cli_recordings_walk(l, &o.query, o.most, each_json, all);
    if (status == CLI_OK) {
        json_t *out = json_pack("{s:O}", "recordings", all);
        json_dumpf(out, stdout, JSON_INDENT(2));
        putchar('\n');
        json_decref(out);
    }
    json_decref(all);
    return status;
}
