"""Bad snippets, each of which a rule of tidy.py must find, and good ones it must leave alone."""
import os
import tempfile

# Rule, file, text, the line of the finding.
BAD = [
    ("arrows", "media/x.c", '#include "signaling/y.h"\n', 1),
    ("arrows", "signaling/x.c", '\n#include "media/y.h"\n', 2),
    ("arrows", "base/x.c", '#include "server/y.h"\n', 1),
    ("arrows", "media/wire/x.c", '#include "media/y.h"\n', 1),
    ("arrows", "recorder/x.c", '#include "media/y.h"\n', 1),
    ("arrows", "server/x.c", '#include "no_such_file.h"\n', 1),
    ("arrows", "server/os/x.c", '#include "server/http/y.h"\n', 1),
    ("arrows", "server/relay/x.c", '#include "server/recording/y.h"\n', 1),
    ("seams", "server/api/x.c", "#include <libwebsockets.h>\n", 1),
    ("seams", "media/x.c", "#include <openssl/ssl.h>\n", 1),
    ("seams", "signaling/x.c", "#include <curl/curl.h>\n", 1),
    ("seams", "recorder/x.c", "#include <libwebsockets.h>\n", 1),
    ("seams", "media/x.c", '#include "media/secure/leaks.h"\n', 1),
    ("system_headers", "media/x.c", "#include <pthread.h>\n", 1),
    ("system_headers", "signaling/x.c", "#include <sys/socket.h>\n", 1),
    ("system_headers", "base/map.c", "#include <stdatomic.h>\n", 1),
    ("clocks", "media/x.c", "int f(void) {\n    return clock_gettime(0, 0);\n}\n", 2),
    ("clocks", "recorder/x.c", "long f(void) {\n    return time(NULL);\n}\n", 2),
    ("clocks", "base/x.c", "int f(void) {\n    return gettimeofday(0, 0);\n}\n", 2),
    ("sockets", "signaling/x.c", "int f(void) {\n    return socket(1, 2, 3);\n}\n", 2),
    ("sockets", "media/x.c", "int f(void) {\n    sendmmsg(1, 0, 0, 0);\n}\n", 2),
    ("sockets", "recorder/x.c", "int f(void) {\n    recvfrom(1);\n}\n", 2),
    ("heap", "media/x.c", "void *f(void) {\n    return malloc(4);\n}\n", 2),
    ("heap", "recorder/x.c", "void f(char *p) {\n    if (p)\n        free(p);\n}\n", 3),
    ("heap", "base/map.c", "void *f(void) {\n    return strdup(\"\");\n}\n", 2),
    ("threads", "recorder/x.c", "void f(void) {\n    pthread_mutex_lock(0);\n}\n", 2),
    ("output", "media/x.c", "void f(void) {\n    fprintf(stderr, \"no\");\n}\n", 2),
    ("output", "signaling/x.c", "void f(void) {\n    printf(\"no\");\n}\n", 2),
    ("function_length", "media/x.c", "\nint f(void) {\n" + "    x++;\n" * 59 + "}\n", 2),
    ("short_functions", "media/x.c", "int f(void) {\n" + "    x++;\n" * 39 + "}\n", 1),
    ("parameters", "server/x.c", "int f(int a, int b, int c, int d,\n      int (*e)(int, int), "
     "int g) {\n    return 0;\n}\n", 1),
    ("nesting", "server/x.c", "void f(void) {\n    if (a) {\n        for (;;) {\n            do {\n"
     "                switch (x) {\n                case 1: {\n                }\n"
     "                }\n            } while (1);\n        }\n    }\n}\n", 1),
    ("nesting", "server/x.c", "void f(void) {\n    if (a) {\n        if (b) {\n"
     "            LIST_EACH(x) {\n                if (c) {\n                    if (d) {\n"
     "                    }\n                }\n            }\n        }\n    }\n}\n", 1),
    ("file_length", "bench/x.c", "int x;\n" * 601, 601),
    ("columns", "tests/sim/x.c", "\n/* " + "x" * 98 + " */\n", 2),
    ("documented", "media/x.h", "/* A file. */\n\nint f(void);\n", 3),
    ("documented", "server/x.h", "/* Good. */\nint f(void);\n\nstatic inline int g(void) {\n"
     "    return 0;\n}\n", 4),
    ("documented", "server/x.h", "struct x *x_new(int a,\n                int b);\n", 1),
    ("arrows", "media/out/x.c", '#include "media/room/y.h"\n', 1),
    ("arrows", "media/recv/x.c", '#include "media/send/y.h"\n', 1),
    ("circles", "server/http/a.c", "void a(void) {\n    b();\n}\n", 1),
    ("own_header", "server/http/x.c", "\n\nvoid stray(void) {\n}\n", 3),
    ("arrows", "signaling/sdp/x.c", '#include "signaling/state/y.h"\n', 1),
    ("arrows", "signaling/tours/x.c", '#include "signaling/seats/y.h"\n', 1),
    ("seams", "signaling/seats/x.c", "#include <jansson.h>\n", 1),
    ("seams", "signaling/requests/call.c", "#include <jansson.h>\n", 1),
    ("seams", "server/config/config.c", "#include <jansson.h>\n", 1),
    ("seams", "json/json_place.c", "#include <jansson.h>\n", 1),
    ("arrows", "json/x.c", '#include "media/y.h"\n', 1),
    ("arrows", "base/x.c", '#include "json/y.h"\n', 1),
    ("heap", "json/x.c", "void f(void *p) {\n    free(p);\n}\n", 2),
    ("circles", "media/a.c", "void a(void) {\n    b();\n}\n", 1),
    ("circles", "signaling/seats/a.c", "void a(void) {\n    b();\n}\n", 1),
    ("own_header", "media/x.c", "\nvoid stray(void) {\n}\n", 2),
    ("own_header", "signaling/tell/x.c", "\nvoid b(void) {\n}\n", 2),
    ("linked", "media/secure/z.c", '\n#include "media/b.h"\n', 2),
    ("test_lines", "signaling/x.c", "int x;\n" * 20, None),
    ("owners", "recorder/capture/recorder.h", "/* One. */\nvoid recorder_unchecked(struct recorder *r);\n", 2),
    ("owners", "recorder/capture/recorder.h", "/* Two. */\nint recorder_gone(\n    const struct recorder *r);\n"
     "void recorder_gone2(int a, struct recorder *r);\nint recorder_gone3(const struct recorder *r);\n", 5),
    ("test_files", "tests/unit/base/map.c", "TEST(map_grows) {\n}\n", 1),
    ("test_files", "tests/unit/base/test_map.c", "int x;\n", 1),
    ("leftovers", "web/x.js", "a\n// TO" + "DO later\n", 2),
    ("leftovers", "media/x.c", "/* FIX" + "ME */\n", 1),
    ("docs_files", "docs/architecture.md", "See `base/gone.c`.\n", 1),
    ("docs_files", "docs/architecture.md", "\nSee `base/here.c:gone`.\n", 2),
    ("docs_files", "README.md", "See `gone/`.\n", 1),
    ("docs_files", "docs/x.md", "`here.c` is somewhere.\n`gone.c` is nowhere.\n", 2),
    ("docs_files", "CONTRIBUTING.md", "`tests/fuzz/gone_NAME.c`\n", 1),
    ("docs_keys", "docs/x.md", "Set `recording.no_such`.\n", 1),
    ("docs_keys", "docs/x.md", "\nSet `recorder.dir`.\n", 2),
    ("docs_keys", "docs/x.md", "```\nDIR/  state (recorder.dir)\n```\n", 2),
    ("docs_keys", "conf/x.json", "{\n    // As recording.no_such says.\n}\n", 2),
    ("docs_metrics", "docs/x.md", "`oriel_gone_total`\n", 1),
    ("docs_metrics", "docs/x.md", "`oriel_socket_gone_*_total`\n", 1),
    ("docs_metrics", "docs/x.md", "`oriel_ws_open` `..._gone`\n", 1),
    ("docs_metrics", "docs/x.md", "`oriel_ws_open`\n`..._open`\n", 2),
    ("web_states", "web/ui/words/en.js", "  'state.open': 'Open',\n  'state.gone': 'Gone',\n", 1),
    ("web_states", "web/ui/words/en.js", "  'state.other': 'Other',\n", 1),
    ("docs_metrics", "docs/api.md", "`oriel_ws_open`, and no word of the others.\n", 1),
]

