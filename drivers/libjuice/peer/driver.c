/* libjuice as its README shows it, driven over stdio (drivers/PROTOCOL.md). It has no setting for the role: who gathers before it
 * knows the other side's description is controlling, who knows it first is controlled. That is the order of the protocol, too. */
#include <juice/juice.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "rpc.h"

enum { MOST_SERVERS = 8 };

static juice_agent_t *agent;
static int trickle;
/* The library calls back on a thread of its own. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
/* A request for our description that waits for the end of gathering. */
static json_t *describing;
static int opened;

/* libjuice writes `a=candidate:...`, with or without an end of line. */
static json_t *candidate_text(const char *line)
{
    if (strncmp(line, "a=", 2) == 0)
        line += 2;
    return json_stringn(line, strcspn(line, "\r\n"));
}

static json_t *description(void)
{
    char sdp[JUICE_MAX_SDP_STRING_LEN];
    json_t *made = json_object(), *candidates = json_array();
    json_object_set_new(made, "candidates", candidates);
    if (juice_get_local_description(agent, sdp, sizeof sdp) != JUICE_ERR_SUCCESS)
        return made;
    char *rest = NULL;
    for (char *line = strtok_r(sdp, "\r\n", &rest); line; line = strtok_r(NULL, "\r\n", &rest)) {
        if (strncmp(line, "a=ice-ufrag:", 12) == 0)
            json_object_set_new(made, "ufrag", json_string(line + 12));
        else if (strncmp(line, "a=ice-pwd:", 10) == 0)
            json_object_set_new(made, "password", json_string(line + 10));
        else if (strncmp(line, "a=candidate:", 12) == 0 && !trickle)
            json_array_append_new(candidates, candidate_text(line));
        else if (strncmp(line, "a=ice-options:", 14) == 0) {
            json_t *options = json_array();
            char *more = NULL;
            for (char *word = strtok_r(line + 14, " ,", &more); word; word = strtok_r(NULL, " ,", &more))
                json_array_append_new(options, json_string(word));
            json_object_set_new(made, "options", options);
        }
    }
    return made;
}

static json_t *pair(void)
{
    char local[JUICE_MAX_CANDIDATE_SDP_STRING_LEN], remote[JUICE_MAX_CANDIDATE_SDP_STRING_LEN];
    if (juice_get_selected_candidates(agent, local, sizeof local, remote, sizeof remote) != JUICE_ERR_SUCCESS)
        return json_null();
    return json_pack("{s:o, s:o}", "local", candidate_text(local), "remote", candidate_text(remote));
}

static void on_state(juice_agent_t *one, juice_state_t state, void *data)
{
    static const char *const words[] = {
        [JUICE_STATE_DISCONNECTED] = "disconnected", [JUICE_STATE_CONNECTING] = "checking",
        [JUICE_STATE_CONNECTED] = "connected",       [JUICE_STATE_COMPLETED] = "completed",
        [JUICE_STATE_FAILED] = "failed",
    };
    if (words[state])
        rpc_tell("ice", json_pack("{s:s}", "state", words[state]));
    int connected = state == JUICE_STATE_CONNECTED || state == JUICE_STATE_COMPLETED;
    if (connected && !opened) {
        opened = 1;
        rpc_tell("open", json_object());
    }
}

static void on_candidate(juice_agent_t *one, const char *line, void *data)
{
    if (trickle)
        rpc_tell("candidate", json_pack("{s:o}", "candidate", candidate_text(line)));
}

static void on_gathered(juice_agent_t *one, void *data)
{
    rpc_tell("gathered", json_object());
    pthread_mutex_lock(&lock);
    json_t *waiting = describing;
    describing = NULL;
    pthread_mutex_unlock(&lock);
    if (waiting)
        rpc_result(waiting, description());
}

static void on_data(juice_agent_t *one, const char *bytes, size_t length, void *data)
{
    json_t *text = json_stringn(bytes, length);
    rpc_tell("data", json_pack("{s:o}", "data", text ? text : json_string("(not UTF-8)")));
}

static int running(json_t *id)
{
    if (!agent)
        rpc_error(id, RPC_FAILED, "start first", NULL);
    return agent != NULL;
}

/* Cuts scheme:host:port?transport=... into its parts, in place. */
static int cut_url(char *url, char **host, uint16_t *port)
{
    char *rest = NULL;
    strtok_r(url, ":", &rest);
    *host = strtok_r(NULL, ":", &rest);
    char *number = strtok_r(NULL, "?", &rest);
    *port = (uint16_t)(number ? atoi(number) : 0);
    return *host && *port;
}

static void start(json_t *id, json_t *params)
{
    const char *role = rpc_string(params, "role"), *kind = rpc_string(params, "kind");
    if (!kind || !role || (strcmp(role, "controlling") != 0 && strcmp(role, "controlled") != 0)) {
        rpc_error(id, RPC_INVALID_PARAMS, "start wants role and kind", NULL);
        return;
    }
    if (strcmp(kind, "raw-ice") != 0) {
        rpc_error(id, RPC_FAILED, "it speaks raw-ice only", NULL);
        return;
    }
    trickle = json_is_true(json_object_get(params, "trickle"));
    juice_config_t config = {
        .bind_address = rpc_string(params, "address"),
        .cb_state_changed = on_state,
        .cb_candidate = on_candidate,
        .cb_gathering_done = on_gathered,
        .cb_recv = on_data,
    };
    /* The library keeps pointers into these until it has gathered. */
    static juice_turn_server_t relays[MOST_SERVERS];
    config.turn_servers = relays;
    size_t index;
    json_t *server;
    json_array_foreach(json_object_get(params, "servers"), index, server)
    {
        char *host, *url = strdup(rpc_string(server, "url") ? rpc_string(server, "url") : "");
        uint16_t port;
        if (!cut_url(url, &host, &port)) {
            rpc_error(id, RPC_INVALID_PARAMS, "a server's url is SCHEME:HOST:PORT", NULL);
            return;
        }
        if (strcmp(url, "stun") == 0) {
            config.stun_server_host = host;
            config.stun_server_port = port;
        } else if (config.turn_servers_count < MOST_SERVERS) {
            relays[config.turn_servers_count++] = (juice_turn_server_t){
                .host = host,
                .port = port,
                .username = json_string_value(json_incref(json_object_get(server, "username"))),
                .password = json_string_value(json_incref(json_object_get(server, "credential"))),
            };
        }
    }
    agent = juice_create(&config);
    if (agent)
        rpc_result(id, json_null());
    else
        rpc_error(id, RPC_FAILED, "it cannot make an agent", NULL);
}

