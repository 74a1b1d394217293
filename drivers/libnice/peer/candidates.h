/* Candidates and descriptions, between libnice and drivers/PROTOCOL.md. */
#ifndef CANDIDATES_H
#define CANDIDATES_H

#include <jansson.h>
#include <nice/agent.h>

enum { COMPONENT = 1 };

/* The agent of this process, and what is known of it. */
extern NiceAgent *agent;
extern guint stream;
extern gboolean trickle, lite, gathered;

/* A candidate as the protocol has it. */
json_t *candidate_text(NiceCandidate *candidate);

/* Our own description. */
json_t *description(void);

/* Adds candidates of the other side; gives the first that libnice cannot read, or NULL. */
const char *add_candidates(const json_t *texts);

/* A pair of candidates. */
json_t *pair_of(NiceCandidate *local, NiceCandidate *remote);

#endif
