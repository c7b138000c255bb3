#include "server/boot/reader_config.h"

struct reader_thread_config reader_configured(const struct config *c) {
    return (struct reader_thread_config){
        .dir = c->recording_dir,
        .kek_file = c->recording_kek_file,
        .threads = (uint32_t)c->recording_reader_threads,
        .downloads = (uint32_t)c->recording_downloads,
    };
}
