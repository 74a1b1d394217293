//! Speaks drivers/PROTOCOL.md: JSON-RPC 2.0, one message a line, over standard input and output. Drivers in Rust find it
//! beside them in the build context of their image.

pub mod input;
pub mod sans_io;

use serde_json::{Value, json};
use std::io::{BufRead, Write};

const PARSE_ERROR: i32 = -32700;
const INVALID_REQUEST: i32 = -32600;
const METHOD_NOT_FOUND: i32 = -32601;
const INVALID_PARAMS: i32 = -32602;
const FAILED: i32 = -32000;

/// Why a verb has no result.
pub enum Fault {
    /// There is no such verb.
    Unknown,
    /// A parameter is missing, or of a wrong kind: which.
    Params(String),
    /// It was tried, and failed.
    Failed(String),
}

impl<E: std::error::Error> From<E> for Fault {
    fn from(error: E) -> Self {
        Fault::Failed(error.to_string())
    }
}

/// What a verb comes to.
pub type Outcome = Result<Value, Fault>;

/// What is asked of the driver.
pub struct Request {
    pub id: Value,
    pub method: String,
    pub params: Value,
}

impl Request {
    /// A parameter that must be a text.
    pub fn text(&self, name: &str) -> Result<&str, Fault> {
        self.params[name]
            .as_str()
            .ok_or_else(|| Fault::Params(format!("it needs the text \"{name}\"")))
    }

    /// A parameter that may be left out.
    pub fn flag(&self, name: &str) -> bool {
        self.params[name].as_bool().unwrap_or(false)
    }

    /// Answers it.
    pub fn settle(self, outcome: Outcome) {
        let (code, message) = match outcome {
            Ok(result) => return write(json!({ "id": self.id, "result": result })),
            Err(Fault::Unknown) => (
                METHOD_NOT_FOUND,
                format!("there is no verb {}", self.method),
            ),
            Err(Fault::Params(message)) => (INVALID_PARAMS, message),
            Err(Fault::Failed(message)) => (FAILED, message),
        };
        refuse(self.id, code, &message);
    }
}

/// Reads requests and hands them on until standard input ends, then ends the process. SIGTERM ends it by itself.
pub fn read_requests(mut take: impl FnMut(Request)) -> ! {
    for line in std::io::stdin().lock().lines() {
        let Ok(line) = line else { break };
        if !line.trim().is_empty() {
            if let Some(request) = read(&line) {
                take(request);
            }
        }
    }
    std::process::exit(0)
}

fn read(line: &str) -> Option<Request> {
    let Ok(mut message) = serde_json::from_str::<Value>(line) else {
        refuse(Value::Null, PARSE_ERROR, "not JSON");
        return None;
    };
    let mut part = |name| message.get_mut(name).map(Value::take).unwrap_or_default();
    let (id, params) = (part("id"), part("params"));
    let Value::String(method) = part("method") else {
        refuse(id, INVALID_REQUEST, "not a request");
        return None;
    };
    if method == "shutdown" {
        write(json!({ "id": id, "result": null }));
        std::process::exit(0);
    }
    Some(Request { id, method, params })
}

fn write(mut message: Value) {
    message["jsonrpc"] = "2.0".into();
    let mut output = std::io::stdout().lock();
    // Nobody is left to be told when standard output is gone.
    let _ = writeln!(output, "{message}").and_then(|()| output.flush());
}

fn refuse(id: Value, code: i32, message: &str) {
    write(json!({ "id": id, "error": { "code": code, "message": message } }));
}

/// Tells an event; parameters that are null are left out.
pub fn tell(event: &str, mut params: Value) {
    if let Some(params) = params.as_object_mut() {
        params.retain(|_, value| !value.is_null());
    }
    write(json!({ "method": event, "params": params }));
}
