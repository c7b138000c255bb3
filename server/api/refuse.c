#include "server/api/refuse.h"

void refuse_code(struct request *r, enum code code) {
    respond_with(
        r, &(struct problem){code_status(code), code_name(code), code_message(code), NULL, NULL});
}

void refuse_key_denied(struct request *r) {
    respond_header(r, "retry-after:", "30");
    respond_problem(r, 503, "key_denied",
                    "The key provider denies the use of the recording's key, or it is disabled.");
}

void refuse_database_away(struct request *r) {
    respond_header(r, "retry-after:", "5");
    respond_problem(r, 503, "database_unavailable", "The database does not answer: ask again.");
}

void refuse_recording_off(struct request *r) {
    respond_problem(r, 404, "recording_off", "Recording is switched off.");
}

void refuse_recording_unknown(struct request *r) {
    respond_problem(r, 404, "recording_unknown", NULL);
}