static void describe(json_t *id, json_t *params)
{
    if (!running(id))
        return;
    if (trickle) {
        rpc_result(id, description());
    } else {
        pthread_mutex_lock(&lock);
        describing = id;
        pthread_mutex_unlock(&lock);
    }
    juice_gather_candidates(agent);
}

static int add(const char *text)
{
    char line[JUICE_MAX_CANDIDATE_SDP_STRING_LEN + 2] = "a=";
    strncat(line, text, JUICE_MAX_CANDIDATE_SDP_STRING_LEN - 1);
    return juice_add_remote_candidate(agent, line);
}

static void remote(json_t *id, json_t *params)
{
    json_t *told = json_object_get(params, "description"), *text;
    const char *ufrag = rpc_string(told, "ufrag"), *password = rpc_string(told, "password");
    if (!ufrag || !password) {
        rpc_error(id, RPC_INVALID_PARAMS, "a description has ufrag and password", NULL);
        return;
    }
    if (!running(id))
        return;
    char sdp[1024];
    const char *lite = json_is_true(json_object_get(told, "lite")) ? "a=ice-lite\r\n" : "";
    snprintf(sdp, sizeof sdp, "%sa=ice-ufrag:%s\r\na=ice-pwd:%s\r\n", lite, ufrag, password);
    if (juice_set_remote_description(agent, sdp) != JUICE_ERR_SUCCESS) {
        rpc_error(id, RPC_FAILED, "it does not take the description", NULL);
        return;
    }
    size_t index;
    json_array_foreach(json_object_get(told, "candidates"), index, text)
    {
        if (add(json_string_value(text)) != JUICE_ERR_SUCCESS)
            rpc_tell("error", json_pack("{s:s+}", "message", "it does not take ", json_string_value(text)));
    }
    if (!trickle)
        juice_set_remote_gathering_done(agent);
    rpc_result(id, json_null());
}

static void add_candidate(json_t *id, json_t *params)
{
    const char *text = rpc_string(params, "candidate");
    if (!text)
        rpc_error(id, RPC_INVALID_PARAMS, "candidate wants candidate", NULL);
    else if (!running(id))
        return;
    else if (add(text) != JUICE_ERR_SUCCESS)
        rpc_error(id, RPC_FAILED, "it does not take the candidate", NULL);
    else
        rpc_result(id, json_null());
}

static void end_of_candidates(json_t *id, json_t *params)
{
    if (!running(id))
        return;
    juice_set_remote_gathering_done(agent);
    rpc_result(id, json_null());
}

static void send_data(json_t *id, json_t *params)
{
    const char *data = rpc_string(params, "data");
    if (!data)
        rpc_error(id, RPC_INVALID_PARAMS, "send wants data", NULL);
    else if (!running(id))
        return;
    else if (juice_send(agent, data, strlen(data)) != JUICE_ERR_SUCCESS)
        rpc_error(id, RPC_FAILED, "it was not sent", NULL);
    else
        rpc_result(id, json_null());
}

static void selected(json_t *id, json_t *params)
{
    if (running(id))
        rpc_result(id, pair());
}

static void close_agent(json_t *id, json_t *params)
{
    if (!running(id))
        return;
    juice_destroy(agent);
    agent = NULL;
    rpc_result(id, json_null());
}

static void initialize(json_t *id, json_t *params)
{
    rpc_result(id, json_pack("{s:s, s:[s, s, s, s, s, s, s, s], s:[s, s, s, s, s, s]}", "name", "libjuice", "verbs",
                             "start", "describe", "remote", "candidate", "end-of-candidates", "send", "selected",
                             "close", "events", "candidate", "gathered", "ice", "open", "data", "error"));
}

/* The library works on a thread of its own, and its lock is what its user waits for. */
static void alive(json_t *id, json_t *params)
{
    if (agent)
        juice_get_state(agent);
    rpc_result(id, json_null());
}

static void shut_down(json_t *id, json_t *params)
{
    rpc_result(id, json_null());
    exit(0);
}

static const struct rpc_verbs verbs[] = {
    {"initialize", initialize},
    {"alive", alive},
    {"shutdown", shut_down},
    {"start", start},
    {"describe", describe},
    {"remote", remote},
    {"candidate", add_candidate},
    {"end-of-candidates", end_of_candidates},
    {"send", send_data},
    {"selected", selected},
    {"close", close_agent},
    {NULL, NULL},
};

int main(void)
{
    rpc_start();
    juice_set_log_level(JUICE_LOG_LEVEL_NONE);
    struct pollfd standard_input = {.fd = STDIN_FILENO, .events = POLLIN};
    while (poll(&standard_input, 1, -1) >= 0)
        rpc_read(verbs);
}
