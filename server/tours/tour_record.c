#include "server/tours/tour_record.h"

#include "base/alloc.h"

struct tour_record *tour_record_copy(const struct tour_record *r) {
    struct tour_record *copy = mem_zalloc(1, sizeof(*copy));
    if (!copy) {
        return NULL;
    }
    *copy = *r;
    copy->property = r->property ? mem_strdup(r->property) : NULL;
    return r->property && !copy->property ? mem_free(copy) : copy;
}

struct tour_record *tour_record_free(struct tour_record *r) {
    if (r) {
        mem_free(r->property);
    }
    return mem_free(r);
}

struct signaling_tour tour_record_plan(const struct tour_record *r) {
    return (struct signaling_tour){.name = r->name,
                                   .title = r->title,
                                   .record = r->record,
                                   .codec = r->codec,
                                   .lobby = r->lobby,
                                   .starts_at = r->starts_at,
                                   .ends_at = r->ends_at,
                                   .max_length = r->max_length,
                                   .capacity = r->capacity,
                                   .quota = r->quota,
                                   .property = r->property};
}
