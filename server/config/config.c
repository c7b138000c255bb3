/* Reading, storing and freeing; the rules that join several keys are in config_check.c. */
#include "server/config/config.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/check.h"
#include "server/config/config_check.h"
#include "server/config/config_text.h"
#include "server/os/files.h"
#include "json/json_read.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#define PATH_MAX_LEN 128

/* What one parse carries along. */
struct parse {
    const char *file, *text;
    size_t n; /* [bytes] of text */
    char *why;
    struct config *c;
};

__attribute__((format(printf, 4, 5))) static enum err
complain(const struct parse *p, enum err e, const char *path, const char *fmt, ...) {
    struct json_place at;
    json_place_find(p->text, p->n, path, &at);
    int n = snprintf(p->why, WHY_MAX, "%s:%u: \"%s\": ", p->file, at.line, path);
    if (n > 0 && n < WHY_MAX) {
        va_list ap;
        va_start(ap, fmt);
        vsnprintf(p->why + n, WHY_MAX - (size_t)n, fmt, ap);
        va_end(ap);
    }
    return e;
}

enum err config_set(char **field, const char *value) {
    char *copy = mem_strdup(value);
    if (!copy) {
        return ERR_NOMEM;
    }
    mem_free(*field);
    *field = copy;
    return OK;
}

static const struct config_key *find_key(const struct config_key *keys, size_t n,
                                         const char *path) {
    for (size_t i = 0; i < n; i++) {
        if (strcmp(keys[i].path, path) == 0) {
            return &keys[i];
        }
    }
    return NULL;
}

static bool is_array(const char *path) {
    for (size_t i = 0; i < config_arrays_len; i++) {
        if (strcmp(config_arrays[i].path, path) == 0) {
            return true;
        }
    }
    return false;
}

/* True when keys exist below this path. */
static bool is_section(const char *path) {
    size_t n = strlen(path);
    for (size_t i = 0; i < config_schema_len; i++) {
        if (strncmp(config_schema[i].path, path, n) == 0 && config_schema[i].path[n] == '.') {
            return true;
        }
    }
    return false;
}

static enum err unknown_key(const struct parse *p, const char *path) {
    const char *best = NULL;
    unsigned least = 4;
    for (size_t i = 0; i < config_schema_len; i++) {
        unsigned d = config_distance(path, config_schema[i].path, 4);
        if (d < least) {
            least = d;
            best = config_schema[i].path;
        }
    }
    if (best) {
        return complain(p, ERR_UNKNOWN, path, "unknown key (did you mean \"%s\"?)", best);
    }
    return complain(p, ERR_UNKNOWN, path, "unknown key");
}

static const struct config_word *find_word(const struct config_word *words, const char *text) {
    for (; words->word; words++) {
        if (text && strcmp(words->word, text) == 0) {
            return words;
        }
    }
    return NULL;
}

/* "a, b or c" */
static void enum_names(const struct config_word *words, char *out, size_t cap) {
    size_t n = 0;
    for (int i = 0; words[i].word && n < cap; i++) {
        const char *sep = i == 0 ? "" : words[i + 1].word ? ", " : " or ";
        n += (size_t)snprintf(out + n, cap - n, "%s\"%s\"", sep, words[i].word);
    }
}

static enum err set_enum(const struct parse *p, const struct config_key *k, const char *path,
                         const struct json *v, void *field) {
    const struct config_word *w = find_word(k->words, json_get_string(v, NULL));
    if (!w) {
        char all[128];
        enum_names(k->words, all, sizeof(all));
        return complain(p, ERR_RANGE, path, "must be %s (%s)", all, k->doc);
    }
    memcpy(field, &w->value, sizeof(w->value));
    return OK;
}

static enum err set_list(const struct parse *p, const struct config_key *k, const char *path,
                         const struct json *v, struct config_list *list) {
    size_t n = json_count(v);
    if (json_kind(v) != JSON_KIND_LIST || n > CONFIG_LIST_MAX) {
        return complain(p, ERR_RANGE, path, "must be a list of at most %d strings (%s)",
                        CONFIG_LIST_MAX, k->doc);
    }
    list->items = mem_zalloc(n + 1, sizeof(char *));
    if (!list->items) {
        return ERR_NOMEM;
    }
    for (size_t i = 0; i < n; i++) {
        const char *s = json_get_string(json_item(v, i), NULL);
        char item[PATH_MAX_LEN];
        snprintf(item, sizeof(item), "%s[%zu]", path, i);
        if (!s || !*s) {
            return complain(p, ERR_RANGE, item, "must be a string (%s)", k->doc);
        }
        if (config_set(&list->items[i], s) != OK) {
            return ERR_NOMEM;
        }
        list->n++;
    }
    return OK;
}

