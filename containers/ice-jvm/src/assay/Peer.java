package assay;

import com.eclipsesource.json.Json;
import com.eclipsesource.json.JsonArray;
import com.eclipsesource.json.JsonObject;
import com.eclipsesource.json.JsonValue;
import com.eclipsesource.json.ParseException;
import java.io.BufferedReader;
import java.io.FileOutputStream;
import java.io.FileDescriptor;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** What every driver on a JVM shares: drivers/PROTOCOL.md over standard input and output. */
public final class Peer {
    private static final int METHOD_NOT_FOUND = -32601;
    private static final int INVALID_PARAMS = -32602;
    private static final int INVALID_REQUEST = -32600;
    private static final int NOT_JSON = -32700;
    private static final int FAILED = -32000;

    private static final PrintStream OUT = new PrintStream(new FileOutputStream(FileDescriptor.out), false, StandardCharsets.UTF_8);
    private static final ExecutorService VERBS = Executors.newCachedThreadPool(task -> {
        Thread thread = new Thread(task, "verb");
        thread.setDaemon(true);
        return thread;
    });

    private Peer() {
    }

    /** One verb: its parameters to its result, which may be null. May block. */
    @FunctionalInterface
    public interface Verb {
        JsonValue call(JsonObject params) throws Exception;
    }

    /** Thrown by a verb: a stanza error, with its condition. */
    public static final class StanzaError extends Exception {
        private static final long serialVersionUID = 1L;
        private final String condition;

        public StanzaError(String condition, Throwable cause) {
            super(cause.getMessage(), cause);
            this.condition = condition;
        }
    }

    /**
     * Serves until standard input ends or `shutdown` is asked, then ends the process.
     *
     * Verbs run on threads of their own, as calls of these libraries block. `alive` is answered by the thread that
     * reads: the libraries do their work on threads that no program of a user can ask anything.
     */
    public static void serve(String name, String version, List<String> events, Map<String, Verb> verbs) throws IOException {
        // What a library prints goes to the log, not between the messages.
        System.setOut(System.err);
        JsonObject about = new JsonObject().add("name", name).add("version", version)
            .add("verbs", strings(verbs.keySet())).add("events", strings(events));
        var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            if (!line.isBlank()) answer(line, about, verbs);
        }
        System.exit(0);
    }

    /** Tells an event. */
    public static void tell(String event, JsonObject params) {
        write(new JsonObject().add("method", event).add("params", params));
    }

    /** The parameters of an event by turns of name and value; a value that is null is left out. */
    public static JsonObject params(Object... namesAndValues) {
        JsonObject made = new JsonObject();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            Object value = namesAndValues[i + 1];
            if (value != null) made.add((String) namesAndValues[i], value instanceof JsonValue json ? json : Json.value(value.toString()));
        }
        return made;
    }

    public static JsonArray strings(Iterable<?> values) {
        JsonArray array = new JsonArray();
        for (Object value : values) array.add(String.valueOf(value));
        return array;
    }

    /** A parameter is not there. */
    private static final class WrongParams extends RuntimeException {
        private static final long serialVersionUID = 1L;

        WrongParams(String message) {
            super(message);
        }
    }

    /** A parameter that must be there. */
    public static String required(JsonObject params, String name) {
        JsonValue value = params.get(name);
        if (value == null || value.isNull()) throw new WrongParams("parameter \"" + name + "\" is missing");
        return value.isString() ? value.asString() : value.toString();
    }

    /** An exception as its user reads it: its kind, and what it says. */
    public static String text(Throwable error) {
        String message = error.getMessage();
        String kind = error.getClass().getSimpleName();
        Throwable cause = error.getCause();
        boolean more = cause != null && cause != error && cause.getMessage() != null && (message == null || !message.contains(cause.getMessage()));
        return kind + (message == null ? "" : ": " + message) + (more ? " (" + text(cause) + ")" : "");
    }

    private static void answer(String line, JsonObject about, Map<String, Verb> verbs) {
        JsonObject request;
        try {
            JsonValue parsed = Json.parse(line);
            request = parsed.isObject() ? parsed.asObject() : new JsonObject();
        } catch (ParseException notJson) {
            fail(Json.NULL, NOT_JSON, "not JSON", null);
            return;
        }
        JsonValue id = request.get("id") == null ? Json.NULL : request.get("id");
        JsonValue method = request.get("method");
        if (method == null || !method.isString()) {
            fail(id, INVALID_REQUEST, "not a request", null);
            return;
        }
        switch (method.asString()) {
            case "alive" -> succeed(id, Json.NULL);
            case "initialize" -> succeed(id, about);
            case "shutdown" -> {
                succeed(id, Json.NULL);
                System.exit(0);
            }
            default -> {
                Verb verb = verbs.get(method.asString());
                JsonObject params = request.get("params") instanceof JsonObject given ? given : new JsonObject();
                if (verb == null) fail(id, METHOD_NOT_FOUND, "there is no verb \"" + method.asString() + "\"", null);
                else VERBS.execute(() -> run(id, verb, params));
            }
        }
    }

    private static void run(JsonValue id, Verb verb, JsonObject params) {
        try {
            JsonValue result = verb.call(params);
            succeed(id, result == null ? Json.NULL : result);
        } catch (WrongParams wrong) {
            fail(id, INVALID_PARAMS, wrong.getMessage(), null);
        } catch (StanzaError error) {
            fail(id, FAILED, error.getMessage(), error.condition);
        } catch (Throwable error) {
            fail(id, FAILED, text(error), null);
        }
    }

    private static void succeed(JsonValue id, JsonValue result) {
        write(new JsonObject().add("id", id).add("result", result));
    }

    private static void fail(JsonValue id, int code, String message, String condition) {
        JsonObject error = new JsonObject().add("code", code).add("message", message);
        if (condition != null) error.add("data", new JsonObject().add("condition", condition));
        write(new JsonObject().add("id", id).add("error", error));
    }

    private static synchronized void write(JsonObject message) {
        OUT.print(message.add("jsonrpc", "2.0") + "\n");
        OUT.flush();
    }
}
