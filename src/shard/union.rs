//! Joins shards into one, in one form: whatever was joined in whatever order, equal entries give equal bytes.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};
use std::iter::Peekable;
use std::path::Path;
use std::vec::IntoIter;

use super::columns::{records, rows::Told};
use super::error::Error;
use super::format::Checked;
use super::{Described, FilePart, Records, Shard, Stands, read, within};
use crate::facts::Facts;
use crate::facts::record::{Origin, Record, Share};
use crate::facts::symbols::Symbol;
use crate::facts::tables::Unsound;
use crate::ingest::Damage;

/// Shards as they are joined.
#[derive(Default)]
pub struct Union {
    whole: Shard,
    numbers: BTreeMap<FilePart, u32>,
    documents: BTreeSet<Described>,
    sources: Vec<Source>,
    /// Entries without an identity, by source and the joined number of their file.
    anonymous: Vec<(usize, u32, Share, u64)>,
    /// The same of files that were read before: counted twice so far.
    surplus: Vec<(usize, Share, u64)>,
}

/// Records that are still to be joined, with what their numbers mean.
struct Source {
    names: Vec<Symbol>,
    origins: Vec<Origin>,
    records: Records,
}

impl Union {
    /// Adds a Facts file.
    pub fn add_file(&mut self, checked: Checked) -> Result<(), Error> {
        let (shard, kept) = read::head(&checked)?;
        let path = checked.path.clone();
        self.join(shard, Records::File { checked, kept }).map_err(|error| Error::damaged(&path, 0, error.0))
    }

    /// Adds a shard that was just read.
    pub fn add(&mut self, shard: Shard, records: Records) -> Result<(), Error> {
        self.join(shard, records).map_err(|error| Error::damaged(Path::new("(memory)"), 0, error.0))
    }

    /// Adds a shard; its numbers may be wrong.
    fn join(&mut self, mut shard: Shard, records: Records) -> Result<(), Unsound> {
        let files: Vec<(u32, bool)> = shard.files.drain(..).map(|file| self.file(file)).collect();
        let is_new: Vec<Option<u32>> = files.iter().map(|(number, is_new)| is_new.then_some(*number)).collect();
        let file_of = |file: u32| files.get(file as usize).copied().ok_or(Unsound("something names no file"));
        shard.facts.renumber_files(&is_new)?;
        for damage in shard.damage {
            let (file, is_new) = file_of(damage.file)?;
            if is_new {
                self.whole.damage.push(Damage { file, ..damage });
            }
        }
        let source = self.sources.len();
        for (file, share, count) in shard.anonymous {
            match file_of(file)? {
                (file, true) => self.anonymous.push((source, file, share, count)),
                (_, false) => self.surplus.push((source, share, count)),
            }
        }
        self.documents.extend(shard.documents);
        self.whole.is_filtered |= shard.is_filtered;
        self.whole.scopes.extend(shard.scopes);
        let names = self.whole.facts.symbols.absorb(&shard.facts.symbols);
        let ours = |symbol: Symbol| names.get(symbol.0 as usize).copied().unwrap_or_default();
        let origins = shard.origins.into_iter().map(|origin| origin.renamed(&ours)).collect();
        self.whole.facts = std::mem::take(&mut self.whole.facts).merge(shard.facts);
        self.sources.push(Source { names, origins, records });
        Ok(())
    }

    /// Adds descriptions that no shard brings.
    pub fn describe(&mut self, documents: Vec<Described>) {
        self.documents.extend(documents);
    }

    /// The joined number of a file, and whether it is read for the first time.
    fn file(&mut self, file: FilePart) -> (u32, bool) {
        if let Some(number) = self.numbers.get(&file) {
            return (*number, false);
        }
        let number = u32::try_from(self.whole.files.len()).unwrap_or(u32::MAX);
        self.numbers.insert(file.clone(), number);
        self.whole.files.push(file);
        (number, true)
    }

    /// Ends the union: one shard in its one form. Every counted entry is given to `take` in the order of the
    /// identities, in the numbers of that shard, with where it stands.
    pub fn finish(self, mut take: impl FnMut(Record, Stands) -> Result<(), Error>) -> Result<Shard, Error> {
        let Self { mut whole, documents, mut sources, anonymous, surplus, .. } = self;
        let ours = order_files(&mut whole);
        whole.documents = documents.into_iter().collect();
        whole.facts.entries = whole.files.iter().map(|file| file.info.entries).sum();
        let (mut facts, names) = std::mem::take(&mut whole.facts).ordered();
        let rename = |symbol: Symbol| names.get(symbol.0 as usize).copied().unwrap_or_default();
        for source in &mut sources {
            source.names.iter_mut().for_each(|name| *name = rename(*name));
            source.origins.iter_mut().for_each(|origin| *origin = origin.renamed(&rename));
        }
        let origins: BTreeSet<Origin> = sources.iter().flat_map(|source| source.origins.iter().copied()).collect();
        whole.origins = origins.into_iter().collect();
        let tongues: Vec<Tongue> = sources.iter().map(|source| Tongue::new(source, &whole.origins)).collect();
        let mut kept: Vec<(u64, u32)> = (0..).zip(&facts.rows).map(|(number, row)| (row.identity, number)).collect();
        kept.retain(|(identity, _)| *identity != 0);
        kept.sort_unstable();
        let mut kept = kept.into_iter().peekable();
        // What is taken back are counts.
        let (rows, symbols) = (std::mem::take(&mut facts.rows), std::mem::take(&mut facts.symbols));
        let stands = |record: &Record, number: u32| {
            let told = Told::of(&record.share);
            let row = rows.get(number as usize);
            let within = row.zip(whole.origins.get(told.origin as usize)).is_some_and(|(row, origin)| {
                within::record(row, told, origin, symbols.text(origin.log)) == Some(*record)
            });
            if within { Stands::Within(number) } else { Stands::Beside(number) }
        };
        let mut back = Back { facts: &mut facts, origins: &whole.origins };
        for (source, share, count) in surplus {
            back.take(&tongues[source].share(share), count);
        }
        let mut sums: BTreeMap<(u32, Share), u64> = BTreeMap::new();
        for (source, file, share, count) in anonymous {
            let file = ours.get(file as usize).copied().unwrap_or(file);
            *sums.entry((file, tongues[source].share(share))).or_default() += count;
        }
        whole.anonymous = sums.into_iter().map(|((file, share), count)| (file, share, count)).collect();
        let streams = sources.into_iter().zip(tongues).map(|(source, tongue)| Stream::new(source.records, tongue));
        join(streams, &mut back, &mut |record| {
            while kept.next_if(|(identity, _)| *identity < record.identity).is_some() {}
            let row = kept.next_if(|(identity, _)| *identity == record.identity);
            take(record, row.map_or(Stands::Alone, |(_, number)| stands(&record, number)))
        })?;
        (facts.rows, facts.symbols) = (rows, symbols);
        whole.facts = facts;
        Ok(whole)
    }
}

