/* SPDX-License-Identifier: MIT */

/*
 * Runs test cases, each in a process of its own: the adapter's state belongs to the process, and
 * no case shall see what another left.
 */

#ifndef SERVE_TESTS_HARNESS_H
#define SERVE_TESTS_HARNESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct test_case {
    const char *name; /* a sentence */
    void (*run)(void);
};

/* Ends the case as failed, saying where, unless `condition` holds. */
#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition))                                                                          \
            check_failed(__FILE__, __LINE__, #condition);                                          \
    } while (0)

_Noreturn void check_failed(const char *file, int line, const char *condition);

extern const struct test_case adoption_cases[];
extern const struct test_case connection_cases[];
extern const struct test_case deadline_cases[];
extern const struct test_case exhaustion_cases[];
extern const struct test_case limit_cases[];
extern const struct test_case untouched_cases[];

/* --- a server and its callers ------------------------------------------------------------- */

/* A listening unix socket on a path of its own below the case's directory. */
int listening_socket(const char *name);

/* What Deno.serve does with our name: socket, bind, listen. The descriptor, or -1 with errno. */
int serve_descriptor(int descriptor);

/* The two above in one; ends the case when it fails. */
int serve(const char *name);

/* A caller's connected socket. */
int call(const char *name);

/* The same as another user and group of this id; ends the case as skipped when not root. */
int call_as(const char *name, uid_t id);

/* Accepts one connection; -1 with errno when nobody is admitted. `port` may be NULL. */
int take(int listener, uint16_t *port);

/* What a caller sees: 'd' data, 'e' the end, 'r' a reset, '-' nothing yet. */
char state_of(int caller);

/* Whether a connection's next read is its end: Deno closes it then. */
bool is_at_end(int connection);

/* An event loop that is told once of each change of a listener (EPOLLET), as tokio's is. */
int watch(int listener);

/* Whether it has been told of callers since it was last asked. */
bool is_announced(int epoll);

/* Lets so much time pass for the adapter, at once. */
void pass_ms(int milliseconds);

#endif
