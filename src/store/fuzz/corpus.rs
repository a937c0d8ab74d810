//! The corpora of `fuzz/`, for tests.

#[expect(unreachable_pub, reason = "a file of the ledger, where these are used by other files")]
#[path = "../../../tests/ledger/random.rs"]
mod random;

use self::random::Random;

/// How many changed inputs a test tries of each target. `.ci/fuzz` tries as many as there is time
/// for, and learns from each.
const MUTANTS: u64 = 3000;

/// Gives each file of a target's corpus to a function, and then changed ones, the same in every
/// run.
pub(crate) fn read(target: &str, read: impl Fn(&[u8])) {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let mut paths: Vec<_> = std::fs::read_dir(&folder)
        .expect("a corpus")
        .map(|file| file.expect("a file").path())
        .collect();
    assert!(paths.len() > 2, "{}", folder.display());
    paths.sort_unstable();
    let inputs: Vec<Vec<u8>> =
        paths.iter().map(|path| std::fs::read(path).expect("a file of the corpus")).collect();
    for (path, input) in paths.iter().zip(&inputs) {
        println!("{}", path.display());
        read(input);
    }
    for number in 0..MUTANTS {
        let mut random = Random::new(number);
        let mut input = inputs[random.below(inputs.len())].clone();
        for _ in 0..=random.below(4) {
            mutate(&mut input, &inputs, &mut random);
        }
        println!("{target} {number}: {}", input.escape_ascii());
        read(&input);
    }
}

/// Changes one byte, cuts something out, or puts something in.
fn mutate(input: &mut Vec<u8>, others: &[Vec<u8>], random: &mut Random) {
    let at = random.below(input.len() + 1);
    let end = (at + random.below(9)).min(input.len());
    match random.below(4) {
        0 if at < input.len() => input[at] ^= 1 << random.below(8),
        1 => drop(input.drain(at..end)),
        2 => {
            let other = &others[random.below(others.len())];
            let from = random.below(other.len() + 1);
            let until = (from + random.below(17)).min(other.len());
            input.splice(at..end, other[from..until].iter().copied());
        }
        _ => input.insert(at, random.below(256) as u8),
    }
}
