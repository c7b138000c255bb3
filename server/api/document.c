#include "server/api/document.h"

#include "server/api/api.h"
#include "server/api/recordings_operations.h"
#include "server/api/recordings_schemas.h"
#include "server/api/tagged.h"
#include "server/api/tours_schemas.h"
#include "server/http/respond.h"
#include "server/rest/openapi.h"
#include "server/rest/schema_basics.h"

/* ---- what is refused ---- */

static const struct schema status = {.kind = SCHEMA_INTEGER, .min = 400, .max = 599};
static const struct schema_member members_fault[] = {
    {"pointer", &schema_text, false, 0, "JSON Pointer (RFC 6901) into the body."},
    {"parameter", &schema_text, false, 0, "Or the name of an argument of the query."},
    {"code", &schema_text, true, 0, "A stable word."},
    {"message", &schema_text, true, 0, "For people."},
    {0}};
static const struct schema fault = {
    .name = "Fault", .kind = SCHEMA_OBJECT, .members = members_fault};
static const struct schema faults = {.kind = SCHEMA_LIST, .items = &fault, .max = FAULTS_MAX};
static const struct schema_member members_problem[] = {
    {"type", &schema_text, true, 0, NULL},
    {"title", &schema_text, true, 0, "For people."},
    {"status", &status, true, 0, "That of HTTP."},
    {"code", &schema_text, true, 0, "A stable word: those of an operation stand at its answers."},
    {"detail", &schema_text, false, 0, "About this occurrence."},
    {"errors", &faults, false, 0, "With bad_field: what is wrong where."},
    {0}};
static const struct schema problem = {.name = "Problem",
                                      .kind = SCHEMA_OBJECT,
                                      .members = members_problem,
                                      .about = "Problem details (RFC 9457)."};

/* ---- the document itself ---- */

static const struct schema any_object = {.kind = SCHEMA_OPEN};
const struct operation operation_document = {
    .id = "getDocument",
    .tag = "document",
    .summary = "This document.",
    .tagged = true,
    .answers = (const struct operation_answer[]){{200, "OpenAPI 3.1", &any_object, NULL}, {0}}};

static const struct schema segment = {.kind = SCHEMA_TEXT, .min = 1, .max = 128};
static const struct openapi_segment segments[] = {{"tour", &schema_tour_name},
                                                  {"recording", &schema_recording_id},
                                                  {"participant", &segment},
                                                  {"track", &segment},
                                                  {"epoch", &segment},
                                                  {"number", &segment},
                                                  {"file", &segment},
                                                  {"receiver", &segment},
                                                  {"seq", &segment},
                                                  {"question", &segment},
                                                  {0}};

static struct openapi_row row(const void *ctx, size_t i) {
    const struct route *t = &((const struct route_table *)ctx)->rows[i];
    return (struct openapi_row){method_name(t->method), t->pattern, t->about};
}

void document_get(struct request *r) {
    struct api *a = api_of(r);
    const struct route_table *table = &r->loop->http->routes;
    const struct openapi_source source = {.version = ORIEL_VERSION,
                                          .url = r->loop->url,
                                          .n = table->n,
                                          .row = row,
                                          .ctx = table,
                                          .segments = segments,
                                          .problem = &problem};
    if (!a->document.n) {
        openapi_write(&a->document, &source);
    }
    if (a->document.bad) {
        buffer_free(&a->document);
        respond_problem(r, 503, NULL, NULL);
        return;
    }
    const struct bytes whole = bytes_of(a->document.p, a->document.n);
    respond_header(r, "cache-control:", "no-cache");
    if (!tagged(r, ORIEL_VERSION, whole)) {
        respond_static(r, 200, "application/json", whole);
    }
}
