//! `Static` of hyper-staticfile under hyper, as its example shows it.

use hyper::server::conn::http1;
use hyper_staticfile::Static;
use hyper_util::rt::TokioIo;

#[tokio::main]
async fn main() {
    let (root, address) = field_hosts::arguments();
    let files = Static::new(root);
    let listener = tokio::net::TcpListener::bind(address).await.unwrap();
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let files = files.clone();
        // A peer that goes away is its own affair.
        tokio::spawn(async move { drop(http1::Builder::new().serve_connection(TokioIo::new(stream), files).await) });
    }
}
