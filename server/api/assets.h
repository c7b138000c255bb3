/* The pages, read into memory once at start: the control thread never touches a file. */
#ifndef ORIEL_SERVER_API_ASSETS_H
#define ORIEL_SERVER_API_ASSETS_H

#include "base/bytes.h"
#include "base/err.h"

#define ASSETS_FILES_MAX 512
#define ASSETS_BYTES_MAX (32 * 1024 * 1024)

struct asset {
    char *name;       /* path below the directory, "js/oriel.js" */
    const char *type; /* content type */
    struct bytes data;
    char etag[40]; /* with its quotes; made of the contents */
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

#endif
