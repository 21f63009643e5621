//! Joins the lines of one stack trace or structured block that were written as one entry each.
//!
//! In: rows of one instance and stream in time order. Out: the same rows, with each block that is an
//! exception (or that a signature knows) replaced by one row at its first line.

use super::row::{ClassId, Row};
use super::symbols::{Symbol, Symbols};
use crate::classify::exception::LineShape;
use crate::classify::level::Level;
use crate::classify::{ClassKey, Classified, Classifier, EVIDENCE_BYTES_MAX};
use crate::model::{Platform, Severity, Stream};

/// Lines of one block are written at once; a longer pause starts another block.
const GAP_NANOS_MAX: i64 = 250_000_000;

/// What opens a Python traceback.
const TRACE_HEAD: &str = "Traceback (most recent call last)";

/// A block is cut after this many lines, against endless output of one shape.
const BLOCK_LINES_MAX: usize = 400;

/// What a block needs to know about a row's class.
pub(super) trait ClassView {
    /// The class of a number.
    fn class(&self, id: ClassId) -> &Classified;
    /// The number of a class found while joining.
    fn intern(&mut self, class: &Classified) -> ClassId;
}

/// Rows in time order, blocks joined; the order of the result is that of the input.
pub(super) fn join_lines(
    rows: Vec<Row>,
    symbols: &mut Symbols,
    classes: &mut dyn ClassView,
    classifier: &Classifier,
    platform_of: &dyn Fn(Symbol) -> Platform,
) -> Vec<Row> {
    let mut slots: Vec<Option<Row>> = rows.into_iter().map(Some).collect();
    for block in blocks(&slots, symbols, classes) {
        join_block(&mut slots, &block, symbols, classes, classifier, platform_of);
    }
    slots.into_iter().flatten().collect()
}

/// Indices of the rows of each block.
fn blocks(slots: &[Option<Row>], symbols: &Symbols, classes: &dyn ClassView) -> Vec<Vec<usize>> {
    let mut lines: Vec<(Symbol, Symbol, Stream, usize)> = slots
        .iter()
        .enumerate()
        .filter_map(|(index, slot)| slot.as_ref().map(|row| (row, index)))
        .filter(|(row, _)| matches!(row.stream, Stream::Stdout | Stream::Stderr | Stream::Application))
        .filter(|(row, _)| shape_of(row, symbols, classes) != LineShape::Plain)
        .map(|(row, index)| (row.service, row.instance, row.stream, index))
        .collect();
    lines.sort_unstable();
    let mut found: Vec<Vec<usize>> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    let mut state = BlockState::default();
    for window in 0..lines.len() {
        let (service, instance, stream, index) = lines[window];
        let row = slots[index].as_ref();
        let Some(row) = row else { continue };
        let text = symbols.text(row.text);
        let shape = shape_of(row, symbols, classes);
        let follows = window > 0
            && lines[window - 1].0 == service
            && lines[window - 1].1 == instance
            && lines[window - 1].2 == stream
            && open
                .last()
                .and_then(|last| slots[*last].as_ref())
                .is_some_and(|last| row.time - last.time <= GAP_NANOS_MAX)
            && open.len() < BLOCK_LINES_MAX;
        if !follows || state.starts_anew(text, shape) {
            if open.len() > 1 {
                found.push(std::mem::take(&mut open));
            }
            open.clear();
            state = BlockState::default();
        }
        state.take(text, shape);
        open.push(index);
    }
    if open.len() > 1 {
        found.push(open);
    }
    found
}

/// Shape of a kept line. The class is shared between equal masked texts, so the text itself decides.
fn shape_of(row: &Row, symbols: &Symbols, classes: &dyn ClassView) -> LineShape {
    let class = classes.class(row.class);
    let text = symbols.text(row.text);
    // A whole traceback in one entry can be chained to the next one by a line of its own between them.
    if text.starts_with(TRACE_HEAD) {
        return LineShape::Head;
    }
    if class.shape == LineShape::Plain && !matches!(class.key, ClassKey::StackLine | ClassKey::Template { .. }) {
        return LineShape::Plain;
    }
    if text.contains('\n') { LineShape::Plain } else { crate::classify::exception::line_shape(text) }
}

/// Where in a block the next line stands.
#[derive(Default)]
struct BlockState {
    in_python_trace: bool,
    chained: bool,
    lines: usize,
}

impl BlockState {
    /// Whether a line begins another block although it follows closely.
    fn starts_anew(&self, text: &str, shape: LineShape) -> bool {
        if self.lines == 0 || shape != LineShape::Head {
            return false;
        }
        if text.trim_start().starts_with(TRACE_HEAD) {
            return !self.chained && !self.in_python_trace;
        }
        // `Kind: message` closes a Python trace and opens everything else.
        !self.in_python_trace
    }

    fn take(&mut self, text: &str, shape: LineShape) {
        let bare = text.trim_start();
        self.lines += 1;
        if bare.starts_with(TRACE_HEAD) {
            (self.in_python_trace, self.chained) = (!text.contains('\n'), false);
        } else if bare.starts_with("During handling of the above exception")
            || bare.starts_with("The above exception was")
        {
            (self.in_python_trace, self.chained) = (false, true);
        } else if shape == LineShape::Head {
            self.in_python_trace = false;
        }
    }
}

fn join_block(
    slots: &mut [Option<Row>],
    block: &[usize],
    symbols: &mut Symbols,
    classes: &mut dyn ClassView,
    classifier: &Classifier,
    platform_of: &dyn Fn(Symbol) -> Platform,
) {
    let Some(first) = slots[block[0]].clone() else { return };
    let text: String = block
        .iter()
        .filter_map(|index| slots[*index].as_ref())
        .map(|row| symbols.text(row.text))
        .collect::<Vec<_>>()
        .join("\n");
    let platform = platform_of(first.service);
    let known = classifier.classify_block(platform, first.stream, &text).or_else(|| {
        let class = classifier.classify_text(platform, first.stream, Severity::Error, &text);
        matches!(class.key, ClassKey::Signature { .. }).then_some(class)
    });
    let level =
        block.iter().filter_map(|index| slots[*index].as_ref()).map(|row| row.level).max().unwrap_or(Level::Unknown);
    if let Some(class) = known {
        let row = Row {
            class: classes.intern(&class),
            text: symbols.intern(&class.text),
            level: level.max(class.level),
            ..first
        };
        for index in block {
            slots[*index] = None;
        }
        slots[block[0]] = Some(row);
        return;
    }
    // Not an exception: the head keeps its class and shows the block as evidence, loose lines go.
    let excerpt: String = text.chars().take(EVIDENCE_BYTES_MAX / 3).collect();
    let joined = symbols.intern(&excerpt);
    let mut head_found = false;
    for index in block {
        let Some(row) = slots[*index].as_mut() else { continue };
        if matches!(classes.class(row.class).key, ClassKey::StackLine) {
            continue;
        }
        if !head_found {
            row.text = joined;
            head_found = true;
        }
    }
}
