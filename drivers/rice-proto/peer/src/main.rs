//! rice-proto as its documentation shows it, driven over stdio (drivers/PROTOCOL.md). It has no sockets of its own.

use rice_proto::agent::{Agent as Rice, AgentPoll};
use rice_proto::candidate::{Candidate, TransportType};
use rice_proto::component::ComponentConnectionState;
use rice_proto::stream::Credentials;
use rpc::input::Inputs;
use rpc::sans_io::{Agent, Start, serve};
use rpc::{Fault, Outcome, Request, tell};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use stun_proto::agent::Transmit;

struct Driver {
    /// What the library's own clock counts from.
    epoch: Instant,
    running: Option<Running>,
}

struct Running {
    agent: Rice,
    stream: usize,
    component: usize,
    start: Start,
    own: Credentials,
    /// Ours, as they are gathered.
    candidates: Vec<String>,
    described: bool,
    /// The other side's description, from before ours was asked for, and its further candidates.
    early: Option<(Credentials, Vec<Candidate>)>,
    complete: bool,
    selected: Option<(String, String)>,
    /// To be sent with the next turn.
    data: Vec<(SocketAddr, SocketAddr, Vec<u8>)>,
    /// Told behind the answer that is under way.
    later: Vec<(&'static str, Value)>,
}

impl Driver {
    fn now(&self) -> stun_proto::Instant {
        // Zero is no time that it knows.
        stun_proto::Instant::from_nanos(self.epoch.elapsed().as_nanos() as i64 + 1)
    }
}

/// It writes `a=candidate:...`, and reads nothing else.
fn to_text(candidate: &Candidate) -> String {
    candidate
        .to_sdp_string()
        .trim_start_matches("a=")
        .to_string()
}

fn from_text(text: &str) -> Result<Candidate, Fault> {
    format!("a={text}")
        .parse()
        .map_err(|error| Fault::Failed(format!("{error:?}")))
}

fn gone() -> Fault {
    Fault::Failed("its stream is gone".into())
}

impl Agent for Driver {
    const NAME: &'static str = "rice-proto";
    const VERBS: &'static [&'static str] = &[
        "start",
        "describe",
        "remote",
        "candidate",
        "end-of-candidates",
        "send",
        "selected",
        "close",
    ];
    const EVENTS: &'static [&'static str] =
        &["candidate", "gathered", "ice", "selected", "open", "data", "error"];

    fn verb(&mut self, request: &Request, inputs: &mut Inputs) -> Outcome {
        let now = self.now();
        if request.method == "start" {
            self.running = Some(Running::new(Start::read(request, "raw-ice")?)?);
            return Ok(Value::Null);
        }
        let Some(running) = &mut self.running else {
            return Err(Fault::Failed("start first".into()));
        };
        match request.method.as_str() {
            "describe" => running.describe(inputs, now),
            "remote" => running.remote(&request.params["description"]),
            "candidate" => running.candidate(request.text("candidate")?),
            "end-of-candidates" => running.end_of_candidates(),
            "send" => running.send(request.text("data")?, now),
            "selected" => Ok(match &running.selected {
                Some((local, remote)) => json!({ "local": local, "remote": remote }),
                None => Value::Null,
            }),
            _ => {
                running.agent.close(now);
                Ok(Value::Null)
            }
        }
    }

    fn packet(&mut self, source: SocketAddr, destination: SocketAddr, contents: &[u8]) {
        let now = self.now();
        let Some(running) = &mut self.running else {
            return;
        };
        let Some(mut stream) = running.agent.mut_stream(running.stream) else {
            return;
        };
        let told = |data: &[u8]| tell("data", json!({ "data": String::from_utf8_lossy(data) }));
        let transmit = Transmit::new(contents.to_vec(), TransportType::Udp, source, destination);
        let reply = stream.handle_incoming_data(running.component, transmit, now);
        if let Some(data) = reply.data.as_ref() {
            told(data.as_ref());
        }
        while let Some(pending) = stream.poll_recv() {
            told(&pending.data);
        }
    }

    fn work(&mut self, inputs: &Inputs) -> Option<Instant> {
        let (now, epoch) = (self.now(), self.epoch);
        let running = self.running.as_mut()?;
        for (event, params) in running.later.drain(..) {
            tell(event, params);
        }
        if !running.described {
            return None;
        }
        for (source, destination, contents) in running.data.drain(..) {
            inputs.send(source, destination, &contents);
        }
        let wanted = running.poll(now);
        while let Some(out) = running.agent.poll_transmit(now) {
            inputs.send(out.transmit.from, out.transmit.to, &out.transmit.data);
        }
        wanted.map(|at| epoch + Duration::from_nanos(at.as_nanos().max(0) as u64))
    }
}

impl Running {
    fn new(start: Start) -> Result<Self, Fault> {
        let mut agent = Rice::builder()
            .controlling(start.controlling)
            .trickle_ice(start.trickle)
            .build();
        let stream = agent.add_stream();
        let own = Credentials::new(rice_proto::random_string(8), rice_proto::random_string(24));
        let mut made = agent.mut_stream(stream).ok_or_else(gone)?;
        let component = made.add_component()?;
        made.set_local_credentials(own.clone());
        Ok(Running {
            agent,
            stream,
            component,
            start,
            own,
            candidates: Vec::new(),
            described: false,
            early: None,
            complete: false,
            selected: None,
            data: Vec::new(),
            later: Vec::new(),
        })
    }

