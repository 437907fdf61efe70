//! Package URLs: <https://github.com/package-url/purl-spec>. Knows their syntax only.

use std::fmt::Write;

/// Makes `pkg:deb/debian/libssl3@3.0.15-1?arch=amd64`; the path is the namespace and the name.
pub fn purl(kind: &str, path: &[&str], version: Option<&str>, qualifiers: &[(&str, &str)]) -> String {
    let path: Vec<String> = path.iter().map(|part| encode(part)).collect();
    let mut purl = format!("pkg:{kind}/{}", path.join("/"));
    if let Some(version) = version {
        purl += &format!("@{}", encode(version));
    }
    let mut qualifiers: Vec<_> = qualifiers.iter().filter(|(_, value)| !value.is_empty()).collect();
    qualifiers.sort_unstable();
    for (index, (key, value)) in qualifiers.into_iter().enumerate() {
        // Addresses stay readable, as the reference implementations write them.
        purl += &format!("{}{key}={}", if index == 0 { '?' } else { '&' }, encode(value).replace("%2F", "/"));
    }
    purl
}

fn encode(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'_' | b'~' | b':' => out.push(byte.into()),
            _ => write!(out, "%{byte:02X}").expect("a string takes all that is written"),
        }
    }
    out
}

/// The one spelling of a Python distribution's name: <https://packaging.python.org/en/latest/specifications/name-normalization/>
pub fn pypi_name(name: &str) -> String {
    let mut out = String::new();
    for part in name.split(['-', '_', '.']).filter(|part| !part.is_empty()) {
        if !out.is_empty() {
            out.push('-');
        }
        out += &part.to_lowercase();
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn purls_are_encoded_and_their_qualifiers_sorted() {
        assert_eq!(purl("cargo", &["anyhow"], Some("1.0.0"), &[]), "pkg:cargo/anyhow@1.0.0");
        let qualifiers = [("distro", "debian-12"), ("arch", "amd64"), ("epoch", "")];
        let debian = purl("deb", &["debian", "zlib1g"], Some("1:1.2+dfsg~1"), &qualifiers);
        assert_eq!(debian, "pkg:deb/debian/zlib1g@1:1.2%2Bdfsg~1?arch=amd64&distro=debian-12");
        let source = purl("generic", &["x"], None, &[("download_url", "https://h/x?y")]);
        assert_eq!(source, "pkg:generic/x?download_url=https://h/x%3Fy");
    }

    #[test]
    fn python_names_have_one_spelling() {
        assert_eq!(pypi_name("Foo__Bar.baz-1"), "foo-bar-baz-1");
    }
}
