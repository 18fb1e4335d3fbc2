#include "capacity/news.h"

#include "base/mem.h"
#include "base/text.h"

se__news *se__news_new(se__news_kind kind, se__endpoint *endpoint,
                       const se__probe *probe)
{
    se__news *news = se__zalloc(sizeof(*news));

    if (!news) {
        return NULL;
    }
    news->kind = kind;
    news->endpoint = se__endpoint_ref(endpoint);
    if (probe) {
        news->began_ms = probe->figure.began_ms;
        news->scheduled = probe->scheduled;
        news->reply = probe->reply;
        se__copy_text(news->problem, sizeof(news->problem), probe->problem);
    }
    return news;
}

void se__news_free(se__news *news)
{
    se__endpoint_unref(news->endpoint);
    free(news);
}

void se__news_push(se__news_list *list, se__news *news)
{
    if (list->count >= SE__NEWS_MAX) {
        se__news_free(news);
        return;
    }
    if (list->tail) {
        list->tail->next = news;
    } else {
        list->head = news;
    }
    list->tail = news;
    list->count++;
}

void se__news_clear(se__news_list *list)
{
    while (list->head) {
        se__news *next = list->head->next;

        se__news_free(list->head);
        list->head = next;
    }
    list->tail = NULL;
    list->count = 0;
}
