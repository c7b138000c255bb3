/* Every key of the configuration, once: STR(id, path, default, doc), INT(id, path, default, min,
 * max, doc), BOOL(id, path, default, doc), ENUM(id, path, type, default, words, doc; type is the
 * enum of who uses it, words its X list), LIST(id, path, doc; the default is empty). id is the
 * field in struct config: the path, with _ for a dot. Units are in the names. A string default that
 * starts with '@' stands for the state directory. conf/oriel.json is the long form of these words;
 * a test keeps the two in step. */
#ifndef ORIEL_SERVER_CONFIG_CONFIG_KEYS_H
#define ORIEL_SERVER_CONFIG_CONFIG_KEYS_H

/* How many there may be at most: threads are in arrays as long. */
#define WORKERS_MAX 63   /* of media.workers */
#define READERS_MAX 16   /* of recording.reader_threads */
#define UPLOADERS_MAX 16 /* of recording.s3.uploads */
#define HELPERS_MAX 8    /* of derived.helpers */
#define SINK_NAME_MAX 32 /* [bytes] of a receiver of events */

/* A constant within a text. */
#define CONFIG_NUMBER(macro) CONFIG_NUMBER_(macro)
#define CONFIG_NUMBER_(number) #number

/* Lists of objects, and what an entry has: TEXT(id, good, must), a string that good() takes, and
 * must says so; WORD(id, type, like, words, doc), an enum; FLAG(id, like, doc), true or false;
 * NUMBER(id, like, min, max, doc), a whole number; the three are by default what the field `like`
 * of struct config holds. JSON(id, max, must), an object of at most max bytes, kept as its text;
 * "" = none. id is the key. The first names the entry: it must be there, and differ from
 * those of the others. */
/* clang-format off */
#define CONFIG_TOUR_KEYS(TEXT, WORD, FLAG, NUMBER, JSON) \
    TEXT(name, tour_name_valid, "1.." CONFIG_NUMBER(TOUR_NAME_MAX) " of A-Z a-z 0-9 _ -") \
    TEXT(title, config_title_valid, \
         "a string of at most " CONFIG_NUMBER(NAME_MAX_BYTES) " bytes") \
    WORD(record, enum record_mode, recording_default, RECORD_MODES, "recording") \
    WORD(codec, enum codec, media_codec, VIDEO_CODECS, "video codec") \
    FLAG(lobby, tours_defaults_lobby, "guests wait until a host admits them") \
    TEXT(starts_at, config_time_valid, "a time such as \"2026-01-02T15:00:00Z\"") \
    TEXT(ends_at, config_time_valid, "a time such as \"2026-01-02T16:00:00Z\"") \
    NUMBER(max_length_s, tours_defaults_max_length_s, 0, TOUR_LENGTH_MAX_S, \
           "of a run; 0 = any [s]") \
    NUMBER(capacity, tours_defaults_capacity, 0, 65535, "people in it; 0 = limits.participants") \
    JSON(property, TOUR_PROPERTY_MAX, \
         "an object of at most " CONFIG_NUMBER(TOUR_PROPERTY_MAX) " bytes") \
    JSON(guest, 256, "an object such as {\"screen\": \"both\", \"chat\": false}")
/* clang-format on */

/* LISTED(id, doc): a list of strings. */
/* clang-format off */
#define CONFIG_WEBHOOK_KEYS(TEXT, LISTED) \
    TEXT(name, config_sink_name_valid, "1.." CONFIG_NUMBER(SINK_NAME_MAX) " of A-Z a-z 0-9 _ -") \
    TEXT(url, outbound_url_ok, \
         "a URL that begins with https:// (or http:// on this machine itself)") \
    TEXT(secret_file, config_file_valid, "the name of a file") \
    TEXT(ca_file, config_file_valid, "the name of a file") \
    LISTED(types, "what it is told of; empty = everything")
#define CONFIG_NATS_KEYS(TEXT, LISTED) \
    TEXT(name, config_sink_name_valid, "1.." CONFIG_NUMBER(SINK_NAME_MAX) " of A-Z a-z 0-9 _ -") \
    LISTED(urls, "its servers, one of which is enough") \
    TEXT(subject, event_subject_ok, \
         "parts of A-Z a-z 0-9 _ - with dots between, and {service}, {action}, {tour} once each") \
    TEXT(stream, tour_name_valid, \
         "the name of a stream: 1.." CONFIG_NUMBER(TOUR_NAME_MAX) " of A-Z a-z 0-9 _ -") \
    TEXT(user, config_file_valid, "a name") \
    TEXT(password_file, config_file_valid, "the name of a file") \
    TEXT(token_file, config_file_valid, "the name of a file") \
    TEXT(creds_file, config_file_valid, "the name of a file") \
    TEXT(ca_file, config_file_valid, "the name of a file") \
    TEXT(cert_file, config_file_valid, "the name of a file") \
    TEXT(key_file, config_file_valid, "the name of a file") \
    LISTED(types, "what it is told of; empty = everything")
