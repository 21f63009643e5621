//! The nearest known name to a mistyped one.

/// Most names that are suggested.
const SUGGESTIONS_MAX: usize = 3;

/// Known names that are near, nearest first. Near is a small number of typing errors in the whole name or in its
/// last part (after `/` or `.`), or a name that contains the word.
pub fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let word = word.to_ascii_lowercase();
    let mut near: Vec<(usize, &str)> = known
        .filter_map(|name| {
            let errors = distance(&word, name)
                .min(distance(last_part(&word), last_part(name)) + usize::from(word.contains('/')));
            let most = (word.chars().count() / 3).clamp(1, 4);
            let contains = word.chars().count() >= 3 && name.contains(word.as_str());
            (errors <= most || contains).then_some((errors, name))
        })
        .collect();
    near.sort_unstable();
    near.truncate(SUGGESTIONS_MAX);
    near.into_iter().map(|(_, name)| name).collect()
}

/// `did you mean …?` where a name is near, otherwise what else to do.
pub fn or_nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>, otherwise: &str) -> String {
    let near: Vec<String> = nearest(word, known).iter().map(|name| format!("`{name}`")).collect();
    if near.is_empty() { otherwise.to_owned() } else { format!("did you mean {}? ({otherwise})", near.join(" or ")) }
}

fn last_part(name: &str) -> &str {
    name.rsplit(['/', '.']).next().unwrap_or(name)
}

/// Insertions, deletions, substitutions and swaps of neighbours between two words (optimal string alignment).
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut next = vec![i];
        for j in 1..=b.len() {
            let substituted = row[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = substituted.min(row[j] + 1).min(next[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(before[j - 2] + 1);
            }
            next.push(best);
        }
        before = std::mem::replace(&mut row, next);
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::{distance, nearest};

    #[test]
    fn a_typing_error_is_near_and_another_word_is_not() {
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("color", "colour"), 1);
        assert_eq!(distance("formta", "format"), 1);
        let known = ["color", "fail-on", "format", "rules.dirs"];
        assert_eq!(nearest("colour", known.into_iter()), ["color"]);
        assert_eq!(nearest("rules.dir", known.into_iter()), ["rules.dirs"]);
        assert_eq!(nearest("rule.dirs", known.into_iter()), ["rules.dirs"]);
        assert!(nearest("kitchen", known.into_iter()).is_empty());
        let ids = ["cloud-run/container-exit", "node/port-in-use", "listening/port-in-use"];
        assert_eq!(nearest("node/port-in-us", ids.into_iter()), ["node/port-in-use", "listening/port-in-use"]);
        assert_eq!(nearest("container-exti", ids.into_iter()), ["cloud-run/container-exit"]);
    }
}
