import assay.Peer;
import com.eclipsesource.json.JsonArray;
import com.eclipsesource.json.JsonObject;
import com.eclipsesource.json.JsonValue;
import java.io.IOException;
import java.net.DatagramPacket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.logging.ConsoleHandler;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.Logger;
import org.ice4j.Transport;
import org.ice4j.TransportAddress;
import org.ice4j.ice.Agent;
import org.ice4j.ice.CandidatePair;
import org.ice4j.ice.CandidateType;
import org.ice4j.ice.Component;
import org.ice4j.ice.IceMediaStream;
import org.ice4j.ice.IceProcessingState;
import org.ice4j.ice.LocalCandidate;
import org.ice4j.ice.RemoteCandidate;
import org.ice4j.ice.harvest.StunCandidateHarvester;
import org.ice4j.ice.harvest.TurnCandidateHarvester;
import org.ice4j.security.LongTermCredential;

/** ice4j as its examples show it (drivers/PROTOCOL.md): one stream with one component. */
public final class Driver {
    /** Where it looks for a free port; its examples give one. */
    private static final int FIRST_PORT = 20_000;
    private static final int LAST_PORT = 60_000;
    private static final int LONGEST_DATAGRAM = 65_536;

    private Agent agent;
    private IceMediaStream stream;
    private Component component;
    private boolean trickle;
    private boolean described;
    /** The other side's description, from before there was one of ours. */
    private JsonObject early;
    private boolean reading;

    public static void main(String[] arguments) throws IOException {
        // It logs every packet; warnings are the driver's log.
        LogManager.getLogManager().reset();
        Logger.getLogger("").setLevel(Level.WARNING);
        Logger.getLogger("").addHandler(new ConsoleHandler());
        Driver driver = new Driver();
        Map<String, Peer.Verb> verbs = new LinkedHashMap<>();
        verbs.put("start", driver::start);
        verbs.put("describe", driver::describe);
        verbs.put("remote", driver::remote);
        verbs.put("candidate", driver::candidate);
        verbs.put("end-of-candidates", params -> null);
        verbs.put("send", driver::send);
        verbs.put("selected", params -> driver.running().selected());
        verbs.put("close", driver::close);
        Peer.serve("ice4j", System.getenv("ASSAY_VARIANT"),
            List.of("candidate", "gathered", "ice", "selected", "open", "data", "error"), verbs);
    }

    private Driver running() {
        if (agent == null) throw new IllegalStateException("start first");
        return this;
    }

    private synchronized JsonValue start(JsonObject params) {
        String role = Peer.required(params, "role");
        if (!role.equals("controlling") && !role.equals("controlled"))
            throw new IllegalArgumentException("a role is controlling or controlled");
        String kind = Peer.required(params, "kind");
        if (!kind.equals("raw-ice")) throw new IllegalArgumentException("it speaks raw-ice only");
        trickle = params.getBoolean("trickle", false);
        // Its settings are read when the first agent is made. Its harvester for a cloud asks that cloud.
        System.setProperty("ice4j.harvest.mapping.aws.enabled", "false");
        String address = params.getString("address", null);
        if (address != null) System.setProperty("ice4j.harvest.allowed-addresses.0", address);
        agent = new Agent();
        agent.setControlling(role.equals("controlling"));
        agent.setTrickling(trickle);
        if (params.get("servers") instanceof JsonArray servers) {
            for (JsonValue server : servers) harvest(server.asObject());
        }
        agent.addStateChangeListener(event -> changed((IceProcessingState) event.getNewValue()));
        return null;
    }

    /** Asks a server, `scheme:host:port?transport=...`, too. */
    private void harvest(JsonObject server) {
        String[] parts = Peer.required(server, "url").split("[:?]");
        Transport transport = parts.length > 3 && parts[3].equals("transport=tcp") ? Transport.TCP : Transport.UDP;
        var address = new TransportAddress(parts[1], Integer.parseInt(parts[2]), transport);
        agent.addCandidateHarvester(parts[0].equals("stun")
            ? new StunCandidateHarvester(address)
            : new TurnCandidateHarvester(address,
                new LongTermCredential(server.getString("username", ""), server.getString("credential", ""))));
    }

    private synchronized JsonValue describe(JsonObject params) throws IOException {
        running();
        stream = agent.createMediaStream("data");
        // Gathers, unless it is to trickle what needs time.
        component = agent.createComponent(stream, FIRST_PORT, FIRST_PORT, LAST_PORT);
        described = true;
        JsonArray candidates = new JsonArray();
        if (trickle) Thread.ofPlatform().daemon().start(this::trickle);
        else {
            for (LocalCandidate candidate : component.getLocalCandidates()) candidates.add(candidate.toString());
            Peer.tell("gathered", new JsonObject());
        }
        if (early != null) begin(early);
        return new JsonObject().add("ufrag", agent.getLocalUfrag()).add("password", agent.getLocalPassword())
            .add("candidates", candidates);
    }

