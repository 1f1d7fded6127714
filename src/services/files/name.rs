//! Names of files as people may see and save them.
//!
//! Must not know contents.
//!
//! **Invariant:** a name is never empty, and holds no folder and no control character.

/// File systems take names of at most so many bytes.
pub const NAME_BYTES_MAX: usize = 255;

/// The name without folders and without what a terminal or a file system trips over.
pub(super) fn clean(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let kept: String = last.chars().filter(|it| !it.is_control() && !is_direction(*it)).collect();
    let trimmed = kept.trim().trim_end_matches('.').trim_end();
    match trimmed {
        "" => "file".to_owned(),
        name => shortened(name),
    }
}

/// Marks that turn the direction of text and so can hide an ending (`exe.fdp`).
fn is_direction(character: char) -> bool {
    matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The name cut to its length, with its ending kept.
fn shortened(name: &str) -> String {
    if name.len() <= NAME_BYTES_MAX {
        return name.to_owned();
    }
    let ending = name.rfind('.').map_or("", |dot| &name[dot..]);
    let ending = if ending.len() <= 16 { ending } else { "" };
    let start = name.floor_char_boundary(NAME_BYTES_MAX - ending.len());
    format!("{}{ending}", &name[..start])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_and_control_characters_are_cut_off() {
        let cases = [
            ("report.pdf", "report.pdf"),
            ("../../etc/passwd", "passwd"),
            ("..\\..\\boot.ini", "boot.ini"),
            ("C:\\temp\\bill.pdf", "bill.pdf"),
            ("/", "file"),
            ("..", "file"),
            ("", "file"),
            ("a\r\nX-Header: b.txt", "aX-Header: b.txt"),
            ("bill\u{202e}fdp.exe", "billfdp.exe"),
            (" spaced .txt ", "spaced .txt"),
            ("Übergabe.pdf", "Übergabe.pdf"),
        ];
        for (given, expected) in cases {
            assert_eq!(clean(given), expected, "{given:?}");
        }
    }

    #[test]
    fn long_names_keep_their_ending() {
        let name = clean(&format!("{}.pdf", "ä".repeat(300)));
        assert!(name.len() <= NAME_BYTES_MAX && name.ends_with("ä.pdf"), "{name}");
    }
}