#define CONFIG_KAFKA_KEYS(TEXT, LISTED) \
    TEXT(name, config_sink_name_valid, "1.." CONFIG_NUMBER(SINK_NAME_MAX) " of A-Z a-z 0-9 _ -") \
    LISTED(brokers, "HOST:PORT of some of the cluster's") \
    TEXT(topic, event_topic_ok, \
         "parts of A-Z a-z 0-9 _ - with dots between, and {service}, {action} once each") \
    TEXT(security_protocol, config_kafka_security_valid, \
         "SSL, SASL_SSL, or on this machine itself PLAINTEXT or SASL_PLAINTEXT") \
    TEXT(sasl_mechanism, config_kafka_sasl_valid, "PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512") \
    TEXT(user, config_file_valid, "a name") \
    TEXT(password_file, config_file_valid, "the name of a file") \
    TEXT(ca_file, config_file_valid, "the name of a file") \
    TEXT(cert_file, config_file_valid, "the name of a file") \
    TEXT(key_file, config_file_valid, "the name of a file") \
    LISTED(types, "what it is told of; empty = everything")
/* clang-format on */

/* clang-format off */
#define CONFIG_CONSENT_TEXT \
    "This tour may be recorded: picture, sound and what is written. A sign shows when. By " \
    "joining you agree to that, and that your name and the time of this consent are kept with " \
    "the recording."
#define CONFIG_CONSENT_TEXT_DE \
    "Diese Besichtigung kann aufgenommen werden: Bild, Ton und was geschrieben wird. Ein Zeichen " \
    "zeigt, wann. Mit der Teilnahme willigen Sie darin ein, und dass Ihr Name und der Zeitpunkt " \
    "dieser Einwilligung bei der Aufnahme aufbewahrt werden."
/* clang-format on */

/* clang-format off */
#define CONFIG_KEYS_SERVER(STR, INT, BOOL, ENUM, LIST) \
    STR(state_dir, "state_dir", "/var/lib/oriel", "directory for everything the server writes") \
    STR(runtime_dir, "runtime_dir", "", "folder in memory for what outlives the process") \
    STR(public_url, "public_url", "", "URL under which people reach the server") \
    LIST(origins, "origins", "further web origins that may open /v1/signal") \
    LIST(trusted_proxies, "trusted_proxies", "addresses whose X-Forwarded-For is believed") \
    STR(listen_address, "listen.address", "127.0.0.1", "IP address for HTTP and WebSocket") \
    INT(listen_port, "listen.port", 8080, 0, 65535, "TCP port, 0 = any") \
    STR(tls_cert, "tls.cert", "", "PEM file with the certificate chain") \
    STR(tls_key, "tls.key", "", "PEM file with the private key") \
    STR(web_dir, "web.dir", "/usr/share/oriel/web", "directory of the pages") \
    LIST(web_images, "web.images", "origins that the pages may show images of") \
    LIST(web_frame_ancestors, "web.frame_ancestors", "origins whose pages may frame ours") \
    BOOL(web_dev_pages, "web.dev_pages", false, "show the catalogue of the pages' parts") \
    ENUM(log_level, "log.level", enum log_level, LOG_LEVEL_INFO, LOG_LEVELS, \
         "least important level written") \
    ENUM(log_format, "log.format", enum log_shape, LOG_SHAPE_JSON, LOG_SHAPES, \
         "shape of a log line") \
    INT(log_repeats_per_second, "log.repeats_per_second", 200, 0, 1000000, \
        "lines of one event; 0 = any") \
    BOOL(log_shorten_addresses, "log.shorten_addresses", true, \
        "cut host parts off addresses in logs") \
    BOOL(dev_print_links, "dev.print_links", false, "print links with tokens at start")

#define CONFIG_KEYS_AUTH(STR, INT, BOOL, ENUM, LIST) \
    STR(auth_hs256_secret_file, "auth.hs256_secret_file", "@/jwt.secret", \
        "file with the HS256 secret") \
    STR(auth_hs256_secret, "auth.hs256_secret", "", "the HS256 secret itself; for tests only") \
    BOOL(auth_create_secret, "auth.create_secret", false, \
        "make the secret file when it is missing") \
    STR(auth_issuer, "auth.issuer", "", "required iss, empty = any") \
    STR(auth_audience, "auth.audience", "oriel", "required aud, empty = any") \
    INT(auth_leeway_s, "auth.leeway_s", 30, 0, 600, "clock difference allowed [s]") \
    STR(auth_revoked_file, "auth.revoked_file", "", "file with the subs that are refused") \
    INT(auth_max_lifetime_s, "auth.max_lifetime_s", 0, 0, 31622400, "of a token; 0 = any [s]") \
    INT(auth_jwks_refresh_s, "auth.jwks.refresh_s", 300, 10, 86400, "keys are fetched every [s]") \
    INT(auth_jwks_pause_s, "auth.jwks.pause_s", 10, 1, 3600, "between two requests, at least [s]") \
    INT(auth_jwks_retry_max_s, "auth.jwks.retry_max_s", 60, 1, 3600, \
        "after failures, at most [s]") \
    INT(auth_jwks_max_age_s, "auth.jwks.max_age_s", 86400, 60, 2592000, \
        "keys serve unrefreshed [s]") \
    INT(auth_jwks_timeout_s, "auth.jwks.timeout_s", 10, 1, 60, "a whole request for keys [s]")

