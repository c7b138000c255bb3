#include "signaling/tours/subs.h"

#include "base/alloc.h"

#include <string.h>

static struct sub_entry *find(const struct sub_list *list, const char *sub) {
    LIST_EACH(l, &list->all) {
        struct sub_entry *e = LIST_ENTRY(l, struct sub_entry, in_list);
        if (strcmp(e->sub, sub) == 0) {
            return e;
        }
    }
    return NULL;
}

static void drop(struct sub_list *list, struct sub_entry *e) {
    list_remove(&e->in_list);
    list->n--;
    mem_free(e);
}

bool subs_have(const struct sub_list *list, const char *sub) {
    return find(list, sub) != NULL;
}

enum err subs_add(struct sub_list *list, const char *sub, uint32_t most) {
    if (find(list, sub)) {
        return OK;
    }
    struct sub_entry *e = mem_zalloc(1, sizeof(*e));
    if (!e) {
        return ERR_NOMEM;
    }
    if (list->n >= most) {
        drop(list, LIST_ENTRY(list->all.next, struct sub_entry, in_list));
    }
    memcpy(e->sub, sub, strlen(sub));
    list_push(&list->all, &e->in_list);
    list->n++;
    return OK;
}

void subs_drop(struct sub_list *list, const char *sub) {
    struct sub_entry *e = find(list, sub);
    if (e) {
        drop(list, e);
    }
}

void subs_clear(struct sub_list *list) {
    while (list->n > 0) {
        drop(list, LIST_ENTRY(list->all.next, struct sub_entry, in_list));
    }
}
