//! What packages say about an application, from its `Cargo.toml`: what cargo wants of a package that is published is
//! wanted here as well.

use crate::Misuse;
use crate::config::Application;
use crate::problem::Problem;
use crate::shown::visible;
use anyhow::Result;

pub struct About<'a> {
    /// The name of the package in every distribution: in lower case, with `-` for `_`.
    pub name: String,
    /// On one line.
    pub description: String,
    /// An SPDX expression.
    pub license: &'a str,
    /// The authors, with their addresses where the manifest has them.
    pub authors: Vec<String>,
    pub homepage: Option<&'a str>,
}

impl<'a> About<'a> {
    pub fn of(application: &'a Application) -> Result<Self> {
        let about = &application.about;
        let name = application.archive_name().to_lowercase().replace('_', "-");
        if name.len() < 2 {
            let what = format!("a package cannot be called `{name}`");
            let hint = format!("cargo pyo3-bundle formats --config name={name}-app");
            return Err(Misuse::new(Problem::new(what, "Debian wants at least two characters", hint)).into());
        }
        let line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let given = |field: &str, value: &'a Option<String>| {
            let value = value.as_deref().filter(|text| !text.trim().is_empty());
            value.ok_or_else(|| missing(application, field))
        };
        let description = line(given("description", &about.description)?);
        let license = given("license", &about.license)?;
        let mut authors: Vec<String> = about.authors.iter().map(|author| line(author)).collect();
        authors.retain(|author| !author.is_empty());
        if authors.is_empty() {
            authors.push(format!("{} developers", application.name));
        }
        let homepage = about.homepage.as_deref().or(about.repository.as_deref());
        for text in
            [description.as_str(), license].into_iter().chain(authors.iter().map(String::as_str)).chain(homepage)
        {
            if visible(text) != text {
                let what = format!("`{}` cannot be in a package", visible(text));
                let why = "it has a control character or one that is not seen";
                return Err(Misuse::new(Problem::without_hint(what, why)).into());
            }
        }
        Ok(About { name, description, license, authors, homepage })
    }

    /// Who answers for the package: the first author. Debian wants `Name <address>`, and takes a name alone.
    pub fn maintainer(&self) -> &str {
        &self.authors[0]
    }

    /// The name alone of who answers for it.
    pub fn publisher(&self) -> &str {
        self.maintainer().split('<').next().unwrap_or_default().trim()
    }
}

fn missing(application: &Application, field: &str) -> anyhow::Error {
    let what = format!("nobody says the {field} of `{}`", application.name);
    let why = format!("packages have one: wanted `{field}` in the package's `Cargo.toml`");
    Misuse::new(Problem::new(what, why, "cargo pyo3-bundle formats --only archive")).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config;

    fn application(change: impl Fn(&mut Application)) -> Application {
        let about = config::About {
            description: Some("Does\n  things".into()),
            license: Some("MIT".into()),
            repository: Some("https://example.org/an_app".into()),
            ..config::About::default()
        };
        let mut application = Application { name: "an_App".into(), about, ..Application::default() };
        change(&mut application);
        application
    }

    fn refused(change: impl Fn(&mut Application)) -> String {
        let application = application(change);
        let error = About::of(&application).err().expect("it is refused");
        assert!(error.is::<Misuse>(), "{error:#}");
        format!("{error:#}")
    }

    #[test]
    fn a_manifest_says_who_and_what() {
        let known = application(|it| it.about.authors = vec!["A  B <a@example.org>".into(), "C".into()]);
        let about = About::of(&known).unwrap();
        assert_eq!((about.name.as_str(), about.description.as_str()), ("an-app", "Does things"));
        assert_eq!((about.maintainer(), about.publisher()), ("A B <a@example.org>", "A B"));
        assert_eq!(about.homepage, Some("https://example.org/an_app"));
        let nobody = application(|_| {});
        assert_eq!(About::of(&nobody).unwrap().maintainer(), "an_App developers");
    }

    #[test]
    fn what_a_package_cannot_do_without_is_asked_for() {
        let text = refused(|it| it.about.description = Some(" ".into()));
        assert!(text.starts_with("nobody says the description of `an_App`\n  packages have one"), "{text}");
        assert!(text.ends_with("\nhint: cargo pyo3-bundle formats --only archive"), "{text}");
        assert!(refused(|it| it.about.license = None).starts_with("nobody says the license of"));
        let text = refused(|it| it.name = "x".into());
        assert!(
            text.starts_with("a package cannot be called `x`\n") && text.ends_with("--config name=x-app"),
            "{text}"
        );
        let text = refused(|it| it.about.authors = vec!["A\u{1b}[2K".into()]);
        assert!(text.starts_with("`A\\u{1b}[2K` cannot be in a package\n"), "{text}");
    }
}
