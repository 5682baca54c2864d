//! `ServeDir` of tower-http in axum, as their documentation shows it.

use axum::Router;
use tower_http::services::ServeDir;

#[tokio::main]
async fn main() {
    let (root, address) = field_hosts::arguments();
    let app = Router::new().fallback_service(ServeDir::new(root));
    axum::serve(tokio::net::TcpListener::bind(address).await.unwrap(), app).await.unwrap();
}
