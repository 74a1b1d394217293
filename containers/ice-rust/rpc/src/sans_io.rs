//! The loop that works a library without sockets of its own: one thread, so that what keeps the library busy keeps `alive`
//! from being answered.

use crate::input::{Input, Inputs};
use crate::{Fault, Outcome, Request};
use serde_json::{Value, json};
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

/// A library, as its driver works it.
pub trait Agent {
    const NAME: &'static str;
    const VERBS: &'static [&'static str];
    const EVENTS: &'static [&'static str];

    /// Does what a verb asks; one that is not in VERBS does not get here.
    fn verb(&mut self, request: &Request, inputs: &mut Inputs) -> Outcome;
    /// Takes a packet.
    fn packet(&mut self, source: SocketAddr, destination: SocketAddr, contents: &[u8]);
    /// Tells the library the time, sends and tells what it has to; gives the time at which it wants to be asked again.
    fn work(&mut self, inputs: &Inputs) -> Option<Instant>;
}

/// How long a library may be left alone that wants to be asked again at once, so that it cannot keep us from our input.
const LEAST: Duration = Duration::from_millis(1);

/// Serves until standard input ends. It does not return.
pub fn serve<A: Agent>(mut agent: A) -> ! {
    let mut inputs = Inputs::new();
    loop {
        let deadline = agent
            .work(&inputs)
            .map(|wanted| wanted.max(Instant::now() + LEAST));
        match inputs.next(deadline) {
            Input::Timeout => {}
            Input::Packet {
                source,
                destination,
                contents,
            } => agent.packet(source, destination, &contents),
            Input::Request(request) => {
                let outcome = match request.method.as_str() {
                    "initialize" => {
                        Ok(json!({ "name": A::NAME, "verbs": A::VERBS, "events": A::EVENTS }))
                    }
                    "alive" => Ok(Value::Null),
                    verb if A::VERBS.contains(&verb) => agent.verb(&request, &mut inputs),
                    _ => Err(Fault::Unknown),
                };
                request.settle(outcome);
            }
        }
    }
}

/// What `start` asks of an agent without servers.
pub struct Start {
    pub controlling: bool,
    pub trickle: bool,
    pub lite: bool,
    pub address: IpAddr,
}

impl Start {
    /// Reads the parameters of `start`; `kind` is the one that the library speaks.
    pub fn read(request: &Request, kind: &str) -> Result<Start, Fault> {
        let controlling = match request.text("role")? {
            "controlling" => true,
            "controlled" => false,
            _ => return Err(Fault::Params("a role is controlling or controlled".into())),
        };
        if request.text("kind")? != kind {
            return Err(Fault::Failed(format!("it speaks {kind} only")));
        }
        let address = request
            .text("address")?
            .parse()
            .map_err(|_| Fault::Params("an address is one of IPv4 or IPv6".into()))?;
        Ok(Start {
            controlling,
            trickle: request.flag("trickle"),
            lite: request.flag("lite"),
            address,
        })
    }
}
