/* libstrophe as its examples show it, driven over stdio (drivers/PROTOCOL.md). */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strophe.h>
#include <sys/mman.h>
#include <unistd.h>

#include "rpc.h"

/* Milliseconds that one turn of the library's loop waits for the network: what its own xmpp_run() waits. */
enum { TURN_MS = 1 };

static xmpp_ctx_t *ctx;
static xmpp_conn_t *connection;
/* Parameters of the last login, and whether to connect again as soon as the connection is gone. */
static json_t *place;
static int comes_back;

/* In the order of xmpp_error_type_t. */
static const char *const stream_conditions[] = {
    "bad-format",          "bad-namespace-prefix",     "conflict",              "connection-timeout",
    "host-gone",           "host-unknown",             "improper-addressing",   "internal-server-error",
    "invalid-from",        "invalid-id",               "invalid-namespace",     "invalid-xml",
    "not-authorized",      "policy-violation",         "remote-connection-failed", "resource-constraint",
    "restricted-xml",      "see-other-host",           "system-shutdown",       "undefined-condition",
    "unsupported-encoding", "unsupported-stanza-type", "unsupported-version",   "not-well-formed",
};

static int on_message(xmpp_conn_t *conn, xmpp_stanza_t *stanza, void *userdata)
{
    (void)conn;
    (void)userdata;
    char *body = xmpp_message_get_body(stanza);
    rpc_tell("message", json_pack("{s:s*, s:s*, s:s*, s:s*, s:s*}", "from", xmpp_stanza_get_from(stanza), "to",
                                  xmpp_stanza_get_to(stanza), "type", xmpp_stanza_get_type(stanza), "id",
                                  xmpp_stanza_get_id(stanza), "body", body));
    if (body)
        xmpp_free(ctx, body);
    return 1;
}

static int on_presence(xmpp_conn_t *conn, xmpp_stanza_t *stanza, void *userdata)
{
    (void)conn;
    (void)userdata;
    rpc_tell("presence", json_pack("{s:s*, s:s*, s:s*}", "from", xmpp_stanza_get_from(stanza), "to",
                                   xmpp_stanza_get_to(stanza), "type", xmpp_stanza_get_type(stanza)));
    return 1;
}

static void on_connection(xmpp_conn_t *conn, xmpp_conn_event_t status, int error, xmpp_stream_error_t *stream_error,
                          void *userdata)
{
    (void)userdata;
    if (status == XMPP_CONN_CONNECT) {
        xmpp_handler_add(conn, on_message, NULL, "message", NULL, NULL);
        xmpp_handler_add(conn, on_presence, NULL, "presence", NULL, NULL);
        rpc_tell("online", json_pack("{s:s*}", "jid", xmpp_conn_get_bound_jid(conn)));
        xmpp_stanza_t *presence = xmpp_presence_new(ctx);
        xmpp_send(conn, presence);
        xmpp_stanza_release(presence);
        return;
    }
    if (stream_error) {
        const char *condition = stream_conditions[stream_error->type];
        rpc_tell("error", json_pack("{s:s, s:s, s:s*}", "message", "stream error", "condition", condition, "text",
                                    stream_error->text));
    } else if (error) {
        char message[64];
        snprintf(message, sizeof message, "disconnected with error %d", error);
        rpc_tell("error", json_pack("{s:s}", "message", message));
    }
    /* It does not connect again by itself: verb reconnect. */
    rpc_tell("offline", json_object());
}

static void initialize(json_t *id, json_t *params)
{
    (void)params;
    rpc_result(id, json_pack("{s:s, s:[s,s,s,s,s], s:[s,s,s,s,s]}", "name", "libstrophe", "verbs", "login", "logout",
                             "message", "query", "reconnect", "events", "online", "offline", "error", "message", "presence"));
}

static void alive(json_t *id, json_t *params)
{
    (void)params;
    rpc_result(id, json_null());
}

static void shut_down(json_t *id, json_t *params)
{
    alive(id, params);
    exit(0);
}

/* The library reads certificates from files only: a name under which it finds this text, or NULL. It stays for good. */
static char *file_of(const char *text)
{
    char name[32];
    int file = text ? memfd_create("certificate", 0) : -1;
    if (file < 0 || write(file, text, strlen(text)) < 0)
        return NULL;
    snprintf(name, sizeof name, "/proc/self/fd/%d", file);
    return strdup(name);
}

/* Connects as the last login said; takes over the state of a stream, or NULL. */
static void connect_again(xmpp_sm_state_t *stream)
{
    const char *password = rpc_string(place, "password");
    if (connection)
        xmpp_conn_release(connection);
    connection = xmpp_conn_new(ctx);
    /* TLS where the server offers it: MANDATORY_TLS is its user's to set, and its examples do not by default. */
    const char *transport = rpc_string(place, "transport");
    int direct = transport && strcmp(transport, "direct-tls") == 0;
    xmpp_conn_set_flags(connection, direct ? XMPP_CONN_FLAG_LEGACY_SSL : 0);
    /* A JID without a localpart is nobody's: it logs in by ANONYMOUS. */
    xmpp_conn_set_jid(connection, rpc_string(place, "jid"));
    if (password)
        xmpp_conn_set_pass(connection, password);
    char *certificate = file_of(rpc_string(place, "certificate")), *key = file_of(rpc_string(place, "key"));
    if (certificate && key)
        xmpp_conn_set_client_cert(connection, certificate, key);
    free(certificate);
    free(key);
    const char *authority = getenv("ASSAY_CA_FILE");
    if (authority)
        xmpp_conn_set_cafile(connection, authority);
    if (stream)
        xmpp_conn_set_sm_state(connection, stream);
    /* Without host and port it finds its server by the domain. */
    unsigned short port = (unsigned short)json_integer_value(json_object_get(place, "port"));
    int failed = xmpp_connect_client(connection, rpc_string(place, "host"), port, on_connection, NULL);
    if (failed != XMPP_EOK)
        rpc_tell("error", json_pack("{s:s, s:i}", "message", "xmpp_connect_client failed", "code", failed));
}

