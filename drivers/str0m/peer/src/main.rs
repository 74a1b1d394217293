//! str0m as its documentation and examples show it, driven over stdio (drivers/PROTOCOL.md). It has no sockets of its own.

use rpc::input::Inputs;
use rpc::sans_io::{Agent, Start, serve};
use rpc::{Fault, Outcome, Request, tell};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::time::Instant;
use str0m::change::{SdpAnswer, SdpOffer, SdpPendingOffer};
use str0m::channel::ChannelId;
use str0m::net::{Protocol, Receive};
use str0m::{Candidate, Event, IceConnectionState, Input, Output, Rtc};

struct Driver {
    running: Option<Running>,
}

struct Running {
    rtc: Rtc,
    start: Start,
    /// Ours, once it is gathered.
    own: Option<Candidate>,
    /// Our offer that waits for its answer, and the other side's that waits for ours.
    pending: Option<SdpPendingOffer>,
    offered: Option<SdpOffer>,
    channel: Option<ChannelId>,
    /// Told behind the answer that is under way.
    later: Vec<(&'static str, Value)>,
}

impl Agent for Driver {
    const NAME: &'static str = "str0m";
    const VERBS: &'static [&'static str] = &[
        "start",
        "describe",
        "remote",
        "candidate",
        "end-of-candidates",
        "send",
        "restart",
        "close",
    ];
    const EVENTS: &'static [&'static str] = &[
        "candidate",
        "gathered",
        "ice",
        "dtls",
        "open",
        "data",
        "error",
    ];

    fn verb(&mut self, request: &Request, inputs: &mut Inputs) -> Outcome {
        if request.method == "start" {
            let start = Start::read(request, "data-channel")?;
            let rtc = Rtc::builder()
                .set_ice_lite(start.lite)
                .build(Instant::now());
            self.running = Some(Running {
                rtc,
                start,
                own: None,
                pending: None,
                offered: None,
                channel: None,
                later: Vec::new(),
            });
            return Ok(Value::Null);
        }
        let Some(running) = &mut self.running else {
            return Err(Fault::Failed("start first".into()));
        };
        match request.method.as_str() {
            "describe" => running.describe(inputs),
            "remote" => running.remote(&request.params["description"]),
            "candidate" => {
                running
                    .rtc
                    .add_remote_candidate(Candidate::from_sdp_string(request.text("candidate")?)?);
                Ok(Value::Null)
            }
            "send" => running.send(request.text("data")?),
            "restart" => {
                let mut changes = running.rtc.sdp_api();
                changes.ice_restart(true);
                let (offer, pending) = changes
                    .apply()
                    .ok_or_else(|| Fault::Failed("nothing changes".into()))?;
                running.pending = Some(pending);
                Ok(json!({ "type": "offer", "sdp": offer.to_sdp_string() }))
            }
            "close" => {
                running.rtc.disconnect();
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
        // What is none of STUN, DTLS, RTP and RTCP it does not take.
        let Ok(contents) = contents.try_into() else {
            return;
        };
        let received = Receive {
            proto: Protocol::Udp,
            source,
            destination,
            contents,
        };
        running.handle(Input::Receive(Instant::now(), received));
    }

    fn work(&mut self, inputs: &Inputs) -> Option<Instant> {
        let running = self.running.as_mut()?;
        for (event, params) in running.later.drain(..) {
            tell(event, params);
        }
        running.own.as_ref()?;
        running.handle(Input::Timeout(Instant::now()));
        loop {
            match running.rtc.poll_output() {
                Ok(Output::Timeout(wanted)) => return Some(wanted),
                Ok(Output::Transmit(transmit)) => {
                    inputs.send(transmit.source, transmit.destination, &transmit.contents)
                }
                Ok(Output::Event(event)) => running.hear(event),
                Err(error) => {
                    tell("error", json!({ "message": error.to_string() }));
                    return None;
                }
            }
        }
    }
}

impl Running {
    fn handle(&mut self, input: Input) {
        if !self.rtc.is_alive() {
            return;
        }
        if let Err(error) = self.rtc.handle_input(input) {
            tell("error", json!({ "message": error.to_string() }));
        }
    }

    /// Its one host candidate: into the description that is to be made, or after it.
    fn gather(&mut self, inputs: &mut Inputs) -> Result<(), Fault> {
        if self.own.is_none() {
            let own = Candidate::host(inputs.bind(self.start.address)?, "udp")?;
            self.rtc.add_local_candidate(own.clone());
            self.own = Some(own);
            self.later.push(("gathered", json!({})));
        }
        Ok(())
    }

    fn describe(&mut self, inputs: &mut Inputs) -> Outcome {
        let first = self.own.is_none();
        if !self.start.trickle {
            self.gather(inputs)?;
        }
        let (kind, sdp) = match self.offered.take() {
            Some(offer) => (
                "answer",
                self.rtc.sdp_api().accept_offer(offer)?.to_sdp_string(),
            ),
            None if self.start.controlling => {
                let mut changes = self.rtc.sdp_api();
                changes.add_channel("assay".into());
                let (offer, pending) = changes
                    .apply()
                    .ok_or_else(|| Fault::Failed("nothing changes".into()))?;
                self.pending = Some(pending);
                ("offer", offer.to_sdp_string())
            }
            None => return Err(Fault::Failed("it has no offer to answer".into())),
        };
        if self.start.trickle && first {
            self.gather(inputs)?;
            let mid = sdp.lines().find_map(|line| line.strip_prefix("a=mid:"));
            let own = self.own.as_ref().map(Candidate::to_sdp_string);
            self.later.insert(
                0,
                (
                    "candidate",
                    json!({ "candidate": own, "mid": mid, "index": 0 }),
                ),
            );
        }
        Ok(json!({ "type": kind, "sdp": sdp }))
    }

    fn remote(&mut self, description: &Value) -> Outcome {
        let part = |name: &str| {
            description[name]
                .as_str()
                .ok_or_else(|| Fault::Params(format!("a description has {name}")))
        };
        let (kind, sdp) = (part("type")?, part("sdp")?);
        if kind == "offer" {
            self.offered = Some(SdpOffer::from_sdp_string(sdp)?);
            return Ok(Value::Null);
        }
        let pending = self
            .pending
            .take()
            .ok_or_else(|| Fault::Failed("nothing was offered".into()))?;
        self.rtc
            .sdp_api()
            .accept_answer(pending, SdpAnswer::from_sdp_string(sdp)?)?;
        Ok(Value::Null)
    }

    fn send(&mut self, data: &str) -> Outcome {
        let channel = self.channel.and_then(|id| self.rtc.channel(id));
        let mut channel =
            channel.ok_or_else(|| Fault::Failed("there is no data channel".into()))?;
        match channel.write(false, data.as_bytes())? {
            true => Ok(Value::Null),
            false => Err(Fault::Failed("its buffer is full".into())),
        }
    }

    fn hear(&mut self, event: Event) {
        match event {
            Event::IceConnectionStateChange(state) if state != IceConnectionState::New => {
                tell(
                    "ice",
                    json!({ "state": format!("{state:?}").to_lowercase() }),
                );
            }
            Event::Connected => tell("dtls", json!({ "state": "connected" })),
            Event::ChannelOpen(id, _) => {
                self.channel = Some(id);
                tell("open", json!({}));
            }
            Event::ChannelData(data) => tell(
                "data",
                json!({ "data": String::from_utf8_lossy(&data.data) }),
            ),
            _ => {}
        }
    }
}

fn main() {
    serve(Driver { running: None })
}