#define CONFIG_KEYS_MEDIA(STR, INT, BOOL, ENUM, LIST) \
    INT(media_workers, "media.workers", 0, 0, WORKERS_MAX, "worker threads, 0 = one per core") \
    STR(media_address, "media.address", "0.0.0.0", "IP address for media") \
    INT(media_port, "media.port", 7000, 0, 65535, "port of worker 0, 0 = any") \
    LIST(media_announce, "media.announce", "IP addresses and names told to clients") \
    BOOL(media_tcp, "media.tcp", true, "ICE-TCP too, on the port numbers of UDP") \
    INT(media_tcp_wait_ms, "media.tcp_wait_ms", 300, 20, 10000, "media may wait for TCP [ms]") \
    INT(media_tcp_packets, "media.tcp_packets", 2048, 64, 1048576, "that wait, per worker") \
    INT(media_packets, "media.packets", 16384, 1024, 1048576, "packet buffers per worker") \
    INT(media_mailbox, "media.mailbox", 4096, 64, 65536, "messages between two threads") \
    INT(media_cache_packets, "media.cache_packets", 512, PACKET_CACHE_MIN, PACKET_CACHE_MAX, \
        "packets kept per source") \
    INT(media_microphone_kbps, "media.microphone_kbps", 512, 0, 100000, \
        "most a microphone may send") \
    INT(media_camera_kbps, "media.camera_kbps", 10000, 0, 1000000, "most a camera may send") \
    INT(media_screen_kbps, "media.screen_kbps", 20000, 0, 1000000, "most a screen may send") \
    INT(media_source_packets, "media.source_packets", 4000, 0, 1000000, "packets/s, any of them") \
    INT(media_tour_kbps, "media.tour_kbps", 200000, 0, 10000000, \
        "all that is sent in a tour, per worker") \
    INT(media_worker_kbps, "media.worker_kbps", 1000000, 0, 10000000, "and to a worker in all") \
    INT(media_rtcp_packets, "media.rtcp_packets", 2000, 0, 1000000, "RTCP/s of a session") \
    INT(media_level_decoders, "media.level_decoders", 64, 0, 65535, "without levels, per worker") \
    INT(media_share_repair_percent, "media.share_repair_percent", 2, 0, 100, \
        "a share is repaired above [%]") \
    INT(media_redundancy_percent, "media.redundancy_percent", 3, 0, 100, \
        "speech goes twice above [%]") \
    INT(media_rtcp_requests, "media.rtcp_requests", 500000, 0, 1000000, "asked for/s in RTCP") \
    INT(media_tour_spread, "media.tour_spread", 64, 0, 1000000, "sessions until others help") \
    INT(media_keyframe_interval_s, "media.keyframe_interval_s", 10, 0, 3600, \
        "key frame request [s]") \
    INT(media_layer_rest_s, "media.layer_rest_s", 5, 0, 3600, "until an unneeded layer stops [s]") \
    INT(media_gop_s, "media.gop_s", 10, 0, 60, "a picture is kept for who comes late [s]") \
    INT(media_gop_kib, "media.gop_kib", 4096, 64, 4096, "and as large [KiB]") \
    INT(media_path_start_kbps, "media.path_start_kbps", 800, 50, 100000, \
        "a viewer's path at first") \
    INT(media_path_min_kbps, "media.path_min_kbps", 60, 10, 100000, "and at least") \
    INT(media_path_max_kbps, "media.path_max_kbps", 20000, 100, 1000000, "and at most") \
    ENUM(media_codec, "media.codec", enum codec, CODEC_VP8, VIDEO_CODECS, "video codec of a tour") \
    INT(media_certificate_days, "media.certificate_days", 30, 1, 365, \
        "one kept in runtime_dir serves so long") \
    ENUM(media_aead, "media.aead", enum srtp_aead, SRTP_AEAD_AUTO, SRTP_AEADS, \
         "library that seals with AES-GCM") \
    INT(media_start_bitrate_kbps, "media.start_bitrate_kbps", 1200, 0, 20000, \
        "first bit rate [kbit/s]")

#define CONFIG_KEYS_TURN(STR, INT, BOOL, ENUM, LIST) \
    LIST(turn_urls, "turn.urls", "STUN and TURN servers told to clients") \
    STR(turn_secret_file, "turn.secret_file", "", "file with the secret shared with TURN") \
    INT(turn_ttl_s, "turn.ttl_s", 43200, 60, 604800, "a TURN password lasts [s]")

#define CONFIG_KEYS_MIX(STR, INT, BOOL, ENUM, LIST) \
    INT(mix_listeners, "mix.listeners", 32, 0, 4096, "viewers by WHEP who hear it, 0 = none may") \
    INT(mix_listeners_per_tour, "mix.listeners_per_tour", 16, 1, 4096, "of these, in one tour") \
    INT(mix_listeners_per_token, "mix.listeners_per_token", 2, 1, 4096, "of these, of one token") \
    INT(mix_voices, "mix.voices", 64, 1, 1024, "microphones in the mix of a tour, at once") \
    INT(mix_delay_ms, "mix.delay_ms", 40, MIX_DELAY_MIN / US_PER_MS, MIX_DELAY_MAX / US_PER_MS, \
        "a packet may be late by [ms]") \
    INT(mix_bitrate, "mix.bitrate", 64000, 6000, 510000, "of a mix [bit/s]")

