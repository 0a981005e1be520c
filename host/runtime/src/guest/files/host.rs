//! The interface itself: takes a guest's calls to the node that they are about.

use wasmtime::component::Resource;
use wasmtime_wasi::p2::{DynInputStream, DynOutputStream, IoError};
use zeroize::Zeroizing;

use super::bindings::filesystem::preopens;
use super::bindings::filesystem::types::{
    Advice, DescriptorFlags, DescriptorStat, DescriptorType, DirectoryEntry, ErrorCode, Filesize, Host, HostDescriptor,
    HostDirectoryEntryStream, MetadataHashValue, NewTimestamp, OpenFlags, PathFlags,
};
use super::failure::Failure;
use super::node::{Listing, Node, Opening};
use super::scratch::node as scratch;
use super::{View, failure};

type Descriptor = Resource<Node>;

impl View<'_> {
    /// The node itself, so that nothing of the table is kept while something is waited for.
    fn node(&self, descriptor: &Descriptor) -> Result<Node, Failure> {
        Ok(self.table.get(descriptor)?.clone())
    }

    /// A file, to be changed.
    fn file(&self, descriptor: &Descriptor) -> Result<scratch::File, Failure> {
        self.node(descriptor)?.file()?.changeable()
    }

    /// A directory, for something in it to be changed.
    fn directory(&self, descriptor: &Descriptor) -> Result<scratch::Directory, Failure> {
        self.node(descriptor)?.directory()?.changeable()
    }
}

fn follows(flags: PathFlags) -> bool {
    flags.contains(PathFlags::SYMLINK_FOLLOW)
}

impl preopens::Host for View<'_> {
    fn get_directories(&mut self) -> wasmtime::Result<Vec<(Descriptor, String)>> {
        let mounts = self.files.mounts();
        mounts.map(|(node, name)| Ok((self.table.push(node.clone())?, name.to_owned()))).collect()
    }
}

impl Host for View<'_> {
    fn convert_error_code(&mut self, failure: Failure) -> wasmtime::Result<ErrorCode> {
        match failure {
            Failure::Code(code) => Ok(code),
            Failure::Trap(error) => Err(error),
        }
    }

    fn filesystem_error_code(&mut self, error: Resource<IoError>) -> wasmtime::Result<Option<ErrorCode>> {
        Ok(self.table.get(&error)?.downcast_ref().map(failure::code))
    }
}

