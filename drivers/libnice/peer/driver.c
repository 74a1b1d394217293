/* libnice as its examples show it, driven over stdio (drivers/PROTOCOL.md): one stream, one component, GLib's main loop. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "candidates.h"
#include "rpc.h"

NiceAgent *agent;
guint stream;
gboolean trickle, lite, gathered;

static gboolean gathering, opened, restarting;
/* A request for our description that waits for the end of gathering. */
static json_t *describing;
/* The other side's description, and its further candidates, from before there was anything of our own. */
static json_t *early;

static const char *take(const json_t *told)
{
    nice_agent_set_remote_credentials(agent, stream, rpc_string(told, "ufrag"), rpc_string(told, "password"));
    return add_candidates(json_object_get(told, "candidates"));
}

static void take_early(void)
{
    if (!early)
        return;
    take(early);
    if (json_is_true(json_object_get(early, "complete")))
        nice_agent_peer_candidate_gathering_done(agent, stream);
    json_decref(early);
    early = NULL;
}

static void on_gathered(NiceAgent *one, guint stream_id, gpointer data)
{
    gathered = TRUE;
    rpc_tell("gathered", json_object());
    if (describing) {
        rpc_result(describing, description());
        describing = NULL;
        take_early();
    }
}

static void on_candidate(NiceAgent *one, NiceCandidate *candidate, gpointer data)
{
    if (trickle)
        rpc_tell("candidate", json_pack("{s:o}", "candidate", candidate_text(candidate)));
}

static void on_state(NiceAgent *one, guint stream_id, guint component, guint state, gpointer data)
{
    static const char *const words[] = {
        [NICE_COMPONENT_STATE_DISCONNECTED] = "disconnected", [NICE_COMPONENT_STATE_CONNECTING] = "checking",
        [NICE_COMPONENT_STATE_CONNECTED] = "connected",       [NICE_COMPONENT_STATE_READY] = "completed",
        [NICE_COMPONENT_STATE_FAILED] = "failed",
    };
    if (state < G_N_ELEMENTS(words) && words[state])
        rpc_tell("ice", json_pack("{s:s}", "state", words[state]));
    /* When its examples begin to send. */
    if (state == NICE_COMPONENT_STATE_READY && !opened) {
        opened = TRUE;
        rpc_tell("open", json_object());
    }
}

static void on_selected(NiceAgent *one, guint stream_id, guint component, NiceCandidate *local, NiceCandidate *remote,
                        gpointer data)
{
    rpc_tell("selected", pair_of(local, remote));
}

static void on_data(NiceAgent *one, guint stream_id, guint component, guint length, gchar *bytes, gpointer data)
{
    gchar *text = g_utf8_make_valid(bytes, length);
    rpc_tell("data", json_pack("{s:s}", "data", text));
    g_free(text);
}

static gboolean running(json_t *id)
{
    if (!agent)
        rpc_error(id, RPC_FAILED, "start first", NULL);
    return agent != NULL;
}

/* scheme:host:port?transport=... */
static gboolean use_server(const json_t *server)
{
    gchar **parts = g_strsplit_set(rpc_string(server, "url") ? rpc_string(server, "url") : "", ":?", 4);
    gboolean right = g_strv_length(parts) >= 3;
    if (right && strcmp(parts[0], "stun") == 0) {
        g_object_set(agent, "stun-server", parts[1], "stun-server-port", (guint)atoi(parts[2]), NULL);
    } else if (right) {
        gboolean tcp = parts[3] && strcmp(parts[3], "transport=tcp") == 0;
        const char *name = rpc_string(server, "username"), *secret = rpc_string(server, "credential");
        nice_agent_set_relay_info(agent, stream, COMPONENT, parts[1], (guint)atoi(parts[2]), name ? name : "",
                                  secret ? secret : "", tcp ? NICE_RELAY_TYPE_TURN_TCP : NICE_RELAY_TYPE_TURN_UDP);
    }
    g_strfreev(parts);
    return right;
}

static void start(json_t *id, json_t *params)
{
    const char *role = rpc_string(params, "role"), *kind = rpc_string(params, "kind");
    gboolean controlling = role && strcmp(role, "controlling") == 0;
    if (!kind || (!controlling && (!role || strcmp(role, "controlled") != 0))) {
        rpc_error(id, RPC_INVALID_PARAMS, "start wants role and kind", NULL);
        return;
    }
    if (strcmp(kind, "raw-ice") != 0) {
        rpc_error(id, RPC_FAILED, "it speaks raw-ice only", NULL);
        return;
    }
    trickle = json_is_true(json_object_get(params, "trickle"));
    lite = json_is_true(json_object_get(params, "lite"));
    NiceAgentOption options = (trickle ? NICE_AGENT_OPTION_ICE_TRICKLE : 0) | (lite ? NICE_AGENT_OPTION_LITE_MODE : 0);
    agent = nice_agent_new_full(NULL, NICE_COMPATIBILITY_RFC5245, options);
    /* UPnP asks the whole network for a gateway. */
    g_object_set(agent, "controlling-mode", controlling, "upnp", FALSE, "force-relay",
                 json_is_true(json_object_get(params, "relayOnly")), NULL);
    NiceAddress address;
    nice_address_init(&address);
    const char *own = rpc_string(params, "address");
    if (own && nice_address_set_from_string(&address, own))
        nice_agent_add_local_address(agent, &address);
    g_signal_connect(agent, "candidate-gathering-done", G_CALLBACK(on_gathered), NULL);
    g_signal_connect(agent, "new-candidate-full", G_CALLBACK(on_candidate), NULL);
    g_signal_connect(agent, "component-state-changed", G_CALLBACK(on_state), NULL);
    g_signal_connect(agent, "new-selected-pair-full", G_CALLBACK(on_selected), NULL);
    stream = nice_agent_add_stream(agent, 1);
    size_t index;
    json_t *server;
    json_array_foreach(json_object_get(params, "servers"), index, server)
    {
        if (!use_server(server)) {
            rpc_error(id, RPC_INVALID_PARAMS, "a server's url is SCHEME:HOST:PORT", NULL);
            return;
        }
    }
    nice_agent_attach_recv(agent, stream, COMPONENT, NULL, on_data, NULL);
    rpc_result(id, json_null());
}