static enum err set_int(const struct parse *p, const struct config_key *k, const char *path,
                        const struct json *v, int64_t *field) {
    if (!json_get_int(v, k->min, k->max, field)) {
        return complain(p, ERR_RANGE, path, "must be a whole number %" PRId64 "..%" PRId64 " (%s)",
                        k->min, k->max, k->doc);
    }
    return OK;
}

static enum err set_str(const struct parse *p, const struct config_key *k, const char *path,
                        const struct json *v, char **field) {
    const char *s = json_get_string(v, NULL);
    if (k->good && (!s || !k->good(s))) {
        return complain(p, ERR_RANGE, path, "must be %s", k->doc);
    }
    return s ? config_set(field, s) : complain(p, ERR_RANGE, path, "must be a string (%s)", k->doc);
}

/* An object as the text that it is kept and told as. */
static enum err set_json(const struct parse *p, const struct config_key *k, const char *path,
                         const struct json *v, char **field) {
    struct buffer b = {0};
    enum err e = OK;
    if (json_kind(v) == JSON_KIND_OBJECT) {
        json_put_compact(&b, v);
    }
    if (b.bad) {
        e = ERR_NOMEM;
    } else if (b.n == 0 || b.n > (size_t)k->max) {
        e = complain(p, ERR_RANGE, path, "must be %s", k->doc);
    } else {
        e = config_set(field, b.p);
    }
    buffer_free(&b);
    return e;
}

static enum err set_value(const struct parse *p, const struct config_key *k, const char *path,
                          const struct json *v, void *field) {
    switch (k->type) {
    case CONFIG_STR:
        return set_str(p, k, path, v, field);
    case CONFIG_INT:
        return set_int(p, k, path, v, field);
    case CONFIG_BOOL:
        if (!json_get_bool(v, field)) {
            return complain(p, ERR_RANGE, path, "must be true or false (%s)", k->doc);
        }
        return OK;
    case CONFIG_ENUM:
        return set_enum(p, k, path, v, field);
    case CONFIG_LIST:
        return set_list(p, k, path, v, field);
    case CONFIG_JSON:
        return set_json(p, k, path, v, field);
    }
    return ERR_FORMAT;
}

/* The default of a key: what another field holds, or what its row says. */
static enum err set_default(const struct config_key *k, void *field, const void *like) {
    const int word = (int)k->def;
    switch (k->type) {
    case CONFIG_STR:
    case CONFIG_JSON:
        return config_set(field, like ? *(char *const *)like : k->text);
    case CONFIG_INT:
        *(int64_t *)field = like ? *(const int64_t *)like : k->def;
        return OK;
    case CONFIG_BOOL:
        *(bool *)field = like ? *(const bool *)like : k->def != 0;
        return OK;
    case CONFIG_ENUM:
        memcpy(field, like ? like : &word, sizeof(word));
        return OK;
    case CONFIG_LIST:
        return OK; /* empty */
    }
    return ERR_FORMAT;
}

/* ---- lists of objects ---- */

static void *field_of(const struct config *c, size_t offset) {
    return (char *)c + offset;
}

static char *entries(const struct config *c, const struct config_array *a) {
    char *items;
    memcpy(&items, field_of(c, a->items), sizeof(items));
    return items;
}

/* What the keys of an entry are when it does not say. */
static enum err entry_defaults(const struct config *c, const struct config_array *a, char *entry) {
    for (size_t i = 0; i < a->n_keys; i++) {
        const struct config_key *k = &a->keys[i];
        enum err e = set_default(k, entry + k->offset, k->like ? field_of(c, k->like) : NULL);
        if (e != OK) {
            return e;
        }
    }
    return OK;
}

/* "a, b and c" */
static void key_names(const struct config_array *a, char *out, size_t cap) {
    size_t n = 0;
    for (size_t i = 0; i < a->n_keys && n < cap; i++) {
        const char *sep = i == 0 ? "" : i + 1 < a->n_keys ? ", " : " and ";
        n += (size_t)snprintf(out + n, cap - n, "%s%s", sep, a->keys[i].path);
    }
}

static enum err unknown_in_entry(const struct parse *p, const struct config_array *a,
                                 const char *path) {
    char all[256];
    key_names(a, all, sizeof(all));
    return complain(p, ERR_UNKNOWN, path, "unknown key (%s has %s)", a->one, all);
}

