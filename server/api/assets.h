/* The pages, read into memory once at start: the control thread never touches a file. A file may
 * have twins beside it, the same bytes in another coding: "a.js.br" (Brotli) and "a.js.gz". They
 * are bodies of it, and no names of their own. */
#ifndef ORIEL_SERVER_API_ASSETS_H
#define ORIEL_SERVER_API_ASSETS_H

#include "base/bytes.h"
#include "base/err.h"
#include "server/http/accept.h"

#define ASSETS_FILES_MAX 1024 /* with twins */
#define ASSETS_BYTES_MAX (32 * 1024 * 1024)

struct asset_body {
    struct bytes data; /* p NULL: not in this coding */
    char etag[40];     /* with its quotes; made of the contents */
};
struct asset {
    char *name;       /* path below the directory, "js/oriel.js" */
    const char *type; /* content type */
    struct asset_body bodies[CODING_COUNT];
    bool immutable; /* its name says what is in it: assets_immutable */
};

struct assets;

/* Read every file below dir; names that start with a dot are left out. ERR_IO, ERR_FULL, ERR_NOMEM
 * with the reason in why[WHY_MAX]. *ret untouched on failure. */
enum err assets_load(const char *dir, struct assets **ret, char why[WHY_MAX]);
/* NULL allowed; returns NULL. */
struct assets *assets_free(struct assets *a);
/* The file with this name, or NULL. */
const struct asset *assets_find(const struct assets *a, const char *name);
/* The content type for a file name; "application/octet-stream" when its ending is not known. */
const char *assets_type(const char *name);
/* True when the name of a file below "a/" ends in a hash of its contents, "a/NAME-HASH.EXT": eight
 * or more of A-Z 2-7, or of 0-9 a-f, behind the last dash. Nothing else ever has that name. */
bool assets_immutable(const char *name);
/* The body for this Accept-Encoding header (NULL: none was sent), and its coding; NULL: the client
 * takes none of those that there are. */
const struct asset_body *assets_body(const struct asset *f, const char *accepted,
                                     enum coding *ret_coding);

#endif
