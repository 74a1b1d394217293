import static assay.Peer.params;
import static assay.Peer.required;
import static assay.Peer.strings;
import static assay.Peer.tell;
import static assay.Peer.text;

import assay.LabTrust;
import assay.Peer;
import com.eclipsesource.json.JsonObject;
import com.eclipsesource.json.JsonValue;
import java.net.InetAddress;
import java.nio.file.Files;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import javax.net.ssl.SSLContext;
import org.jivesoftware.smack.AbstractXMPPConnection;
import org.jivesoftware.smack.ConnectionListener;
import org.jivesoftware.smack.Smack;
import org.jivesoftware.smack.SmackConfiguration;
import org.jivesoftware.smack.XMPPException.StreamErrorException;
import org.jivesoftware.smack.XMPPException.XMPPErrorException;
import org.jivesoftware.smack.filter.StanzaTypeFilter;
import org.jivesoftware.smack.packet.IQ;
import org.jivesoftware.smack.packet.Message;
import org.jivesoftware.smack.packet.Presence;
import org.jivesoftware.smack.packet.SimpleIQ;
import org.jivesoftware.smack.packet.Stanza;
import org.jivesoftware.smack.roster.Roster;
import org.jivesoftware.smack.roster.RosterListener;
import org.jivesoftware.smack.roster.rosterstore.DirectoryRosterStore;
import org.jivesoftware.smack.sasl.SASLErrorException;
import org.jivesoftware.smack.tcp.XMPPTCPConnection;
import org.jivesoftware.smack.tcp.XMPPTCPConnectionConfiguration;
import org.jivesoftware.smackx.blocking.BlockingCommandManager;
import org.jivesoftware.smackx.carbons.CarbonManager;
import org.jivesoftware.smackx.delay.packet.DelayInformation;
import org.jivesoftware.smackx.iqversion.VersionManager;
import org.jivesoftware.smackx.mam.MamManager;
import org.jivesoftware.smackx.mam.MamManager.MamQueryArgs;
import org.jivesoftware.smackx.muc.MultiUserChat;
import org.jivesoftware.smackx.muc.MultiUserChatManager;
import org.jxmpp.jid.Jid;
import org.jxmpp.jid.impl.JidCreate;
import org.jxmpp.jid.parts.Resourcepart;

/** Smack as its documentation shows it ("Getting Started", "Roster and Presence", "Processing Incoming Stanzas"). */
public final class Driver {
    /** As in its own example. On a busy machine the usual five seconds are over before a young JVM is through with TLS. */
    private static final int PATIENCE_MS = 300_000;

    private static volatile AbstractXMPPConnection connection;
    /** Completed when the library says that the connection is gone. */
    private static volatile CompletableFuture<Void> gone = new CompletableFuture<>();

    private Driver() {
    }

    public static void main(String[] arguments) throws Exception {
        // Its modules and parsers.
        Smack.ensureInitialized();
        SmackConfiguration.setDefaultReplyTimeout(PATIENCE_MS);
        // The name of the program is its user's to say; Smack appends its own.
        VersionManager.setDefaultVersion("assay", "1");
        Peer.serve("Smack", Smack.getVersion(),
            List.of("online", "offline", "disconnected", "error", "message", "presence", "roster", "carbon", "blocked"),
            Map.ofEntries(entry("login", Driver::login), entry("logout", Driver::logout), entry("reconnect", Driver::reconnect),
                entry("message", Driver::message), entry("query", Driver::query), entry("roster", Driver::roster),
                entry("carbons", Driver::carbons), entry("archive", Driver::archive), entry("blocklist", Driver::blocklist),
                entry("block", Driver::block), entry("join", Driver::join)));
    }

    private static Map.Entry<String, Peer.Verb> entry(String name, Peer.Verb verb) {
        return Map.entry(name, verb);
    }

    private static JsonValue login(JsonObject params) throws Exception {
        AbstractXMPPConnection made = new XMPPTCPConnection(configuration(params));
        connection = made;
        listen(made);
        open(made);
        return null;
    }

    private static void open(AbstractXMPPConnection made) {
        gone = new CompletableFuture<>();
        Thread session = new Thread(() -> {
            try {
                made.connect().login();
                tell("online", params("jid", made.getUser()));
            } catch (Exception error) {
                tellError(error);
            }
        }, "session");
        session.setDaemon(true);
        session.start();
    }

    /** On the same connection, by which it resumes what the server holds for it. */
    private static JsonValue reconnect(JsonObject params) throws Exception {
        AbstractXMPPConnection session = running();
        gone.get();
        open(session);
        return null;
    }

    private static XMPPTCPConnectionConfiguration configuration(JsonObject params) throws Exception {
        XMPPTCPConnectionConfiguration.Builder builder = XMPPTCPConnectionConfiguration.builder()
            .setXmppDomain(required(params, "domain"))
            .setCustomX509TrustManager(LabTrust.manager());
        if (params.get("host") != null) {
            builder.setHostAddress(InetAddress.getByName(required(params, "host"))).setPort(Integer.parseInt(required(params, "port")));
        }
        if (params.get("certificate") != null) {
            // It initializes the context that it is given itself, with these keys and that trust.
            return builder.setKeyManagers(LabTrust.own(required(params, "certificate"), required(params, "key")))
                .performSaslExternalAuthentication(SSLContext.getInstance("TLS")).build();
        }
        if (params.get("username") == null) return builder.performSaslAnonymousAuthentication().build();
        return builder.setUsernameAndPassword(required(params, "username"), required(params, "password")).build();
    }

