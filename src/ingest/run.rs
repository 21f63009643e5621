//! Runs the workers over the inputs.
//!
//! In goes the list of inputs; out comes what every worker folded and counted, joined. A worker opens
//! inputs of its own while there are any, which unpacks compressed shards in parallel; then it takes
//! batches from inputs that others still have open, which reads one large file with all cores.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use crate::model::entry::Entry;
use crate::model::report::InputFile;

use super::damage::{Damage, Damages};
use super::error::Unrecognised;
use super::input::Listed;
use super::source::{Batch, Source};
use super::state::StateDocument;
use super::work::{Counts, Worker};
use super::{Options, Read};

/// How long a worker waits for another one that is opening an input.
const OPENING: Duration = Duration::from_micros(50);

/// What is known about an input once it has been read.
struct Finished {
    info: InputFile,
    looks_like: String,
    states: Vec<StateDocument>,
}

/// What the workers share.
struct Shared<'s> {
    waiting: Mutex<std::iter::Enumerate<std::vec::IntoIter<Listed>>>,
    active: Mutex<Vec<Arc<Mutex<Option<Source>>>>>,
    finished: Mutex<Vec<(usize, Finished)>>,
    damages: Mutex<Damages>,
    /// Inputs that are not read to their end.
    unfinished: AtomicUsize,
    options: &'s Options,
}

/// Reads every input.
pub(super) fn run<T, N, F>(inputs: Vec<Listed>, options: &Options, new: &N, fold: &F) -> Read<T>
where
    T: Send,
    N: Fn() -> T + Sync,
    F: Fn(&mut T, &[Entry<'_>]) + Sync,
{
    let files = inputs.len();
    options.progress.expect(inputs.iter().map(|input| input.bytes).sum());
    let shared = Shared {
        waiting: Mutex::new(inputs.into_iter().enumerate()),
        active: Mutex::default(),
        finished: Mutex::default(),
        damages: Mutex::default(),
        unfinished: AtomicUsize::new(files),
        options,
    };
    let threads =
        if options.threads == 0 { thread::available_parallelism().map_or(1, usize::from) } else { options.threads };
    let workers = thread::scope(|scope| {
        let spawn = |_| {
            let work = || {
                let mut worker = Worker::new(new(), files, fold, options);
                shared.work(&mut worker);
                worker
            };
            thread::Builder::new().spawn_scoped(scope, work).expect("the system can start a thread")
        };
        let handles: Vec<_> = (0..threads).map(spawn).collect();
        handles
            .into_iter()
            .map(|handle| handle.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect::<Vec<_>>()
    });
    let mut counts = vec![Counts::default(); files];
    let mut damages = shared.damages.into_inner().unwrap_or_else(PoisonError::into_inner);
    let (mut partials, mut filtered_out) = (Vec::with_capacity(threads), 0);
    for worker in workers {
        for (total, part) in counts.iter_mut().zip(&worker.counts) {
            total.entries += part.entries;
            total.rejected += part.rejected;
        }
        damages.join(worker.damages);
        filtered_out += worker.filtered_out;
        partials.push(worker.state);
    }
    let mut finished = shared.finished.into_inner().unwrap_or_else(PoisonError::into_inner);
    finished.sort_by_key(|(file, _)| *file);
    conclude(finished.into_iter().map(|(_, finished)| finished).collect(), &counts, damages, filtered_out, partials)
}

/// Joins what is known about the inputs.
fn conclude<T>(
    finished: Vec<Finished>,
    counts: &[Counts],
    damages: Damages,
    filtered_out: u64,
    partials: Vec<T>,
) -> Read<T> {
    let (mut files, mut state_documents, mut unrecognised) = (Vec::new(), Vec::new(), Vec::new());
    for (index, (Finished { mut info, looks_like, states }, counts)) in finished.into_iter().zip(counts).enumerate() {
        info.entries = counts.entries;
        info.rejected += counts.rejected;
        if info.entries == 0 && states.is_empty() {
            let looks_like = if info.rejected > 0 {
                format!("{looks_like}, damaged so that no record can be read")
            } else {
                looks_like
            };
            unrecognised.push((index, Unrecognised { path: info.path.clone(), looks_like }));
        }
        state_documents.extend(states);
        files.push(info);
    }
    state_documents.sort();
    let damage: Vec<Damage> = damages.into_list();
    Read { partials, files, damage, state_documents, filtered_out, unrecognised }
}

impl Shared<'_> {
    /// One worker's day.
    fn work<T, F: Fn(&mut T, &[Entry<'_>])>(&self, worker: &mut Worker<'_, T, F>) {
        let mut batch = Batch::default();
        loop {
            // A statement of its own, so that the lock on the queue is not held while the file is opened.
            let next = lock(&self.waiting).next();
            let Some((index, listed)) = next else { break };
            let file = u32::try_from(index).unwrap_or(u32::MAX);
            let own = Arc::new(Mutex::new(Some(Source::open(file, listed, self.options))));
            lock(&self.active).push(Arc::clone(&own));
            while self.next_batch(&own, &mut batch) {
                worker.batch(&batch);
            }
        }
        loop {
            let other = lock(&self.active).first().map(Arc::clone);
            let Some(other) = other else {
                if self.unfinished.load(Ordering::Acquire) == 0 {
                    return;
                }
                // Another worker is opening its input and will share it in a moment.
                thread::sleep(OPENING);
                continue;
            };
            while self.next_batch(&other, &mut batch) {
                worker.batch(&batch);
            }
        }
    }

    /// Takes a batch from an open input; files the input when it is exhausted.
    fn next_batch(&self, input: &Arc<Mutex<Option<Source>>>, batch: &mut Batch) -> bool {
        let mut slot = lock(input);
        let Some(source) = slot.as_mut() else { return false };
        if source.next_batch(batch) {
            return true;
        }
        if let Some(mut source) = slot.take() {
            source.finish();
            let index = source.file_index();
            lock(&self.active).retain(|active| !Arc::ptr_eq(active, input));
            let Source { info, looks_like, states, damages, .. } = source;
            lock(&self.damages).join(damages);
            lock(&self.finished).push((index, Finished { info, looks_like, states }));
            self.unfinished.fetch_sub(1, Ordering::Release);
        }
        false
    }
}

/// A worker that panicked has already ended the run; its locks are still good.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
