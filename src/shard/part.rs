//! The shard of one scan, from what its workers read.

use std::collections::BTreeMap;

use super::error::Error;
use super::{Described, FilePart, Records, Shard};
use crate::classify::redact::redact;
use crate::facts::Facts;
use crate::facts::record::Recorder;
use crate::ingest::{Damage, Read, StateDocument};
use crate::state::history;

/// Joins what the workers kept. Nothing that the report would redact is in it. `name` replaces the path of the only
/// input: where the bytes come from, if they came through a pipe or a temporary file. `scope` is what was asked for.
pub fn part(
    read: Read<(Facts, Recorder)>,
    state_files: &[StateDocument],
    name: Option<&str>,
    scope: String,
) -> Result<(Shard, Records), Error> {
    let (mut facts, recorder) = read
        .partials
        .into_iter()
        .fold((Facts::default(), Recorder::default()), |(facts, recorder), (more_facts, more)| {
            (facts.merge(more_facts), recorder.merge(more))
        });
    let mut files: Vec<FilePart> = (0..)
        .zip(read.files)
        .map(|(number, info)| FilePart {
            info,
            fingerprint: recorder.fingerprints.get(&number).copied().unwrap_or_default(),
            looks_like: None,
        })
        .collect();
    for (file, unrecognised) in read.unrecognised {
        if let Some(part) = files.get_mut(file) {
            part.looks_like = Some(redact(&unrecognised.looks_like).into_owned());
        }
    }
    let mut documents = described(&read.state_documents);
    if let Some(name) = name {
        let [file] = files.as_mut_slice() else {
            return Err(Error::ManyNamed { name: name.to_owned(), inputs: files.len() });
        };
        name.clone_into(&mut file.info.path);
        for document in &mut documents {
            name.clone_into(&mut document.path);
        }
    }
    documents.extend(described(state_files));
    let names = facts.symbols.absorb(&recorder.names);
    let ours = |symbol: crate::facts::symbols::Symbol| names.get(symbol.0 as usize).copied().unwrap_or_default();
    let same: Vec<u32> = (0..).take(recorder.origins.len()).collect();
    let origins = recorder.origins.iter().map(|origin| origin.renamed(&ours)).collect();
    let anonymous = recorder
        .anonymous
        .into_iter()
        .map(|((file, share), count)| (file, share.renamed(&ours, &same), count))
        .collect();
    let mut records = recorder.records;
    for record in &mut records {
        record.share = record.share.renamed(&ours, &same);
    }
    let damage =
        read.damage.into_iter().map(|damage| Damage { excerpt: redact(&damage.excerpt).into_owned(), ..damage });
    let shard = Shard {
        files,
        is_filtered: read.filtered_out > 0,
        scopes: [scope].into(),
        damage: damage.collect(),
        documents,
        facts,
        origins,
        anonymous,
    };
    Ok((shard, Records::Memory(records)))
}

/// The resources that documents describe, each with its number within its file.
pub fn described(documents: &[StateDocument]) -> Vec<Described> {
    let mut numbers: BTreeMap<&str, u32> = BTreeMap::new();
    let mut found = Vec::new();
    for source in documents {
        for document in history::parse_document(&source.json) {
            let number = numbers.entry(&source.path).or_default();
            found.push(Described { path: source.path.clone(), number: *number, document: document.redacted() });
            *number += 1;
        }
    }
    found
}
