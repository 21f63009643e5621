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
    let mut shapes = Shapes { symbols, classes, texts: Vec::new(), known: HashMap::default() };
    let mut open: HashMap<(Symbol, Symbol, Stream), Block, FixedState> = HashMap::default();
    let mut found: Vec<Vec<usize>> = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        if !row.stream.is_output() {
            continue;
        }
        let shape = shapes.of(row);
        if shape == LineShape::Plain {
            continue;
        }
        let text = symbols.text(row.text);
        let block = open.entry((row.service, row.instance, row.stream)).or_default();
        let follows = row.time - block.last <= GAP_NANOS_MAX && block.rows.len() < BLOCK_LINES_MAX;
        if !follows || block.state.starts_anew(text, shape) {
            block.end(&mut found);
        }
        block.state.take(text, shape);
        block.last = row.time;
        block.rows.push(index);
    }
    for mut block in open.into_values() {
        block.end(&mut found);
    }
    found
}

/// The lines of one instance and stream that may belong together.
#[derive(Default)]
struct Block {
    rows: Vec<usize>,
    /// When the last of them was written.
    last: i64,
    state: BlockState,
}

impl Block {
    /// Gives the lines to `found` if they are several, and is empty then.
    fn end(&mut self, found: &mut Vec<Vec<usize>>) {
        if self.rows.len() > 1 {
            found.push(std::mem::take(&mut self.rows));
        }
        self.rows.clear();
        self.state = BlockState::default();
    }
}

/// Shapes of lines by text and class: a crash loop writes few texts very often.
struct Shapes<'a> {
    symbols: &'a Symbols,
    classes: &'a dyn ClassView,
    /// The class that each text was last met with, and its shape then.
    texts: Vec<Option<(ClassId, LineShape)>>,
    /// The same for texts of several classes.
    known: HashMap<(ClassId, Symbol), LineShape, FixedState>,
}

impl Shapes<'_> {
    fn of(&mut self, row: &Row) -> LineShape {
        let text = row.text.0 as usize;
        if let Some(Some((class, shape))) = self.texts.get(text)
            && *class == row.class
        {
            return *shape;
        }
        let Self { symbols, classes, .. } = *self;
        let shape = *self.known.entry((row.class, row.text)).or_insert_with(|| shape_of(row, symbols, classes));
        if self.texts.len() <= text {
            self.texts.resize(text + 1, None);
        }
        self.texts[text] = Some((row.class, shape));
        shape
    }
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
