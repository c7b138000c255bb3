/* How long what people say, show and point at may be; a platform's as well. */
#ifndef ORIEL_SIGNALING_WORDS_SAID_LIMITS_H
#define ORIEL_SIGNALING_WORDS_SAID_LIMITS_H

#define SAID_TEXT_MAX 2000    /* [bytes] of a text */
#define CHAPTER_MAX 128       /* [bytes] of a chapter's title */
#define VIEW_MAX 1024         /* [bytes] of a view, as JSON of ours */
#define POINTER_SOURCE_MAX 32 /* [bytes] "p1/screen" */

#endif
