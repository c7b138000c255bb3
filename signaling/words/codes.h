/* Every error a client can be told, as it stands in `error.code` and problem+json. One list. */
#ifndef ORIEL_SIGNALING_WORDS_CODES_H
#define ORIEL_SIGNALING_WORDS_CODES_H

/* X(symbol, code, http status, message) */
#define CODES(X)                                                                                 \
    X(CODE_OK, "ok", 200, "OK.")                                                                 \
    X(CODE_BAD_JSON, "bad_json", 400, "The message is not valid JSON.")                          \
    X(CODE_TOO_LARGE, "too_large", 413, "The message is larger than the server accepts.")        \
    X(CODE_TOO_DEEP, "too_deep", 400, "The message is nested too deeply.")                       \
    X(CODE_UNKNOWN_TYPE, "unknown_type", 400, "The server knows no message of this type.")       \
    X(CODE_BAD_FIELD, "bad_field", 400, "A field is missing or has a wrong value.")              \
    X(CODE_NOT_JOINED, "not_joined", 409, "Join a tour first.")                                  \
    X(CODE_ALREADY_JOINED, "already_joined", 409, "This connection has already joined a tour.")  \
    X(CODE_TOKEN_MISSING, "token_missing", 401, "A token is needed.")                            \
    X(CODE_TOKEN_MALFORMED, "token_malformed", 401, "The token is not a JSON Web Token.")        \
    X(CODE_TOKEN_DOUBLED, "token_doubled", 401, "The token says the same thing twice.")          \
    X(CODE_TOKEN_TYPE, "token_type", 401, "The token is of another kind.")                       \
    X(CODE_TOKEN_ISSUER, "token_issuer", 401, "The token is from nobody this server knows.")     \
    X(CODE_TOKEN_ALGORITHM, "token_algorithm", 401, "The token's algorithm is not accepted.")    \
    X(CODE_TOKEN_NO_KEYS, "token_keys_unavailable", 503,                                         \
      "The keys that would prove this token cannot be had now. Try again shortly.")              \
    X(CODE_TOKEN_KEY_UNKNOWN, "token_key_unknown", 401,                                          \
      "The token is signed with a key that the server does not know.")                           \
    X(CODE_TOKEN_SIGNATURE, "token_signature", 401, "The token's signature is wrong.")           \
    X(CODE_TOKEN_EXPIRED, "token_expired", 401, "The token has expired. Ask for a new link.")    \
    X(CODE_TOKEN_NOT_YET, "token_not_yet_valid", 401, "The token is not valid yet.")             \
    X(CODE_TOKEN_LIFETIME, "token_lifetime", 401, "The token lasts longer than tokens may.")     \
    X(CODE_TOKEN_AUDIENCE, "token_audience", 401, "The token is meant for another service.")     \
    X(CODE_TOKEN_CLAIMS, "token_claims", 401, "The token lacks a claim that Oriel needs.")       \
    X(CODE_TOKEN_REVOKED, "token_revoked", 401, "The token was taken back. Ask for a new link.") \
    X(CODE_TOKEN_TOUR, "token_tour", 403, "The token is for another tour.")                      \
    X(CODE_TOKEN_ATTEMPTS, "token_attempts", 429,                                                \
      "Too many tokens that are not valid came from your network. Try again in a minute.")       \
    X(CODE_FORBIDDEN, "forbidden", 403, "Your role may not do this.")                            \
    X(CODE_TOUR_UNKNOWN, "tour_unknown", 404, "There is no such tour.")                          \
    X(CODE_TOUR_ENDED, "tour_ended", 410, "This tour has ended.")                                \
    X(CODE_TOUR_EARLY, "tour_not_started", 409, "This tour has not begun yet.")                  \
    X(CODE_TOUR_LOCKED, "tour_locked", 403, "The host lets nobody else in.")                     \
    X(CODE_NOT_ADMITTED, "not_admitted", 403, "A host has to let you in first.")                 \
    X(CODE_TOUR_FULL, "tour_full", 503, "The tour is full.")                                     \
    X(CODE_TOURS_FULL, "tours_full", 429, "You have too many tours open. End one first.")        \
    X(CODE_SERVER_FULL, "server_full", 503, "The server is full. Try again shortly.")            \
    X(CODE_SERVER_OVERLOADED, "server_overloaded", 503,                                          \
      "The server has too much to do to let anybody else in. Try again shortly.")                \
    X(CODE_DRAINING, "draining", 503,                                                            \
      "The server is being maintained: tours that run go on for a while, and no other begins.")  \
    X(CODE_SDP_MALFORMED, "sdp_malformed", 400, "The offer is not a valid session description.") \
    X(CODE_SDP_UNSUPPORTED, "sdp_unsupported", 422,                                              \
      "The offer asks for what the server cannot do.")                                           \
    X(CODE_CODEC_UNSUPPORTED, "codec_unsupported", 422, "The offer lacks the tour's codec.")     \
    X(CODE_CONTENT_TYPE, "content_type", 415, "The body's content type is not accepted here.")   \
    X(CODE_RESOURCE_UNKNOWN, "resource_unknown", 404, "There is no such session.")               \
    X(CODE_ETAG_MISMATCH, "etag_mismatch", 412, "The session has changed since.")                \
    X(CODE_RESUME_UNKNOWN, "resume_unknown", 404, "This seat is gone. Join again.")              \
    X(CODE_TRANSPORT_GONE, "transport_gone", 409,                                                \
      "The server has let go of this peer connection. Make a new one.")                          \
    X(CODE_CONSENT_REQUIRED, "consent_required", 403, "Joining a recorded tour needs consent.")  \
    X(CODE_REMOVED, "removed", 403, "A host has removed you from this tour.")                    \
    X(CODE_MIX_OFF, "mix_off", 422, "This server mixes no voices.")                              \
    X(CODE_MIX_FULL, "mix_full", 503, "As many as can hear the mix already.")                    \
    X(CODE_SEAT_TAKEN_OVER, "seat_taken_over", 409, "You joined from another window.")           \
    X(CODE_SEAT_TAKEN, "seat_taken", 409, "You are in this tour on another device.")             \
    X(CODE_SEATS_FULL, "seats_full", 409, "You are in this tour on as many devices as may be.")  \
    X(CODE_SOURCES_FULL, "sources_full", 409,                                                    \
      "As many share such a source in this tour as may. Try again when one has stopped.")        \
    X(CODE_SOURCE_EXCESS, "source_excess", 409,                                                  \
      "This source sends more than it may, and has been stopped.")                               \
    X(CODE_ENTRY_UNKNOWN, "entry_unknown", 404, "There is no such message, or not any more.")    \
    X(CODE_SIGNING_OFF, "signing_off", 409, "Nobody can be invited from here.")                  \
    X(CODE_RATE_LIMITED, "rate_limited", 429, "Too many messages. Slow down.")                   \
    X(CODE_INTERNAL, "internal", 500, "The server failed to do this.")

enum code {
#define X(sym, code, status, message) sym,
    CODES(X)
#undef X
        CODE_COUNT
};

/* The code, HTTP status and message of c; never NULL. */
const char *code_name(enum code c);
int code_status(enum code c);
const char *code_message(enum code c);

#endif