#define CONFIG_KEYS_LIMITS(STR, INT, BOOL, ENUM, LIST) \
    INT(limits_connections, "limits.connections", 4096, 1, 65535, "open connections") \
    INT(limits_connections_per_address, "limits.connections_per_address", 1024, 1, 65535, \
        "of one client") \
    INT(limits_requests_per_address, "limits.requests_per_address", 128, 1, 65535, \
        "at once, of one client") \
    INT(limits_input_mib_per_address, "limits.input_mib_per_address", 32, 1, 65536, \
        "incomplete input [MiB]") \
    INT(limits_addresses, "limits.addresses", 16384, 16, 1048576, "whose rates are remembered") \
    INT(limits_connections_per_minute, "limits.connections_per_minute", 12000, 0, 1000000, \
        "of one client; 0 = any") \
    INT(limits_handshakes_per_minute, "limits.handshakes_per_minute", 3000, 0, 1000000, \
        "of WebSockets, likewise") \
    INT(limits_offers_per_minute, "limits.offers_per_minute", 3000, 0, 1000000, \
        "by WHIP and WHEP, likewise") \
    INT(limits_failed_tokens_per_minute, "limits.failed_tokens_per_minute", 120, 0, 1000000, \
        "that nobody signed, likewise") \
    INT(limits_tours, "limits.tours", 1024, 1, 65535, "tours at once") \
    INT(limits_tours_ended, "limits.tours_ended", 10000, 1, 1000000, \
        "of the API that ended and are kept") \
    INT(limits_idempotency_keys, "limits.idempotency_keys", 4096, 16, 1000000, \
        "whose answers are kept") \
    INT(limits_tours_per_sub, "limits.tours_per_sub", 100, 0, 65535, "made by one; 0 = any") \
    INT(limits_tours_per_token, "limits.tours_per_token", 512, 0, 65535, \
        "of the API, made by one sub; 0 = any") \
    INT(limits_tours_per_issuer, "limits.tours_per_issuer", 0, 0, 65535, \
        "of the API, made by all of one issuer; 0 = any") \
    INT(limits_participants, "limits.participants", 1000, 1, 65535, "people in one tour") \
    INT(limits_peers, "limits.peers", 4096, 1, 65535, "media sessions per worker") \
    INT(limits_tcp_connections, "limits.tcp_connections", 4096, 1, ICE_TCP_MAX, \
        "of ICE-TCP, per worker") \
    INT(limits_tcp_connections_per_address, "limits.tcp_connections_per_address", 256, 1, 65535, \
        "of one client") \
    INT(limits_tcp_queue_kib, "limits.tcp_queue_kib", 128, 8, 512, "unsent per connection [KiB]") \
    INT(limits_whep_per_token, "limits.whep_per_token", 50, 1, 65535, "WHEP sessions per token") \
    INT(limits_microphones, "limits.microphones", 300, 0, 65535, "on in one tour; 0 = any") \
    INT(limits_cameras, "limits.cameras", 100, 0, 65535, "likewise") \
    INT(limits_screens, "limits.screens", 8, 0, 65535, "likewise") \
    INT(limits_excess_s, "limits.excess_s", 10, 0, 3600, \
        "over its bit rate a source is stopped after; 0 = never [s]") \
    INT(limits_seats_per_token, "limits.seats_per_token", 3, 1, 15, "devices of one person") \
    INT(limits_probes, "limits.probes", 16, 0, 1000, "who try out the network at once") \
    INT(limits_message_kib, "limits.message_kib", 256, 16, 4096, "one WebSocket message [KiB]") \
    INT(limits_sdp_kib, "limits.sdp_kib", 128, 16, 2048, "one session description [KiB]") \
    INT(limits_body_kib, "limits.body_kib", 256, 16, 4096, "one HTTP request body [KiB]") \
    INT(limits_json_depth, "limits.json_depth", 16, 4, 64, "nesting of a message") \
    INT(limits_sessions_per_second, "limits.sessions_per_second", 10, 1, 100000, \
        "offers per person") \
    INT(limits_messages_per_second, "limits.messages_per_second", 50, 1, 10000, \
        "messages per connection") \
    INT(limits_history, "limits.history", 500, 0, 10000, "entries of a tour kept for later") \
    INT(limits_history_kib, "limits.history_kib", 256, 1, 4096, "of these [KiB]") \
    INT(limits_tours_log_mib, "limits.tours_log_mib", 64, 1, 1024, \
        "in runtime_dir for all that is known of tours, twice [MiB]") \
    INT(limits_chat_per_minute, "limits.chat_per_minute", 60, 1, 100000, \
        "messages, questions, hands and reactions per seat") \
    INT(limits_changes_per_minute, "limits.changes_per_minute", 60, 0, 100000, \
        "unmuting, consent, recording and what hosts decide, per seat; 0 = any") \
    INT(limits_invite_s, "limits.invite_s", 7200, 0, 31622400, \
        "a host's invitation can be used for [s]; 0 = hosts invite nobody") \
    INT(limits_roster_tick_ms, "limits.roster_tick_ms", 50, 1, 1000, \
        "changes are told every [ms]") \
    INT(limits_roster_per_second, "limits.roster_per_second", 4, 0, 1000, \
        "messages about who is in a tour; 0 = each change by itself") \
    INT(limits_send_queue_kib, "limits.send_queue_kib", 1024, 64, 65536, \
        "unsent per connection [KiB]")