/* The first key tells entries apart. */
static enum err check_name(const struct parse *p, const struct config_array *a, size_t index,
                           const char *path) {
    const struct config_key *k = &a->keys[0];
    const char *items = entries(p->c, a);
    const char *name = *(char *const *)(const void *)(items + index * a->size + k->offset);
    if (!*name) {
        return complain(p, ERR_RANGE, path, "needs a %s", k->path);
    }
    for (size_t i = 0; i < index; i++) {
        if (strcmp(*(char *const *)(const void *)(items + i * a->size + k->offset), name) == 0) {
            return complain(p, ERR_EXISTS, path, "the %s \"%s\" is used twice", k->path, name);
        }
    }
    return OK;
}

static enum err read_entry(const struct parse *p, const struct config_array *a, size_t index,
                           const struct json *v) {
    char *entry = entries(p->c, a) + index * a->size;
    char path[PATH_MAX_LEN], whole[PATH_MAX_LEN / 2];
    enum err e = entry_defaults(p->c, a, entry);
    snprintf(whole, sizeof(whole), "%s[%zu]", a->path, index);
    if (e == OK && json_kind(v) != JSON_KIND_OBJECT) {
        return complain(p, ERR_RANGE, whole, "must be an object with a %s", a->keys[0].path);
    }
    for (struct json_walk w = {0}; e == OK && json_next(v, &w);) {
        const struct config_key *k = find_key(a->keys, a->n_keys, w.name);
        snprintf(path, sizeof(path), "%s.%.60s", whole, w.name);
        e = k ? set_value(p, k, path, w.value, entry + k->offset) : unknown_in_entry(p, a, path);
    }
    return e == OK ? check_name(p, a, index, whole) : e;
}

static enum err read_array(const struct parse *p, const struct config_array *a,
                           const struct json *v) {
    size_t n = json_count(v), *count = field_of(p->c, a->n);
    if (json_kind(v) != JSON_KIND_LIST || n > a->most) {
        return complain(p, ERR_RANGE, a->path, "must be a list of at most %zu %s", a->most,
                        a->many);
    }
    char *items = mem_zalloc(n + 1, a->size);
    if (!items) {
        return ERR_NOMEM;
    }
    memcpy(field_of(p->c, a->items), &items, sizeof(items));
    enum err e = OK;
    for (size_t i = 0; i < n && e == OK; i++) {
        (*count)++;
        e = read_entry(p, a, i, json_item(v, i));
    }
    return e;
}

static enum err read_issuers(const struct parse *p, const struct json *v) {
    struct issuer_problem problem;
    enum err e = issuer_configs_read(v, &p->c->issuers, &problem);
    return e == OK || e == ERR_NOMEM ? e : complain(p, e, problem.path, "%s", problem.what);
}

/* The value at a path; NULL when it is not there. */
static const struct json *value_at(const struct json *object, const char *path) {
    char name[PATH_MAX_LEN];
    for (const char *dot; object && (dot = strchr(path, '.')); path = dot + 1) {
        snprintf(name, sizeof(name), "%.*s", (int)(dot - path), path);
        object = json_member(object, name);
    }
    return object ? json_member(object, path) : NULL;
}

/* After all other keys, which they have defaults from. */
static enum err read_arrays(const struct parse *p, const struct json *root) {
    enum err e = OK;
    for (size_t i = 0; i < config_arrays_len && e == OK; i++) {
        const struct json *v = value_at(root, config_arrays[i].path);
        e = v ? read_array(p, &config_arrays[i], v) : OK;
    }
    return e;
}

/* ---- the whole ---- */

static enum err read_section(const struct parse *p, const char *prefix, const struct json *object);

static enum err read_member(const struct parse *p, const char *path, const struct json *v) {
    const struct config_key *k = find_key(config_schema, config_schema_len, path);
    if (k) {
        return set_value(p, k, path, v, field_of(p->c, k->offset));
    }
    if (!is_section(path)) {
        return unknown_key(p, path);
    }
    if (json_kind(v) != JSON_KIND_OBJECT) {
        return complain(p, ERR_RANGE, path, "must be an object");
    }
    return read_section(p, path, v);
}

static enum err read_section(const struct parse *p, const char *prefix, const struct json *object) {
    for (struct json_walk w = {0}; json_next(object, &w);) {
        char path[PATH_MAX_LEN];
        snprintf(path, sizeof(path), "%s%s%.60s", prefix, *prefix ? "." : "", w.name);
        if (strchr(w.name, '.')) { /* it would be a second way to say a.b */
            return complain(p, ERR_UNKNOWN, path, "must be written as an object within an object");
        }
        bool issuers = strcmp(path, "auth.issuers") == 0; /* read by themselves */
        enum err e = is_array(path) ? OK
                     : issuers      ? read_issuers(p, w.value)
                                    : read_member(p, path, w.value);
        if (e != OK) {
            return e;
        }
    }
    return OK;
}

