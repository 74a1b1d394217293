import static assay.Peer.params;
import static assay.Peer.required;
import static assay.Peer.strings;
import static assay.Peer.tell;
import static assay.Peer.text;

import assay.LabTrust;
import assay.Peer;
import com.eclipsesource.json.JsonObject;
import com.eclipsesource.json.JsonValue;
import java.io.StringWriter;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.stream.XMLOutputFactory;
import javax.xml.stream.XMLStreamWriter;
import org.w3c.dom.Element;
import rocks.xmpp.addr.Jid;
import rocks.xmpp.core.net.ChannelEncryption;
import rocks.xmpp.core.net.client.ClientConnectionConfiguration;
import rocks.xmpp.core.net.client.SocketConnectionConfiguration;
import rocks.xmpp.core.sasl.AuthenticationException;
import rocks.xmpp.core.session.XmppClient;
import rocks.xmpp.core.session.XmppSession.Status;
import rocks.xmpp.core.session.XmppSessionConfiguration;
import rocks.xmpp.core.stanza.model.IQ;
import rocks.xmpp.core.stanza.model.Message;
import rocks.xmpp.core.stanza.model.Presence;
import rocks.xmpp.core.stanza.model.Stanza;
import rocks.xmpp.core.stanza.model.StanzaErrorException;
import rocks.xmpp.core.stream.model.StreamErrorException;
import rocks.xmpp.extensions.blocking.BlockingManager;
import rocks.xmpp.extensions.carbons.MessageCarbonsManager;
import rocks.xmpp.extensions.carbons.model.MessageCarbons;
import rocks.xmpp.extensions.delay.model.DelayedDelivery;
import rocks.xmpp.extensions.forward.model.Forwarded;
import rocks.xmpp.extensions.httpbind.BoshConnectionConfiguration;
import rocks.xmpp.extensions.muc.ChatRoom;
import rocks.xmpp.extensions.muc.MultiUserChatManager;
import rocks.xmpp.extensions.receipts.MessageDeliveryReceiptsManager;
import rocks.xmpp.extensions.sm.StreamManager;
import rocks.xmpp.im.roster.RosterManager;
import rocks.xmpp.im.roster.model.Roster;
import rocks.xmpp.util.XmppUtils;

/** Babbler as its documentation shows it ("Getting Started", "Contacts, Presence and Messaging", "Exceptions and XMPP Errors"). */
public final class Driver {
    /** On a busy machine the usual five seconds are over before a young JVM is through with TLS. */
    private static final Duration PATIENCE = Duration.ofMinutes(5);

    private static volatile XmppClient client;

    private Driver() {
    }

    public static void main(String[] arguments) throws Exception {
        // What its modules bind to XML, which is most of its start: JAXB is to spend no time on fast accessors.
        System.setProperty("com.sun.xml.bind.v2.runtime.JAXBContextImpl.fastBoot", "true");
        XmppSessionConfiguration.setDefault(XmppSessionConfiguration.builder().defaultResponseTimeout(PATIENCE).build());
        Peer.serve("Babbler", System.getenv("ASSAY_VARIANT"),
            List.of("online", "offline", "disconnected", "error", "message", "presence", "roster", "carbon", "blocked"),
            Map.of("login", Driver::login, "logout", Driver::logout, "message", Driver::message, "query", Driver::query,
                "roster", Driver::roster, "carbons", Driver::carbons, "blocklist", Driver::blocklist, "block", Driver::block,
                "join", Driver::join));
    }

    private static JsonValue login(JsonObject params) throws Exception {
        boolean anonymous = params.get("username") == null;
        String username = anonymous ? null : required(params, "username");
        String password = anonymous ? null : required(params, "password");
        XmppClient made = XmppClient.create(required(params, "domain"), connection(params));
        client = made;
        made.getManager(MessageDeliveryReceiptsManager.class).setEnabled(true);
        made.getManager(StreamManager.class).setEnabled(true);
        listen(made);
        Thread session = new Thread(() -> {
            try {
                made.connect();
                if (anonymous) made.loginAnonymously();
                else made.login(username, password);
                tell("online", params("jid", made.getConnectedResource()));
            } catch (Exception error) {
                tellError(error);
            }
        }, "session");
        session.setDaemon(true);
        session.start();
        return null;
    }

    private static ClientConnectionConfiguration connection(JsonObject params) throws Exception {
        String host = required(params, "host");
        int port = Integer.parseInt(required(params, "port"));
        String transport = required(params, "transport");
        if (transport.equals("bosh")) {
            return BoshConnectionConfiguration.builder().hostname(host).port(port).path(URI.create(required(params, "service")).getPath())
                .sslContext(LabTrust.context()).channelEncryption(ChannelEncryption.DIRECT).build();
        }
        SocketConnectionConfiguration.Builder tcp = SocketConnectionConfiguration.builder()
            .hostname(host).port(port).sslContext(LabTrust.context());
        if (transport.equals("direct-tls")) tcp.channelEncryption(ChannelEncryption.DIRECT);
        return tcp.build();
    }

