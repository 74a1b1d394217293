//! JSON-RPC 2.0, one message a line, over standard input and output.

use serde_json::{json, Value};
use std::io::Write;

const PARSE_ERROR: i32 = -32700;
const INVALID_REQUEST: i32 = -32600;
pub const METHOD_NOT_FOUND: i32 = -32601;
pub const INVALID_PARAMS: i32 = -32602;
pub const FAILED: i32 = -32000;

/// What is asked of the driver.
pub struct Request {
    pub id: Value,
    pub method: String,
    pub params: Value,
}

/// Reads a request; a line that is none is answered, and gives `None`.
pub fn read(line: &str) -> Option<Request> {
    let Ok(mut message) = serde_json::from_str::<Value>(line) else {
        refuse(Value::Null, PARSE_ERROR, "not JSON", None);
        return None;
    };
    let mut part = |name| message.get_mut(name).map(Value::take).unwrap_or_default();
    let (id, params) = (part("id"), part("params"));
    let Value::String(method) = part("method") else {
        refuse(id, INVALID_REQUEST, "not a request", None);
        return None;
    };
    Some(Request { id, method, params })
}

fn write(mut message: Value) {
    message["jsonrpc"] = "2.0".into();
    let mut output = std::io::stdout().lock();
    // Nobody is left to be told when standard output is gone.
    let _ = writeln!(output, "{message}").and_then(|()| output.flush());
}

/// Answers a request.
pub fn answer(id: Value, result: Value) {
    write(json!({ "id": id, "result": result }));
}

/// Answers a request with an error; `condition` is that of a stanza error.
pub fn refuse(id: Value, code: i32, message: &str, condition: Option<String>) {
    let mut error = json!({ "code": code, "message": message });
    if let Some(condition) = condition {
        error["data"] = json!({ "condition": condition });
    }
    write(json!({ "id": id, "error": error }));
}

/// Tells an event; parameters that are null are left out.
pub fn tell(event: &str, mut params: Value) {
    if let Some(params) = params.as_object_mut() {
        params.retain(|_, value| !value.is_null());
    }
    write(json!({ "method": event, "params": params }));
}
