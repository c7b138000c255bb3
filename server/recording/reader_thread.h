/* The threads around recorder/library/library.h: catalogue queries, object reads and decryption for
 * playback happen here, so that the control thread never blocks. Requests and replies travel
 * through a pair of mailboxes each; a reply's data is heap memory that the receiver frees.
 *
 * **A download that has begun goes on.** It has a place of its own from its first byte to its last,
 * and asks for one piece at a time: whoever finds no place is told so before the answer begins, and
 * nobody is cut off because others came. Pieces are served in the order they were asked for, so all
 * downloads of a reader advance evenly. */
#ifndef ORIEL_SERVER_RECORDING_READER_THREAD_H
#define ORIEL_SERVER_RECORDING_READER_THREAD_H

#include "base/err.h"
#include "recorder/library/library.h"
#include "server/config/config_keys.h"

struct reader_thread;

#define READER_CHUNK_MAX (256 * 1024) /* [bytes] */

enum read_type {
    READ_LIST,
    READ_RECORDING,
    READ_ALLOWED,
    READ_ENDED,    /* as READ_ALLOWED; ERR_WRONG_STATE: it is being made */
    READ_SEGMENTS, /* of an epoch: n at most, from number on */
    READ_INIT,     /* what comes before its segments */
    READ_MEDIA,
    READ_SEGMENT, /* as READ_MEDIA, of one segment: number */
    /* As READ_MEDIA, of what was made of a recording: epoch is its number; of a waveform track. */
    READ_THUMBNAIL,
    READ_WAVEFORM,
    READ_EXPORT
};
/* Is it of bytes that are sent piece by piece? */
static inline bool read_is_file(uint8_t type) {
    return type >= READ_MEDIA;
}

/* What of the list is asked for: library_query, with its texts. */
struct read_list {
    uint32_t limit;
    char after[LIBRARY_CURSOR_MAX], tour[LIBRARY_TEXT_MAX], text[LIBRARY_TEXT_MAX];
    char person[LIBRARY_TEXT_MAX], state[16], from[40], to[40];
};

struct read_request {
    uint8_t type; /* enum read_type */
    uint64_t req; /* the caller's handle, comes back in the reply */
    char recording[RECORDING_ID_LEN + 1];
    char track[RECORDING_ID_LEN + 1];
    uint32_t epoch, number;
    char tour[LIBRARY_TEXT_MAX]; /* of the token; "": all. Other recordings are ERR_DENIED */
    struct read_list list;       /* READ_LIST */
    char *failing;               /* READ_LIST, READ_RECORDING: as library_failing, or NULL; heap
                                    memory that goes with the request */
    uint64_t at;                 /* READ_MEDIA: [bytes] */
    uint64_t snapshot; /* READ_MEDIA: of the answer that began this download; 0: none yet */
    uint32_t n;        /* READ_MEDIA: at most READER_CHUNK_MAX; 0 asks for size and type only.
                          READ_SEGMENTS: as library_segments */
};
struct read_reply {
    uint64_t req;
    uint8_t type_asked;          /* enum read_type */
    uint64_t snapshot;           /* READ_MEDIA: for the requests that follow */
    uint8_t error;               /* enum err */
    uint64_t total;              /* READ_MEDIA: size of the whole file [bytes] */
    char type[LIBRARY_TYPE_MAX]; /* content type */
    char *data; /* READ_LIST, READ_RECORDING, READ_SEGMENTS: JSON text; READ_INIT, READ_MEDIA:
                   bytes; mem_free it. READ_ALLOWED, READ_ENDED: NULL, the error alone answers */
    size_t len;
};

struct reader_thread_config {
    const char *dir, *kek_file;             /* as in recorder_config */
    const struct key_config *keys;          /* the same */
    const struct postgres_config *database; /* the same */
    uint32_t threads;                       /* 1..READERS_MAX */
    uint32_t downloads; /* under way at once, of all threads; one more is refused */
    /* One for each thread, or NULL: as in recorder_config, and borrowed. */
    const struct store *stores[READERS_MAX];
    void (*wake)(void *wake_ctx); /* the control loop has replies to read; any thread */
    void *wake_ctx;
};

/* Open a library for each thread on the calling one, so that errors are reported in why[WHY_MAX],
 * then start the threads. *ret untouched on failure. */
enum err reader_thread_start(const struct reader_thread_config *c, struct reader_thread **ret,
                             char why[WHY_MAX]);
/* It is to end, and reader_thread_stop will be called: several can end at once so. NULL allowed. */
void reader_thread_ring(struct reader_thread *t);
/* Requests under way are dropped. NULL allowed; returns NULL. */
struct reader_thread *reader_thread_stop(struct reader_thread *t);
/* Control thread: a place for a download; false when all are taken. Give it back, when no piece of
 * it is under way. */
bool reader_thread_begin(struct reader_thread *t);
void reader_thread_end(struct reader_thread *t);
/* Downloads that have a place. */
uint32_t reader_thread_downloads(const struct reader_thread *t);
/* Control thread. q->failing becomes the reader's, also when it is refused. READ_MEDIA is for who
 * has a place and has no other request under way: then it is never refused. The others: false when
 * 64 are under way already. */
bool reader_thread_post(struct reader_thread *t, const struct read_request *q);
/* Control thread: take note of a wake-up; call before reading replies until there are none. */
void reader_thread_listen(struct reader_thread *t);
/* Control thread: the next reply; false when none. */
bool reader_thread_reply(struct reader_thread *t, struct read_reply *ret);

#endif