    private static void listen(XmppClient made) {
        made.addSessionStatusListener(event -> {
            // What stops connect() and login() is thrown by them.
            if (event.getStatus() == Status.DISCONNECTED && event.getThrowable() != null) tellError(event.getThrowable());
            if (event.getStatus() == Status.CLOSED) tell("offline", params());
        });
        made.addConnectionListener(event -> {
            switch (event.getType()) {
                case DISCONNECTED -> tell("disconnected", params("reason", event.getCause() == null ? null : text(event.getCause())));
                case RECONNECTION_SUCCEEDED -> tell("online", params("jid", made.getConnectedResource()));
                case RECONNECTION_FAILED -> tellError(event.getCause());
                case RECONNECTION_PENDING -> {
                    // Every second anew: it says that it is still disconnected.
                }
            }
        });
        made.addInboundMessageListener(event -> {
            Message message = event.getMessage();
            tellMessage(message, null);
            MessageCarbons.Received received = message.getExtension(MessageCarbons.Received.class);
            if (received != null) tellCarbon(message, received.getForwardedMessage(), "received");
            MessageCarbons.Sent sent = message.getExtension(MessageCarbons.Sent.class);
            if (sent != null) tellCarbon(message, sent.getForwardedMessage(), "sent");
        });
        made.addInboundPresenceListener(event -> {
            Presence presence = event.getPresence();
            tell("presence", about(presence).add("type", presence.getType() == null ? "available" : presence.getType().toString().toLowerCase()));
        });
        BlockingManager blocking = made.getManager(BlockingManager.class);
        blocking.setEnabled(true);
        blocking.addBlockingListener(event -> tell("blocked", params("items", strings(event.getBlockedContacts()))));
        made.getManager(RosterManager.class).addRosterListener(event -> {
            var changed = Stream.of(event.getAddedContacts(), event.getUpdatedContacts(), event.getRemovedContacts()).flatMap(List::stream);
            tell("roster", params("items", strings(changed.map(contact -> contact.getJid()).toList())));
        });
    }

    private static JsonValue logout(JsonObject params) throws Exception {
        running().close();
        return null;
    }

    private static JsonValue message(JsonObject params) throws Exception {
        running().send(new Message(Jid.of(required(params, "to")), Message.Type.CHAT, required(params, "body")));
        return null;
    }

    private static JsonValue query(JsonObject params) throws Exception {
        Element asked = DocumentBuilderFactory.newInstance().newDocumentBuilder().newDocument()
            .createElementNS(required(params, "xmlns"), params.getString("name", "query"));
        Jid to = params.get("to") == null ? null : Jid.of(required(params, "to"));
        IQ answer = answered(() -> running().query(IQ.get(to, asked)).getResult());
        StringWriter xml = new StringWriter();
        XMLStreamWriter writer = XmppUtils.createXmppStreamWriter(XMLOutputFactory.newFactory().createXMLStreamWriter(xml));
        running().createMarshaller().marshal(answer, writer);
        writer.flush();
        return params("xml", xml);
    }

    private static JsonValue roster(JsonObject params) throws Exception {
        Roster roster = answered(() -> running().getManager(RosterManager.class).requestRoster().getResult());
        return params("items", strings(roster.getContacts().stream().map(contact -> contact.getJid()).toList()));
    }

    private static JsonValue carbons(JsonObject params) throws Exception {
        answered(() -> running().getManager(MessageCarbonsManager.class).enableCarbons().getResult());
        return null;
    }

    private static JsonValue blocklist(JsonObject params) throws Exception {
        return params("items", strings(answered(() -> running().getManager(BlockingManager.class).getBlockedContacts().getResult())));
    }

    private static JsonValue block(JsonObject params) throws Exception {
        Jid jid = Jid.of(required(params, "jid"));
        answered(() -> running().getManager(BlockingManager.class).blockContact(jid).getResult());
        return null;
    }

    private static JsonValue join(JsonObject params) throws Exception {
        ChatRoom room = running().getManager(MultiUserChatManager.class).createChatRoom(Jid.of(required(params, "room")));
        String nick = required(params, "nick");
        answered(() -> room.enter(nick).getResult());
        return params("nick", room.getNick());
    }

    private static XmppClient running() {
        if (client == null) throw new IllegalStateException("log in first");
        return client;
    }

    private interface Call<T> {
        T get() throws Exception;
    }

    private static <T> T answered(Call<T> call) throws Exception {
        try {
            return call.get();
        } catch (StanzaErrorException error) {
            throw new Peer.StanzaError(error.getCondition().toString(), error);
        }
    }

    /** As its documentation shows: with no look at who sent it. */
    private static void tellCarbon(Message wrapping, Forwarded forwarded, String direction) {
        tell("carbon", params("from", wrapping.getFrom(), "type", direction));
        if (forwarded.getStanza() instanceof Message copy) tellMessage(copy, direction);
    }

    private static void tellMessage(Message message, String carbon) {
        DelayedDelivery delay = message.getExtension(DelayedDelivery.class);
        tell("message", about(message).add("type", message.getType() == null ? "normal" : message.getType().toString().toLowerCase())
            .merge(params("id", message.getId(), "body", message.getBody(), "carbon", carbon, "delay", delay == null ? null : delay.getTimeStamp())));
    }

    private static JsonObject about(Stanza stanza) {
        return params("from", stanza.getFrom(), "to", stanza.getTo());
    }

    private static void tellError(Throwable error) {
        Object condition = switch (error) {
            case StreamErrorException stream -> stream.getCondition();
            case StanzaErrorException stanza -> stanza.getCondition();
            case AuthenticationException sasl -> sasl.getCondition();
            default -> null;
        };
        tell("error", params("message", text(error), "condition", condition));
    }
}