    fn describe(&mut self, inputs: &mut Inputs, now: stun_proto::Instant) -> Outcome {
        let address = inputs.bind(self.start.address)?;
        let mut stream = self.agent.mut_stream(self.stream).ok_or_else(gone)?;
        let mut component = stream.mut_component(self.component).ok_or_else(gone)?;
        component.gather_candidates(&[(TransportType::Udp, address)], &[], &[])?;
        self.described = true;
        // Host candidates are there at once.
        self.poll(now);
        if let Some((credentials, candidates)) = self.early.take() {
            self.take(credentials, candidates)?;
        }
        let candidates = if self.start.trickle {
            &[][..]
        } else {
            &self.candidates[..]
        };
        Ok(
            json!({ "ufrag": self.own.ufrag, "password": self.own.passwd, "candidates": candidates }),
        )
    }

    fn remote(&mut self, description: &Value) -> Outcome {
        let part = |name: &str| {
            description[name]
                .as_str()
                .map(String::from)
                .ok_or_else(|| Fault::Params(format!("a description has {name}")))
        };
        let credentials = Credentials::new(part("ufrag")?, part("password")?);
        let texts = description["candidates"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str);
        let mut candidates = Vec::new();
        for text in texts {
            match from_text(text) {
                Ok(candidate) => candidates.push(candidate),
                Err(_) => tell("error", json!({ "message": format!("it does not take {text}") })),
            }
        }
        self.complete = !self.start.trickle;
        if self.described {
            self.take(credentials, candidates)?;
        } else {
            self.early = Some((credentials, candidates));
        }
        Ok(Value::Null)
    }

    fn take(&mut self, credentials: Credentials, candidates: Vec<Candidate>) -> Result<(), Fault> {
        let mut stream = self.agent.mut_stream(self.stream).ok_or_else(gone)?;
        stream.set_remote_credentials(credentials);
        for candidate in candidates {
            stream.add_remote_candidate(candidate);
        }
        if self.complete {
            stream.end_of_remote_candidates();
        }
        Ok(())
    }

    fn candidate(&mut self, text: &str) -> Outcome {
        let candidate = from_text(text)?;
        match &mut self.early {
            Some((_, candidates)) => candidates.push(candidate),
            None => self
                .agent
                .mut_stream(self.stream)
                .ok_or_else(gone)?
                .add_remote_candidate(candidate),
        }
        Ok(Value::Null)
    }

    fn end_of_candidates(&mut self) -> Outcome {
        self.complete = true;
        if self.early.is_none() {
            self.agent
                .mut_stream(self.stream)
                .ok_or_else(gone)?
                .end_of_remote_candidates();
        }
        Ok(Value::Null)
    }

    fn send(&mut self, data: &str, now: stun_proto::Instant) -> Outcome {
        let mut stream = self.agent.mut_stream(self.stream).ok_or_else(gone)?;
        let mut component = stream.mut_component(self.component).ok_or_else(gone)?;
        let transmit = component.send(data.as_bytes().to_vec(), now)?;
        self.data
            .push((transmit.from, transmit.to, transmit.data.as_ref().to_vec()));
        Ok(Value::Null)
    }

    /// Hears what it has to say; gives the time at which it wants to be asked again.
    fn poll(&mut self, now: stun_proto::Instant) -> Option<stun_proto::Instant> {
        loop {
            match self.agent.poll(now) {
                AgentPoll::Closed => return None,
                AgentPoll::WaitUntil(wanted) => return Some(wanted),
                AgentPoll::GatheredCandidate(found) => {
                    let text = to_text(&found.gathered.candidate);
                    self.agent
                        .mut_stream(self.stream)?
                        .add_local_gathered_candidate(found.gathered);
                    if self.start.trickle {
                        self.later.push(("candidate", json!({ "candidate": text })));
                    }
                    self.candidates.push(text);
                }
                AgentPoll::GatheringComplete(_) => {
                    self.agent
                        .mut_stream(self.stream)?
                        .end_of_local_candidates();
                    self.later.push(("gathered", json!({})));
                }
                AgentPoll::SelectedPair(chosen) => {
                    let pair = chosen.selected.candidate_pair().clone();
                    let (local, remote) = (to_text(&pair.local), to_text(&pair.remote));
                    tell("selected", json!({ "local": local, "remote": remote }));
                    self.selected = Some((local, remote));
                    let mut stream = self.agent.mut_stream(self.stream)?;
                    if let Err(error) = stream
                        .mut_component(self.component)?
                        .set_selected_pair(pair)
                    {
                        eprintln!("{error:?}");
                    }
                }
                AgentPoll::ComponentStateChange(change) => self.changed(change.state),
                // Sockets for TURN and TCP, which it is not asked for.
                other => eprintln!("{other:?}"),
            }
        }
    }

    fn changed(&mut self, state: ComponentConnectionState) {
        let word = match state {
            ComponentConnectionState::New => return,
            ComponentConnectionState::Connecting => "checking",
            ComponentConnectionState::Connected => "connected",
            ComponentConnectionState::Failed => "failed",
        };
        tell("ice", json!({ "state": word }));
        if word == "connected" {
            tell("open", json!({}));
        }
    }
}

fn main() {
    serve(Driver {
        epoch: Instant::now(),
        running: None,
    })
}