static void login(json_t *id, json_t *params)
{
    if (!rpc_string(params, "jid") || (rpc_string(params, "host") && !json_is_integer(json_object_get(params, "port")))) {
        rpc_error(id, RPC_INVALID_PARAMS, "login wants jid, and transport, host and port or none of them", NULL);
        return;
    }
    rpc_result(id, json_null());
    json_decref(place);
    place = json_incref(params);
    connect_again(NULL);
}

static void reconnect(json_t *id, json_t *params)
{
    (void)params;
    if (!connection) {
        rpc_error(id, RPC_FAILED, "log in first", NULL);
        return;
    }
    comes_back = 1;
    rpc_result(id, json_null());
}

/* Whether there is a session to do something with; otherwise answers the request. */
static int running(json_t *id)
{
    if (connection && xmpp_conn_is_connected(connection))
        return 1;
    rpc_error(id, RPC_FAILED, "not connected", NULL);
    return 0;
}

static void logout(json_t *id, json_t *params)
{
    (void)params;
    if (!running(id))
        return;
    xmpp_disconnect(connection);
    rpc_result(id, json_null());
}

static void message(json_t *id, json_t *params)
{
    const char *to = rpc_string(params, "to"), *body = rpc_string(params, "body");
    if (!to || !body) {
        rpc_error(id, RPC_INVALID_PARAMS, "message wants to and body", NULL);
        return;
    }
    if (!running(id))
        return;
    xmpp_stanza_t *stanza = xmpp_message_new(ctx, "chat", to, NULL);
    xmpp_message_set_body(stanza, body);
    xmpp_send(connection, stanza);
    xmpp_stanza_release(stanza);
    rpc_result(id, json_null());
}

/* The answer to a query, as the library matches it; userdata is the id of the request that waits. */
static int on_answer(xmpp_conn_t *conn, xmpp_stanza_t *stanza, void *userdata)
{
    (void)conn;
    char *text = NULL;
    size_t length;
    if (xmpp_stanza_to_text(stanza, &text, &length) != XMPP_EOK)
        text = NULL;
    const char *type = xmpp_stanza_get_type(stanza);
    if (type && strcmp(type, "error") == 0)
        rpc_error(userdata, RPC_FAILED, text ? text : "an error", NULL);
    else
        rpc_result(userdata, json_pack("{s:s*}", "xml", text));
    if (text)
        xmpp_free(ctx, text);
    return 0;
}

static void query(json_t *id, json_t *params)
{
    const char *to = rpc_string(params, "to"), *xmlns = rpc_string(params, "xmlns"), *name = rpc_string(params, "name");
    if (!xmlns) {
        rpc_error(id, RPC_INVALID_PARAMS, "query wants xmlns", NULL);
        return;
    }
    if (!running(id))
        return;
    char *stanza_id = xmpp_uuid_gen(ctx);
    xmpp_stanza_t *iq = xmpp_iq_new(ctx, "get", stanza_id);
    if (to)
        xmpp_stanza_set_to(iq, to);
    xmpp_stanza_t *payload = xmpp_stanza_new(ctx);
    xmpp_stanza_set_name(payload, name ? name : "query");
    xmpp_stanza_set_ns(payload, xmlns);
    xmpp_stanza_add_child(iq, payload);
    xmpp_stanza_release(payload);
    xmpp_id_handler_add(connection, on_answer, stanza_id, id);
    xmpp_send(connection, iq);
    xmpp_stanza_release(iq);
    xmpp_free(ctx, stanza_id);
}

static const struct rpc_verbs verbs[] = {
    {"initialize", initialize}, {"alive", alive},     {"shutdown", shut_down}, {"login", login},
    {"logout", logout},         {"message", message}, {"query", query},        {"reconnect", reconnect},
    {NULL, NULL},
};

int main(void)
{
    rpc_start();
    xmpp_initialize();
    ctx = xmpp_ctx_new(NULL, xmpp_get_default_logger(XMPP_LEVEL_WARN));
    /* One loop for the library and for us, so that a hang of the one is a hang of the other. */
    for (;;) {
        int busy = connection && !xmpp_conn_is_disconnected(connection);
        struct pollfd standard_input = {.fd = STDIN_FILENO, .events = POLLIN};
        if (poll(&standard_input, 1, busy ? 0 : -1) > 0)
            rpc_read(verbs);
        if (busy)
            xmpp_run_once(ctx, TURN_MS);
        /* As its example does: the state of the stream goes from the old connection to the new one. */
        if (comes_back && xmpp_conn_is_disconnected(connection)) {
            comes_back = 0;
            connect_again(xmpp_conn_get_sm_state(connection));
        }
    }
}