    private void trickle() {
        tellAll(component.getLocalCandidates());
        agent.startCandidateTrickle(found -> {
            if (found == null) Peer.tell("gathered", new JsonObject());
            else tellAll(found);
        });
    }

    private static void tellAll(Collection<LocalCandidate> candidates) {
        for (LocalCandidate candidate : new ArrayList<>(candidates))
            Peer.tell("candidate", Peer.params("candidate", candidate.toString()));
    }

    private synchronized JsonValue remote(JsonObject params) {
        JsonValue told = params.get("description");
        if (told == null || !told.isObject()) Peer.required(new JsonObject(), "description");
        Peer.required(told.asObject(), "ufrag");
        running();
        if (described) begin(told.asObject());
        else early = told.asObject();
        return null;
    }

    private void begin(JsonObject told) {
        early = null;
        stream.setRemoteUfrag(Peer.required(told, "ufrag"));
        stream.setRemotePassword(Peer.required(told, "password"));
        if (told.get("candidates") instanceof JsonArray candidates) {
            for (JsonValue text : candidates) {
                RemoteCandidate candidate = read(text.asString());
                if (candidate != null) component.addRemoteCandidate(candidate);
            }
        }
        agent.startConnectivityEstablishment();
    }

    /** A candidate from its text; null of one of a transport that it does not have. It has no reader of its own. */
    private RemoteCandidate read(String text) {
        String[] words = text.substring(text.indexOf(':') + 1).split(" ");
        CandidateType type = CandidateType.parse(words[7]);
        if (!words[2].equalsIgnoreCase("udp") || !words[1].equals("1")) return null;
        var address = new TransportAddress(words[4], Integer.parseInt(words[5]), Transport.UDP);
        return new RemoteCandidate(address, component, type, words[0], Long.parseLong(words[3]), null);
    }

    private synchronized JsonValue candidate(JsonObject params) {
        String text = Peer.required(params, "candidate");
        running();
        if (early != null) {
            ((JsonArray) early.get("candidates")).add(text);
            return null;
        }
        RemoteCandidate candidate = read(text);
        if (candidate != null) {
            component.addUpdateRemoteCandidates(candidate);
            component.updateRemoteCandidates();
        }
        return null;
    }

    private void changed(IceProcessingState state) {
        String word = switch (state) {
            case RUNNING -> "checking";
            case COMPLETED -> "connected";
            case TERMINATED -> "completed";
            case FAILED -> "failed";
            default -> null;
        };
        if (word != null) Peer.tell("ice", Peer.params("state", word));
        if (state == IceProcessingState.COMPLETED) {
            if (selected() instanceof JsonObject pair) Peer.tell("selected", pair);
            Peer.tell("open", new JsonObject());
            if (!reading) {
                reading = true;
                Thread.ofPlatform().daemon().start(this::read);
            }
        }
    }

    private void read() {
        try {
            while (true) {
                DatagramPacket packet = new DatagramPacket(new byte[LONGEST_DATAGRAM], LONGEST_DATAGRAM);
                component.getSocket().receive(packet);
                String text = new String(packet.getData(), packet.getOffset(), packet.getLength(), StandardCharsets.UTF_8);
                Peer.tell("data", Peer.params("data", text));
            }
        } catch (IOException gone) {
            Peer.tell("error", Peer.params("message", Peer.text(gone)));
        }
    }

    private JsonValue send(JsonObject params) throws IOException {
        byte[] data = Peer.required(params, "data").getBytes(StandardCharsets.UTF_8);
        CandidatePair pair = running().component == null ? null : component.getSelectedPair();
        if (pair == null) throw new IllegalStateException("no pair is selected yet");
        var there = pair.getRemoteCandidate().getTransportAddress();
        component.getSocket().send(new DatagramPacket(data, data.length, there));
        return null;
    }

    private JsonValue selected() {
        CandidatePair pair = component == null ? null : component.getSelectedPair();
        if (pair == null) return null;
        return new JsonObject().add("local", pair.getLocalCandidate().toString())
            .add("remote", pair.getRemoteCandidate().toString());
    }

    private synchronized JsonValue close(JsonObject params) {
        running();
        agent.free();
        agent = null;
        return null;
    }
}
