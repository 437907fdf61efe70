//! The file of an image: a tar of its layout, in which each part has its sum as its name.

use super::image::{Blob, Image};
use super::layer::Layer;
use crate::problem::About;
use anyhow::Result;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use tar::{Builder, EntryType, Header};

pub fn write(path: &Path, mut layer: Layer, image: &Image, time: u64) -> Result<()> {
    let mut builder = Builder::new(io::BufWriter::new(File::create(path).about("cannot write", path)?));
    let mut put = |name: &str, size: u64, content: &mut dyn Read| {
        let mut header = Header::new_gnu();
        header.set_mtime(time);
        header.set_uid(0);
        header.set_gid(0);
        header.set_size(size);
        let kind = if name.ends_with('/') { EntryType::Directory } else { EntryType::Regular };
        header.set_mode(if name.ends_with('/') { 0o755 } else { 0o644 });
        header.set_entry_type(kind);
        builder.append_data(&mut header, name, content).about("cannot write", path)
    };
    let mut text = |name: &str, text: &str| put(name, text.len() as u64, &mut text.as_bytes());
    text("oci-layout", "{\"imageLayoutVersion\":\"1.0.0\"}")?;
    text("index.json", &image.index)?;
    text("blobs/", "")?;
    text("blobs/sha256/", "")?;
    for Blob { text: content, digest } in [&image.manifest, &image.config] {
        text(&format!("blobs/sha256/{digest}"), content)?;
    }
    put(&format!("blobs/sha256/{}", layer.digest), layer.size, &mut layer.file)?;
    let out = builder.into_inner().about("cannot write", path)?;
    out.into_inner().map_err(io::IntoInnerError::into_error).about("cannot write", path)?;
    Ok(())
}
