//! Proxies: requests handed to them whole, or octets passed on after CONNECT.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;

use byteranges::download::{Assurance, Fault};
use swath_fetch::{Job, Proxy};

use crate::origin::{Origin, content, honest};
use crate::sink::{Memory, fetch};

const LENGTH: usize = 300_000;

#[test]
fn a_proxy_is_asked_for_the_url_and_told_who_asks() {
    let proxy = Origin::new(|asked, stream| honest(asked, stream, &content(LENGTH), "\"v1\""));
    let mut job = Job::new("http://nowhere.invalid:81/f?q".parse().unwrap());
    job.proxy = Proxy::By(format!("http://ann:secret@{}", proxy.address));
    let memory = Memory::with(Default::default());
    let (ended, _) = fetch(job, &memory);
    assert!(ended.report.outcome.is_ok(), "{ended:?}");
    assert!(memory.kept.lock().unwrap().file == content(LENGTH));
    let asked = &proxy.asked()[0];
    assert_eq!(asked.path, "http://nowhere.invalid:81/f?q");
    assert_eq!(asked.field("host"), Some("nowhere.invalid:81"));
    assert_eq!(asked.field("proxy-authorization"), Some("Basic YW5uOnNlY3JldA=="));
}

#[test]
fn a_proxy_that_is_not_there_is_named() {
    let mut job = Job::new("http://nowhere.invalid/f".parse().unwrap());
    // A port that was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    job.proxy = Proxy::By(format!("http://127.0.0.1:{port}"));
    job.settings.retries = 0;
    let (ended, _) = fetch(job, &Memory::with(Default::default()));
    assert_eq!(ended.report.outcome, Err(Fault::Unreachable));
    assert!(ended.trouble.unwrap().contains("proxy 127.0.0.1"));
}

/// A SOCKS5 proxy that wants no name, and passes on to one place whatever is asked for.
fn socks(to: std::net::SocketAddr) -> std::net::SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut near = stream.unwrap();
            thread::spawn(move || {
                let mut greeting = [0; 3];
                near.read_exact(&mut greeting).unwrap();
                near.write_all(&[5, 0]).unwrap();
                let mut request = [0; 5];
                near.read_exact(&mut request).unwrap();
                assert_eq!(request[3], 3, "the proxy resolves the name");
                let mut rest = vec![0; usize::from(request[4]) + 2];
                near.read_exact(&mut rest).unwrap();
                near.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).unwrap();
                let far = TcpStream::connect(to).unwrap();
                let (mut up, mut down) = (near.try_clone().unwrap(), far.try_clone().unwrap());
                thread::spawn(move || std::io::copy(&mut down, &mut up));
                let (mut near, mut far) = (near, far);
                let _ = std::io::copy(&mut near, &mut far);
            });
        }
    });
    address
}

#[test]
fn a_socks_proxy_resolves_the_name() {
    let origin = Origin::honest(content(LENGTH));
    let mut job = Job::new("http://nowhere.invalid/f".parse().unwrap());
    job.proxy = Proxy::By(format!("socks5h://{}", socks(origin.address)));
    let memory = Memory::with(Default::default());
    let (ended, _) = fetch(job, &memory);
    assert!(matches!(ended.report.outcome, Ok(Assurance::Single | Assurance::Pinned)), "{ended:?}");
    assert!(memory.kept.lock().unwrap().file == content(LENGTH));
}
