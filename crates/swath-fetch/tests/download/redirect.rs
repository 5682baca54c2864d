//! Redirections: followed, remembered, asked again when a link has expired; credentials stay at home.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use byteranges::download::{Assurance, Fault, Lanes};
use swath_fetch::{Credentials, Job};

use crate::origin::{Origin, content, honest};
use crate::sink::{Memory, fetch};

const LENGTH: usize = 2 << 20;

fn redirect(
    to: &url::Url,
) -> impl Fn(&crate::origin::Asked, &mut std::net::TcpStream) -> bool + Send + Sync + 'static {
    let head = format!("HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 5\r\n\r\nmoved");
    move |_, stream| stream.write_all(head.as_bytes()).is_ok()
}

#[test]
fn it_is_followed_once_and_credentials_stay_at_home() {
    let store = Origin::honest(content(LENGTH));
    let front = Origin::new(redirect(&store.url("/signed?x=1")));
    let mut job = Job::new(front.url("/f"));
    job.credentials = Some(Credentials { user: "ann".to_owned(), password: "secret".to_owned() });
    job.fields.insert("cookie", "id=1".parse().unwrap());
    job.fields.insert("x-trace", "7".parse().unwrap());
    job.settings.lanes = Lanes::Fixed(3);
    let memory = Memory::with(Default::default());
    let (ended, _) = fetch(job, &memory);
    assert_eq!(ended.report.outcome, Ok(Assurance::Pinned), "{ended:?}");
    assert!(memory.kept.lock().unwrap().file == content(LENGTH));
    assert_eq!(front.asked().len(), 1);
    assert_eq!(front.asked()[0].field("authorization"), Some("Basic YW5uOnNlY3JldA=="));
    assert_eq!(front.asked()[0].field("cookie"), Some("id=1"));
    for asked in store.asked() {
        assert_eq!(asked.path, "/signed?x=1");
        assert_eq!((asked.field("authorization"), asked.field("cookie")), (None, None));
        assert_eq!(asked.field("x-trace"), Some("7"));
    }
    let about = memory.kept.lock().unwrap().about.clone().unwrap();
    assert_eq!((about.url, about.answered), (front.url("/f"), store.url("/signed?x=1")));
}

#[test]
fn a_login_on_the_way_is_remembered_and_leads_back() {
    // Who comes without a session is sent to the login, which sets one and sends back.
    let origin = Origin::new(|asked, stream| {
        let to = |place: &str, more: &str| {
            format!("HTTP/1.1 302 Found\r\nLocation: {place}\r\n{more}Content-Length: 0\r\n\r\n")
        };
        let answer = match asked.field("cookie") {
            _ if asked.path == "/login" => to("/f", "Set-Cookie: session=7; Path=/; HttpOnly\r\n"),
            Some("session=7") => return honest(asked, stream, &content(LENGTH), "\"v1\""),
            _ => to("/login", ""),
        };
        stream.write_all(answer.as_bytes()).is_ok()
    });
    let mut job = Job::new(origin.url("/f"));
    job.settings.lanes = Lanes::Fixed(3);
    let memory = Memory::with(Default::default());
    let (ended, _) = fetch(job, &memory);
    assert_eq!(ended.report.outcome, Ok(Assurance::Pinned), "{ended:?}");
    assert!(memory.kept.lock().unwrap().file == content(LENGTH));
    assert_eq!(
        origin.asked().iter().filter(|asked| asked.path == "/login").count(),
        1,
        "one login is enough"
    );
}

#[test]
fn cookies_without_end_are_no_way_out_of_a_circle() {
    let origin = Origin::new(|_, stream| {
        let head = "HTTP/1.1 302 Found\r\nLocation: /f\r\nSet-Cookie: again=1\r\nContent-Length: 0\r\n\r\n";
        stream.write_all(head.as_bytes()).is_ok()
    });
    let memory = Memory::with(Default::default());
    let (ended, _) = fetch(Job::new(origin.url("/f")), &memory);
    assert!(ended.report.outcome.is_err(), "{ended:?}");
    assert!(origin.asked().len() <= 11, "{}", origin.asked().len());
}

#[test]
fn a_link_that_expired_is_asked_for_again() {
    let served = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&served);
    let store = Origin::new(move |asked, stream| {
        // The first link is good for one answer, which breaks off.
        match (asked.path.as_str(), count.fetch_add(1, Ordering::Relaxed)) {
            ("/1", 0) => {
                let (head, octets) = crate::origin::head(asked, &content(LENGTH), "\"v1\"");
                let half = octets.start..octets.start + octets.len() / 2;
                let _ = stream.write_all(head.as_bytes());
                let _ = stream.write_all(&content(LENGTH)[half]);
                false
            }
            ("/1", _) => stream.write_all(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n").is_ok(),
            _ => honest(asked, stream, &content(LENGTH), "\"v1\""),
        }
    });
    let links = AtomicU32::new(0);
    let address = store.address;
    let front = Origin::new(move |_, stream| {
        let link = links.fetch_add(1, Ordering::Relaxed) + 1;
        let head = format!(
            "HTTP/1.1 307 Temporary Redirect\r\nLocation: http://{address}/{link}\r\nContent-Length: 0\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).is_ok()
    });
    let mut job = Job::new(front.url("/f"));
    job.settings.lanes = Lanes::Fixed(1);
    let memory = Memory::with(Default::default());
    let (ended, _) = fetch(job, &memory);
    assert_eq!(ended.report.outcome, Ok(Assurance::Pinned), "{ended:?}");
    assert!(memory.kept.lock().unwrap().file == content(LENGTH));
    assert_eq!(front.asked().len(), 2);
}

#[test]
fn a_circle_ends_at_once_and_says_so() {
    let origin = Origin::new(|asked, stream| {
        let next = if asked.path == "/a" { "/b" } else { "/a" };
        let head = format!("HTTP/1.1 301 Moved Permanently\r\nLocation: {next}\r\nContent-Length: 0\r\n\r\n");
        stream.write_all(head.as_bytes()).is_ok()
    });
    let (ended, _) = fetch(Job::new(origin.url("/a")), &Memory::with(Default::default()));
    assert_eq!(ended.report.outcome, Err(Fault::Refused(301)));
    assert!(ended.trouble.unwrap().contains("circle"));
    assert_eq!(origin.asked().len(), 2);
    // The second went over the connection of the first.
    assert!(origin.asked().iter().all(|asked| asked.connection == 0));
}