# No rule may find anything in these.
GOOD = {
    "base/alloc.c": "void *f(void) {\n    return malloc(4);\n}\n",
    "base/here.c": "/* calls here() and malloc( */\nint here(void) {\n    return 0;\n}\n",
    "base/spsc.c": "#include <stdatomic.h>\n",
    "base/seqlock.h": "/* Words. */\n#include <stdatomic.h>\n",
    "media/secure/private.h": "#include <openssl/ssl.h>\n",
    "media/secure/x.c": '#include "media/secure/private.h"\n#include "base/y.h"\n',
    "media/x.c": "struct s x = {1};\nstatic void f(struct s *s) {\n    s->free(s);\n    s->ops.send(1);\n"
                 "    my_time(1);\n    const char *t = \"time(0) // no\";\n"
                 "    for (;;) {\n        if (a) {\n            if (b) {\n                if (c) {\n"
                 "                    g((struct s){.x = {\n                        1}});\n"
                 "                }\n            }\n        }\n    }\n}\n",
    "media/x.h": "/* One. */\nint a(void);\nint b(void);\n\n/* Two,\n * long. */\n"
                 "static inline int c(void) {\n    return 0;\n}\nstatic inline int d(void) {\n"
                 "    return 0;\n}\n#define M(x) \\\n    f(x)\ntypedef int (*fn)(int);\n"
                 "struct s {\n    int (*cb)(int a);\n};\n",
    "recorder/capture/recorder.h": "/* Three. */\nint recorder_checked(const struct recorder *r);\n"
                           "void recorder_other(int a, struct recorder *r);\n",
    "recorder/capture/recorder.c": "static int recorder_checked_not(void);\n"
                           "int recorder_checked(const struct recorder *r) {\n"
                           "    OWNER_CHECK(&r->owner);\n    return 0;\n}\n",
    "server/http/x.c": "#include <libwebsockets.h>\n",
    "server/x.h": "/* Both. */\nint f(void);\nint g(int a, int b, int c, int d, int (*e)(int, int));\n",
    "server/main.c": "int main(void) {\n    return 0;\n}\n",
    "server/x.c": "#include <pthread.h>\n"
                  "int f(void) {\n    return time(NULL) + socket(1, 2, 3);\n}\n"
                  "int g(int a, int b, int c, int d, int (*e)(int, int)) {\n    return 0;\n}\n",
    "docs/architecture.md": "`base/here.c:here`, `base/`, `./dev`, `a.b()` and `x/y` are named.\n",
    "docs/x.md": "`recording.dir`, `here.c`, `architecture.md`, `x.y`, `net.core.most`, `wraps.db`.\n"
                 "```\nDIR/  state (recording.dir), dir.txt\n```\n"
                 "```js\nrecorder.dir\n```\n",
    "docs/api.md": "`oriel_ws_open{a=\"b\"}` `..._closed` `oriel_media_*_total` `oriel_play`\n"
                   "`oriel_socket_lost_total` `oriel_others_total`\n",
    "CONTRIBUTING.md": "`base/NAME.c`\n",
    "web/ui/words/en.js": "  'state.open': 'Open',\n",
    "conf/x.json": "{\n    // recording.dir, http://recorder.dir/x, log.h\n    \"a\": \"recorder.dir\"\n}\n",
    "tests/unit/engine/x.c": "int x;\n" * 200,
    "tests/unit/engine/test_x.c": "TEST_ALLOC(x) {\n}\n",
    "tests/unit/test.c": "TEST(not_a_folder) {\n}\n",
}

