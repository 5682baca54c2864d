//! The disk, as the kernel asks for it.
//!
//! In: requests of FUSE. Out: answers from the state. Nothing is cached for longer than a call, so that the state is what processes see.

use std::ffi::OsStr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use fuser::{
    BsdFileFlags, Errno, FileAttr, FileHandle, FileType, Filesystem, FopenFlags, Generation, INodeNo,
    LockOwner, OpenFlags, RenameFlags, ReplyAttr, ReplyCreate, ReplyData, ReplyDirectory, ReplyEmpty,
    ReplyEntry, ReplyOpen, ReplyStatfs, ReplyWrite, Request, TimeOrNow, WriteFlags,
};

use super::{
    Disk,
    inode::PAGE,
    refusal::Call,
    state::{ROOT, State},
};

/// How long the kernel may believe an answer.
const BELIEVED: Duration = Duration::ZERO;
const GENERATION: Generation = Generation(0);
/// Room that is always free.
const BLOCKS: u64 = 1 << 28;
/// `FALLOC_FL_KEEP_SIZE`.
const KEEP_SIZE: i32 = 1;

pub(super) struct Files {
    disk: Disk,
    handles: AtomicU64,
}

impl Files {
    pub(super) fn new(disk: Disk) -> Self {
        Self { disk, handles: AtomicU64::new(1) }
    }

    fn handle(&self) -> FileHandle {
        FileHandle(self.handles.fetch_add(1, Ordering::Relaxed))
    }
}

fn attributes(state: &State, number: u64, request: &Request) -> Option<FileAttr> {
    let (size, modified, kind, perm, nlink) = if number == ROOT {
        (0, SystemTime::UNIX_EPOCH, FileType::Directory, 0o755, 2)
    } else {
        let inode = state.inode(number)?;
        (inode.length(), inode.modified, FileType::RegularFile, inode.mode, state.links(number))
    };
    Some(FileAttr {
        ino: INodeNo(number),
        size,
        blocks: size.div_ceil(512),
        atime: modified,
        mtime: modified,
        ctime: modified,
        crtime: modified,
        kind,
        perm,
        nlink,
        uid: request.uid(),
        gid: request.gid(),
        rdev: 0,
        blksize: PAGE as u32,
        flags: 0,
    })
}

impl Filesystem for Files {
    fn lookup(&self, request: &Request, _parent: INodeNo, name: &OsStr, reply: ReplyEntry) {
        let state = self.disk.state();
        match state.find(name).and_then(|number| attributes(&state, number, request)) {
            Some(found) => reply.entry(&BELIEVED, &found, GENERATION),
            None => reply.error(Errno::ENOENT),
        }
    }

    fn getattr(&self, request: &Request, number: INodeNo, _: Option<FileHandle>, reply: ReplyAttr) {
        match attributes(&self.disk.state(), number.0, request) {
            Some(found) => reply.attr(&BELIEVED, &found),
            None => reply.error(Errno::ENOENT),
        }
    }

    fn setattr(
        &self,
        request: &Request,
        number: INodeNo,
        mode: Option<u32>,
        _uid: Option<u32>,
        _gid: Option<u32>,
        size: Option<u64>,
        _atime: Option<TimeOrNow>,
        mtime: Option<TimeOrNow>,
        _ctime: Option<SystemTime>,
        _handle: Option<FileHandle>,
        _crtime: Option<SystemTime>,
        _chgtime: Option<SystemTime>,
        _bkuptime: Option<SystemTime>,
        _flags: Option<BsdFileFlags>,
        reply: ReplyAttr,
    ) {
        let mut state = self.disk.state();
        if let Some(inode) = state.inode_mut(number.0) {
            if let Some(size) = size {
                inode.truncate(size);
            }
            if let Some(mode) = mode {
                inode.mode = (mode & 0o7777) as u16;
            }
            match mtime {
                Some(TimeOrNow::SpecificTime(time)) => inode.modified = time,
                Some(TimeOrNow::Now) => inode.modified = SystemTime::now(),
                None => {}
            }
        }
        match attributes(&state, number.0, request) {
            Some(found) => reply.attr(&BELIEVED, &found),
            None => reply.error(Errno::ENOENT),
        }
    }

    fn create(
        &self,
        request: &Request,
        _parent: INodeNo,
        name: &OsStr,
        mode: u32,
        umask: u32,
        _flags: i32,
        reply: ReplyCreate,
    ) {
        let mut state = self.disk.state();
        let number = match state.find(name) {
            Some(number) => number,
            None => state.create(name, (mode & !umask & 0o7777) as u16),
        };
        match attributes(&state, number, request) {
            Some(found) => reply.created(&BELIEVED, &found, GENERATION, self.handle(), FopenFlags::empty()),
            None => reply.error(Errno::ENOENT),
        }
    }