#define TOUR_LENGTH_MAX_S 31622400 /* 366 days */

#define CONFIG_KEYS_TOURS(STR, INT, BOOL, ENUM, LIST) \
    BOOL(tours_defaults_lobby, "tours_defaults.lobby", false, \
        "guests wait until a host admits them") \
    INT(tours_defaults_max_length_s, "tours_defaults.max_length_s", 0, 0, TOUR_LENGTH_MAX_S, \
        "a run is over after [s]; 0 = never") \
    INT(tours_defaults_capacity, "tours_defaults.capacity", 0, 0, 65535, \
        "people in a tour; 0 = limits.participants") \
    ENUM(tours_defaults_guest_audio, "tours_defaults.guest.audio", enum direction, \
         DIRECTION_BOTH, DIRECTIONS, "guests and microphones") \
    ENUM(tours_defaults_guest_camera, "tours_defaults.guest.camera", enum direction, \
         DIRECTION_BOTH, DIRECTIONS, "guests and cameras") \
    ENUM(tours_defaults_guest_screen, "tours_defaults.guest.screen", enum direction, \
         DIRECTION_RECEIVE, DIRECTIONS, "guests and shared screens") \
    BOOL(tours_defaults_guest_chat, "tours_defaults.guest.chat", true, "guests may write") \
    BOOL(tours_defaults_guest_point, "tours_defaults.guest.point", false, \
        "guests may point at what is shown")

#define CONFIG_KEYS_OVERLOAD(STR, INT, BOOL, ENUM, LIST) \
    INT(overload_lag_ms, "overload.lag_ms", 500, 0, 60000, "of the control thread, p99 [ms]") \
    INT(overload_worker_percent, "overload.worker_percent", 95, 0, 100, \
        "of a core, the least busy worker") \
    INT(overload_orders, "overload.orders", 4096, 0, 1000000, "that wait for a worker") \
    INT(overload_lost_packets, "overload.lost_packets", 1000, 0, 1000000, \
        "a second, for want of buffers") \
    INT(overload_memory_mib, "overload.memory_mib", 0, 0, 1048576, "of the process [MiB]") \
    INT(overload_retry_s, "overload.retry_s", 10, 1, 600, "newcomers are to come again in [s]")

#define DRAIN_DEADLINE_MAX_S 604800 /* a week */

#define CONFIG_KEYS_DRAIN(STR, INT, BOOL, ENUM, LIST) \
    INT(drain_deadline_s, "drain.deadline_s", 1800, 1, DRAIN_DEADLINE_MAX_S, \
        "tours that run end after [s], where the order does not say") \
    INT(drain_retry_s, "drain.retry_s", 30, 1, 3600, \
        "who would begin a tour is to come again in [s]")

#define CONFIG_KEYS_TIMEOUTS(STR, INT, BOOL, ENUM, LIST) \
    INT(timeouts_seat_s, "timeouts.seat_s", 43200, 1, 604800, "a join may be resumed for [s]") \
    INT(timeouts_resume_s, "timeouts.resume_s", 60, 1, 600, "a seat waits for its owner [s]") \
    INT(timeouts_probe_s, "timeouts.probe_s", 20, 5, 120, "so long the network is tried out [s]") \
    INT(timeouts_empty_tour_s, "timeouts.empty_tour_s", 60, 1, 86400, \
        "an empty tour lives on [s]") \
    INT(timeouts_host_s, "timeouts.host_s", 600, 0, 86400, \
        "a tour waits for its host; 0 = for ever [s]") \
    INT(timeouts_media_silence_s, "timeouts.media_silence_s", 8, 1, 600, "media pauses after [s]") \
    INT(timeouts_peer_s, "timeouts.peer_s", 15, 2, 600, "a silent peer is gone after [s]") \
    INT(timeouts_join_s, "timeouts.join_s", 30, 1, 600, "a join may take [s]") \
    INT(timeouts_tcp_first_s, "timeouts.tcp_first_s", 5, 1, 600, "ICE-TCP without a check [s]") \
    INT(timeouts_tcp_idle_s, "timeouts.tcp_idle_s", 60, 5, 3600, "ICE-TCP without a word [s]") \
    INT(timeouts_tcp_blocked_s, "timeouts.tcp_blocked_s", 10, 1, 600, \
        "ICE-TCP that takes nothing [s]") \
    INT(timeouts_ping_s, "timeouts.ping_s", 20, 1, 600, "a WebSocket is pinged every [s]") \
    INT(timeouts_pong_s, "timeouts.pong_s", 10, 1, 600, "it must answer within [s]") \
    INT(timeouts_close_s, "timeouts.close_s", 5, 1, 600, \
        "a WebSocket must take our close within [s]") \
    INT(timeouts_token_s, "timeouts.token_s", 30, 1, 600, \
        "a WebSocket must show a valid token within [s]") \
    INT(timeouts_idle_s, "timeouts.idle_s", 120, 5, 86400, \
        "a WebSocket without a seat may be silent [s]") \
    INT(timeouts_headers_s, "timeouts.headers_s", 10, 1, 600, "all headers of a request [s]") \
    INT(timeouts_body_s, "timeouts.body_s", 20, 1, 600, "the whole body of a request [s]") \
    INT(timeouts_http_s, "timeouts.http_s", 20, 1, 600, "an HTTP answer may stall for [s]") \
    INT(timeouts_playback_ticket_s, "timeouts.playback_ticket_s", 300, 10, 86400, \
        "a playback cookie lasts [s]")

