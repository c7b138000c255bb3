#include "server/recording/keeper_config.h"

#include "server/config/units.h"

struct keeper_config keeper_configured(const struct config *c) {
    return (struct keeper_config){
        .sweep_after = us_of_s(c->recording_sweep_after_s),
        .sweep_every = us_of_hours(c->recording_sweep_hours),
        .retention = us_of_days(c->recording_retention_days),
        .keys_every = us_of_s(c->recording_keys_check_s),
        .quota_bytes = bytes_of_mib(c->recording_quota_mib),
        .quota_recordings = (uint64_t)c->recording_quota_recordings,
        .quota_free = bytes_of_mib(c->recording_quota_free_mib),
        .quota_expired = c->recording_quota_policy == QUOTA_EXPIRED,
    };
}
