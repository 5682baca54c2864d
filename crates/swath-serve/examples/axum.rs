//! An axum app whose files are served by swath, where tower-http's `ServeDir` stood.
//!
//! ```sh
//! cargo run -p swath-serve --example axum -- ~/Videos
//! curl -r 0-99 -H 'If-Range: "another"' http://127.0.0.1:3000/files/clip.mp4   # the whole, not a splice
//! ```

use axum::Router;
use axum::routing::get;
use swath_serve::{ServeDir, Site};

/// Builds the app: a route of its own, and a directory beneath `/files`.
///
/// # Errors
/// `root` cannot be opened.
pub(crate) fn app(root: &str) -> Result<Router, Box<dyn std::error::Error>> {
    // With tower-http this line was: let files = ServeDir::new(root);
    let files = ServeDir::builder(root).pages(Site::default()).build()?;
    Ok(Router::new().route("/", get(|| async { "try /files/" })).nest_service("/files", files))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let root = std::env::args().nth(1).unwrap_or_else(|| ".".to_owned());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    axum::serve(listener, app(&root)?).await?;
    Ok(())
}
