//! The progress bar: on standard error, on a terminal only, and only when reading takes a while.

use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use indicatif::{HumanBytes, ProgressBar, ProgressStyle};

use crate::ingest::Progress;

/// Shorter work shows nothing.
const PATIENCE: Duration = Duration::from_millis(500);

/// Time between two pictures.
const FRAME: Duration = Duration::from_millis(100);

/// With and without a known size of the inputs.
const WITH_TOTAL: &str = "{bar:24} {bytes}/{total_bytes}, {msg}";
const WITHOUT_TOTAL: &str = "{spinner} {bytes}, {msg}";

/// Does the work, and shows how far reading has come while it takes.
pub fn watched<T>(progress: &Arc<Progress>, work: impl FnOnce() -> T) -> T {
    if !std::io::stderr().is_terminal() {
        return work();
    }
    let (done, is_done) = mpsc::channel::<()>();
    thread::scope(|scope| {
        scope.spawn(move || show(progress, &is_done));
        let result = work();
        drop(done);
        result
    })
}

/// Draws until the other end of the channel is dropped.
fn show(progress: &Progress, is_done: &mpsc::Receiver<()>) {
    if is_done.recv_timeout(PATIENCE) != Err(RecvTimeoutError::Timeout) {
        return;
    }
    let total = Some(progress.total_bytes()).filter(|total| *total > 0);
    let template = if total.is_some() { WITH_TOTAL } else { WITHOUT_TOTAL };
    let bar = ProgressBar::new(total.unwrap_or(0)).with_elapsed(PATIENCE);
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    loop {
        bar.set_position(progress.read_bytes());
        let entries = progress.entries();
        let seconds = bar.elapsed().as_secs_f64();
        #[allow(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a rate for show"
        )]
        let a_second = |count: u64| (count as f64 / seconds) as u64;
        let bytes_a_second = HumanBytes(a_second(progress.read_bytes()));
        bar.set_message(format!("{bytes_a_second}/s, {entries} entries, {}/s", a_second(entries)));
        if is_done.recv_timeout(FRAME) != Err(RecvTimeoutError::Timeout) {
            bar.finish_and_clear();
            return;
        }
    }
}
