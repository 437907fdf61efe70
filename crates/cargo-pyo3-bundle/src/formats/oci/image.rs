//! What an image says of itself: how its program is started, by whom, and where it is from.
//! <https://specs.opencontainers.org/image-spec/config/>

use super::base::{HOME, USER};
use super::layer::{Layer, hex};
use crate::formats::dist::Dist;
use crate::formats::packages::about::About;
use crate::formats::packages::placed;
use anyhow::Result;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// A document of an image, by its sum.
pub struct Blob {
    pub text: String,
    pub digest: String,
}

pub struct Image {
    pub config: Blob,
    pub manifest: Blob,
    pub index: String,
}

impl Blob {
    fn new(value: &Value) -> Self {
        let text = value.to_string();
        let digest = hex(Sha256::new_with_prefix(&text));
        Blob { text, digest }
    }

    fn described(&self, kind: &str) -> Value {
        described(kind, &self.digest, self.text.len() as u64)
    }
}

fn described(kind: &str, digest: &str, size: u64) -> Value {
    json!({ "mediaType": format!("application/vnd.oci.image.{kind}"), "digest": format!("sha256:{digest}"), "size": size })
}

pub fn describe(dist: &Dist, about: &About, layer: &Layer) -> Result<Image> {
    let metadata = &dist.metadata;
    let created = jiff::Timestamp::from_second(i64::try_from(dist.label.time)?)?.to_string();
    let architecture = if metadata.platform.arch == "aarch64" { "arm64" } else { "amd64" };
    // <https://specs.opencontainers.org/image-spec/annotations/>
    let mut labels = json!({
        "org.opencontainers.image.title": about.name,
        "org.opencontainers.image.version": metadata.version,
        "org.opencontainers.image.description": about.description,
        "org.opencontainers.image.licenses": about.license,
        "org.opencontainers.image.authors": about.authors.join(", "),
        "org.opencontainers.image.created": created,
    });
    if let Some(url) = about.homepage {
        labels["org.opencontainers.image.source"] = url.into();
    }
    if let Some(git) = &metadata.git {
        labels["org.opencontainers.image.revision"] = git.sha.clone().into();
    }
    let user = format!("{USER}:{USER}");
    let entrypoint = format!("/usr/bin/{}", placed::command(&metadata.binary));
    let config = Blob::new(&json!({
        "created": created,
        "architecture": architecture,
        "os": "linux",
        "config": {
            "User": user, "Env": ["PATH=/usr/bin", "LANG=C.UTF-8"], "Entrypoint": [entrypoint], "WorkingDir": HOME,
            "Labels": labels,
        },
        "rootfs": { "type": "layers", "diff_ids": [format!("sha256:{}", layer.content)] },
        "history": [{ "created": created, "created_by": "cargo pyo3-bundle formats" }],
    }));
    let manifest = Blob::new(&json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": config.described("config.v1+json"),
        "layers": [described("layer.v1.tar+gzip", &layer.digest, layer.size)],
        "annotations": labels,
    }));
    // No tag has a `+`.
    let tag = metadata.version.replace('+', "-");
    let mut entry = manifest.described("manifest.v1+json");
    entry["platform"] = json!({ "architecture": architecture, "os": "linux" });
    entry["annotations"] = json!({
        "org.opencontainers.image.ref.name": tag,
        // The name that docker gives the image when it loads the file.
        "io.containerd.image.name": format!("localhost/{}:{tag}", about.name),
    });
    let index = json!({
        "schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": [entry]
    });
    Ok(Image { config, manifest, index: index.to_string() })
}
