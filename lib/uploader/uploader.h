/*
 * The inside of an uploader: its transfer threads ("lanes") and their jobs.
 *
 * Design notes. A job belongs to one lane from submit to end, and everything
 * that happens to it happens on that lane's loop thread. Other threads (the
 * caller's cancel, a spool's writer, the end of a reload) set a flag and post.
 *
 * QUEUED > PICK > (WAIT_TOKEN | PROBE) > SEND > (ASK_ID | DELETE |
 * ASK_CAPACITY | WAIT_TOKEN | WAIT_RELOAD | BACKOFF) > PICK ... > DONE
 *
 * PICK chooses and reserves. PROBE asks the chosen element for its room when
 * nothing fresh is known. Between PICK and SEND is the place where an intent
 * will be written ahead. SEND streams one attempt; its end is looked up in the
 * table of verdict.c, and the row says what comes next. A job holds one of its
 * lane's slots from PICK to the end of SEND; where it waits it holds none.
 */
#ifndef SE_UPLOADER_UPLOADER_H
#define SE_UPLOADER_UPLOADER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <artstore/uploader.h>

#include "admin/admin.h"
#include "base/sha256.h"
#include "base/thread.h"
#include "base/uuid.h"
#include "capacity/probe.h"
#include "element/upload_form.h"
#include "observe/log.h"
#include "observe/metrics.h"
#include "registry/registry.h"
#include "selector/selector.h"
#include "uploader/body.h"
#include "uploader/budget.h"
#include "uploader/spool.h"
#include "uploader/verdict.h"
#include "wire/http.h"
#include "wire/loop.h"

#define SE__TOKEN_SIZE 8192
#define SE__MAX_LANES 16

typedef struct se__detached se__detached;

typedef struct se__lane {
    se_uploader *uploader;
    se__loop *loop;
    se__http *http;
    atomic_int jobs;    /* submitted and not ended */
    int running;        /* slots taken */
    int limit;          /* slots; halved when elements ask to slow down */
    se_job *queue_head; /* wait for a slot */
    se_job *queue_tail;
    se_job *waiting;        /* wait for a reload */
    se__detached *detached; /* questions that no job waits for */
    se__task fetched;       /* a fetch ended */
    se__task shutdown;      /* close http */
} se__lane;

struct se_uploader {
    atomic_int refs; /* the caller's, and one per job until it is freed */
    pid_t pid;
    se_uploader_options options; /* defaults filled in, strings owned */
    se_registry *registry;
    se_selector *selector; /* reference */
    se__log log;
    se__spool_pool *spools;
    se__budget budget;
    se__fetched_listener listener;
    se__lane lanes[SE__MAX_LANES];
    int n_lanes;

    se__mutex lock;
    se__cond idle;      /* `active` became 0 */
    bool stopping;      /* no new jobs */
    bool closed;        /* lanes are gone */
    int active;         /* jobs not ended */
    se_job *jobs;       /* all that have not ended */
    se_job *ended_head; /* their callbacks wait for dispatch */
    se_job *ended_tail;
    int event_fd; /* SE_DISPATCH_CALLER, else -1 */
};

typedef enum se__job_state {
    SE__JOB_QUEUED,
    SE__JOB_PICK,
    SE__JOB_PROBE,
    SE__JOB_SEND,
    SE__JOB_ASK_ID,
    SE__JOB_DELETE,
    SE__JOB_ASK_CAPACITY,
    SE__JOB_WAIT_RELOAD,
    SE__JOB_WAIT_TOKEN,
    SE__JOB_BACKOFF,
    SE__JOB_WAIT_BODY,
    SE__JOB_DONE
} se__job_state;

struct se_attempt {
    char se_id[SE_ID_SIZE];
    se_outcome outcome;
    int http_status;
    int64_t bytes_sent;
    int64_t duration_ms;
    const char *row; /* of the verdict table */
    se_err code;
    char error[192];
};

struct se_result {
    se_outcome outcome;
    se_error error;
    char file_id[SE__UUID_SIZE];
    char se_id[SE_ID_SIZE];
    char se_url[SE__URL_SIZE];
    char sha256[SE__SHA256_HEX_SIZE];
    int64_t size;
    int64_t duration_ms;
    se_registered registered;
    se_attempt *attempts;
    size_t n_attempts;
    size_t cap_attempts;
};

