#include "server/cli/cli_audit_parts.h"

#include "server/cli/cli.h"

#include <stdlib.h>
#include <string.h>

static bool read_known(const char *text, struct audit_known *ret) {
    char *end = NULL;
    unsigned long long n = text ? strtoull(text, &end, 10) : 0;
    ret->number = n;
    return text && end != text && *end == ':' && n > 0 && strlen(end + 1) == 2 * SHA256_LEN &&
           hex_decode(ret->hash, SHA256_LEN, end + 1);
}

/* Options that both commands or only one of them have. */
static const char **text_option(struct cli_audit_words *w, const char *name, bool verify) {
    const struct {
        const char *name;
        const char **value;
        bool of_verify, of_list;
    } options[] = {{"--dir", &w->dir, true, true},
                   {"--file", &w->file, true, false},
                   {"--public-key", &w->keys, true, false},
                   {"--who", &w->filter.who, false, true},
                   {"--what", &w->filter.what, false, true},
                   {"--recording", &w->filter.recording, false, true},
                   {"--tour", &w->filter.tour, false, true},
                   {"--outcome", &w->filter.outcome, false, true}};
    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
        if (strcmp(options[i].name, name) == 0 &&
            (verify ? options[i].of_verify : options[i].of_list)) {
            return options[i].value;
        }
    }
    return NULL;
}

static bool read_other(int argc, char **argv, int *i, struct cli_audit_words *w) {
    bool verify = strcmp(argv[0], "verify") == 0;
    const char *name = argv[*i];
    if (strcmp(name, "--json") == 0) {
        return w->json = true;
    }
    if (verify && strcmp(name, "--no-key") == 0) {
        return w->no_key = true;
    }
    if (verify && strcmp(name, "--database") == 0) {
        return w->database = true;
    }
    if (verify && strcmp(name, "--known") == 0) {
        return read_known(cli_value(argc, argv, i), &w->known);
    }
    bool since = strcmp(name, "--since") == 0;
    if (!verify && (since || strcmp(name, "--until") == 0)) {
        const char *text = cli_value(argc, argv, i);
        return text && wall_parse(text, since ? &w->filter.since : &w->filter.until);
    }
    return false;
}

bool cli_audit_read(int argc, char **argv, struct cli_audit_words *ret) {
    bool verify = strcmp(argv[0], "verify") == 0;
    for (int i = 1; i < argc; i++) {
        const char **text = text_option(ret, argv[i], verify);
        if (text) {
            *text = cli_value(argc, argv, &i);
        }
        if (text ? !*text : !read_other(argc, argv, &i, ret)) {
            return false;
        }
    }
    return !(ret->file && ret->dir) &&
           !(ret->database && (ret->file || ret->dir || ret->known.number)) &&
           !(ret->keys && ret->no_key);
}