    fn open(&self, _: &Request, _number: INodeNo, _flags: OpenFlags, reply: ReplyOpen) {
        reply.opened(self.handle(), FopenFlags::empty());
    }

    fn read(
        &self,
        _: &Request,
        number: INodeNo,
        _: FileHandle,
        offset: u64,
        size: u32,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyData,
    ) {
        match self.disk.state().inode(number.0) {
            Some(inode) => reply.data(&inode.read(offset, size as usize)),
            None => reply.error(Errno::ENOENT),
        }
    }

    fn write(
        &self,
        _: &Request,
        number: INodeNo,
        _: FileHandle,
        offset: u64,
        data: &[u8],
        _: WriteFlags,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyWrite,
    ) {
        let mut state = self.disk.state();
        if let Err(refused) = state.obey(Call::Write) {
            return reply.error(refused);
        }
        match state.inode_mut(number.0) {
            Some(inode) => {
                inode.write(offset, data);
                reply.written(data.len() as u32);
            }
            None => reply.error(Errno::ENOENT),
        }
    }

    fn flush(&self, _: &Request, _: INodeNo, _: FileHandle, _: LockOwner, reply: ReplyEmpty) {
        // Closing a file syncs nothing.
        reply.ok();
    }

    fn fsync(&self, _: &Request, number: INodeNo, _: FileHandle, _datasync: bool, reply: ReplyEmpty) {
        let mut state = self.disk.state();
        if let Err(refused) = state.obey(Call::Sync) {
            return reply.error(refused);
        }
        match state.inode_mut(number.0) {
            Some(inode) => {
                inode.sync();
                reply.ok();
            }
            None => reply.error(Errno::ENOENT),
        }
    }

    fn fsyncdir(&self, _: &Request, _: INodeNo, _: FileHandle, _datasync: bool, reply: ReplyEmpty) {
        self.disk.state().sync_names();
        reply.ok();
    }

    fn unlink(&self, _: &Request, _parent: INodeNo, name: &OsStr, reply: ReplyEmpty) {
        if self.disk.state().unlink(name) { reply.ok() } else { reply.error(Errno::ENOENT) }
    }

    fn link(&self, request: &Request, number: INodeNo, _parent: INodeNo, name: &OsStr, reply: ReplyEntry) {
        let mut state = self.disk.state();
        if state.find(name).is_some() {
            return reply.error(Errno::EEXIST);
        }
        state.link(number.0, name);
        match attributes(&state, number.0, request) {
            Some(found) => reply.entry(&BELIEVED, &found, GENERATION),
            None => reply.error(Errno::ENOENT),
        }
    }

    fn rename(
        &self,
        _: &Request,
        _: INodeNo,
        name: &OsStr,
        _: INodeNo,
        new_name: &OsStr,
        flags: RenameFlags,
        reply: ReplyEmpty,
    ) {
        let mut state = self.disk.state();
        if let Err(refused) = state.obey(Call::Rename) {
            return reply.error(refused);
        }
        if flags.contains(RenameFlags::RENAME_EXCHANGE) || flags.contains(RenameFlags::RENAME_WHITEOUT) {
            reply.error(Errno::EINVAL);
        } else if flags.contains(RenameFlags::RENAME_NOREPLACE) && state.find(new_name).is_some() {
            reply.error(Errno::EEXIST);
        } else if state.rename(name, new_name) {
            reply.ok();
        } else {
            reply.error(Errno::ENOENT);
        }
    }

    fn readdir(&self, _: &Request, _: INodeNo, _: FileHandle, offset: u64, mut reply: ReplyDirectory) {
        let state = self.disk.state();
        let files = state.names().map(|(name, number)| (*number, FileType::RegularFile, name.as_os_str()));
        let own = [".", ".."].map(|name| (ROOT, FileType::Directory, OsStr::new(name)));
        for (place, (number, kind, name)) in own.into_iter().chain(files).enumerate().skip(offset as usize) {
            if reply.add(INodeNo(number), place as u64 + 1, kind, name) {
                break;
            }
        }
        reply.ok();
    }

    fn fallocate(
        &self,
        _: &Request,
        number: INodeNo,
        _: FileHandle,
        offset: u64,
        length: u64,
        mode: i32,
        reply: ReplyEmpty,
    ) {
        let mut state = self.disk.state();
        match (state.inode_mut(number.0), mode) {
            (None, _) => reply.error(Errno::ENOENT),
            (Some(_), KEEP_SIZE) => reply.ok(),
            (Some(inode), 0) => {
                let end = offset + length;
                if end > inode.length() {
                    inode.truncate(end);
                }
                reply.ok();
            }
            (Some(_), _) => reply.error(Errno::EOPNOTSUPP),
        }
    }

    fn statfs(&self, _: &Request, _: INodeNo, reply: ReplyStatfs) {
        reply.statfs(BLOCKS, BLOCKS, BLOCKS, BLOCKS, BLOCKS, PAGE as u32, 255, PAGE as u32);
    }
}
