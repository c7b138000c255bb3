/* What a client accepts (RFC 9110 section 12.5): codings, types and languages. Pure functions over
 * header text. */
#ifndef ORIEL_SERVER_HTTP_ACCEPT_H
#define ORIEL_SERVER_HTTP_ACCEPT_H

#include <stdbool.h>
#include <stddef.h>

/* Codings of a body that is kept in several. X(symbol, name): those before are liked better. */
#define CODINGS(X)         \
    X(CODING_BR, "br")     \
    X(CODING_GZIP, "gzip") \
    X(CODING_IDENTITY, "identity")
#define X(sym, name) sym,
enum coding { CODINGS(X) CODING_COUNT };
#undef X

/* As in Content-Encoding. */
const char *coding_name(enum coding c);
/* The best coding of those that there are (a bit 1u << coding each) by an Accept-Encoding header
 * (NULL: none was sent). CODING_COUNT: the client takes none of them. */
enum coding accept_coding(const char *header, unsigned available);
/* True when an Accept header (NULL allowed) names this very type: a range as "*" is not enough. */
bool accept_names(const char *header, const char *type);

#define LANGUAGES_ACCEPTED_MAX 8
struct languages_accepted {
    char names[LANGUAGES_ACCEPTED_MAX]
              [4]; /* "de" of "de-AT": two or three letters, in lower case */
    size_t n;
};
/* What an Accept-Language header (NULL allowed) names, best first, each once; of what it likes
 * alike that which it names first. At most the first LANGUAGES_ACCEPTED_MAX that it names. */
struct languages_accepted accept_languages(const char *header);

#endif
