import java.io.BufferedReader;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.Writer;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.KeyStore;
import java.util.Base64;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import javax.crypto.spec.SecretKeySpec;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;

/**
 * Takes a driver once through what a probe does, with just enough of a server, so that the JVM sees which classes that
 * needs. Its arguments are the driver's command. Fails where the driver does not get online.
 */
public final class Training {
    private static final String DOMAIN = "training.test";
    private static final String JID = "romeo@" + DOMAIN + "/training";
    private static final Pattern ELEMENT = Pattern.compile(
        "<(stream:stream)\\b[^>]*>|<([a-z]+)\\b[^>]*?(?:/>|(?<!/)>.*?</\\2>)", Pattern.DOTALL);

    private Socket socket;
    private String pending = "";
    private boolean authenticated;
    private String exchange;

    public static void main(String[] command) throws Exception {
        try (ServerSocket listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Process driver = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
            Thread.ofPlatform().daemon().start(() -> {
                try {
                    new Training().serve(listener.accept());
                } catch (Exception error) {
                    System.err.println("the server of the training ends: " + error);
                }
            });
            Thread.ofPlatform().daemon().start(() -> {
                try {
                    if (!driver.waitFor(5, TimeUnit.MINUTES)) driver.destroyForcibly();
                } catch (InterruptedException over) {
                    Thread.currentThread().interrupt();
                }
            });
            boolean told = drive(driver, listener.getLocalPort());
            int code = driver.waitFor();
            if (!told || code != 0) throw new IllegalStateException("the driver was not told a message, or ended with " + code);
        }
        System.exit(0);
    }

    /** Whether the driver got as far as telling a message. */
    private static boolean drive(Process driver, int port) throws IOException {
        boolean told = false;
        try (Writer to = driver.outputWriter(StandardCharsets.UTF_8); BufferedReader from = driver.inputReader(StandardCharsets.UTF_8)) {
            ask(to, 1, "initialize", "");
            for (String line = from.readLine(); line != null; line = from.readLine()) {
                System.err.println(line);
                if (line.contains("\"id\":1,")) {
                    ask(to, 2, "login", "'jid':'romeo@%s','username':'romeo','password':'wherefore','domain':'%s','transport':'starttls','host':'127.0.0.1','port':%d"
                        .formatted(DOMAIN, DOMAIN, port));
                }
                if (line.contains("\"method\":\"online\"")) {
                    ask(to, 3, "query", "'to':'%s','xmlns':'http://jabber.org/protocol/disco#info'".formatted(DOMAIN));
                    ask(to, 4, "roster", "");
                }
                if (line.contains("\"method\":\"message\"")) told = true;
                if (line.contains("\"id\":3,")) ask(to, 5, "message", "'to':'%s','body':'the last'".formatted(DOMAIN));
                // Its answer comes after the message that the server had sent before.
                if (line.contains("\"id\":5,")) ask(to, 6, "carbons", "");
                if (line.contains("\"id\":6,") || line.contains("\"method\":\"error\"")) ask(to, 7, "shutdown", "");
            }
        }
        return told;
    }

    private static void ask(Writer to, int id, String verb, String params) throws IOException {
        to.write("{'jsonrpc':'2.0','id':%d,'method':'%s','params':{%s}}\n".formatted(id, verb, params).replace('\'', '"'));
        to.flush();
    }

    private void serve(Socket accepted) throws Exception {
        socket = accepted;
        byte[] bytes = new byte[65536];
        for (int count = socket.getInputStream().read(bytes); count >= 0; count = socket.getInputStream().read(bytes)) {
            pending += new String(bytes, 0, count, StandardCharsets.UTF_8);
            for (Matcher next = ELEMENT.matcher(pending); next.find(); next = ELEMENT.matcher(pending)) {
                pending = pending.substring(next.end());
                answer(next.group(), next.group(1) != null ? next.group(1) : next.group(2));
            }
        }
    }

