#include "rpc.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char *input;
static size_t input_length, input_size;

static void terminated(int signal_number)
{
    (void)signal_number;
    _exit(0);
}

void rpc_start(void)
{
    /* The first process of a container gets no signal that it has no handler for. */
    signal(SIGTERM, terminated);
    signal(SIGPIPE, SIG_IGN);
    fcntl(STDIN_FILENO, F_SETFL, fcntl(STDIN_FILENO, F_GETFL) | O_NONBLOCK);
}

static void write_message(json_t *message)
{
    char *line = json_dumps(message, JSON_COMPACT);
    if (line) {
        puts(line);
        fflush(stdout);
    }
    free(line);
    json_decref(message);
}

void rpc_result(json_t *id, json_t *result)
{
    write_message(json_pack("{s:s, s:o, s:o}", "jsonrpc", "2.0", "id", id, "result", result));
}

void rpc_error(json_t *id, int code, const char *message, json_t *data)
{
    write_message(json_pack("{s:s, s:o, s:{s:i, s:s, s:o*}}", "jsonrpc", "2.0", "id", id, "error", "code", code,
                            "message", message, "data", data));
}

void rpc_tell(const char *event, json_t *params)
{
    write_message(json_pack("{s:s, s:s, s:o}", "jsonrpc", "2.0", "method", event, "params", params));
}

const char *rpc_string(const json_t *params, const char *name)
{
    return json_string_value(json_object_get(params, name));
}

static void handle_line(const char *line, size_t length, const struct rpc_verbs *verbs)
{
    if (strspn(line, " \t\r") == length)
        return;
    json_t *request = json_loadb(line, length, JSON_DECODE_ANY, NULL);
    if (!request) {
        rpc_error(json_null(), -32700, "not JSON", NULL);
        return;
    }
    json_t *id = json_object_get(request, "id");
    id = id ? json_incref(id) : json_null();
    const char *method = rpc_string(request, "method");
    while (method && verbs->name && strcmp(verbs->name, method) != 0)
        verbs++;
    if (!method)
        rpc_error(id, -32600, "not a request", NULL);
    else if (!verbs->name)
        rpc_error(id, RPC_METHOD_NOT_FOUND, "there is no such verb", NULL);
    else
        verbs->run(id, json_object_get(request, "params"));
    json_decref(request);
}

void rpc_read(const struct rpc_verbs *verbs)
{
    for (;;) {
        if (input_length + 4096 > input_size) {
            input_size = 2 * input_size + 8192;
            input = realloc(input, input_size);
            if (!input)
                abort();
        }
        ssize_t got = read(STDIN_FILENO, input + input_length, input_size - input_length - 1);
        if (got == 0)
            exit(0);
        if (got < 0) {
            if (errno == EAGAIN || errno == EINTR)
                return;
            exit(1);
        }
        input_length += (size_t)got;
        input[input_length] = '\0';
        char *line = input, *end;
        while ((end = memchr(line, '\n', input_length - (size_t)(line - input)))) {
            *end = '\0';
            handle_line(line, (size_t)(end - line), verbs);
            line = end + 1;
        }
        input_length -= (size_t)(line - input);
        memmove(input, line, input_length);
    }
}
