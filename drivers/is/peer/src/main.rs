//! The ICE agent `is` as its documentation shows it, driven over stdio (drivers/PROTOCOL.md). It has no sockets of its own.

use is::stun::{StunMessage, StunPacket};
use is::{Candidate, IceAgent, IceAgentEvent, IceConnectionState, IceCreds, Protocol};
use rpc::input::Inputs;
use rpc::sans_io::{Agent, Start, serve};
use rpc::{Fault, Outcome, Request, tell};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::time::Instant;

struct Driver {
    running: Option<Running>,
}

struct Running {
    agent: IceAgent,
    start: Start,
    /// Ours, once it is gathered.
    own: Option<Candidate>,
    /// The other side's description, from before there was one of ours, and its further candidates.
    early: Option<(IceCreds, Vec<Candidate>)>,
    /// From a restart of our own until the other side's answer to it.
    restarting: bool,
    /// Where its events say that data goes.
    nominated: Option<(SocketAddr, SocketAddr)>,
    connected: bool,
    opened: bool,
    /// Told behind the answer that is under way.
    later: Vec<(&'static str, Value)>,
    /// Sent with the next turn.
    data: Vec<String>,
}

impl Agent for Driver {
    const NAME: &'static str = "is";
    const VERBS: &'static [&'static str] = &[
        "start",
        "describe",
        "remote",
        "candidate",
        "end-of-candidates",
        "send",
        "selected",
        "restart",
        "close",
    ];
    const EVENTS: &'static [&'static str] =
        &["candidate", "gathered", "ice", "selected", "open", "data"];

    fn verb(&mut self, request: &Request, inputs: &mut Inputs) -> Outcome {
        if request.method == "start" {
            let start = Start::read(request, "raw-ice")?;
            let mut agent = IceAgent::new(IceCreds::new());
            agent.set_controlling(start.controlling);
            agent.set_ice_lite(start.lite);
            self.running = Some(Running::new(agent, start));
            return Ok(Value::Null);
        }
        let Some(running) = &mut self.running else {
            return Err(Fault::Failed("start first".into()));
        };
        match request.method.as_str() {
            "describe" => running.describe(inputs),
            "remote" => running.remote(&request.params["description"]),
            "candidate" => running.candidate(request.text("candidate")?),
            "send" => running.send(request.text("data")?),
            "selected" => Ok(running.selected()),
            "restart" => {
                running.restarting = true;
                running.agent.ice_restart(IceCreds::new(), true);
                Ok(running.description())
            }
            "close" => {
                self.running = None;
                Ok(Value::Null)
            }
            // It never ends to take candidates.
            _ => Ok(Value::Null),
        }
    }

    fn packet(&mut self, source: SocketAddr, destination: SocketAddr, contents: &[u8]) {
        let Some(running) = &mut self.running else {
            return;
        };
        match StunMessage::parse(contents) {
            Ok(message) => {
                let packet = StunPacket {
                    proto: Protocol::Udp,
                    source,
                    destination,
                    message,
                };
                running.agent.handle_packet(Instant::now(), packet);
            }
            Err(_) => tell("data", json!({ "data": String::from_utf8_lossy(contents) })),
        }
    }

    fn work(&mut self, inputs: &Inputs) -> Option<Instant> {
        let running = self.running.as_mut()?;
        for (event, params) in running.later.drain(..) {
            tell(event, params);
        }
        // Before both descriptions are there, there is nothing to check.
        if running.own.is_none() || running.early.is_some() {
            return None;
        }
        running.agent.handle_timeout(Instant::now());
        while let Some(event) = running.agent.poll_event() {
            running.hear(event);
        }
        while let Some(transmit) = running.agent.poll_transmit() {
            inputs.send(transmit.source, transmit.destination, &transmit.contents);
        }
        for data in running.data.drain(..) {
            if let Some((source, destination)) = running.nominated {
                inputs.send(source, destination, data.as_bytes());
            }
        }
        running.agent.poll_timeout()
    }
}

impl Running {
    fn new(agent: IceAgent, start: Start) -> Self {
        Running {
            agent,
            start,
            own: None,
            early: None,
            restarting: false,
            nominated: None,
            connected: false,
            opened: false,
            later: Vec::new(),
            data: Vec::new(),
        }
    }

