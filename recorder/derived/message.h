/* What the server and its media helper say to each other, on one stream in both directions. A
 * message is its length (4 bytes, big-endian, of what follows), its type (1 byte) and a body. The
 * helper reads hostile media and may be anybody after that: what it says is checked here, every
 * length before use. Stateless; any thread. */
#ifndef ORIEL_RECORDER_DERIVED_MESSAGE_H
#define ORIEL_RECORDER_DERIVED_MESSAGE_H

#include "base/bytes.h"
#include "base/err.h"

#define MESSAGE_HEAD 5                   /* [bytes] length and type */
#define MESSAGE_READ_MAX (256u << 10)    /* [bytes] asked for at once */
#define MESSAGE_BODY_MAX (1u << 20)      /* [bytes] behind the type */
#define MESSAGE_TEXT_MAX 200             /* [bytes] of MESSAGE_FAILED */
#define MESSAGE_PICTURE_MAX (512u << 10) /* [bytes] of a thumbnail */
#define MESSAGE_SIDE_MAX 4096            /* [pixels] of a thumbnail */

/* From the server: */
#define MESSAGE_TASK 1 /* what is to be done (task.h); the first one */
#define MESSAGE_DATA 2 /* what was asked for, all of it */
/* From the helper: */
#define MESSAGE_READ 16      /* bytes of an input are wanted */
#define MESSAGE_PROGRESS 17  /* and a sign of life */
#define MESSAGE_HEAD_SIZE 18 /* the output begins with so many bytes, which come last */
#define MESSAGE_BODY 19      /* the next bytes of the output behind its head */
#define MESSAGE_HEAD_DATA 20 /* the next bytes of the head */
#define MESSAGE_THUMBNAIL 21
#define MESSAGE_WAVE 22   /* windows of an input, in order */
#define MESSAGE_FAILED 23 /* the last one: why it could not be done */
#define MESSAGE_DONE 24   /* the last one */
#define MESSAGE_PROBE 25  /* what the sandbox let through (TASK_PROBE) */

struct message {
    uint8_t type;
    /* READ, WAVE: which input. THUMBNAIL: which of the moments that were asked for. */
    uint32_t index;
    uint64_t at;   /* READ: offset [bytes]. WAVE: the first window, from recording time 0 on */
    uint32_t n;    /* READ: [bytes], 1..MESSAGE_READ_MAX. PROGRESS: 0..1000. PROBE: bits */
    uint64_t size; /* HEAD_SIZE: [bytes] */
    uint16_t width, height; /* THUMBNAIL */
    struct bytes data;      /* TASK, DATA, BODY, HEAD_DATA, THUMBNAIL, WAVE; FAILED: text. A view */
};

/* The length of the message (type and body) whose head is at `head`: MESSAGE_HEAD bytes.
 * ERR_FORMAT: too short or too long to be one. */
enum err message_length(const uint8_t head[MESSAGE_HEAD], uint32_t *ret);
/* The message of this type and body. ERR_FORMAT; *ret untouched then. */
enum err message_decode(uint8_t type, struct bytes body, struct message *ret);
/* Write length, type and all of the body but its data, which the caller sends behind it; returns
 * how many bytes. */
#define MESSAGE_START_MAX 32
size_t message_start(const struct message *m, uint8_t out[MESSAGE_START_MAX]);

#endif
