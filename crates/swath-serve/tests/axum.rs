//! The axum example, asked as its clients ask it.

#[path = "../examples/axum.rs"]
#[allow(dead_code)]
mod example;

use axum::body::{Body, to_bytes};
use axum::http::{Request, Response, StatusCode};
use tower::ServiceExt;

/// Asks the example, serving a directory with one file of ten octets.
async fn ask(target: &str, fields: &[(&str, &str)]) -> (Response<()>, Vec<u8>) {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("ten.txt"), "0123456789").unwrap();
    let app = example::app(directory.path().to_str().unwrap()).unwrap();
    let mut request = Request::builder().uri(target);
    for (name, value) in fields {
        request = request.header(*name, *value);
    }
    let (head, body) = app.oneshot(request.body(Body::empty()).unwrap()).await.unwrap().into_parts();
    let content = to_bytes(body, 1 << 20).await.unwrap().to_vec();
    (Response::from_parts(head, ()), content)
}

#[tokio::test]
async fn a_range_is_served_beneath_the_prefix() {
    let (response, content) = ask("/files/ten.txt", &[("range", "bytes=2-4")]).await;
    assert_eq!(response.status(), StatusCode::PARTIAL_CONTENT);
    assert_eq!(response.headers()["content-range"], "bytes 2-4/10");
    assert_eq!(response.headers()["content-length"], "3");
    assert_eq!(content, b"234");
}

#[tokio::test]
async fn a_changed_file_is_sent_whole_and_never_spliced() {
    let (response, content) =
        ask("/files/ten.txt", &[("range", "bytes=5-"), ("if-range", "\"another\"")]).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert!(!response.headers().contains_key("content-range"));
    assert_eq!(content, b"0123456789");
}

#[tokio::test]
async fn the_listing_is_there_and_so_is_the_rest_of_the_app() {
    let (response, content) = ask("/files/", &[("accept", "text/html")]).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert!(String::from_utf8(content).unwrap().contains("ten.txt"));
    assert_eq!(ask("/", &[]).await.1, b"try /files/");
    assert_eq!(ask("/files/none", &[]).await.0.status(), StatusCode::NOT_FOUND);
}
