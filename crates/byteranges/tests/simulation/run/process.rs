//! Processes of a seed's world: they begin, are killed, and lose power.
//!
//! In: what is on the disk. Out: a machine that goes on from there.

use super::judge::check_held;
use super::*;

impl World {
    pub(super) fn start(&mut self) -> Step {
        if self.download.is_some() {
            return Ok(());
        }
        self.summary.processes += 1;
        let now_there = {
            let server = &self.servers[0];
            EntityTag::strong(format!("m0-v{}", server.versions.len() - 1).as_bytes())
        };
        let journal = match &mut self.files {
            Some(files) if self.tamper.has(Bug::TornTailKept) => {
                byteranges::download::Journal::read(&files.journal)
            }
            Some(files) => files.open(),
            None => None,
        };
        if let (Some(files), Some(journal)) = (&self.files, &journal) {
            for held in &journal.held {
                check_held(files, &journal.identity.etag, held, &self.servers)?;
            }
        }
        let journal = self.tamper.journal(journal, now_there);
        self.tamper.forget();
        self.target = self.servers[0].versions.len() - 1;
        // Each process is told another URL, as when a link has expired.
        self.settings.url = Some(format!("http://server.example/link {}", self.summary.processes));
        let mut settings = self.settings.clone();
        if self.tamper.has(Bug::NewUrlForgotten) && journal.is_some() {
            settings.url = None;
        }
        if self.tamper.has(Bug::WindowIgnored) {
            settings.window = None;
        }
        let found = self.files.as_ref().filter(|_| journal.is_none()).map(|files| files.cache.len() as u64);
        let mut download = match found {
            Some(length) => Download::with_unproved(settings, length),
            None => Download::new(settings, journal),
        };
        for (path, up) in self.links.iter().enumerate() {
            if !up {
                download.handle(Event::PathDown { path }, self.now);
            }
        }
        self.download = Some(download);
        Ok(())
    }

    pub(super) fn kill(&mut self, power: bool) {
        if power && let Some(files) = &mut self.files {
            files.lose_power(&mut self.random);
        }
        if self.random.chance(8)
            && let Some(files) = &mut self.files
        {
            files.lose_journal();
        }
        self.restart();
    }

    /// Puts a file where the download will be, as another program may have left it there.
    pub(super) fn find(&mut self) {
        let version = &self.servers[0].versions[0].content;
        let mut octets = version[..self.random.below(version.len() as u64 + 1) as usize].to_vec();
        let length = octets.len() as u64;
        match self.random.below(6) {
            // Room was made beforehand, and not all of it was filled.
            0 => {
                let hole = self.random.below(length + 1) as usize;
                let end = self.random.between(hole as u64, length) as usize;
                octets[hole..end].fill(0);
            }
            1 => octets.iter_mut().for_each(|octet| *octet ^= 0x11),
            2 => octets = version.clone(),
            3 => octets.extend(vec![7; 20_000]),
            _ => {}
        }
        self.files = Some(Files::found(octets));
    }

    pub(super) fn restart(&mut self) {
        self.process += 1;
        self.download = None;
        self.connections.clear();
        // A new process knows nothing of the pauses that the old one was asked for.
        self.pauses.clear();
        self.wake = None;
        self.after(500, Occurrence::Start);
    }
}
