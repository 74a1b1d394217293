//! What a library without sockets of its own is fed with: requests, packets, and the time.

use crate::{Request, read_requests};
use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Instant;

pub enum Input {
    Request(Request),
    Packet {
        source: SocketAddr,
        destination: SocketAddr,
        contents: Vec<u8>,
    },
    /// Nothing came until the time that was asked for.
    Timeout,
}

/// Standard input and UDP sockets, waited for together: one thread works the library.
pub struct Inputs {
    sender: Sender<Input>,
    receiver: Receiver<Input>,
    sockets: Vec<(SocketAddr, UdpSocket)>,
}

impl Inputs {
    pub fn new() -> Self {
        let (sender, receiver) = channel();
        let requests = sender.clone();
        thread::spawn(move || {
            read_requests(|request| drop(requests.send(Input::Request(request))))
        });
        Inputs {
            sender,
            receiver,
            sockets: Vec::new(),
        }
    }

    /// Opens a socket on any port of an address, and reads from it from now on.
    pub fn bind(&mut self, address: IpAddr) -> io::Result<SocketAddr> {
        let socket = UdpSocket::bind((address, 0))?;
        let destination = socket.local_addr()?;
        self.sockets.push((destination, socket.try_clone()?));
        let packets = self.sender.clone();
        thread::spawn(move || {
            let mut buffer = vec![0; 65_536];
            loop {
                // An ICMP error comes as one of the socket: the next packet may be fine.
                let Ok((length, source)) = socket.recv_from(&mut buffer) else {
                    continue;
                };
                let contents = buffer[..length].to_vec();
                if packets
                    .send(Input::Packet {
                        source,
                        destination,
                        contents,
                    })
                    .is_err()
                {
                    return;
                }
            }
        });
        Ok(destination)
    }

    /// Sends from the socket that `source` names. What cannot be sent is lost, as it would be on a network.
    pub fn send(&self, source: SocketAddr, destination: SocketAddr, contents: &[u8]) {
        if let Some((_, socket)) = self.sockets.iter().find(|(address, _)| *address == source) {
            if let Err(error) = socket.send_to(contents, destination) {
                eprintln!("{source} to {destination}: {error}");
            }
        }
    }

    /// Waits for what comes next, until `deadline` at the latest.
    pub fn next(&self, deadline: Option<Instant>) -> Input {
        let Some(deadline) = deadline else {
            return self.receiver.recv().unwrap_or(Input::Timeout);
        };
        match self
            .receiver
            .recv_timeout(deadline.saturating_duration_since(Instant::now()))
        {
            Ok(input) => input,
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => Input::Timeout,
        }
    }
}

impl Default for Inputs {
    fn default() -> Self {
        Self::new()
    }
}
