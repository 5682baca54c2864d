//! `Files` of actix-files, as its documentation shows it.

use actix_files::Files;
use actix_web::{App, HttpServer};

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    let (root, address) = field_hosts::arguments();
    HttpServer::new(move || App::new().service(Files::new("/", root.clone()))).workers(2).bind(address)?.run().await
}
