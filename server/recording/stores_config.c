#include "server/recording/stores_config.h"

#include "server/config/units.h"

struct http_config http_configured(const struct config *c) {
    return (struct http_config){
        .connect_timeout = us_of_s(c->recording_s3_connect_timeout_s),
        .stall_timeout = us_of_s(c->recording_s3_stall_timeout_s),
        .timeout = us_of_s(c->recording_s3_request_timeout_s),
        .ca_file = c->recording_s3_ca_file,
    };
}

struct s3_config s3_configured(const struct config *c) {
    return (struct s3_config){
        .endpoint = c->recording_s3_endpoint,
        .region = c->recording_s3_region,
        .bucket = c->recording_s3_bucket,
        .prefix = c->recording_s3_prefix,
        .virtual_host = c->recording_s3_virtual_host,
        .access_key_file = c->recording_s3_access_key_file,
        .secret_key_file = c->recording_s3_secret_key_file,
        .session_token_file = c->recording_s3_session_token_file,
        .encryption = c->recording_s3_encryption,
        .kms_key = c->recording_s3_kms_key,
    };
}

struct spool_config spool_configured(const struct config *c) {
    return (struct spool_config){
        .reserve = bytes_of_mib(c->recording_spool_reserve_mib),
        .limit = bytes_of_mib(c->recording_spool_limit_mib),
    };
}

struct uploader_config uploader_configured(const struct config *c) {
    return (struct uploader_config){
        .retry_max = us_of_s(c->recording_spool_retry_max_s),
        .warn_age = us_of_s(c->recording_spool_warn_age_s),
        .warn_bytes = bytes_of_mib(c->recording_spool_warn_mib),
    };
}