    private static void listen(AbstractXMPPConnection made) throws Exception {
        made.addConnectionListener(new ConnectionListener() {
            @Override
            public void connectionClosed() {
                tell("offline", params());
                gone.complete(null);
            }

            @Override
            public void connectionClosedOnError(Exception error) {
                tellError(error);
                tell("disconnected", params("reason", text(error)));
                gone.complete(null);
            }
        });
        made.addSyncStanzaListener(stanza -> tellMessage((Message) stanza, null), StanzaTypeFilter.MESSAGE);
        made.addSyncStanzaListener(
            stanza -> tell("presence", about(stanza).add("type", ((Presence) stanza).getType().toString())), StanzaTypeFilter.PRESENCE);
        Roster contacts = Roster.getInstanceFor(made);
        // It keeps versions of the roster where it has a place for them.
        contacts.setRosterStore(DirectoryRosterStore.init(Files.createTempDirectory("roster").toFile()));
        contacts.addRosterListener(new RosterListener() {
            @Override
            public void entriesAdded(Collection<Jid> addresses) {
                tell("roster", params("items", strings(addresses)));
            }

            @Override
            public void entriesUpdated(Collection<Jid> addresses) {
                tell("roster", params("items", strings(addresses)));
            }

            @Override
            public void entriesDeleted(Collection<Jid> addresses) {
                tell("roster", params("items", strings(addresses)));
            }

            @Override
            public void presenceChanged(Presence presence) {
                // Told as a presence already.
            }
        });
        BlockingCommandManager.getInstanceFor(made).addJidsBlockedListener(jids -> tell("blocked", params("items", strings(jids))));
        CarbonManager.getInstanceFor(made).addCarbonCopyReceivedListener((direction, copy, wrapping) -> {
            tell("carbon", params("from", wrapping.getFrom(), "type", direction));
            tellMessage(copy, direction.toString());
        });
    }

    private static JsonValue logout(JsonObject params) {
        running().disconnect();
        return null;
    }

    private static JsonValue message(JsonObject params) throws Exception {
        AbstractXMPPConnection session = running();
        session.sendStanza(session.getStanzaFactory().buildMessageStanza()
            .to(JidCreate.from(required(params, "to"))).ofType(Message.Type.chat).setBody(required(params, "body")).build());
        return null;
    }

    private static JsonValue query(JsonObject params) throws Exception {
        IQ asked = new SimpleIQ(params.getString("name", "query"), required(params, "xmlns")) {
        };
        asked.setType(IQ.Type.get);
        if (params.get("to") != null) asked.setTo(JidCreate.from(required(params, "to")));
        IQ answer = answered(() -> running().sendIqRequestAndWaitForResponse(asked));
        return params("xml", answer.toXML());
    }

    private static JsonValue roster(JsonObject params) throws Exception {
        Roster contacts = Roster.getInstanceFor(running());
        contacts.reloadAndWait();
        return params("items", strings(contacts.getEntries().stream().map(entry -> entry.getJid()).toList()));
    }

    private static JsonValue carbons(JsonObject params) throws Exception {
        answered(() -> {
            CarbonManager.getInstanceFor(running()).enableCarbons();
            return null;
        });
        return null;
    }

    private static JsonValue archive(JsonObject params) throws Exception {
        MamQueryArgs.Builder page = MamQueryArgs.builder();
        if (params.get("with") != null) page.limitResultsToJid(JidCreate.from(required(params, "with")));
        MamManager archive = MamManager.getInstanceFor(running());
        List<Message> messages = answered(() -> {
            // Its documentation asks this first, and a query is refused by the library where nobody did.
            if (!archive.isSupported()) throw new IllegalStateException("the server has no archive");
            return archive.queryArchive(page.build()).getMessages();
        });
        return params("bodies", strings(messages.stream().map(Message::getBody).toList()));
    }

    private static JsonValue blocklist(JsonObject params) throws Exception {
        return params("items", strings(answered(() -> BlockingCommandManager.getInstanceFor(running()).getBlockList())));
    }

    private static JsonValue block(JsonObject params) throws Exception {
        Jid jid = JidCreate.from(required(params, "jid"));
        answered(() -> {
            BlockingCommandManager.getInstanceFor(running()).blockContacts(List.of(jid));
            return null;
        });
        return null;
    }

    private static JsonValue join(JsonObject params) throws Exception {
        MultiUserChat room = MultiUserChatManager.getInstanceFor(running())
            .getMultiUserChat(JidCreate.entityBareFrom(required(params, "room")));
        answered(() -> {
            room.join(Resourcepart.from(required(params, "nick")));
            return null;
        });
        return params("nick", room.getNickname());
    }

    private static AbstractXMPPConnection running() {
        if (connection == null) throw new IllegalStateException("log in first");
        return connection;
    }

    private interface Call<T> {
        T get() throws Exception;
    }

    private static <T> T answered(Call<T> call) throws Exception {
        try {
            return call.get();
        } catch (XMPPErrorException error) {
            throw new Peer.StanzaError(error.getStanzaError().getCondition().toString(), error);
        }
    }

    private static void tellMessage(Message message, String carbon) {
        DelayInformation delay = DelayInformation.from(message);
        tell("message", params("from", message.getFrom(), "to", message.getTo(), "type", message.getType(), "id", message.getStanzaId(),
            "body", message.getBody(), "carbon", carbon, "delay", delay == null ? null : delay.getStamp().toInstant()));
    }

    private static JsonObject about(Stanza stanza) {
        return params("from", stanza.getFrom(), "to", stanza.getTo());
    }

    private static void tellError(Exception error) {
        String condition = switch (error) {
            case StreamErrorException stream -> stream.getStreamError().getCondition().toString();
            case SASLErrorException sasl -> sasl.getSASLFailure().getSASLErrorString();
            case XMPPErrorException stanza -> stanza.getStanzaError().getCondition().toString();
            default -> null;
        };
        tell("error", params("message", text(error), "condition", condition));
    }
}
