/* What S3-compatible services answer in XML, read with expat: strictly (a document of another shape
 * is ERR_FORMAT) and safely (no DTD, so no entity that could grow; bounded depth and text; nothing
 * is loaded from anywhere). Thread: any. */
#ifndef ORIEL_RECORDER_STORE_S3_XML_H
#define ORIEL_RECORDER_STORE_S3_XML_H

#include "base/bytes.h"
#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

#define S3_TOKEN_MAX                                                              \
    1100 /* [bytes] a continuation token or an object's key with its NUL; more is \
            ERR_FORMAT. Keys are at most 1024 bytes long. */

/* <Error> of a refused request. Empty strings where the service said nothing; longer texts are cut.
 */
struct s3_error {
    char code[64], message[256], region[64];
};
/* ERR_FORMAT (and an empty *ret), ERR_NOMEM. */
enum err s3_error_parse(struct bytes xml, struct s3_error *ret);

/* One page of ListObjectsV2. */
struct s3_page {
    bool truncated;
    char next[S3_TOKEN_MAX]; /* not empty when truncated */
};
/* Calls each for every object, in the order of the answer; calls made before an error was found
 * are not taken back. ERR_FORMAT, ERR_NOMEM. */
enum err s3_page_parse(struct bytes xml, void (*each)(void *ctx, const char *key, uint64_t size),
                       void *ctx, struct s3_page *ret);

#endif
