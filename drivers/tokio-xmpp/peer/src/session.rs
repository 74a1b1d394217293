//! The client: what it is asked to do, and what it tells.

use futures::StreamExt;
use serde_json::{json, Value};
use tokio::sync::mpsc;
use tokio_xmpp::connect::DnsConfig;
use tokio_xmpp::jid::{BareJid, Jid};
use tokio_xmpp::minidom::Element;
use tokio_xmpp::parsers::message::{Lang, Message, MessageType};
use tokio_xmpp::parsers::presence::{Presence, Type as PresenceType};
use tokio_xmpp::xmlstream::Timeouts;
use tokio_xmpp::{Client, Event, IqRequest, IqResponse, Stanza};

use crate::rpc::{answer, refuse, tell, FAILED};

/// Where and as whom to log in.
pub struct Login {
    jid: BareJid,
    password: String,
    direct_tls: bool,
    /// Host and port; none where it finds its server by itself.
    place: Option<(String, u16)>,
}

impl Login {
    pub fn from_params(params: &Value) -> Option<Self> {
        Some(Self {
            jid: params["jid"].as_str()?.parse().ok()?,
            password: params["password"].as_str()?.to_owned(),
            direct_tls: params["transport"].as_str() == Some("direct-tls"),
            place: match params["host"].as_str() {
                Some(host) => Some((host.to_owned(), params["port"].as_u64()?.try_into().ok()?)),
                None => None,
            },
        })
    }

    fn client(self) -> Client {
        let Some((host, port)) = self.place else {
            return Client::new(self.jid, self.password);
        };
        let server = DnsConfig::no_srv(&host, port);
        let timeouts = Timeouts::default();
        if self.direct_tls {
            Client::new_direct_tls_with_config(self.jid, self.password, server, timeouts)
        } else {
            Client::new_starttls(self.jid, self.password, server, timeouts)
        }
    }
}

/// What a session is asked to do; `id` is that of the request.
pub enum Command {
    Logout {
        id: Value,
    },
    Message {
        id: Value,
        to: Jid,
        body: String,
    },
    Query {
        id: Value,
        to: Option<Jid>,
        payload: Element,
    },
}

impl Command {
    pub fn from_params(method: &str, id: Value, params: &Value) -> Option<Self> {
        let to = params["to"].as_str();
        Some(match method {
            "logout" => Self::Logout { id },
            "message" => Self::Message {
                id,
                to: to?.parse().ok()?,
                body: params["body"].as_str()?.to_owned(),
            },
            _ => Self::Query {
                id,
                to: to.map(str::parse).transpose().ok()?,
                payload: Element::bare(
                    params["name"].as_str().unwrap_or("query"),
                    params["xmlns"].as_str()?,
                ),
            },
        })
    }
}

/// Lives as long as the client does.
pub async fn run(login: Login, mut commands: mpsc::UnboundedReceiver<Command>) {
    let mut client = login.client();
    loop {
        tokio::select! {
            event = client.next() => match event {
                Some(event) => handle(&mut client, event).await,
                None => break,
            },
            Some(command) = commands.recv() => match command {
                Command::Logout { id } => {
                    match client.send_end().await {
                        Ok(()) => answer(id, Value::Null),
                        Err(error) => refuse(id, FAILED, &error.to_string(), None),
                    }
                    break;
                }
                Command::Message { id, to, body } => {
                    let mut message = Message::new(Some(to));
                    message.type_ = MessageType::Chat;
                    message.bodies.insert(Lang::default(), body);
                    match client.send_stanza(message.into()).await {
                        Ok(_) => answer(id, Value::Null),
                        Err(error) => refuse(id, FAILED, &error.to_string(), None),
                    }
                }
                Command::Query { id, to, payload } => {
                    let answered = client.send_iq(to, IqRequest::Get(payload)).await;
                    tokio::spawn(async move {
                        match answered.await {
                            Ok(IqResponse::Result(payload)) => {
                                answer(id, json!({ "xml": payload.as_ref().map(String::from) }));
                            }
                            Ok(IqResponse::Error(error)) => {
                                let condition = format!("{:?}", error.defined_condition);
                                refuse(id, FAILED, "answered with an error", Some(kebab(&condition)));
                            }
                            Err(error) => refuse(id, FAILED, &error.to_string(), None),
                        }
                    });
                }
            },
        }
    }
    tell("offline", json!({}));
}

async fn handle(client: &mut Client, event: Event) {
    match event {
        Event::Online {
            bound_jid, resumed, ..
        } => {
            tell("online", json!({ "jid": bound_jid.to_string() }));
            // A session that goes on has its presence already.
            if resumed {
                return;
            }
            if let Err(error) = client
                .send_stanza(Presence::new(PresenceType::None).into())
                .await
            {
                tell(
                    "error",
                    json!({ "message": format!("initial presence: {error}") }),
                );
            }
        }
        Event::Disconnected(error) => {
            tell("error", json!({ "message": error.to_string() }));
            tell("disconnected", json!({ "reason": error.to_string() }));
        }
        Event::Stanza(Stanza::Message(message)) => tell_message(message),
        Event::Stanza(Stanza::Presence(presence)) => {
            let kind = match presence.type_ {
                PresenceType::None => None,
                other => Some(format!("{other:?}").to_lowercase()),
            };
            let address = |jid: Option<Jid>| jid.map(|jid| jid.to_string());
            tell(
                "presence",
                json!({ "from": address(presence.from), "to": address(presence.to), "type": kind }),
            );
        }
        // A request for its user to answer: the library does not.
        Event::Stanza(Stanza::Iq(_)) => {}
    }
}

fn tell_message(message: Message) {
    let address = |jid: Option<Jid>| jid.map(|jid| jid.to_string());
    let body = message
        .bodies
        .get("")
        .or_else(|| message.bodies.values().next());
    tell(
        "message",
        json!({
            "from": address(message.from),
            "to": address(message.to),
            "type": format!("{:?}", message.type_).to_lowercase(),
            "id": message.id.map(|id| id.0),
            "body": body,
        }),
    );
}

/// `ServiceUnavailable` as the condition is called on the wire.
fn kebab(name: &str) -> String {
    let mut written = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !written.is_empty() {
            written.push('-');
        }
        written.extend(letter.to_lowercase());
    }
    written
}