/* Where an attempt's body stands. */
typedef struct se__sending {
    int64_t at;      /* next byte of the whole request body */
    int64_t in_body; /* of that, bytes of the file */
    bool ended;      /* the file's last byte was read */
    bool outgrown;   /* the stream fits no more, and nothing has left */
    bool paused;     /* AGAIN was answered; the slot is given back */
    char sha256[SE__SHA256_HEX_SIZE];
} se__sending;

/* How far asking for the id went. */
typedef struct se__resolving {
    int questions;
    int absent;                 /* 404 */
    const se__verdict *verdict; /* of the attempt that made it unknown */
    bool gc_refused;            /* DELETE: the second of two ways */
    char why[160];              /* why it could not be resolved */
} se__resolving;

struct se_job {
    atomic_int refs;
    se_uploader *uploader; /* reference */
    se__lane *lane;
    se_job *next;     /* in the queue, among the waiting, or ended */
    se_job *all_prev; /* in uploader->jobs */
    se_job *all_next;

    /* from other threads */
    se__task task;
    atomic_bool posted;
    atomic_bool cancel;
    atomic_bool woken;

    /* what to do; constant after submit */
    se_retention retention;
    se_upload_fn done;
    se_progress_fn progress;
    void *user;
    int64_t submitted_ms, deadline_ms;
    se__upload_form form;
    bool own_id; /* the file id was made here: nobody else has it */
    se__body *body;
    se__spool *spool; /* the body, if it is a stream */
    se__feeder *feeder;
    int fd;

    /* loop thread */
    se__job_state state;
    bool started;
    bool slot;
    bool waiting;       /* in lane->waiting */
    se__timer timer;    /* of the state */
    se__timer deadline; /* of the job */
    se__choice choice;
    bool chosen; /* choice holds a reservation */
    se__tried tried;
    se__http_call call;
    bool call_active;
    char *call_url;
    char *token; /* "Bearer ..." of this job, kept for the next call; NULL */
    bool token_fresh;   /* was refreshed for this job already */
    bool token_refused; /* the one in `token`, until there is another */
    bool tokenless;     /* none is to be had: go without */
    bool token_waits;   /* token_wait is linked, or was a moment ago */
    se__token_wait token_wait;
    bool no_expect; /* 417: this element gets an empty Expect */
    se__probe probe;
    bool probe_active;
    se__sending sending;
    se__resolving resolving;
    se__sha256 sha;
    int costly;       /* attempts that cost something */
    int elements;     /* contacted */
    int retry_cost;   /* budget taken by the retry under way; 0: none */
    bool failed_over; /* the first failover is behind */
    bool last_wait;   /* waited for a last reload already */
    bool budget_empty;
    bool timed_out;         /* so ended the last attempt */
    uint64_t serial;        /* of the snapshot looked at last */
    uint64_t chosen_serial; /* of the last one that had a choice */
    int reload_reason;      /* asked for by an attempt, -1: none */
    int64_t progress_ms;

    /* the end */
    se__mutex lock;
    se__cond ended_cond;
    bool ended; /* under lock */
    se_result *result;
};

/* lane.c: slots, waiting for a reload, detached questions */
se_err se__lane_open(se__lane *lane, se_uploader *uploader, se_error *err);
void se__lane_close(se__lane *lane); /* no job, ends the thread */
void se__lane_want_slot(se__lane *lane, se_job *job); /* then se__job_pick */
void se__lane_give_slot(se__lane *lane, se_job *job); /* holds none: no-op */
void se__lane_leave_queue(se__lane *lane, se_job *job);
void se__lane_wait_fetch(se__lane *lane, se_job *job);
void se__lane_leave_wait(se__lane *lane, se_job *job);
void se__lane_slow_down(se__lane *lane);
void se__lane_speed_up(se__lane *lane);
void se__lane_probe(se__lane *lane, se__endpoint *endpoint, const char *url);

/* job_new.c, job.c, job_end.c: life of a job */
se_err se__job_new(se_uploader *uploader, const se_upload *upload, se_job **out,
                   se_error *err);
