#include "server/boot/jobs_config.h"

#include "server/config/units.h"

/* Pictures have half as many samples of colour. */
static uint16_t even(int64_t pixels) {
    return (uint16_t)(pixels & ~1);
}

struct jobs_thread_config jobs_configured(const struct config *c) {
    return (struct jobs_thread_config){
        .dir = c->recording_dir,
        .kek_file = c->recording_kek_file,
        .helpers = (uint32_t)c->derived_helpers,
        .queue = (uint32_t)c->derived_queue,
        .reserve = bytes_of_mib(c->derived_reserve_mib),
        .every = us_of_s(c->derived_thumbnail_every_s),
        .most = (uint32_t)c->derived_thumbnails,
        .thumbnail_width = even(c->derived_thumbnail_width),
        .width = even(c->derived_export_width),
        .height = even(c->derived_export_height),
        .fps = (uint8_t)c->derived_export_fps,
        .keep = us_of_days(c->derived_export_days),
    };
}