impl HostDescriptor for View<'_> {
    async fn open_at(
        &mut self,
        descriptor: Descriptor,
        flags: PathFlags,
        path: String,
        opening: OpenFlags,
        access: DescriptorFlags,
    ) -> Result<Descriptor, Failure> {
        let directory = self.node(&descriptor)?.directory()?;
        let opening = Opening { follow: follows(flags), flags: opening, access };
        let opened = directory.open(&self.files.work, path, opening).await?;
        Ok(self.table.push(opened)?)
    }

    fn drop(&mut self, descriptor: Descriptor) -> wasmtime::Result<()> {
        self.table.delete(descriptor)?;
        Ok(())
    }

    async fn read(
        &mut self,
        descriptor: Descriptor,
        length: Filesize,
        offset: Filesize,
    ) -> Result<(Vec<u8>, bool), Failure> {
        let file = self.node(&descriptor)?.file()?;
        let bytes = file.read(&self.files.work, length, offset).await?;
        let is_end = bytes.is_empty();
        Ok((bytes, is_end))
    }

    fn read_via_stream(
        &mut self,
        descriptor: Descriptor,
        offset: Filesize,
    ) -> Result<Resource<DynInputStream>, Failure> {
        // POSIX reads no directories, and says so by this code.
        let file = self.node(&descriptor)?.file().map_err(|_| ErrorCode::IsDirectory)?;
        let stream = file.stream(self.files.work.clone(), offset)?;
        Ok(self.table.push(stream)?)
    }

    async fn read_directory(&mut self, descriptor: Descriptor) -> Result<Resource<Listing>, Failure> {
        let directory = self.node(&descriptor)?.directory()?;
        let listing = directory.list(&self.files.work).await?;
        Ok(self.table.push(listing)?)
    }

    async fn readlink_at(&mut self, descriptor: Descriptor, path: String) -> Result<String, Failure> {
        let directory = self.node(&descriptor)?.directory()?;
        directory.read_link(&self.files.work, path).await
    }

    async fn stat(&mut self, descriptor: Descriptor) -> Result<DescriptorStat, Failure> {
        Ok(self.node(&descriptor)?.stat(&self.files.work).await?.told())
    }

    async fn stat_at(
        &mut self,
        descriptor: Descriptor,
        flags: PathFlags,
        path: String,
    ) -> Result<DescriptorStat, Failure> {
        let directory = self.node(&descriptor)?.directory()?;
        Ok(directory.stat_at(&self.files.work, path, follows(flags)).await?.told())
    }

    async fn metadata_hash(&mut self, descriptor: Descriptor) -> Result<MetadataHashValue, Failure> {
        Ok(self.node(&descriptor)?.stat(&self.files.work).await?.hash())
    }

    async fn metadata_hash_at(
        &mut self,
        descriptor: Descriptor,
        flags: PathFlags,
        path: String,
    ) -> Result<MetadataHashValue, Failure> {
        let directory = self.node(&descriptor)?.directory()?;
        Ok(directory.stat_at(&self.files.work, path, follows(flags)).await?.hash())
    }

    async fn is_same_object(&mut self, one: Descriptor, other: Descriptor) -> wasmtime::Result<bool> {
        let (one, other) = (self.table.get(&one)?.clone(), self.table.get(&other)?.clone());
        let work = &self.files.work;
        // What cannot be told of one of them tells them apart.
        match (one.stat(work).await, other.stat(work).await) {
            (Ok(one), Ok(other)) => Ok(one.is_of_the_same(&other)),
            (Err(Failure::Trap(error)), _) | (_, Err(Failure::Trap(error))) => Err(error),
            _ => Ok(false),
        }
    }

    fn get_type(&mut self, descriptor: Descriptor) -> Result<DescriptorType, Failure> {
        Ok(match self.node(&descriptor)?.is_directory() {
            true => DescriptorType::Directory,
            false => DescriptorType::RegularFile,
        })
    }

    fn get_flags(&mut self, descriptor: Descriptor) -> Result<DescriptorFlags, Failure> {
        Ok(self.node(&descriptor)?.flags())
    }

    /// The kernel knows by itself how it is read.
    fn advise(&mut self, descriptor: Descriptor, _: Filesize, _: Filesize, _: Advice) -> Result<(), Failure> {
        self.node(&descriptor)?.file().map(drop)
    }

    /// Nothing is written to a disk.
    fn sync(&mut self, descriptor: Descriptor) -> Result<(), Failure> {
        self.node(&descriptor).map(drop)
    }

    fn sync_data(&mut self, descriptor: Descriptor) -> Result<(), Failure> {
        self.node(&descriptor).map(drop)
    }

    fn set_size(&mut self, descriptor: Descriptor, size: Filesize) -> Result<(), Failure> {
        self.file(&descriptor)?.set_size(size)
    }

    fn set_times(
        &mut self,
        descriptor: Descriptor,
        accessed: NewTimestamp,
        modified: NewTimestamp,
    ) -> Result<(), Failure> {
        self.node(&descriptor)?.changeable()?.set_times(accessed, modified)
    }

    fn write(&mut self, descriptor: Descriptor, bytes: Vec<u8>, offset: Filesize) -> Result<Filesize, Failure> {
        let bytes = Zeroizing::new(bytes);
        Ok(self.file(&descriptor)?.write(&bytes, offset)? as Filesize)
    }

    fn write_via_stream(
        &mut self,
        descriptor: Descriptor,
        offset: Filesize,
    ) -> Result<Resource<DynOutputStream>, Failure> {
        let sink = self.file(&descriptor)?.sink(Some(offset))?;
        Ok(self.table.push(sink)?)
    }

    fn append_via_stream(&mut self, descriptor: Descriptor) -> Result<Resource<DynOutputStream>, Failure> {
        let sink = self.file(&descriptor)?.sink(None)?;
        Ok(self.table.push(sink)?)
    }

    fn create_directory_at(&mut self, descriptor: Descriptor, path: String) -> Result<(), Failure> {
        self.directory(&descriptor)?.make_directory(&path)
    }

    fn set_times_at(
        &mut self,
        descriptor: Descriptor,
        _: PathFlags,
        path: String,
        accessed: NewTimestamp,
        modified: NewTimestamp,
    ) -> Result<(), Failure> {
        self.directory(&descriptor)?.set_times_at(&path, accessed, modified)
    }

    /// There are no links but those that a disk has.
    fn link_at(
        &mut self,
        descriptor: Descriptor,
        _: PathFlags,
        _: String,
        into: Descriptor,
        _: String,
    ) -> Result<(), Failure> {
        self.node(&into)?.directory()?;
        self.node(&descriptor)?.directory()?;
        Err(ErrorCode::NotPermitted.into())
    }

    fn rename_at(&mut self, descriptor: Descriptor, from: String, into: Descriptor, to: String) -> Result<(), Failure> {
        self.node(&descriptor)?.directory()?.rename(&from, self.node(&into)?.directory()?, &to)
    }

    fn symlink_at(&mut self, descriptor: Descriptor, _: String, _: String) -> Result<(), Failure> {
        self.node(&descriptor)?.directory()?;
        Err(ErrorCode::NotPermitted.into())
    }

    fn remove_directory_at(&mut self, descriptor: Descriptor, path: String) -> Result<(), Failure> {
        self.directory(&descriptor)?.remove_directory(&path)
    }

    fn unlink_file_at(&mut self, descriptor: Descriptor, path: String) -> Result<(), Failure> {
        self.directory(&descriptor)?.unlink(&path)
    }
}

impl HostDirectoryEntryStream for View<'_> {
    async fn read_directory_entry(&mut self, listing: Resource<Listing>) -> Result<Option<DirectoryEntry>, Failure> {
        self.table.get_mut(&listing)?.next(&self.files.work).await
    }

    fn drop(&mut self, listing: Resource<Listing>) -> wasmtime::Result<()> {
        self.table.delete(listing)?;
        Ok(())
    }
}