/// Puts the files in the order of their names; gives the new number of each.
fn order_files(whole: &mut Shard) -> Vec<u32> {
    let mut order: Vec<usize> = (0..whole.files.len()).collect();
    order.sort_unstable_by(|a, b| whole.files[*a].cmp(&whole.files[*b]));
    let mut ours = vec![0; order.len()];
    for (number, old) in (0..).zip(&order) {
        ours[*old] = number;
    }
    whole.files.sort_unstable();
    for damage in &mut whole.damage {
        damage.file = ours[damage.file as usize];
    }
    whole.damage.sort();
    let all: Vec<Option<u32>> = ours.iter().copied().map(Some).collect();
    // Every position was given one of these numbers when it was added.
    let renumbered = whole.facts.renumber_files(&all);
    debug_assert_eq!(renumbered, Ok(()));
    ours
}

/// The numbers of one source in those of the whole.
struct Tongue {
    names: Vec<Symbol>,
    origins: Vec<u32>,
}

impl Tongue {
    fn new(source: &Source, all: &[Origin]) -> Self {
        let number = |origin: &Origin| all.binary_search(origin).ok().and_then(|at| u32::try_from(at).ok());
        let origins = source.origins.iter().map(|origin| number(origin).unwrap_or(u32::MAX)).collect();
        Self { names: source.names.clone(), origins }
    }

    fn share(&self, share: Share) -> Share {
        share.renamed(&|symbol| self.names.get(symbol.0 as usize).copied().unwrap_or_default(), &self.origins)
    }
}

/// Takes back what copies added.
struct Back<'a> {
    facts: &'a mut Facts,
    origins: &'a [Origin],
}

impl Back<'_> {
    fn take(&mut self, share: &Share, times: u64) {
        if let Some(origin) = self.origins.get(share.origin as usize) {
            self.facts.take_back(share, origin, times);
        }
    }
}

/// Gives each identity once, in order. Of copies that differ, the smallest stays, whichever shard it is in.
fn join(
    streams: impl Iterator<Item = Stream>,
    back: &mut Back<'_>,
    take: &mut impl FnMut(Record) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut streams: Vec<Stream> = streams.collect();
    let mut next = BinaryHeap::new();
    for (number, stream) in streams.iter_mut().enumerate() {
        next.extend(stream.next()?.map(|record| Reverse((record, number))));
    }
    let mut last: Option<Record> = None;
    while let Some(Reverse((record, number))) = next.pop() {
        next.extend(streams[number].next()?.map(|record| Reverse((record, number))));
        if last.is_some_and(|last| last.identity == record.identity) {
            back.take(&record.share, 1);
        } else {
            last = Some(record);
            take(record)?;
        }
    }
    Ok(())
}

/// The records of one source, in the order of their identities and the numbers of the whole.
struct Stream {
    tongue: Tongue,
    /// The next ones, of the file's present block or of memory.
    ready: Peekable<IntoIter<Record>>,
    /// Those that the file's rows hold.
    kept: Peekable<IntoIter<Record>>,
    file: Option<(Checked, u64)>,
}

impl Stream {
    fn new(records: Records, tongue: Tongue) -> Self {
        match records {
            Records::Memory(mut records) => {
                records.sort_unstable();
                Self { tongue, ready: queue(records), kept: queue(Vec::new()), file: None }
            }
            Records::File { checked, kept } => {
                let first = checked.records();
                Self { tongue, ready: queue(Vec::new()), kept: queue(kept), file: Some((checked, first)) }
            }
        }
    }

    fn next(&mut self) -> Result<Option<Record>, Error> {
        while self.ready.peek().is_none() {
            let Some((checked, offset)) = &mut self.file else { break };
            let Some((block, next)) = checked.record_block(*offset)? else { break };
            let records =
                records::unpack(&block.parts).map_err(|what| Error::damaged(&checked.path, block.offset, what))?;
            *offset = next;
            self.ready = queue(records);
        }
        let of_ready = self.ready.peek().map(|record| record.identity);
        let from_kept = |kept: &Record| of_ready.is_none_or(|ready| kept.identity < ready);
        let record = self.kept.next_if(from_kept).or_else(|| self.ready.next());
        Ok(record.map(|record| Record { share: self.tongue.share(record.share), ..record }))
    }
}

fn queue(records: Vec<Record>) -> Peekable<IntoIter<Record>> {
    records.into_iter().peekable()
}
