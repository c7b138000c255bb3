/* The supplement: what was made of a recording after its end (thumbnails, waveforms, exports), with
XX Text: one line of JSON, newline, the signature of that
 * line in hex, newline. Owner: one thread. */
#ifndef ORIEL_RECORDER_JOURNAL_SUPPLEMENT_H
#define ORIEL_RECORDER_JOURNAL_SUPPLEMENT_H

#include "recorder/journal/manifest.h"

#define SUPPLEMENT_THUMBNAILS_MAX 4096
#define SUPPLEMENT_EXPORTS_MAX 256
#define SUPPLEMENT_LAYOUT_MAX 16 /* [bytes] with the NUL */

struct supplement_thumbnail {
    uint32_t number;        /* of its object */
    us_t at;                /* recording time [us] */
    uint16_t width, height; /* [pixels] */
};

struct supplement_export {
    uint32_t number, parts; /* its objects have this number and the epochs 0..parts-1 */
    char layout[SUPPLEMENT_LAYOUT_MAX];
    wall_t created;
    uint64_t bytes; /* of all parts, in clear */
};

/* Zero is one of nothing. */
struct supplement {
    struct id recording;
    uint32_t version;           /* from 1; 0: none is stored */
    bool thumbnails, waveforms; /* they were made, however many there are */
    uint32_t next_export;       /* numbers are never used again */
    struct manifest list;       /* of it only the objects: manifest_find */
    size_t objects_cap;
    struct supplement_thumbnail *thumbnail;
    size_t n_thumbnails;
    struct supplement_export *export;
    size_t n_exports;
};

/* Sort, sign and encode. *ret_text is freed with mem_free. ERR_NOMEM, ERR_CRYPTO. */
enum err supplement_encode(struct supplement *s, const struct signing_key *k, char **ret_text,
                           size_t *ret_n);
/* Check the signature and decode. ERR_AUTH, ERR_FORMAT, ERR_UNSUPPORTED (of a later release),
 * ERR_NOMEM; *ret untouched then. */
enum err supplement_decode(struct bytes text, const struct signing_key *k, struct supplement *ret);
/* Append. ERR_FULL, ERR_NOMEM; as before then. */
enum err supplement_add_object(struct supplement *s, const struct object_id *o,
                               const struct object_info *info);
enum err supplement_add_thumbnail(struct supplement *s, const struct supplement_thumbnail *t);
enum err supplement_add_export(struct supplement *s, const struct supplement_export *x);
/* The export of this number, or NULL. */
const struct supplement_export *supplement_export(const struct supplement *s, uint32_t number);
/* Take an export and its objects off the lists. */
void supplement_drop_export(struct supplement *s, uint32_t number);
/* Frees the lists and zeroes. */
void supplement_clear(struct supplement *s);

#endif
