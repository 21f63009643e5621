use super::{counted, runs, tally};

#[test]
fn times_are_told_together_until_a_pause_is_longer_than_a_minute() {
    let seconds = [0i64, 30, 90, 151, 152, 400].map(|second| second * 1_000_000_000);
    let groups: Vec<usize> = runs(&seconds, |time| *time).map(<[i64]>::len).collect();
    assert_eq!(groups, [3, 2, 1]);
    assert_eq!(runs(&[], |time: &i64| *time).count(), 0);
    // The ends of time do not overflow.
    assert_eq!(runs(&[i64::MIN, i64::MAX], |time| *time).count(), 2);
}

#[test]
fn reasons_are_counted_most_frequent_first() {
    let words = ["b", "a", "b", "", "c", "d", "e"].into_iter().map(str::to_owned);
    assert_eq!(tally(words), "2 × b, 1 × a, 1 × c, 1 × d");
    assert_eq!((counted(1, "instance"), counted(2, "instance")), ("1 instance".to_owned(), "2 instances".to_owned()));
}
