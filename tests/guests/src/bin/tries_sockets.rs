//! Tries every way to the network but `wasi:http`, at the address of its argument, and prints how each is refused.

use std::net::{TcpListener, TcpStream, ToSocketAddrs, UdpSocket};

fn main() {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:80".to_owned());
    say("connect", TcpStream::connect(&address).map(drop));
    say("listen", TcpListener::bind("127.0.0.1:0").map(drop));
    say("send", UdpSocket::bind("127.0.0.1:0").and_then(|socket| socket.send_to(b"x", &address)).map(drop));
    say("resolve", "localhost:80".to_socket_addrs().map(drop));
}

fn say(what: &str, result: std::io::Result<()>) {
    match result {
        Ok(()) => println!("{what}: done"),
        Err(error) => println!("{what}: refused ({error})"),
    }
}