#define CONFIG_KEYS_DATABASE(STR, INT, BOOL, ENUM, LIST) \
    STR(database_url, "database.url", "", "postgresql:// of catalogue, events, audit") \
    STR(database_password_file, "database.password_file", "", "file with its password") \
    INT(database_connect_s, "database.connect_s", 5, 1, 60, "a connection may take [s]") \
    INT(database_answer_s, "database.answer_s", 10, 1, 120, "an answer may take [s]")

#define CONFIG_KEYS_RECORDING(STR, INT, BOOL, ENUM, LIST) \
    BOOL(recording_enabled, "recording.enabled", true, "false: no recorder, no recordings API") \
    ENUM(recording_default, "recording.default", enum record_mode, RECORD_MANUAL, RECORD_MODES, \
         "mode of new tours") \
    STR(recording_dir, "recording.dir", "@/recordings", "objects and catalogue") \
    STR(recording_kek_file, "recording.kek_file", "@/kek", "key-encryption key, 64 hex digits") \
    BOOL(recording_create_kek, "recording.create_kek", false, \
        "make the key file if nothing needs it") \
    ENUM(recording_keys_provider, "recording.keys.provider", enum wrapper, WRAPPER_FILE, WRAPPERS, \
         "who wraps") \
    LIST(recording_keys_older_files, "recording.keys.older_files", \
        "key files that were kek_file before") \
    STR(recording_keys_pkcs11_module, "recording.keys.pkcs11_module", "", \
        "shared library of the token") \
    STR(recording_keys_pkcs11_token, "recording.keys.pkcs11_token", "", "label of the token") \
    STR(recording_keys_pkcs11_key, "recording.keys.pkcs11_key", "", "label of the key in it") \
    STR(recording_keys_pkcs11_pin_file, "recording.keys.pkcs11_pin_file", "", \
        "file with the token's PIN") \
    STR(recording_keys_kms_endpoint, "recording.keys.kms_endpoint", "", "https://HOST of AWS KMS") \
    STR(recording_keys_kms_region, "recording.keys.kms_region", "", "its region") \
    STR(recording_keys_kms_key, "recording.keys.kms_key", "", "id or ARN of the key in it") \
    STR(recording_keys_kms_access_key_file, "recording.keys.kms_access_key_file", "", \
        "file with the access key id") \
    STR(recording_keys_kms_secret_key_file, "recording.keys.kms_secret_key_file", "", \
        "file with the secret key") \
    STR(recording_keys_kms_session_token_file, "recording.keys.kms_session_token_file", "", \
        "of temporary credentials") \
    STR(recording_keys_kms_ca_file, "recording.keys.kms_ca_file", "", "PEM; empty: the system's") \
    STR(recording_keys_signing_file, "recording.keys.signing_file", "", \
        "signs manifests; made if none has") \
    INT(recording_keys_lifetime_s, "recording.keys.lifetime_s", 300, 1, 86400, \
        "of a key in memory [s]") \
    INT(recording_keys_check_s, "recording.keys.check_s", 60, 0, 86400, \
        "providers are asked; 0 = never") \
    INT(recording_segment_min_ms, "recording.segment_min_ms", 2000, 250, 60000, "cut from [ms]") \
    INT(recording_segment_max_ms, "recording.segment_max_ms", 4000, 500, 60000, \
        "cut at latest [ms]") \
    INT(recording_reorder_wait_ms, "recording.reorder_wait_ms", 600, 0, 5000, \
        "wait for a packet [ms]") \
    BOOL(recording_per_source_tracks, "recording.per_source_tracks", true, \
        "every source a track of its own") \
    INT(recording_max_length_s, "recording.max_length_s", 43200, 0, 2592000, \
        "then another begins; 0 = never [s]") \
    INT(recording_sources_per_tour, "recording.sources_per_tour", 512, 1, 65535, \
        "recorded at once") \
    INT(recording_sources_per_participant, "recording.sources_per_participant", 8, 1, 65535, \
        "of these") \
    INT(recording_tracks_per_tour, "recording.tracks_per_tour", 4096, 1, 1048576, \
        "in one recording") \
    INT(recording_tracks_per_participant, "recording.tracks_per_participant", 64, 1, 65535, \
        "of these") \
    INT(recording_mix_bitrate, "recording.mix_bitrate", 64000, 16000, 510000, \
        "of all voices [bit/s]") \
    INT(recording_mix_voices, "recording.mix_voices", 128, 1, 4096, "in the mix at once") \
    INT(recording_mailbox, "recording.mailbox", 8192, 64, 65536, "messages from a worker") \
    INT(recording_reader_threads, "recording.reader_threads", 2, 1, READERS_MAX, \
        "threads that read recordings") \
    INT(recording_retention_days, "recording.retention_days", 0, 0, 36500, \
        "kept so long; 0 = for ever") \
    INT(recording_sweep_hours, "recording.sweep_hours", 24, 0, 168, \
        "swept every; 0 = by order [h]") \
    INT(recording_sweep_after_s, "recording.sweep_after_s", 600, 0, 86400, \
        "the first time after [s]") \
    INT(recording_quota_mib, "recording.quota.mib", 0, 0, 1073741824, "media kept; 0 = no limit") \
    INT(recording_quota_recordings, "recording.quota.recordings", 0, 0, 1000000000, \
        "kept; 0 = any") \
    INT(recording_quota_free_mib, "recording.quota.free_mib", 1024, 0, 1073741824, \
        "of the disk left free; 0 = none") \
    ENUM(recording_quota_policy, "recording.quota.policy", enum quota_policy, QUOTA_REFUSE, \
         QUOTA_POLICIES, "then") \
    INT(recording_downloads, "recording.downloads", 128, 1, 4096, "recordings sent at once") \
    STR(recording_consent_version, "recording.consent_version", "1", "name of the consent text") \
    STR(recording_consent_text, "recording.consent_text", CONFIG_CONSENT_TEXT, \
        "what people agree to") \
    STR(recording_consent_texts_de, "recording.consent_texts.de", "", \
        "the same in German, for pages that are read in it")