static enum err set_defaults(struct config *c) {
    for (size_t i = 0; i < config_schema_len; i++) {
        const struct config_key *k = &config_schema[i];
        enum err e = set_default(k, field_of(c, k->offset), NULL);
        if (e != OK) {
            return e;
        }
    }
    return OK;
}

/* Replace a leading '@' of defaults by the state directory. */
static enum err fill_state_dir(struct config *c) {
    for (size_t i = 0; i < config_schema_len; i++) {
        if (config_schema[i].type != CONFIG_STR || config_schema[i].text[0] != '@') {
            continue;
        }
        char **field = (char **)(void *)((char *)c + config_schema[i].offset);
        char path[4096];
        if ((*field)[0] == '@') {
            int n = snprintf(path, sizeof(path), "%s%s", c->state_dir, *field + 1);
            if (n >= (int)sizeof(path) || config_set(field, path) != OK) {
                return ERR_NOMEM;
            }
        }
    }
    return OK;
}

static enum err fill(const struct parse *p, const struct json *root) {
    enum err e = set_defaults(p->c);
    if (e == OK) {
        e = read_section(p, "", root);
    }
    e = e == OK ? read_arrays(p, root) : e;
    if (e == OK) {
        e = fill_state_dir(p->c);
    }
    const char *path = "", *what = "";
    if (e == OK && !config_consistent(p->c, &path, &what)) {
        e = complain(p, ERR_RANGE, path, "%s", what);
    }
    return e;
}

static enum err parse_text(const char *file, char *text, size_t n, struct config *c,
                           char why[WHY_MAX]) {
    static const struct json_limits limits = {CONFIG_FILE_MAX, 16, 65536};
    int line = 1;
    if (config_strip_comments(text, n, &line) != OK) {
        snprintf(why, WHY_MAX, "%s:%d: this comment is not closed", file, line);
        return ERR_FORMAT;
    }
    const struct json *root = NULL;
    struct json_error error;
    enum err e = json_read(text, n, &limits, &root, &error);
    if (e != OK) {
        snprintf(why, WHY_MAX, "%s:%u: %s", file, error.at.line, error.what);
        return e == ERR_NOMEM ? e : ERR_FORMAT;
    }
    struct parse p = {file, text, n, why, c};
    e = fill(&p, root);
    json_free(root);
    return e;
}

enum err config_parse(const char *file, const char *text, size_t n, struct config **ret,
                      char why[WHY_MAX]) {
    why[0] = '\0';
    struct config *c = mem_zalloc(1, sizeof(*c));
    char *copy = mem_zalloc(n + 1, 1);
    enum err e = ERR_NOMEM;
    if (c && copy) {
        memcpy(copy, text, n);
        e = parse_text(file, copy, n, c, why);
        mem_wipe(copy, n);
    }
    mem_free(copy);
    if (e != OK) {
        if (!why[0]) {
            snprintf(why, WHY_MAX, "%s: %s", file, "out of memory");
        }
        config_free(c);
        return e;
    }
    *ret = c;
    return OK;
}

enum err config_load(const char *file, struct config **ret, char why[WHY_MAX]) {
    char *text = NULL;
    size_t n = 0;
    errno = 0;
    enum err e = files_read(file, CONFIG_FILE_MAX, &text, &n);
    if (e != OK) {
        snprintf(why, WHY_MAX, "%s: cannot read the configuration: %s", file,
                 e == ERR_LONG ? "larger than 1 MiB" : strerror(errno));
        return e;
    }
    e = config_parse(file, text, n, ret, why);
    mem_wipe(text, n);
    mem_free(text);
    return e;
}

static void free_fields(const struct config_key *keys, size_t n, char *base) {
    for (size_t i = 0; i < n; i++) {
        void *field = base + keys[i].offset;
        if (keys[i].type == CONFIG_STR || keys[i].type == CONFIG_JSON) {
            mem_free(*(char **)field);
        } else if (keys[i].type == CONFIG_LIST) {
            struct config_list *list = field;
            for (size_t j = 0; j < list->n; j++) {
                mem_free(list->items[j]);
            }
            mem_free(list->items);
        }
    }
}

struct config *config_free(struct config *c) {
    if (!c) {
        return NULL;
    }
    if (c->auth_hs256_secret) {
        mem_wipe(c->auth_hs256_secret, strlen(c->auth_hs256_secret));
    }
    free_fields(config_schema, config_schema_len, (char *)c);
    for (size_t i = 0; i < config_arrays_len; i++) {
        const struct config_array *a = &config_arrays[i];
        char *items = entries(c, a);
        for (size_t j = 0; j < *(size_t *)field_of(c, a->n); j++) {
            free_fields(a->keys, a->n_keys, items + j * a->size);
        }
        mem_free(items);
    }
    issuer_configs_free(&c->issuers);
    return mem_free(c);
}
