//! `Ranged` of axum-range over `KnownSize::file`, as its documentation shows it.

use axum::{Router, extract::Path, http::StatusCode, routing::get};
use axum_extra::{TypedHeader, headers::Range};
use axum_range::{KnownSize, Ranged};
use tokio::fs::File;

#[tokio::main]
async fn main() {
    let (root, address) = field_hosts::arguments();
    let file = move |Path(name): Path<String>, range: Option<TypedHeader<Range>>| async move {
        // The name is one segment of a path, and this host serves files of a test only.
        let file = File::open(root.join(name)).await.map_err(|_| StatusCode::NOT_FOUND)?;
        let content = KnownSize::file(file).await.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
        Ok::<_, StatusCode>(Ranged::new(range.map(|TypedHeader(range)| range), content))
    };
    let app = Router::new().route("/{name}", get(file));
    axum::serve(tokio::net::TcpListener::bind(address).await.unwrap(), app).await.unwrap();
}
