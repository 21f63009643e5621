//! Joins the lines of one stack trace or structured block that were written as one entry each.
//!
//! In: rows of one instance and stream in time order. Out: the same rows, with each block that is an
//! exception (or that a signature knows) replaced by one row at its first line.

use std::collections::HashMap;

use foldhash::fast::FixedState;

use super::row::{ClassId, Row};
use super::symbols::{Symbol, Symbols};
use crate::classify::exception::LineShape;
use crate::classify::level::Level;
use crate::classify::{ClassKey, Classified, Classifier, EVIDENCE_BYTES_MAX, prefix};
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

/// Joins the blocks among rows in time order: the first row of a block tells all of it. The result marks the rows
/// that are told by another one.
pub(super) fn join_lines(
    rows: &mut [Row],
    symbols: &mut Symbols,
    classes: &mut dyn ClassView,
    classifier: &Classifier,
    platform_of: &dyn Fn(Symbol) -> Platform,
) -> Vec<bool> {
    let mut joined = vec![false; rows.len()];
    for block in blocks(rows, symbols, classes) {
        if join_block(rows, &block, symbols, classes, classifier, platform_of) {
            block[1..].iter().for_each(|index| joined[*index] = true);
        }
    }
    joined
}

/// Indices of the rows of each block.
fn blocks(rows: &[Row], symbols: &Symbols, classes: &dyn ClassView) -> Vec<Vec<usize>> {
    // Rows of one class and text have one shape, and a crash loop writes few texts very often.
    let mut shapes: HashMap<(ClassId, Symbol), LineShape, FixedState> = HashMap::default();
    let mut lines: Vec<(Symbol, Symbol, Stream, usize)> = rows
        .iter()
        .enumerate()
        .filter(|(_, row)| matches!(row.stream, Stream::Stdout | Stream::Stderr | Stream::Application))
        .filter(|(_, row)| {
            let shape = shapes.entry((row.class, row.text)).or_insert_with(|| shape_of(row, symbols, classes));
            *shape != LineShape::Plain
        })
        .map(|(index, row)| (row.service, row.instance, row.stream, index))
        .collect();
    lines.sort_unstable();
    let mut found: Vec<Vec<usize>> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    let mut state = BlockState::default();
    for window in 0..lines.len() {
        let (service, instance, stream, index) = lines[window];
        let row = &rows[index];
        let text = symbols.text(row.text);
        let shape = shapes.get(&(row.class, row.text)).copied().unwrap_or(LineShape::Plain);
        let follows = window > 0
            && lines[window - 1].0 == service
            && lines[window - 1].1 == instance
            && lines[window - 1].2 == stream
            && open.last().is_some_and(|last| row.time - rows[*last].time <= GAP_NANOS_MAX)
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

/// Joins one block if it is an exception or known to a signature; otherwise its head shows it as evidence.
fn join_block(
    rows: &mut [Row],
    block: &[usize],
    symbols: &mut Symbols,
    classes: &mut dyn ClassView,
    classifier: &Classifier,
    platform_of: &dyn Fn(Symbol) -> Platform,
) -> bool {
    let (service, stream) = (rows[block[0]].service, rows[block[0]].stream);
    let text = block.iter().map(|index| symbols.text(rows[*index].text)).collect::<Vec<_>>().join("\n");
    let platform = platform_of(service);
    let known = classifier.classify_block(platform, stream, &text).or_else(|| {
        let severity = if rows[block[0]].level == Level::Warning { Severity::Warning } else { Severity::Error };
        let class = classifier.classify_text(platform, stream, severity, &text);
        let opened = prefix::says_nothing(text.lines().next().unwrap_or(""));
        let told = matches!(class.key, ClassKey::Signature { .. }) || (opened && class.key != ClassKey::StackLine);
        told.then_some(class)
    });
    if let Some(class) = known {
        let level = block.iter().map(|index| rows[*index].level).max().unwrap_or(Level::Unknown);
        let first = &mut rows[block[0]];
        first.class = classes.intern(&class);
        first.text = symbols.intern(&class.text);
        first.level = level.max(class.level);
        return true;
    }
    // Not an exception: the head keeps its class and shows the block, loose lines go.
    let head = block.iter().find(|index| !matches!(classes.class(rows[**index].class).key, ClassKey::StackLine));
    if let Some(head) = head {
        let excerpt: String = text.chars().take(EVIDENCE_BYTES_MAX / 3).collect();
        rows[*head].text = symbols.intern(&excerpt);
    }
    false
}
