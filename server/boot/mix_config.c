#include "server/boot/mix_config.h"

#include "server/config/units.h"

#define MIX_MESSAGES 2048 /* from a worker to the mix and back; the mix looks each 20 ms */

struct mix_thread_config mix_configured(const struct config *c) {
    return (struct mix_thread_config){
        .mixes = {.listeners = (uint32_t)c->mix_listeners,
                  .per_tour = (uint32_t)c->mix_listeners_per_tour,
                  .voices = (uint32_t)c->mix_voices,
                  .bitrate = (uint32_t)c->mix_bitrate,
                  .delay = us_of_ms(c->mix_delay_ms)},
        .mailbox = MIX_MESSAGES,
    };
}
