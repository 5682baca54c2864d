//! What takes long at the disk, in order, on a thread of its own: new files, syncs, records, digests.
//!
//! In: the machine's orders. Out: events. Lanes go on meanwhile.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use byteranges::download::Event as Told;

use super::Presence;
use super::engine::Engine;
use crate::Digest;
use crate::fault::Error;
use crate::observe::Event;
use crate::sink::About;

/// Says what the disk is to do.
#[derive(Debug)]
pub(crate) enum DiskOrder {
    Start { generation: u32, journal: Vec<u8>, complete_length: Option<u64>, keep_old: bool, about: About },
    Adopt { generation: u32, journal: Vec<u8>, complete_length: Option<u64>, about: About },
    Sync { generation: u32 },
    Record { generation: u32, octets: Vec<u8> },
    Verify { generation: u32, digest: Option<Digest> },
}

impl DiskOrder {
    const fn generation(&self) -> u32 {
        match self {
            Self::Start { generation, .. }
            | Self::Adopt { generation, .. }
            | Self::Sync { generation }
            | Self::Record { generation, .. }
            | Self::Verify { generation, .. } => *generation,
        }
    }
}

pub(crate) fn orders() -> (Sender<DiskOrder>, Receiver<DiskOrder>) {
    channel()
}

/// Begins to take orders; ends when nobody is left to give any.
pub(crate) fn begin(engine: Arc<Engine>, orders: Receiver<DiskOrder>) -> Result<JoinHandle<()>, Error> {
    std::thread::Builder::new()
        .name("swath-disk".to_owned())
        .spawn(move || {
            let _presence = Presence(Arc::clone(&engine));
            for order in orders {
                perform(&engine, order);
            }
        })
        .map_err(|error| {
            Error::Setup(format!("cannot start a thread: {error}; raise the limit of processes"))
        })
}

fn perform(engine: &Arc<Engine>, order: DiskOrder) {
    let sink = engine.sink();
    let generation = order.generation();
    let told = match order {
        DiskOrder::Start { generation, journal, complete_length, keep_old, about } => {
            let begun = sink.start(generation, &journal, complete_length, keep_old, &about);
            begun.map(|()| ready(generation, complete_length, &about))
        }
        DiskOrder::Adopt { generation, journal, complete_length, about } => {
            let begun = sink.adopt(generation, &journal, complete_length, &about);
            begun.map(|()| ready(generation, complete_length, &about))
        }
        DiskOrder::Sync { generation } => sink
            .sync(generation)
            .map(|()| (Some(Told::Synced { generation }), Some(Event::Synced { generation }))),
        DiskOrder::Record { generation, octets } => sink.record(generation, &octets).map(|()| (None, None)),
        DiskOrder::Verify { generation, digest } => verify(engine, generation, digest.as_ref()),
    };
    match told {
        Ok((told, event)) => {
            event.into_iter().for_each(|event| engine.note(event));
            told.into_iter().for_each(|told| engine.event(told));
        }
        Err(error) => engine.disk_failed(generation, error),
    }
}

fn ready(generation: u32, complete_length: Option<u64>, about: &About) -> (Option<Told>, Option<Event>) {
    let etag = text(about, http::header::ETAG);
    (Some(Told::FileReady { generation }), Some(Event::Began { generation, complete_length, etag }))
}

fn verify(
    engine: &Arc<Engine>,
    generation: u32,
    digest: Option<&Digest>,
) -> io::Result<(Option<Told>, Option<Event>)> {
    let digest = digest.ok_or_else(|| io::Error::other("there is no digest to verify"))?;
    let matches = engine.sink().digest(generation, digest)?;
    Ok((Some(Told::Verified { matches }), Some(Event::Digested { ask: None, matches })))
}

fn text(about: &About, name: http::HeaderName) -> Option<String> {
    about.fields.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
}
