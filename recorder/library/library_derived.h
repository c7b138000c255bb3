/* What was made of recordings: listing it, reading it, removing it. It counts once the supplement
 * lists it (library_results.h); what an interrupted task leaves is swept by library_derived_sweep.
 * A recording that is still being made is ERR_WRONG_STATE. One library at a time writes, in the
 * process that records. Belongs to its library and its library's thread. */
#ifndef ORIEL_RECORDER_LIBRARY_LIBRARY_DERIVED_H
#define ORIEL_RECORDER_LIBRARY_LIBRARY_DERIVED_H

#include "recorder/library/library.h"

#define LIBRARY_PART (8u << 20) /* [bytes] of an export in one object */

/* "stage" or "faces"; NULL: there is no such layout. The inverse: -1 for another name. */
const char *library_layout_name(int layout);
int library_layout_from_name(const char *name);

/* The number of the next export of this recording. ERR_UNKNOWN, ERR_WRONG_STATE, errors of
 * supplements_get. */
enum err library_export_next(struct library *l, const char *id, uint32_t *ret);
/* Remove an export. ERR_UNKNOWN: there is none of this number. */
enum err library_export_remove(struct library *l, const char *id, uint32_t number);
/* Remove exports made before this time, and whatever an interrupted task has left of any kind.
 * *ret_left: exports are left. ERR_UNKNOWN for the id; errors of the store. */
enum err library_derived_sweep(struct library *l, const char *id, wall_t before, bool *ret_left);

/* [{"number","state":"done","layout","created","bytes"}]: the inside of that array; number NULL:
 * all. *ret_n: how many there are. Freed with mem_free. ERR_UNKNOWN for the id. */
enum err library_exports_json(struct library *l, const char *id, const uint32_t *number,
                              size_t *ret_n, char **ret);
/* [{"number","t_ms","width","height"}]. *ret_made: they, and the waveforms, were made; else the
 * array is empty. Freed with mem_free. ERR_UNKNOWN for the id. */
enum err library_thumbnails_json(struct library *l, const char *id, bool *ret_made, char **ret);

/* Bytes of a derived thing. */
enum library_derived_kind { LIBRARY_THUMBNAIL, LIBRARY_WAVEFORM, LIBRARY_EXPORT };
struct library_derived;
/* track: of a waveform; number: of the others. ERR_UNKNOWN: it was not made; ERR_GONE: erased. */
struct library_derived_name {
    enum library_derived_kind kind;
    const char *id, *track;
    uint32_t number;
};
enum err library_derived_open(struct library *l, const struct library_derived_name *n,
                              struct library_derived **ret);
/* As library_media_gone, of anything of the recording. */
bool library_derived_gone(const struct library_derived *d);
/* NULL allowed; returns NULL. */
struct library_derived *library_derived_close(struct library_derived *d);
uint64_t library_derived_size(const struct library_derived *d);    /* [bytes] */
const char *library_derived_type(const struct library_derived *d); /* e.g. "image/jpeg" */
/* As library_media_read. */
enum err library_derived_read(struct library_derived *d, uint64_t at, uint8_t *out, size_t n);

#endif
