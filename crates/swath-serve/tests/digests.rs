//! Digest fields on answers: of the representation and of the content, for those who ask.

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, Response};
use base64::Engine as _;
use sha2::{Digest, Sha256};
use swath_serve::ServeDir;
use swath_serve::store::EtagMode;
use tower::ServiceExt;

const WANT: [(&str, &str); 2] = [("want-repr-digest", "sha-256=10"), ("want-content-digest", "sha-256=10")];

/// Asks for a file of `length` octets under a mode of tags.
async fn ask(
    etag: EtagMode,
    length: usize,
    method: &str,
    fields: &[(&str, &str)],
) -> (Response<()>, Vec<u8>) {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("file"), octets(length)).unwrap();
    // A digest of what may still change is none.
    std::thread::sleep(std::time::Duration::from_millis(50));
    let service = ServeDir::builder(directory.path()).files(|files| files.etag = etag).build().unwrap();
    let mut request = Request::builder().method(method).uri("/file").header("host", "h");
    for (name, value) in fields {
        request = request.header(*name, *value);
    }
    let (head, body) = service.oneshot(request.body(Body::empty()).unwrap()).await.unwrap().into_parts();
    let content = to_bytes(Body::new(body), 64 << 20).await.unwrap().to_vec();
    (Response::from_parts(head, ()), content)
}

fn octets(length: usize) -> Vec<u8> {
    (0..length).map(|at| u8::try_from(at % 251).unwrap()).collect()
}

fn digest(octets: &[u8]) -> String {
    format!("sha-256=:{}:", base64::engine::general_purpose::STANDARD.encode(Sha256::digest(octets)))
}

fn of<'a>(fields: &'a HeaderMap, name: &str) -> Option<&'a str> {
    fields.get(name).map(|value| value.to_str().unwrap())
}

async fn wanted(
    method: &str,
    length: usize,
    fields: &[(&str, &str)],
) -> (u16, Option<String>, Option<String>, Vec<u8>) {
    let fields = [&WANT[..], fields].concat();
    let (response, content) = ask(EtagMode::Content, length, method, &fields).await;
    let field = |name| of(response.headers(), name).map(str::to_owned);
    (response.status().as_u16(), field("repr-digest"), field("content-digest"), content)
}

// D-2, D-3, D-15.3.7
#[tokio::test]
async fn the_digests_are_those_of_the_file_and_of_what_is_sent() {
    let whole = digest(&octets(20_000));
    for (fields, status) in [
        (&[][..], 200),
        (&[("range", "bytes=5-9")][..], 206),
        (&[("range", "bytes=0-19999")], 206),
        (&[("range", "bytes=0-0,10000-10099,-1")], 206),
    ] {
        let (answered, repr, of_content, content) = wanted("GET", 20_000, fields).await;
        assert_eq!(answered, status, "{fields:?}");
        assert_eq!(repr.as_ref(), Some(&whole), "{fields:?}");
        assert_eq!(of_content, Some(digest(&content)), "{fields:?}");
    }
}

// R-9530-B.2
#[tokio::test]
async fn a_head_has_the_digest_of_the_file_and_of_nothing() {
    let (status, repr, of_content, content) = wanted("HEAD", 100, &[]).await;
    assert_eq!((status, repr, of_content), (200, Some(digest(&octets(100))), Some(digest(b""))));
    assert!(content.is_empty());
    let (status, repr, of_content, _) = wanted("GET", 0, &[]).await;
    assert_eq!((status, repr, of_content), (200, Some(digest(b"")), Some(digest(b""))));
}

// D-416
#[tokio::test]
async fn answers_about_nothing_of_it_have_none() {
    for (fields, status) in [
        (&[("if-none-match", "*")], 304),
        (&[("if-match", "\"other\"")], 412),
        (&[("range", "bytes=200-")], 416),
    ] {
        let (answered, repr, of_content, _) = wanted("GET", 100, fields).await;
        assert_eq!((answered, repr, of_content), (status, None, None), "{fields:?}");
    }
}

#[tokio::test]
async fn long_content_is_not_read_twice() {
    let length = (16 << 20) + 10;
    let whole = digest(&octets(length));
    let (_, repr, of_content, _) = wanted("GET", length, &[("range", "bytes=1-")]).await;
    assert_eq!((repr, of_content), (Some(whole), None));
    let (_, _, of_content, content) = wanted("GET", length, &[("range", "bytes=-16777216")]).await;
    assert_eq!((content.len(), of_content), (16 << 20, Some(digest(&content))));
}

// D-4
#[tokio::test]
async fn nobody_gets_what_was_not_asked_for() {
    let none = |response: &Response<()>| {
        (of(response.headers(), "repr-digest").is_none(), of(response.headers(), "content-digest").is_none())
    };
    let (response, _) = ask(EtagMode::Content, 100, "GET", &[]).await;
    assert_eq!(none(&response), (true, true));
    let (response, _) = ask(EtagMode::Content, 100, "GET", &WANT[..1]).await;
    assert_eq!(none(&response), (false, true));
    let (response, _) =
        ask(EtagMode::Content, 100, "GET", &[("want-repr-digest", "sha-512=10, md5=1")]).await;
    assert_eq!(none(&response), (true, true));
    let (response, _) = ask(EtagMode::Stat, 100, "GET", &WANT).await;
    assert_eq!(none(&response), (true, true), "a digest that nobody computed");
}
