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
fn cells_count_entries_of_one_class_revision_and_window() {
    let rows = [row(61, 1, 2, 7), row(65, 1, 2, 7), row(66, 1, 3, 7), row(181, 1, 2, 7), row(-1, 4, 2, 0)];
    let cells = Columns::new(&rows, 60).unwrap().cells().unwrap();
    let seen: Vec<_> = cells
        .iter()
        .map(|cell| (cell.class.0, cell.revision.0, cell.window, cell.count, cell.first, cell.last))
        .collect();
    assert_eq!(seen, [(1, 2, 60, 2, 61, 65), (1, 2, 180, 1, 181, 181), (1, 3, 60, 1, 66, 66), (4, 2, -60, 1, -1, -1)]);
}

#[test]
fn only_named_instances_are_counted_and_each_once() {
    let rows = [row(5, 1, 2, 7), row(6, 1, 2, 7), row(9, 1, 3, 8), row(2, 4, 2, 0)];
    let columns = Columns::new(&rows, 60).unwrap();
    assert_eq!(columns.pairs(), [(ClassId(1), Symbol(9)), (ClassId(4), Symbol(9))]);
    assert_eq!(columns.instances(), [2, 0]);
}

#[test]
fn no_rows_give_no_cells() {
    let columns = Columns::new(&[], 60).unwrap();
    assert!(columns.cells().unwrap().is_empty() && columns.instances().is_empty());
}
