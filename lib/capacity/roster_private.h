/*
 * What the files of the roster share; loop thread.
 */
#ifndef SE_CAPACITY_ROSTER_PRIVATE_H
#define SE_CAPACITY_ROSTER_PRIVATE_H

#include "capacity/roster.h"

struct se__watched {
    se__timer timer;
    se__roster *roster;
    se__endpoint *endpoint;    /* reference */
    const se_element *element; /* of the roster's topology */
    se__pace pace;
    se__poll *poll;    /* being asked */
    se__watched *next; /* in its line */
    se__line line;
    se__line line_of_poll; /* that it was taken from */
    bool takes_files;
    bool suspect;
    bool asked;   /* for, by somebody: the next poll is not the schedule's */
    bool told_id; /* it calls itself otherwise: said so */
};

struct se__poll {
    se__probe probe;
    se__watched *watched; /* NULL: free */
    int64_t began_us;
    se__poll *next; /* free */
};

/* roster_poll.c */
void se__roster_enqueue(se__roster *roster, se__watched *watched,
                        se__line line);
void se__roster_leave_line(se__roster *roster, se__watched *watched);
/* Ask as many as there is room for. */
void se__roster_pump(se__roster *roster);
/* Its timer, at once or not at all. */
void se__roster_wind_up(se__roster *roster, se__watched *watched);
void se__roster_stand_down(se__roster *roster, se__watched *watched);

/* roster_list.c: take over the list in force; false: memory was short. */
bool se__roster_refresh(se__roster *roster);
se__watched *se__roster_find(const se__roster *roster, const char *id);
void se__roster_forget_all(se__roster *roster);

#endif
