/* Reading, storing and freeing; the rules that join several keys are in config_check.c. The only
 * part of the server's configuration that includes jansson. */
#include "server/config/config.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/check.h"
#include "server/config/config_check.h"
#include "server/config/config_text.h"
#include "server/os/files.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>

#define PATH_MAX_LEN 128

/* What a list X(symbol, word) says, as a table. */
#define WORD(sym, name) {name, sym},
#define WORDS(LIST)                \
    (const struct config_word[]) { \
        LIST(WORD) {               \
            NULL, 0                \
        }                          \
    }

const struct config_key config_schema[] = {
#define AT(id) offsetof(struct config, id)
#define STR(id, path, def, doc) {path, CONFIG_STR, AT(id), 0, 0, 0, def, NULL, doc},
#define INT(id, path, def, min, max, doc) {path, CONFIG_INT, AT(id), def, min, max, "", NULL, doc},
#define BOOL(id, path, def, doc) {path, CONFIG_BOOL, AT(id), def, 0, 1, "", NULL, doc},
#define ENUM(id, path, type, def, LIST, doc) \
    {path, CONFIG_ENUM, AT(id), def, 0, 0, "", WORDS(LIST), doc},
#define LIST(id, path, doc) {path, CONFIG_LIST, AT(id), 0, 0, 0, "", NULL, doc},
    CONFIG_KEYS(STR, INT, BOOL, ENUM, LIST)
#undef STR
#undef INT
#undef BOOL
#undef ENUM
#undef LIST
};
const size_t config_schema_len = ARRAY_LEN(config_schema);

/* What one parse carries along. */
struct parse {
    const char *file, *text;
    char *why;
    struct config *c;
};