void se__job_task(se__task *task);
void se__job_ref(se_job *job);
void se__job_unref(se_job *job);
void se__job_post(se_job *job); /* any thread that holds a reference */
void se__job_interrupt(se_job *job);
bool se__job_is_interrupted(const se_job *job); /* canceled or late */
/* Then end it with this outcome and say so. */
bool se__job_interrupted(se_job *job, se_outcome outcome);
void se__job_end_interrupted(se_job *job, se_outcome outcome);
void se__job_drop_choice(se_job *job, se_outcome outcome);
void se__job_timer(se_job *job, int64_t delay_ms,
                   void (*fire)(se__timer *timer));
void se__job_finish(se_job *job, se_outcome outcome, const se_error *error);
void se__job_fail(se_job *job, se_outcome outcome, se_err code,
                  const char *format, ...) SE__PRINTF(4, 5);

/* job_pick.c: which element next, and when */
/* The size; of a stream that has not ended what was read so far, at least 1. */
int64_t se__job_bytes(const se_job *job);
void se__job_pick(se_job *job);
void se__job_again_elsewhere(se_job *job, const se__verdict *verdict,
                             bool body_left);
void se__job_fetched(se_job *job); /* a fetch ended while it waited */
/* Count one more attempt that costs something; false: none is left. */
bool se__job_take_retry(se_job *job, bool after_timeout);
void se__job_give_up(se_job *job, const se_error *why);

/* job_send.c: one attempt */
void se__job_send(se_job *job);
void se__job_resume_body(se_job *job);

/* job_act.c: what the end of an attempt leads to */
void se__job_act(se_job *job, const se__verdict *verdict,
                 const se__facts *facts);
void se__job_unanswered(se_job *job, const se__http_call *call);
void se__job_stored(se_job *job);
void se__job_want_reload(se_job *job, const se__verdict *verdict);

/* job_resolve.c: ASK_ID, DELETE, ASK_CAPACITY */
void se__job_ask_id(se_job *job, const se__verdict *verdict);
void se__job_delete(se_job *job, const se__verdict *verdict);
void se__job_ask_capacity(se_job *job, const se__verdict *verdict);
/* Fill job->call for a small request to the chosen element. */
void se__job_control_call(se_job *job, const char *method, char *url,
                          void (*done)(se__http_call *call));

/* job_token.c: WAIT_TOKEN */
/* A token for the next attempt; false: the job waits for one, or has ended. */
bool se__job_authorize(se_job *job);
/* A long upload may have outlived its token: take what is at hand now. */
void se__job_renew_token(se_job *job);
/* After a refusal; false: no other token is to be had. */
bool se__job_again_with_token(se_job *job);
void se__job_token_ready(se_job *job);
void se__job_leave_token(se_job *job);

/* job_report.c: what is logged and counted; the attempt is the last one */
void se__job_report_chosen(const se_job *job);
void se__job_report_attempt(const se_job *job);
void se__job_report_lazy_capacity(const se_job *job);
void se__job_report_lazy_reload(const se_job *job, se_reload_reason reason);
/* se__registry_want() for what the last attempt met. */
bool se__job_want_list(const se_job *job, se_reload_reason reason,
                       uint64_t seen);
void se__job_report_end(const se_job *job);

/* options.c */
se_err se__uploader_options_copy(se_uploader_options *to,
                                 const se_uploader_options *from,
                                 se_error *err);
void se__uploader_options_fini(se_uploader_options *options);

/* uploader.c, dispatch.c */
se_uploader *se__uploader_ref(se_uploader *uploader);
void se__uploader_unref(se_uploader *uploader);
/* Is there one, and is it this process' own? */
se_err se__uploader_check(const se_uploader *uploader, se_error *err);
/* Post a job from any thread, unless its lane is gone. */
void se__uploader_post(se_uploader *uploader, se_job *job);
void se__uploader_unlink_locked(se_uploader *uploader, se_job *job);
void se__uploader_job_ended(se_uploader *uploader, se_job *job);

/* result.c */
se_result *se__result_new(const char *file_id);
/* NULL: out of memory. The attempt under way is the last one. */
se_attempt *se__result_add(se_result *result, const char *se_id);
se_attempt *se__result_last(se_result *result);
void se__result_story(const se_result *result, char *out, size_t size);

#endif
