//! The metrics on their own listener.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use http::HeaderValue;
use swath_serve::connection::Scrape;
use swath_serve::server::{Server, ServerOptions};

#[test]
fn metrics_are_served_beside_the_rest() {
    let listen = vec!["127.0.0.1:0".parse().unwrap()];
    let threads = std::num::NonZeroUsize::new(1);
    let options = ServerOptions { listen, threads, limits: Scrape::limits(), ..ServerOptions::default() };
    let bound = Server::bind(options).unwrap();
    let address = bound.addresses().next().unwrap().socket_address().unwrap();
    let scrape = Arc::new(Scrape::new(HeaderValue::from_static("text/plain"), || "up 1\n# EOF\n".to_owned()));
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let thread = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(bound.run(scrape, async { drop(stopped.await) })).unwrap();
    });
    let mut client = TcpStream::connect(address).unwrap();
    write!(client, "GET /metrics HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").unwrap();
    let mut reply = String::new();
    client.read_to_string(&mut reply).unwrap();
    assert!(reply.starts_with("HTTP/1.1 200 OK\r\n") && reply.ends_with("\r\n\r\nup 1\n# EOF\n"), "{reply}");
    stop.send(()).unwrap();
    thread.join().unwrap();
}