#define CONFIG_KEYS_STORE(STR, INT, BOOL, ENUM, LIST) \
    ENUM(recording_store, "recording.store", enum store_place, STORE_PLACE_LOCAL, STORE_PLACES, \
         "where objects lie in the end") \
    STR(recording_s3_endpoint, "recording.s3.endpoint", "", \
        "http:// or https:// and the service's host") \
    STR(recording_s3_region, "recording.s3.region", "us-east-1", "the bucket's region") \
    STR(recording_s3_bucket, "recording.s3.bucket", "", "name of the bucket") \
    STR(recording_s3_prefix, "recording.s3.prefix", "", "what all keys begin with, ending in /") \
    BOOL(recording_s3_virtual_host, "recording.s3.virtual_host", false, \
        "BUCKET.host, not host/BUCKET") \
    STR(recording_s3_access_key_file, "recording.s3.access_key_file", "", \
        "file with the access key") \
    STR(recording_s3_secret_key_file, "recording.s3.secret_key_file", "", \
        "file with the secret key") \
    STR(recording_s3_session_token_file, "recording.s3.session_token_file", "", \
        "file with the token") \
    STR(recording_s3_ca_file, "recording.s3.ca_file", "", "PEM file of CAs, empty = the system's") \
    ENUM(recording_s3_encryption, "recording.s3.encryption", enum s3_encryption, \
         S3_ENCRYPTION_NONE, S3_ENCRYPTIONS, "by the service") \
    STR(recording_s3_kms_key, "recording.s3.kms_key", "", "key for aws:kms, empty = the bucket's") \
    INT(recording_s3_connect_timeout_s, "recording.s3.connect_timeout_s", 5, 1, 300, \
        "name, TCP and TLS [s]") \
    INT(recording_s3_stall_timeout_s, "recording.s3.stall_timeout_s", 20, 1, 600, \
        "below 1 KiB/s for [s]") \
    INT(recording_s3_request_timeout_s, "recording.s3.request_timeout_s", 300, 1, 3600, \
        "a whole request [s]") \
    INT(recording_s3_uploads, "recording.s3.uploads", 2, 1, UPLOADERS_MAX, \
        "recordings uploaded at once") \
    STR(recording_spool_dir, "recording.spool.dir", "", \
        "what waits, empty = spool in recording.dir") \
    INT(recording_spool_reserve_mib, "recording.spool.reserve_mib", 256, 0, 1048576, \
        "left free [MiB]") \
    INT(recording_spool_limit_mib, "recording.spool.limit_mib", 0, 0, 1073741824, \
        "may wait [MiB]") \
    INT(recording_spool_warn_mib, "recording.spool.warn_mib", 1024, 0, 1073741824, \
        "alarm from [MiB]") \
    INT(recording_spool_warn_age_s, "recording.spool.warn_age_s", 600, 0, 604800, \
        "alarm after [s]") \
    INT(recording_spool_retry_max_s, "recording.spool.retry_max_s", 60, 1, 3600, \
        "pause between attempts [s]")

