//! `warp::fs::dir`, as its documentation shows it.

#[tokio::main]
async fn main() {
    let (root, address) = field_hosts::arguments();
    warp::serve(warp::fs::dir(root)).run(address).await;
}
