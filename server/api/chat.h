/* /v1/tours/{tour}/chat, chapters, questions: what is said in a tour that runs, and what a platform
 * says there. */
#ifndef ORIEL_SERVER_API_CHAT_H
#define ORIEL_SERVER_API_CHAT_H

#include "server/http/request.h"
#include "server/rest/operation.h"

extern const struct operation operation_chat_list, operation_chat_post, operation_chat_retract,
    operation_chapter_begin, operation_question_answer;

/* Each answers its request. */
void chat_list(struct request *r);
void chat_post(struct request *r);
void chat_retract(struct request *r);
void chat_chapter(struct request *r);
void chat_answer(struct request *r);

#endif
