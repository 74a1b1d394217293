//! tokio-xmpp as its example shows it, driven over stdio (drivers/PROTOCOL.md).
//!
//! Everything runs on one thread: what keeps the library's executor busy keeps `alive` from being answered.

mod rpc;
mod session;

use serde_json::{json, Value};
use tokio::io::{stdin, AsyncBufReadExt, BufReader};
use tokio::signal::unix::{signal, SignalKind};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_xmpp::rustls;

use rpc::{answer, refuse, Request};
use session::{Command, Login};

/// The session of this process, and where it is told what to do.
type Running = (JoinHandle<()>, mpsc::UnboundedSender<Command>);

#[tokio::main(flavor = "current_thread")]
async fn main() {
    env_logger::Builder::from_env(env_logger::Env::default().default_filter_or("warn")).init();
    // The authority of the lab, where rustls-native-certs looks for those of the system.
    if let Some(file) = std::env::var_os("ASSAY_CA_FILE") {
        std::env::set_var("SSL_CERT_FILE", file);
    }
    rustls::crypto::aws_lc_rs::default_provider()
        .install_default()
        .expect("a provider is there already");
    // What the provider makes ready when it is first used can take it half a second: part of loading the library.
    if let Some(provider) = rustls::crypto::CryptoProvider::get_default() {
        let _ = provider.secure_random.fill(&mut [0; 32]);
    }

    let mut terminated = signal(SignalKind::terminate()).expect("no handler for SIGTERM");
    let mut lines = BufReader::new(stdin()).lines();
    let mut running: Option<Running> = None;
    loop {
        tokio::select! {
            _ = terminated.recv() => std::process::exit(0),
            line = lines.next_line() => match line {
                Ok(Some(line)) => take(&line, &mut running),
                _ => std::process::exit(0),
            },
            // Its example works the client in the main function: a panic there ends the process.
            ended = ended(&mut running) => if let Err(error) = ended {
                std::panic::resume_unwind(error.into_panic());
            },
        }
    }
}

async fn ended(running: &mut Option<Running>) -> Result<(), tokio::task::JoinError> {
    match running {
        Some((task, _)) => {
            let ended = task.await;
            *running = None;
            ended
        }
        None => std::future::pending().await,
    }
}

fn take(line: &str, running: &mut Option<Running>) {
    if line.trim().is_empty() {
        return;
    }
    let Some(Request { id, method, params }) = rpc::read(line) else {
        return;
    };
    match method.as_str() {
        "initialize" => answer(
            id,
            json!({
                "name": "tokio-xmpp",
                "verbs": ["login", "logout", "message", "query"],
                "events": ["online", "disconnected", "offline", "error", "message", "presence"],
            }),
        ),
        "alive" => answer(id, Value::Null),
        "shutdown" => {
            answer(id, Value::Null);
            std::process::exit(0);
        }
        "login" => match Login::from_params(&params) {
            Some(login) => {
                let (sender, receiver) = mpsc::unbounded_channel();
                *running = Some((tokio::spawn(session::run(login, receiver)), sender));
                answer(id, Value::Null);
            }
            None => refuse(
                id,
                rpc::INVALID_PARAMS,
                "login wants jid, password, transport, host and port",
                None,
            ),
        },
        "logout" | "message" | "query" => {
            match (Command::from_params(&method, id.clone(), &params), running) {
                (None, _) => refuse(id, rpc::INVALID_PARAMS, "wrong parameters", None),
                (Some(_), None) => refuse(id, rpc::FAILED, "log in first", None),
                (Some(command), Some((_, commands))) => {
                    if commands.send(command).is_err() {
                        refuse(id, rpc::FAILED, "the session is over", None);
                    }
                }
            }
        }
        _ => refuse(
            id,
            rpc::METHOD_NOT_FOUND,
            &format!("there is no verb {method}"),
            None,
        ),
    }
}
