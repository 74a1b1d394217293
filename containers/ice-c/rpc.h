/* JSON-RPC 2.0, one message a line, over standard input and output: drivers/PROTOCOL.md. */
#ifndef RPC_H
#define RPC_H

#include <jansson.h>

enum { RPC_METHOD_NOT_FOUND = -32601, RPC_INVALID_PARAMS = -32602, RPC_FAILED = -32000 };

/* Called for a request. The id is the verb's: it gives it to rpc_result or rpc_error, now or later. */
typedef void (*rpc_verb)(json_t *id, json_t *params);

struct rpc_verbs {
    const char *name;
    rpc_verb run;
};

/* Makes standard input readable without waiting, and lets SIGTERM end the process. */
void rpc_start(void);

/* Reads what is there and runs the verbs asked for; the list ends with a NULL name. The end of input ends the process. */
void rpc_read(const struct rpc_verbs *verbs);

/* Answer a request. They take over id, result and data, and data may be NULL. */
void rpc_result(json_t *id, json_t *result);
void rpc_error(json_t *id, int code, const char *message, json_t *data);

/* Tells an event; takes over params. */
void rpc_tell(const char *event, json_t *params);

/* A parameter that is a string, or NULL. */
const char *rpc_string(const json_t *params, const char *name);

#endif
