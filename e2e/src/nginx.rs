//! nginx with settings of a test's own, for the lens to stand before.
//!
//! In: what belongs into its `server` block. Out: the process and its port.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::Command;

use crate::place;
use crate::process::{Started, free_port};
use crate::servers::{TRIES, listens};

/// Starts nginx with `settings` in its only server, and its temporary files in the work folder `name`.
///
/// It cannot say which port it took, so it is told a free one, and another when somebody was faster.
///
/// # Panics
/// When it does not listen after some starts.
pub fn start(name: &str, settings: &str) -> (Started, u16) {
    let folder = place::work(name);
    let path = folder.join("config");
    let logs = place::logs(name);
    for _ in 0..TRIES {
        let port = free_port();
        fs::write(&path, config(&folder, port, settings)).expect("a file");
        let mut command = Command::new(place::program("nginx"));
        command.arg("-c").arg(&path).arg("-e").arg(folder.join("errors"));
        let mut started = Started::spawn(&mut command, "nginx", &logs);
        if listens(&mut started, SocketAddr::from((Ipv4Addr::LOCALHOST, port))) {
            return (started, port);
        }
    }
    panic!("nginx did not listen after {TRIES} starts; its log is {}", folder.join("errors").display());
}

fn config(folder: &Path, port: u16, settings: &str) -> String {
    let shown = folder.display();
    // As root it would give up the rights to read the folder; as anybody else it passes over `user`.
    format!(
        "user root; daemon off; pid {shown}/pid; worker_processes 1; events {{}}\n\
         http {{ access_log off; client_body_temp_path {shown}/b; proxy_temp_path {shown}/p;\n\
         fastcgi_temp_path {shown}/f; uwsgi_temp_path {shown}/u; scgi_temp_path {shown}/s;\n\
         types {{ video/mp4 mp4; }}\n\
         server {{ listen 127.0.0.1:{port};\n{settings}}} }}\n"
    )
}