SUPPORT = {
    "CMakeLists.txt": "folder_library(base base)\nfolder_library(media media)\n# depends(media_secure media)\n"
                      "folder_library(media_secure media/secure)\ndepends(media_secure base)\n"
                      "depends(media base media_secure PkgConfig::OPUS)\n",
    "recorder/catalogue/catalogue.h": '#define LIST(X) X(RECORDING_OPEN, "open")\n',
    "server/config/config_keys.h": '#define KEYS(STR) STR(rec_dir, "recording.dir", "@/recordings", "objects")\n',
    "server/api/metrics.c": 'ROW(lost, "x")\n"oriel_socket_%s_total"\n"oriel_media_%s_total"\n'
                        '"oriel_ws_open" "oriel_ws_closed"\n',
    "server/others.c": '"# TYPE oriel_others_total"\n',
    "recorder/capture/unchecked.c": "void recorder_unchecked(struct recorder *r) {\n    r->n++;\n}\n"
                            "void other(void) {\n    OWNER_CHECK(0);\n}\n",
    "recorder/capture/unchecked.h": "/* Its. */\nvoid recorder_unchecked(struct recorder *r);\n"
                                    "void other(void);\n",
    "media/room/y.h": "", "media/send/y.h": "", "media/b.h": "/* B. */\nvoid b(void);\n",
    "media/c.h": "/* C. */\nvoid c(void);\n",
    "server/http/b.h": "/* B. */\nvoid b(void);\n", "server/http/c.h": "/* C. */\nvoid c(void);\n",
    "server/http/b.c": "void b(void) {\n    c();\n}\n",
    "server/http/c.c": "void c(void) {\n    a();\n}\n",
    "signaling/state/y.h": "", "signaling/seats/y.h": "",
    "signaling/seats/b.h": "/* B. */\nvoid b(void);\n",
    "signaling/seats/c.h": "/* C. */\nvoid c(void);\n",
    "signaling/seats/b.c": "void b(void) {\n    c();\n}\n",
    "signaling/seats/c.c": "void c(void) {\n    a();\n}\n",
    "media/b.c": "void b(void) {\n    c();\n}\n", "media/c.c": "void c(void) {\n    a();\n}\n",
    "base/y.h": "", "json/y.h": "", "media/y.h": "", "signaling/y.h": "", "server/y.h": "",
    "server/http/y.h": "", "server/recording/y.h": "",
    "media/secure/leaks.h": "#include <openssl/ssl.h>\n",
    "base/here.c": "int here(void) {\n    return 0;\n}\n",
}


def write(root, files):
    for path, text in files.items():
        whole = os.path.join(root, path)
        os.makedirs(os.path.dirname(whole), exist_ok=True)
        with open(whole, "w", encoding="utf-8") as f:
            f.write(text)


def findings(rule, tree_of, files):
    with tempfile.TemporaryDirectory() as root:
        write(root, files)
        return list(rule(tree_of(root)))


def run(rules, tree_of):
    """Returns how many checks passed and failed."""
    bad = []
    for name, path, text, line in BAD:
        found = findings(rules[name], tree_of, {**SUPPORT, path: text})
        if not any((f.path == path and f.line == line) or line is None for f in found):
            bad.append(f"{name} does not find {path}:{line} in {text[:60]!r}, but {found}")
    for name, rule in rules.items():
        bad += [f"{name} finds {f} in good code"
                for f in findings(rule, tree_of, {**SUPPORT, **GOOD})]
    untested = set(rules) - {case[0] for case in BAD}
    bad += [f"rule {name} has no bad snippet" for name in sorted(untested)]
    for line in bad:
        print("#", line)
    print("not ok" if bad else "ok", "tidy selftest")
    return (0, 1) if bad else (1, 0)
