//! serde_json's errors for people, who know neither the types of this program nor serde's words.

use serde_json::error::{Category, Error};

/// What is wrong with some JSON.
pub fn plain(error: &Error) -> String {
    let text = error.to_string();
    let at = format!(" at line {} column {}", error.line(), error.column());
    let own = text.strip_suffix(&at).unwrap_or(&text);
    match error.classify() {
        Category::Eof if error.column() == 0 && error.line() <= 1 => "it is empty".into(),
        Category::Eof => "its JSON ends too early".into(),
        Category::Syntax | Category::Io => format!("it is not JSON: {own}"),
        // What serde expected is a type of this program: "invalid type: null, expected struct X".
        Category::Data => match own.rsplit_once(", expected ").map_or(own, |(own, _)| own) {
            "invalid type: map" => "its JSON has an object in the wrong place".into(),
            "invalid type: sequence" => "its JSON has a list in the wrong place".into(),
            own => format!("its JSON has the wrong form: {own}"),
        },
    }
}

/// Where it is wrong; empty if that is the whole of it, or unknown.
pub fn place(error: &Error) -> String {
    match (error.line(), error.column()) {
        (_, 0) => String::new(),
        (0 | 1, column) => format!(", at character {column}"),
        (line, column) => format!(", at character {column} of line {line}"),
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Wanted {
        #[allow(dead_code, reason = "it is only read")]
        key: String,
    }

    #[test]
    fn no_type_of_this_program_is_shown() {
        for (json, words) in [
            ("", "it is empty"),
            ("[{", "its JSON ends too early, at character 2"),
            ("a,b", "it is not JSON: expected value, at character 1"),
            ("{}", "its JSON has an object in the wrong place"),
            ("[[", "its JSON ends too early, at character 2"),
            ("[3]", "its JSON has the wrong form: invalid type: integer `3`, at character 2"),
            (
                "[\n{}]",
                "its JSON has the wrong form: missing field `key`, at character 2 of line 2",
            ),
            ("[{\"a\":1}]", "its JSON has the wrong form: unknown field `a`, at character 5"),
        ] {
            let error = serde_json::from_str::<Vec<Wanted>>(json).unwrap_err();
            assert_eq!(plain(&error) + &place(&error), words, "{json}");
        }
    }
}
