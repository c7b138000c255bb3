/* What the audit log calls what was done: one list for records, filters and documents
 * (docs/audit.md). Words are stable: programs search for them. Thread: any. */
#ifndef ORIEL_SERVER_AUDIT_AUDIT_WORDS_H
#define ORIEL_SERVER_AUDIT_AUDIT_WORDS_H

#include <stdbool.h>
#include <stdint.h>

/* What an act is about, which says how it is kept. */
enum audit_kind {
    AUDIT_LOOK,       /* at recordings and people, and unseen at tours */
    AUDIT_EXPORT,     /* what leaves us */
    AUDIT_DELETION,   /* and what keeps from it */
    AUDIT_MODERATION, /* of people, by a host or the platform */
    AUDIT_ACCESS,     /* how somebody came in */
    AUDIT_REFUSED,    /* he did not */
    AUDIT_TOUR,       /* changes of tours */
    AUDIT_SERVER,     /* the installation */
    AUDIT_LOG         /* the log itself */
};

/* X(symbol, word, kind) */
#define AUDIT_ACTIONS(X)                                                        \
    X(AUDIT_RECORDINGS_LIST, "recordings.list", AUDIT_LOOK)                     \
    X(AUDIT_RECORDING_GET, "recording.get", AUDIT_LOOK)                         \
    X(AUDIT_RECORDING_TICKET, "recording.ticket", AUDIT_LOOK)                   \
    X(AUDIT_RECORDING_UNTICKET, "recording.ticket_revoke", AUDIT_ACCESS)        \
    X(AUDIT_RECORDING_PLAY, "recording.play", AUDIT_LOOK)                       \
    X(AUDIT_RECORDING_THUMBNAILS, "recording.thumbnails", AUDIT_LOOK)           \
    X(AUDIT_RECORDING_WAVEFORM, "recording.waveform", AUDIT_LOOK)               \
    X(AUDIT_RECORDING_VERIFY, "recording.verify", AUDIT_LOOK)                   \
    X(AUDIT_RECORDING_VERIFIED, "recording.verified", AUDIT_SERVER)             \
    X(AUDIT_RECORDING_ACCESS, "recording.access", AUDIT_LOOK)                   \
    X(AUDIT_TOUR_OBSERVE, "tour.observe", AUDIT_LOOK)                           \
    X(AUDIT_EXPORT_LIST, "export.list", AUDIT_LOOK)                             \
    X(AUDIT_EXPORT_ORDER, "export.order", AUDIT_EXPORT)                         \
    X(AUDIT_EXPORT_DOWNLOAD, "export.download", AUDIT_LOOK)                     \
    X(AUDIT_EXPORT_REMOVE, "export.remove", AUDIT_EXPORT)                       \
    X(AUDIT_RECORDING_EXPORT, "recording.export", AUDIT_EXPORT)                 \
    X(AUDIT_BACKUP, "recordings.backup", AUDIT_EXPORT)                          \
    X(AUDIT_RESTORE, "recordings.restore", AUDIT_EXPORT)                        \
    X(AUDIT_RECORDING_SHRED, "recording.shred", AUDIT_DELETION)                 \
    X(AUDIT_SHRED_ORDER, "recording.shred_order", AUDIT_DELETION)               \
    X(AUDIT_PERSON_SHRED, "person.shred", AUDIT_DELETION)                       \
    X(AUDIT_RECORDING_REDACT, "recording.redact", AUDIT_DELETION)               \
    X(AUDIT_RECORDING_HOLD, "recording.hold", AUDIT_DELETION)                   \
    X(AUDIT_RECORDING_RELEASE, "recording.release", AUDIT_DELETION)             \
    X(AUDIT_RECORDING_SWEEP, "recording.sweep", AUDIT_DELETION)                 \
    X(AUDIT_RECORDINGS_REKEY, "recordings.rekey", AUDIT_SERVER)                 \
    X(AUDIT_RECORDINGS_USE, "recordings.use", AUDIT_SERVER)                     \
    X(AUDIT_PARTICIPANT_MUTE, "participant.mute", AUDIT_MODERATION)             \
    X(AUDIT_PARTICIPANT_REMOVE, "participant.remove", AUDIT_MODERATION)         \
    X(AUDIT_PARTICIPANT_ADMIT, "participant.admit", AUDIT_MODERATION)           \
    X(AUDIT_PARTICIPANT_ALLOW, "participant.allow", AUDIT_MODERATION)           \
    X(AUDIT_PARTICIPANT_HOST, "participant.host", AUDIT_MODERATION)             \
    X(AUDIT_PARTICIPANT_UNHOST, "participant.unhost", AUDIT_MODERATION)         \
    X(AUDIT_PARTICIPANT_LEAD, "participant.lead", AUDIT_MODERATION)             \
    X(AUDIT_PARTICIPANT_LOWER_HAND, "participant.lower_hand", AUDIT_MODERATION) \
    X(AUDIT_TOUR_SPOTLIGHT, "tour.spotlight", AUDIT_MODERATION)                 \
    X(AUDIT_CHAT_LIST, "chat.list", AUDIT_LOOK)                                 \
    X(AUDIT_EVENTS_LIST, "events.list", AUDIT_LOOK)                             \
    X(AUDIT_EVENTS_RETRY, "events.retry", AUDIT_EXPORT)                         \
    X(AUDIT_EVENTS_REPLAY, "events.replay", AUDIT_EXPORT)                       \
    X(AUDIT_AUDIT_LIST, "audit.list", AUDIT_LOOK)                               \
    X(AUDIT_TOUR_MUTE_ALL, "tour.mute_all", AUDIT_MODERATION)                   \
    X(AUDIT_TOUR_LOCK, "tour.lock", AUDIT_MODERATION)                           \
    X(AUDIT_TOUR_UNLOCK, "tour.unlock", AUDIT_MODERATION)                       \
    X(AUDIT_TOUR_LOBBY, "tour.lobby", AUDIT_MODERATION)                         \
    X(AUDIT_TOUR_RECORD, "tour.record", AUDIT_MODERATION)                       \
    X(AUDIT_TOUR_RETRACT, "tour.retract", AUDIT_MODERATION)                     \
    X(AUDIT_TOUR_END, "tour.end", AUDIT_MODERATION)                             \
    X(AUDIT_PARTICIPANTS_LIST, "participants.list", AUDIT_LOOK)                 \
    X(AUDIT_SEAT_RESUME, "seat.resume", AUDIT_ACCESS)                           \
    X(AUDIT_SEAT_TAKE_OVER, "seat.take_over", AUDIT_ACCESS)                     \
    X(AUDIT_INVITE_CREATE, "invite.create", AUDIT_ACCESS)                       \
    X(AUDIT_TOKEN_REFUSE, "token.refuse", AUDIT_REFUSED)                        \
    X(AUDIT_TOUR_CREATE, "tour.create", AUDIT_TOUR)                             \
    X(AUDIT_TOUR_UPDATE, "tour.update", AUDIT_TOUR)                             \
    X(AUDIT_TOUR_DELETE, "tour.delete", AUDIT_TOUR)                             \
    X(AUDIT_SERVER_START, "server.start", AUDIT_SERVER)                         \
    X(AUDIT_SERVER_STOP, "server.stop", AUDIT_SERVER)                           \
    X(AUDIT_SERVER_RELOAD, "server.reload", AUDIT_SERVER)                       \
    X(AUDIT_SERVER_DRAIN, "server.drain", AUDIT_SERVER)                         \
    X(AUDIT_SERVER_UNDRAIN, "server.drain_over", AUDIT_SERVER)                  \
    X(AUDIT_CHECKPOINT, "audit.checkpoint", AUDIT_LOG)                          \
    X(AUDIT_PRUNE, "audit.prune", AUDIT_LOG)                                    \
    X(AUDIT_REPAIR, "audit.repair", AUDIT_LOG)                                  \
    X(AUDIT_CUT, "audit.cut", AUDIT_LOG)                                        \
    X(AUDIT_BROKEN, "audit.broken", AUDIT_LOG)                                  \
    X(AUDIT_LOST, "audit.lost", AUDIT_LOG)
enum audit_action {
    AUDIT_NONE,
#define X(sym, word, kind) sym,
    AUDIT_ACTIONS(X)
#undef X
        AUDIT_ACTION_COUNT
};

#define AUDIT_WORD_MAX 31 /* [bytes] */

/* "recording.play"; never NULL. */
const char *audit_word(enum audit_action a);
/* AUDIT_NONE: there is no such word. */
enum audit_action audit_action_of(const char *word);
enum audit_kind audit_kind_of(enum audit_action a);
/* Who does it many times in a minute is one record with a count: whatever is neither lost by it nor
 * changed for ever. So is what was refused, whatever it was. */
bool audit_is_folded(enum audit_action a);
/* It is refused while it cannot be recorded, with audit.mandatory. */
bool audit_is_required(enum audit_action a);

#endif