__attribute__((format(printf, 4, 5))) static enum err
complain(const struct parse *p, enum err e, const char *path, const char *fmt, ...) {
    int n =
        snprintf(p->why, WHY_MAX, "%s:%d: \"%s\": ", p->file, config_line_of(p->text, path), path);
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

static const struct config_key *find_key(const char *path) {
    for (size_t i = 0; i < config_schema_len; i++) {
        if (strcmp(config_schema[i].path, path) == 0) {
            return &config_schema[i];
        }
    }
    return NULL;
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
                         const json_t *v, void *field) {
    const struct config_word *w = find_word(k->words, json_string_value(v));
    if (!w) {
        char all[128];
        enum_names(k->words, all, sizeof(all));
        return complain(p, ERR_RANGE, path, "must be %s (%s)", all, k->doc);
    }
    memcpy(field, &w->value, sizeof(w->value));
    return OK;
}

static enum err set_list(const struct parse *p, const struct config_key *k, const json_t *v,
                         struct config_list *list) {
    size_t n = json_array_size(v);
    if (!json_is_array(v) || n > CONFIG_LIST_MAX) {
        return complain(p, ERR_RANGE, k->path, "must be a list of at most %d strings (%s)",
                        CONFIG_LIST_MAX, k->doc);
    }
    list->items = mem_zalloc(n + 1, sizeof(char *));
    if (!list->items) {
        return ERR_NOMEM;
    }
    for (size_t i = 0; i < n; i++) {
        const char *s = json_string_value(json_array_get(v, i));
        char path[PATH_MAX_LEN];
        snprintf(path, sizeof(path), "%s[%zu]", k->path, i);
        if (!s || !*s) {
            return complain(p, ERR_RANGE, path, "must be a string (%s)", k->doc);
        }
        if (config_set(&list->items[i], s) != OK) {
            return ERR_NOMEM;
        }
        list->n++;
    }
    return OK;
}

static enum err set_int(const struct parse *p, const struct config_key *k, const json_t *v) {
    json_int_t i = json_integer_value(v);
    if (!json_is_integer(v) || i < k->min || i > k->max) {
        return complain(p, ERR_RANGE, k->path,
                        "must be a whole number %" PRId64 "..%" PRId64 " (%s)", k->min, k->max,
                        k->doc);
    }
    *(int64_t *)(void *)((char *)p->c + k->offset) = i;
    return OK;
}

static enum err set_value(const struct parse *p, const struct config_key *k, const json_t *v) {
    void *field = (char *)p->c + k->offset;
    switch (k->type) {
    case CONFIG_STR:
        if (!json_is_string(v) || strlen(json_string_value(v)) != json_string_length(v)) {
            return complain(p, ERR_RANGE, k->path, "must be a string (%s)", k->doc);
        }
        return config_set(field, json_string_value(v));
    case CONFIG_INT:
        return set_int(p, k, v);
    case CONFIG_BOOL:
        if (!json_is_boolean(v)) {
            return complain(p, ERR_RANGE, k->path, "must be true or false (%s)", k->doc);
        }
        *(bool *)field = json_is_true(v);
        return OK;
    case CONFIG_ENUM:
        return set_enum(p, k, k->path, v, field);
    case CONFIG_LIST:
        return set_list(p, k, v, field);
    }
    return ERR_FORMAT;
}

static const struct config_key tour_record = {.words = WORDS(RECORD_MODES), .doc = "recording"};
static const struct config_key tour_codec = {.words = WORDS(VIDEO_CODECS), .doc = "video codec"};

static enum err set_tour_field(const struct parse *p, const char *path, const char *key,
                               const json_t *v) {
    struct config_tour *t = &p->c->tours[p->c->n_tours - 1];
    const char *s = json_string_value(v);
    if (strcmp(key, "name") == 0) {
        if (!s || !tour_name_valid(s)) {
            return complain(p, ERR_RANGE, path, "must be 1..64 of A-Z a-z 0-9 _ -");
        }
        snprintf(t->name, sizeof(t->name), "%s", s);
    } else if (strcmp(key, "title") == 0) {
        if (!s || strlen(s) > NAME_MAX_BYTES) {
            return complain(p, ERR_RANGE, path, "must be a string of at most 128 bytes");
        }
        snprintf(t->title, sizeof(t->title), "%s", s);
    } else if (strcmp(key, "record") == 0) {
        return set_enum(p, &tour_record, path, v, &t->record);
    } else if (strcmp(key, "codec") == 0) {
        return set_enum(p, &tour_codec, path, v, &t->codec);
    } else {
        return complain(p, ERR_UNKNOWN, path,
                        "unknown key (a tour has name, title, record and codec)");
    }
    return OK;
}

/* Defaults of a tour come from recording.default and media.codec, which are read by now. */
static enum err read_tour(const struct parse *p, size_t index, const json_t *v) {
    struct config_tour *t = &p->c->tours[p->c->n_tours++];
    char path[PATH_MAX_LEN];
    t->record = p->c->recording_default;
    t->codec = p->c->media_codec;
    snprintf(path, sizeof(path), "tours[%zu]", index);
    if (!json_is_object(v)) {
        return complain(p, ERR_RANGE, path, "must be an object with a name");
    }
    const char *key;
    json_t *member;
    json_object_foreach((json_t *)v, key, member) {
        snprintf(path, sizeof(path), "tours[%zu].%s", index, key);
        enum err e = set_tour_field(p, path, key, member);
        if (e != OK) {
            return e;
        }
    }
    snprintf(path, sizeof(path), "tours[%zu]", index);
    if (!t->name[0]) {
        return complain(p, ERR_RANGE, path, "needs a name");
    }
    for (size_t i = 0; i + 1 < p->c->n_tours; i++) {
        if (strcmp(p->c->tours[i].name, t->name) == 0) {
            return complain(p, ERR_EXISTS, path, "the name \"%s\" is used twice", t->name);
        }
    }
    return OK;
}

static enum err read_tours(const struct parse *p, const json_t *v) {
    size_t n = json_array_size(v);
    if (!json_is_array(v) || n > CONFIG_TOURS_MAX) {
        return complain(p, ERR_RANGE, "tours", "must be a list of at most %d tours",
                        CONFIG_TOURS_MAX);
    }
    p->c->tours = mem_zalloc(n + 1, sizeof(*p->c->tours));
    if (!p->c->tours) {
        return ERR_NOMEM;
    }
    enum err e = OK;
    for (size_t i = 0; i < n && e == OK; i++) {
        e = read_tour(p, i, json_array_get(v, i));
    }
    return e;
}

static enum err read_issuers(const struct parse *p, const json_t *v) {
    struct issuer_problem problem;
    enum err e = issuer_configs_read(v, &p->c->issuers, &problem);
    return e == OK || e == ERR_NOMEM ? e : complain(p, e, problem.path, "%s", problem.what);
}

static enum err read_section(const struct parse *p, const char *prefix, json_t *object);

static enum err read_member(const struct parse *p, const char *path, json_t *v) {
    const struct config_key *k = find_key(path);
    if (k) {
        return set_value(p, k, v);
    }
    if (!is_section(path)) {
        return unknown_key(p, path);
    }
    if (!json_is_object(v)) {
        return complain(p, ERR_RANGE, path, "must be an object");
    }
    return read_section(p, path, v);
}

static enum err read_section(const struct parse *p, const char *prefix, json_t *object) {
    const char *key;
    json_t *v;
    json_object_foreach(object, key, v) {
        char path[PATH_MAX_LEN];
        snprintf(path, sizeof(path), "%s%s%.60s", prefix, *prefix ? "." : "", key);
        bool tours = strcmp(path, "tours") == 0;
        bool issuers = strcmp(path, "auth.issuers") == 0;
        enum err e = tours ? OK : issuers ? read_issuers(p, v) : read_member(p, path, v);
        if (e != OK) {
            return e;
        }
    }
    return OK;
}

static enum err set_defaults(struct config *c) {
    for (size_t i = 0; i < config_schema_len; i++) {
        const struct config_key *k = &config_schema[i];
        void *field = (char *)c + k->offset;
        if (k->type == CONFIG_INT) {
            *(int64_t *)field = k->def;
        } else if (k->type == CONFIG_BOOL) {
            *(bool *)field = k->def;
        } else if (k->type == CONFIG_ENUM) {
            const int value = (int)k->def;
            memcpy(field, &value, sizeof(value));
        } else if (k->type == CONFIG_STR && config_set(field, k->text) != OK) {
            return ERR_NOMEM;
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

static enum err fill(const struct parse *p, json_t *root) {
    enum err e = set_defaults(p->c);
    if (e == OK) {
        e = read_section(p, "", root);
    }
    json_t *tours = json_object_get(root, "tours");
    if (e == OK && tours) {
        e = read_tours(p, tours);
    }
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
    int line = 1;
    if (config_strip_comments(text, n, &line) != OK) {
        snprintf(why, WHY_MAX, "%s:%d: this comment is not closed", file, line);
        return ERR_FORMAT;
    }
    json_error_t error;
    json_t *root = json_loadb(text, n, JSON_REJECT_DUPLICATES, &error);
    if (!json_is_object(root)) {
        snprintf(why, WHY_MAX, "%s:%d: %s", file, root ? 1 : error.line,
                 root ? "must be a JSON object" : error.text);
        json_decref(root);
        return ERR_FORMAT;
    }
    struct parse p = {file, text, why, c};
    enum err e = fill(&p, root);
    json_decref(root);
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

struct config *config_free(struct config *c) {
    if (!c) {
        return NULL;
    }
    if (c->auth_hs256_secret) {
        mem_wipe(c->auth_hs256_secret, strlen(c->auth_hs256_secret));
    }
    for (size_t i = 0; i < config_schema_len; i++) {
        void *field = (char *)c + config_schema[i].offset;
        if (config_schema[i].type == CONFIG_STR) {
            mem_free(*(char **)field);
        } else if (config_schema[i].type == CONFIG_LIST) {
            struct config_list *list = field;
            for (size_t j = 0; j < list->n; j++) {
                mem_free(list->items[j]);
            }
            mem_free(list->items);
        }
    }
    mem_free(c->tours);
    issuer_configs_free(&c->issuers);
    return mem_free(c);
}