static void describe(json_t *id, json_t *params)
{
    if (!running(id))
        return;
    /* After a restart the candidates are the ones that it has. */
    if (gathering) {
        rpc_result(id, description());
        take_early();
        return;
    }
    gathering = TRUE;
    if (!trickle)
        describing = id;
    if (!nice_agent_gather_candidates(agent, stream)) {
        describing = NULL;
        rpc_error(id, RPC_FAILED, "it cannot gather", NULL);
    } else if (trickle) {
        rpc_result(id, description());
        take_early();
    }
}

static void remote(json_t *id, json_t *params)
{
    json_t *told = json_object_get(params, "description");
    if (!rpc_string(told, "ufrag") || !rpc_string(told, "password")) {
        rpc_error(id, RPC_INVALID_PARAMS, "a description has ufrag and password", NULL);
        return;
    }
    if (!running(id))
        return;
    const char *unread = NULL;
    if (!gathering || (opened && !restarting)) {
        /* The other side's restart is answered by ours (RFC 8445 §9). */
        if (gathering)
            nice_agent_restart_stream(agent, stream);
        json_decref(early);
        early = json_incref(told);
    } else {
        restarting = FALSE;
        unread = take(told);
    }
    if (unread)
        rpc_tell("error", json_pack("{s:s+}", "message", "it cannot read ", unread));
    rpc_result(id, json_null());
}

static void add_candidate(json_t *id, json_t *params)
{
    json_t *text = json_object_get(params, "candidate");
    if (!json_is_string(text)) {
        rpc_error(id, RPC_INVALID_PARAMS, "candidate wants candidate", NULL);
        return;
    }
    if (!running(id))
        return;
    json_t *list = json_pack("[O]", text);
    if (early)
        json_array_extend(json_object_get(early, "candidates"), list);
    const char *unread = early ? NULL : add_candidates(list);
    if (unread)
        rpc_error(id, RPC_FAILED, "the candidate cannot be read", NULL);
    else
        rpc_result(id, json_null());
    json_decref(list);
}

static void end_of_candidates(json_t *id, json_t *params)
{
    if (!running(id))
        return;
    if (early)
        json_object_set_new(early, "complete", json_true());
    else
        nice_agent_peer_candidate_gathering_done(agent, stream);
    rpc_result(id, json_null());
}

static void send_data(json_t *id, json_t *params)
{
    const char *data = rpc_string(params, "data");
    if (!data) {
        rpc_error(id, RPC_INVALID_PARAMS, "send wants data", NULL);
        return;
    }
    if (!running(id))
        return;
    if (nice_agent_send(agent, stream, COMPONENT, (guint)strlen(data), data) < 0)
        rpc_error(id, RPC_FAILED, "it was not sent", NULL);
    else
        rpc_result(id, json_null());
}

static void selected(json_t *id, json_t *params)
{
    NiceCandidate *local = NULL, *other = NULL;
    if (!running(id))
        return;
    gboolean found = nice_agent_get_selected_pair(agent, stream, COMPONENT, &local, &other);
    rpc_result(id, found && local && other ? pair_of(local, other) : json_null());
}

static void restart(json_t *id, json_t *params)
{
    if (!running(id))
        return;
    restarting = TRUE;
    if (nice_agent_restart_stream(agent, stream))
        rpc_result(id, description());
    else
        rpc_error(id, RPC_FAILED, "it cannot restart", NULL);
}

static void close_agent(json_t *id, json_t *params)
{
    if (!running(id))
        return;
    nice_agent_remove_stream(agent, stream);
    g_clear_object(&agent);
    rpc_result(id, json_null());
}

static void initialize(json_t *id, json_t *params);

static void alive(json_t *id, json_t *params)
{
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
    {"restart", restart},
    {"close", close_agent},
    {NULL, NULL},
};

static void initialize(json_t *id, json_t *params)
{
    json_t *names = json_array();
    for (const struct rpc_verbs *verb = verbs + 3; verb->name; verb++)
        json_array_append_new(names, json_string(verb->name));
    rpc_result(id, json_pack("{s:s, s:o, s:[s, s, s, s, s, s, s]}", "name", "libnice", "verbs", names, "events", "candidate",
                             "gathered", "ice", "selected", "open", "data", "error"));
}

static gboolean on_input(GIOChannel *channel, GIOCondition condition, gpointer data)
{
    rpc_read(verbs);
    return TRUE;
}

int main(void)
{
    rpc_start();
    g_io_add_watch(g_io_channel_unix_new(STDIN_FILENO), G_IO_IN | G_IO_HUP, on_input, NULL);
    g_main_loop_run(g_main_loop_new(NULL, FALSE));
}