    private void say(String xml) throws IOException {
        socket.getOutputStream().write(xml.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
        socket.getOutputStream().flush();
    }

    private void answer(String xml, String name) throws Exception {
        switch (name) {
            case "stream:stream" -> {
                say("<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0' id='t%d' from='%s'>"
                    .formatted(System.nanoTime(), DOMAIN));
                say("<stream:features>" + features() + "</stream:features>");
            }
            case "starttls" -> {
                say("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
                SSLSocket secure = (SSLSocket) context().getSocketFactory().createSocket(socket, null, true);
                secure.setUseClientMode(false);
                socket = secure;
                pending = "";
            }
            case "auth" -> {
                String first = text(xml);
                String bare = first.substring(first.indexOf("n="));
                String challenge = "r=" + bare.substring(bare.indexOf("r=") + 2) + "server,s=" + encode("salt".getBytes(StandardCharsets.UTF_8)) + ",i=4096";
                exchange = bare + "," + challenge;
                say("<challenge xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>" + encode(challenge.getBytes(StandardCharsets.UTF_8)) + "</challenge>");
            }
            case "response" -> {
                String last = text(xml);
                authenticated = true;
                String signature = "v=" + signature(exchange + "," + last.substring(0, last.lastIndexOf(",p=")));
                say("<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>" + encode(signature.getBytes(StandardCharsets.UTF_8)) + "</success>");
            }
            case "iq" -> answerIq(xml);
            case "presence" -> {
                String from = "juliet@" + DOMAIN + "/balcony";
                say("<presence from='%s' to='%s'/><iq type='get' id='d' from='%s' to='%s'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>"
                    .formatted(from, JID, from, JID));
                say("<iq type='get' id='n' from='%s' to='%s'><nobody xmlns='urn:example:nobody'/></iq><message type='chat' id='m' from='%s' to='%s'><body>wherefore</body></message>"
                    .formatted(from, JID, from, JID));
            }
            default -> {
                // Nothing that would have to be answered.
            }
        }
    }

    private String features() {
        if (!(socket instanceof SSLSocket)) return "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls>";
        return authenticated
            ? "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>"
            : "<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>SCRAM-SHA-1</mechanism></mechanisms>";
    }

    private void answerIq(String xml) throws IOException {
        Matcher id = Pattern.compile("^<iq\\b[^>]*\\bid=['\"]([^'\"]*)").matcher(xml);
        if (!id.find() || !xml.matches("(?s)<iq\\b[^>]*\\btype=['\"][gs]et.*")) return;
        String content = "";
        if (xml.contains("xmpp-bind")) content = "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>" + JID + "</jid></bind>";
        if (xml.contains("jabber:iq:roster")) content = "<query xmlns='jabber:iq:roster'><item jid='juliet@" + DOMAIN + "' subscription='both'/></query>";
        if (xml.contains("disco#info")) content = "<query xmlns='http://jabber.org/protocol/disco#info'><identity category='server' type='im'/></query>";
        if (xml.contains("disco#items")) content = "<query xmlns='http://jabber.org/protocol/disco#items'/>";
        say("<iq type='result' id='%s'%s>%s</iq>".formatted(id.group(1), xml.contains("xmpp-bind") ? "" : " from='" + DOMAIN + "' to='" + JID + "'", content));
    }

    private static SSLContext context() throws Exception {
        char[] password = "training".toCharArray();
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream file = new FileInputStream("/tmp/training/server.p12")) {
            keys.load(file, password);
        }
        KeyManagerFactory factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        factory.init(keys, password);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(factory.getKeyManagers(), null, null);
        return context;
    }

    private static String signature(String signed) throws Exception {
        byte[] salted = SecretKeyFactory.getInstance("PBKDF2WithHmacSHA1")
            .generateSecret(new PBEKeySpec("wherefore".toCharArray(), "salt".getBytes(StandardCharsets.UTF_8), 4096, 160)).getEncoded();
        return encode(hmac(hmac(salted, "Server Key"), signed));
    }

    private static byte[] hmac(byte[] key, String text) throws Exception {
        Mac mac = Mac.getInstance("HmacSHA1");
        mac.init(new SecretKeySpec(key, "HmacSHA1"));
        return mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
    }

    private static String text(String element) {
        String content = element.replaceAll("<[^>]*>", "").strip();
        return new String(Base64.getDecoder().decode(content), StandardCharsets.UTF_8);
    }

    private static String encode(byte[] bytes) {
        return Base64.getEncoder().encodeToString(bytes);
    }
}