#define CONFIG_KEYS_DERIVED(STR, INT, BOOL, ENUM, LIST) \
    STR(derived_helper, "derived.helper", "", "the program oriel-media; empty: beside this one") \
    INT(derived_helpers, "derived.helpers", 1, 0, HELPERS_MAX, "at work at once; 0 = none") \
    INT(derived_queue, "derived.queue", 64, 1, 1024, "tasks that may wait") \
    INT(derived_memory_mib, "derived.memory_mib", 1024, 256, 65536, "of one helper [MiB]") \
    INT(derived_cpu_s, "derived.cpu_s", 86400, 10, 1000000, "processor time of one task [s]") \
    INT(derived_silence_s, "derived.silence_s", 60, 1, 3600, "a helper is stopped after [s]") \
    INT(derived_reserve_mib, "derived.reserve_mib", 1024, 0, 1048576, "free space left [MiB]") \
    INT(derived_thumbnail_every_s, "derived.thumbnail_every_s", 10, 1, 3600, \
        "a thumbnail each [s]") \
    INT(derived_thumbnails, "derived.thumbnails", 300, 1, TASK_MOMENTS_MAX, \
        "in one recording, at most") \
    INT(derived_thumbnail_width, "derived.thumbnail_width", 320, 64, 1280, "[pixels]") \
    INT(derived_export_width, "derived.export_width", 1280, 320, TASK_SIDE_MAX, \
        "of an export [pixels]") \
    INT(derived_export_height, "derived.export_height", 720, 180, 2160, "of an export [pixels]") \
    INT(derived_export_fps, "derived.export_fps", 30, 1, 60, "pictures per second, at most") \
    INT(derived_export_days, "derived.export_days", 7, 1, 3650, "an export is kept for [days]")

#define CONFIG_KEYS_EVENTS(STR, INT, BOOL, ENUM, LIST) \
    BOOL(events_enabled, "events.enabled", true, "keep a ledger of what happens") \
    STR(events_file, "events.file", "@/events.db", "the ledger") \
    INT(events_keep_days, "events.keep_days", 30, 1, 3650, "what all receivers have [days]") \
    INT(events_attempts, "events.attempts", 20, 1, 1000, \
        "of an event that is refused, then it is given up") \
    INT(events_retry_s, "events.retry_s", 1, 1, 3600, "after one failure; doubles [s]") \
    INT(events_retry_max_s, "events.retry_max_s", 3600, 1, 86400, "up to this [s]") \
    INT(events_timeout_s, "events.timeout_s", 10, 1, 300, "one request [s]")

#define CONFIG_KEYS_AUDIT(STR, INT, BOOL, ENUM, LIST) \
    BOOL(audit_enabled, "audit.enabled", true, "record who looks at, deletes and moderates what") \
    STR(audit_dir, "audit.dir", "@/audit", "its files") \
    INT(audit_keep_days, "audit.keep_days", 365, 0, 36500, "0 = for ever [days]") \
    INT(audit_file_mib, "audit.file_mib", 16, 1, 128, "then another file begins [MiB]") \
    INT(audit_checkpoint_s, "audit.checkpoint_s", 60, 1, 86400, \
        "what is recorded is signed after [s]") \
    BOOL(audit_mandatory, "audit.mandatory", false, "what cannot be recorded is refused")
/* clang-format on */

#define CONFIG_KEYS(STR, INT, BOOL, ENUM, LIST)       \
    CONFIG_KEYS_SERVER(STR, INT, BOOL, ENUM, LIST)    \
    CONFIG_KEYS_AUTH(STR, INT, BOOL, ENUM, LIST)      \
    CONFIG_KEYS_MEDIA(STR, INT, BOOL, ENUM, LIST)     \
    CONFIG_KEYS_TURN(STR, INT, BOOL, ENUM, LIST)      \
    CONFIG_KEYS_MIX(STR, INT, BOOL, ENUM, LIST)       \
    CONFIG_KEYS_LIMITS(STR, INT, BOOL, ENUM, LIST)    \
    CONFIG_KEYS_TOURS(STR, INT, BOOL, ENUM, LIST)     \
    CONFIG_KEYS_OVERLOAD(STR, INT, BOOL, ENUM, LIST)  \
    CONFIG_KEYS_DRAIN(STR, INT, BOOL, ENUM, LIST)     \
    CONFIG_KEYS_TIMEOUTS(STR, INT, BOOL, ENUM, LIST)  \
    CONFIG_KEYS_DATABASE(STR, INT, BOOL, ENUM, LIST)  \
    CONFIG_KEYS_RECORDING(STR, INT, BOOL, ENUM, LIST) \
    CONFIG_KEYS_STORE(STR, INT, BOOL, ENUM, LIST)     \
    CONFIG_KEYS_DERIVED(STR, INT, BOOL, ENUM, LIST)   \
    CONFIG_KEYS_EVENTS(STR, INT, BOOL, ENUM, LIST)    \
    CONFIG_KEYS_AUDIT(STR, INT, BOOL, ENUM, LIST)

#endif
