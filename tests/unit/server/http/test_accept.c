#include "server/http/accept.h"
#include "tests/unit/test.h"

#define BR (1u << CODING_BR)
#define GZIP (1u << CODING_GZIP)
#define IDENTITY (1u << CODING_IDENTITY)

static const char *chosen(const char *header, unsigned available) {
    enum coding c = accept_coding(header, available);
    return c == CODING_COUNT ? "none" : coding_name(c);
}

TEST(accept_codings) {
    static const struct {
        const char *header, *of_all, *without_br;
    } rows[] = {
        {NULL, "identity", "identity"},
        {"", "identity", "identity"},
        {"gzip, deflate, br, zstd", "br", "gzip"},
        {"gzip", "gzip", "gzip"},
        {"GZIP", "gzip", "gzip"},
        {"x-gzip", "gzip", "gzip"},
        {"deflate", "identity", "identity"},
        {"br;q=0.5, gzip", "gzip", "gzip"},
        {"br;q=0.5,gzip;q=0.4", "br", "gzip"},
        {"br;q=0.001", "br", "identity"},
        {"br;q=0, gzip;q=0.000", "identity", "identity"},
        {"*", "br", "gzip"},
        {"*, br;q=0", "gzip", "gzip"},
        {"*;q=0.5, identity", "identity", "identity"},
        {"gzip;q=0.5, identity;q=0.6", "identity", "identity"},
        {"identity;q=0", "none", "none"},
        {"*;q=0", "none", "none"},
        {"gzip, *;q=0", "gzip", "gzip"},
        {"br, identity;q=0", "br", "none"},
        {"identity;q=0, *", "br", "gzip"},
        {"*;q=0, identity;q=0.1", "identity", "identity"},
        {" gzip ;\tq=1.0 , ", "gzip", "gzip"},
        {"gzip;q=0, gzip", "gzip", "gzip"},
        /* What cannot be read names nothing. */
        {"gzip;q=2", "identity", "identity"},
        {"gzip;q=1.001", "identity", "identity"},
        {"gzip;q=0.1234", "identity", "identity"},
        {"gzip;q=", "identity", "identity"},
        {"gzip;q", "identity", "identity"},
        {"gzip;q=-1", "identity", "identity"},
        {"gzip;q=0x1", "identity", "identity"},
        {"gzip q=1", "identity", "identity"},
        {"gzip;q = 1", "identity", "identity"},
        {"gzip;q=\"1\"", "identity", "identity"},
        {"gzip, br;q=1.x", "gzip", "gzip"},
        {"gzipped, br0", "identity", "identity"},
        {";q=1,,;", "identity", "identity"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *all = chosen(rows[i].header, BR | GZIP | IDENTITY);
        const char *less = chosen(rows[i].header, GZIP | IDENTITY);
        if (strcmp(all, rows[i].of_all) != 0 || strcmp(less, rows[i].without_br) != 0) {
            test_fail(__FILE__, __LINE__, "%s: %s, without br %s", rows[i].header, all, less);
        }
    }
    EXPECT_STR(chosen("gzip, br", 0), "none");
    EXPECT_STR(chosen(NULL, GZIP), "none");
}

TEST(accept_types) {
    static const struct {
        const char *header;
        bool html;
    } rows[] = {
        {"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", true},
        {"application/json, Text/HTML;q=0.1", true},
        {"text/html;level=\"1,2;q=0\", */*", true},
        {"a/b;c=\"text/html, \\\" text/html\", text/html", true},
        {"*/*", false},
        {"text/*", false},
        {"text/html;q=0, */*", false},
        {"application/json", false},
        {"a/b;c=\", text/html", false},
        {"a/b;c=\"\\", false},
        {"text/htmlx", false},
        {"", false},
        {NULL, false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (accept_names(rows[i].header, "text/html") != rows[i].html) {
            test_fail(__FILE__, __LINE__, "%s", rows[i].header);
        }
    }
}

TEST(accept_languages) {
    static const struct {
        const char *header, *best_first;
    } rows[] = {
        {NULL, ""},
        {"", ""},
        {"*", ""},
        {"de", "de "},
        {"DE-at", "de "},
        {"en-GB,en;q=0.9,de-DE;q=0.8,de;q=0.7", "en de "},
        {"en;q=0.1, de;q=0.2, gsw;q=0.3", "gsw de en "},
        {"en;q=0.5, de;q=0.5", "en de "},
        {"en, de;q=0, *;q=0.5", "en "},
        {"zh-Hant-TW, x-klingon, i-enochian, e, deutsch, d3, -de", "zh "},
        {"en;q=2, de", "de "},
        {"a\xc3\xa4, de", "de "},
        {"aa,bb,cc,dd,ee,ff,gg,hh,de;q=1", "aa bb cc dd ee ff gg hh "},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct languages_accepted l = accept_languages(rows[i].header);
        char text[64] = "";
        for (size_t k = 0; k < l.n; k++) {
            strcat(strcat(text, l.names[k]), " ");
        }
        if (strcmp(text, rows[i].best_first) != 0) {
            test_fail(__FILE__, __LINE__, "%s: %s", rows[i].header, text);
        }
    }
}