    fn description(&self) -> Value {
        let credentials = self.agent.local_credentials();
        let own = self
            .own
            .iter()
            .filter(|_| !self.start.trickle || self.restarting);
        let candidates: Vec<String> = own.map(Candidate::to_sdp_string).collect();
        let mut made = json!({ "ufrag": credentials.ufrag, "password": credentials.pass, "candidates": candidates });
        if self.start.lite {
            made["lite"] = true.into();
        }
        made
    }

    fn describe(&mut self, inputs: &mut Inputs) -> Outcome {
        let mut description = None;
        if self.own.is_none() {
            let own = Candidate::host(inputs.bind(self.start.address)?, "udp")?;
            self.agent.add_local_candidate(own.clone());
            if self.start.trickle {
                description = Some(self.description());
                self.later
                    .push(("candidate", json!({ "candidate": own.to_sdp_string() })));
            }
            self.later.push(("gathered", json!({})));
            self.own = Some(own);
        } else if self.early.is_some() {
            // The other side's restart is answered by ours (RFC 8445 §9).
            self.agent.ice_restart(IceCreds::new(), true);
            self.restarting = true;
            description = Some(self.description());
            self.restarting = false;
        }
        let made = description.unwrap_or_else(|| self.description());
        if let Some((credentials, candidates)) = self.early.take() {
            self.take(credentials, candidates);
        }
        Ok(made)
    }

    fn remote(&mut self, description: &Value) -> Outcome {
        let part = |name: &str| {
            description[name]
                .as_str()
                .map(String::from)
                .ok_or_else(|| Fault::Params(format!("a description has {name}")))
        };
        let credentials = IceCreds {
            ufrag: part("ufrag")?,
            pass: part("password")?,
        };
        let texts = description["candidates"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str);
        // Those of other transports and components are none of its business.
        let candidates = texts
            .filter_map(|text| Candidate::from_sdp_string(text).ok())
            .collect();
        if self.own.is_some() && (self.restarting || self.agent.remote_credentials().is_none()) {
            self.restarting = false;
            self.take(credentials, candidates);
        } else {
            self.early = Some((credentials, candidates));
        }
        Ok(Value::Null)
    }

    fn take(&mut self, credentials: IceCreds, candidates: Vec<Candidate>) {
        self.agent.set_remote_credentials(credentials);
        for candidate in candidates {
            self.agent.add_remote_candidate(candidate);
        }
    }

    fn candidate(&mut self, text: &str) -> Outcome {
        let candidate = Candidate::from_sdp_string(text)?;
        match &mut self.early {
            Some((_, candidates)) => candidates.push(candidate),
            None => self.agent.add_remote_candidate(candidate),
        }
        Ok(Value::Null)
    }

    fn send(&mut self, data: &str) -> Outcome {
        if self.nominated.is_none() {
            return Err(Fault::Failed("nothing is nominated yet".into()));
        }
        self.data.push(data.into());
        Ok(Value::Null)
    }

    /// The candidates at the two ends of what is nominated.
    fn selected(&self) -> Value {
        let Some((source, destination)) = self.nominated else {
            return Value::Null;
        };
        let local = self
            .agent
            .local_candidates()
            .find(|one| one.local() == source);
        let remote = self
            .agent
            .remote_candidates()
            .find(|one| one.addr() == destination);
        match (local, remote) {
            (Some(local), Some(remote)) => {
                json!({ "local": local.to_sdp_string(), "remote": remote.to_sdp_string() })
            }
            _ => Value::Null,
        }
    }

    fn hear(&mut self, event: IceAgentEvent) {
        match event {
            IceAgentEvent::IceConnectionStateChange(state) => {
                self.connected = matches!(
                    state,
                    IceConnectionState::Connected | IceConnectionState::Completed
                );
                if state != IceConnectionState::New {
                    tell(
                        "ice",
                        json!({ "state": format!("{state:?}").to_lowercase() }),
                    );
                }
            }
            IceAgentEvent::NominatedSend {
                source,
                destination,
                ..
            } => {
                self.nominated = Some((source, destination));
                let selected = self.selected();
                if !selected.is_null() {
                    tell("selected", selected);
                }
            }
            _ => {}
        }
        if self.connected && self.nominated.is_some() && !self.opened {
            self.opened = true;
            tell("open", json!({}));
        }
    }
}

fn main() {
    serve(Driver { running: None })
}
