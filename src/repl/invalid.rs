//! An error about a word that the user wrote, before it is known in which file and line.

/// The first two parts of a `Problem`. The place and the hint are added where the file is known.
#[derive(Debug, PartialEq, Eq)]
pub struct Invalid {
    pub what: String,
    pub why: String,
}

impl Invalid {
    pub fn new(what: impl Into<String>, why: impl Into<String>) -> Self {
        Invalid { what: what.into(), why: why.into() }
    }

    pub fn unknown<'a>(kind: &str, word: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        let nearest = nearest(word, known);
        Invalid::new(format!("unknown {kind} `{word}`"), format!("the nearest known {kind} is `{nearest}`"))
    }
}

fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> &'a str {
    let likeness = |known: &str| strsim::normalized_damerau_levenshtein(word, known);
    known.into_iter().max_by(|one, other| likeness(one).total_cmp(&likeness(other))).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_allows_for_swapped_letters_and_for_a_missing_part() {
        let known = ["edit_mode", "hints", "history.size", "output.max_items"];
        for (word, expected) in
            [("edit_mdoe", "edit_mode"), ("hint", "hints"), ("size", "history.size"), ("max_items", "output.max_items")]
        {
            assert_eq!(nearest(word, known), expected);
        }
    }
}
