//! Damaged models never panic and always end; what is accepted can be written and drawn.

use flowstead::core::bpmn::document::Document;
use flowstead::core::bpmn::svg::{Overlays, render};
use flowstead::core::bpmn::{Limits, parse, read_diagram};

use super::{folder, models};

const MUTATIONS: u64 = 4_000;
const SEED: u64 = 0x5eed_f10e_57ea_d001;

/// `SplitMix64`: small, and the same everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end.max(1)).expect("sizes fit");
        usize::try_from(self.next() % end).expect("a remainder is below its divisor")
    }
}

/// Cuts at white space, brackets and quotes, so that names and values stay whole.
fn pieces(source: &str) -> Vec<&str> {
    source
        .split_inclusive(|it: char| it.is_whitespace() || matches!(it, '<' | '>' | '"' | '='))
        .collect()
}

fn mutate(random: &mut Random, source: &str, other: &str) -> String {
    let mut pieces = pieces(source);
    let others = self::pieces(other);
    for _ in 0..=random.below(3) {
        let at = random.below(pieces.len());
        match random.below(6) {
            0 => {
                pieces.remove(at);
            }
            1 => pieces.insert(at, pieces[random.below(pieces.len())]),
            2 => pieces[at] = others[random.below(others.len())],
            3 => pieces.swap(at, 0),
            4 => {
                let end = (at + random.below(40)).min(pieces.len());
                pieces.drain(at..end);
            }
            _ => {
                const HOSTILE: [&str; 8] =
                    ["=", "&", "\u{0}", "999999999999999999999", "NaN", "<", "${", "é\u{202e}"];
                pieces.insert(at, HOSTILE[random.below(HOSTILE.len())]);
            }
        }
        if pieces.is_empty() {
            break;
        }
    }
    pieces.concat()
}

#[test]
fn mutated_models_never_panic() {
    let models = models(&folder("tests/fixtures"));
    let mut random = Random(SEED);
    let (mut accepted, mut read) = (0, 0);
    for round in 0..MUTATIONS {
        let (name, source) = &models[random.below(models.len())];
        let (_, other) = &models[random.below(models.len())];
        let mutant = mutate(&mut random, source, other);
        let limits = Limits::default();
        accepted += u64::from(parse(&mutant, &limits).is_ok());
        let Ok(document) = Document::read(&mutant, &limits) else { continue };
        read += 1;
        assert_eq!(document.write(), mutant, "round {round} of {name}, seed {SEED:#x}");
        let diagram = read_diagram(&mutant, &limits).expect("what can be read can be drawn");
        let svg = render(&diagram, &Overlays::default());
        roxmltree::Document::parse(&svg)
            .unwrap_or_else(|error| panic!("round {round} of {name}, seed {SEED:#x}: {error}"));
    }
    // Else the mutations would only have tested the XML reader.
    assert!(accepted > MUTATIONS / 50 && read > MUTATIONS / 10, "{accepted} and {read}");
}
