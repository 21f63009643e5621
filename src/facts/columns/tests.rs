use super::Columns;
use crate::classify::level::Level;
use crate::facts::row::{ClassId, Row};
use crate::facts::symbols::{EMPTY, Symbol};
use crate::model::{Position, Stream};

fn row(time: i64, class: u32, revision: u32, instance: u32) -> Row {
    Row {
        time,
        written: time,
        class: ClassId(class),
        service: Symbol(9),
        revision: Symbol(revision),
        instance: Symbol(instance),
        trace: EMPTY,
        execution: EMPTY,
        insert_id: "".into(),
        text: EMPTY,
        target: EMPTY,
        status: 0,
        stream: Stream::Stderr,
        level: Level::Error,
        repeats: 1,
        identity: 0,
        position: Position::default(),
    }
}

#[test]
fn clusters_count_entries_and_distinct_named_instances() {
    let rows = [row(5, 1, 2, 7), row(6, 1, 2, 7), row(9, 1, 3, 8), row(2, 4, 2, 0)];
    let clusters = Columns::new(&rows).unwrap().clusters().unwrap();
    assert_eq!(clusters.len(), 2);
    assert_eq!((clusters[0].class, clusters[0].count, clusters[0].instances), (ClassId(4), 1, 0));
    assert_eq!((clusters[1].count, clusters[1].instances, clusters[1].first, clusters[1].last), (3, 2, 5, 9));
}

#[test]
fn windows_are_aligned_and_leave_out_what_is_empty() {
    let rows = [row(61, 1, 2, 7), row(65, 1, 2, 7), row(181, 1, 2, 7)];
    let windows = Columns::new(&rows).unwrap().windows(60).unwrap();
    let seen: Vec<_> = windows.iter().map(|(_, _, start, count)| (*start, *count)).collect();
    assert_eq!(seen, [(60, 2), (180, 1)]);
}

#[test]
fn no_rows_give_no_clusters() {
    let columns = Columns::new(&[]).unwrap();
    assert!(columns.clusters().unwrap().is_empty() && columns.windows(60).unwrap().is_empty());
}
