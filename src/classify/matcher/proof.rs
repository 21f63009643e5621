//! Holds a whole catalogue against its own examples.
//!
//! In: a [`Catalog`]. Out: every promise it breaks, as the errors a user reads. An example goes the way of an
//! entry: prefilter, platform, stream, priority. So what is proven here is what an analysis does.

use super::{Catalog, CatalogError, Signature};
use crate::classify::signature::{Example, Scope};
use crate::model::{Platform, Stream};

impl Catalog {
    /// Tries every example, every near miss, and who wins where several match.
    pub fn prove(&self) -> Vec<CatalogError> {
        let mut problems = Vec::new();
        for signature in &self.signatures {
            for id in signature.advice().overlaps.iter().filter(|id| self.get(id).is_none()) {
                let problem = format!("there is no signature `{id}`");
                problems.push(invalid(signature, "advice.overlaps", problem, "correct the id or remove it"));
            }
            let tried: Vec<_> =
                signature.examples().iter().map(|example| self.try_example(signature, example)).collect();
            if tried.iter().all(|outcome| matches!(outcome, Ok(false))) {
                let problem = "another signature wins every one of its examples".to_owned();
                problems.push(invalid(signature, "priority", problem, "raise it, or remove the signature"));
            }
            problems.extend(tried.into_iter().filter_map(Result::err));
        }
        problems
    }

    /// Whether the example shows that the signature is of use; `Ok(false)` where another one may win.
    fn try_example(&self, signature: &Signature, example: &Example) -> Result<bool, CatalogError> {
        let (platform, stream) = home_of(signature);
        let all = self.find_all(platform, stream, &example.text);
        if all.iter().any(|found| found.signature.id == signature.id) != example.matches {
            let problem = format!("match = {} does not hold for `{}`", example.matches, example.text);
            return Err(invalid(signature, "example.text", problem, "correct the example or the pattern"));
        }
        let Some(best) = all.first().filter(|_| example.matches).map(|found| found.signature) else { return Ok(false) };
        if best.id == signature.id {
            return Ok(true);
        }
        if signature.advice().overlaps.contains(&best.id) || best.advice().overlaps.contains(&signature.id) {
            // A built-in signature that a user's takes the place of, as that one says, need not win any more.
            return Ok(best.file.is_some() && signature.file.is_none());
        }
        let remedy = "narrow the pattern, change `priority`, or name the other id in advice.overlaps";
        // Told about the user's file where there is one: that is the one the reader can change.
        Err(if best.file.is_some() && signature.file.is_none() {
            let problem = format!("takes an example of `{}`: `{}`", signature.id, example.text);
            invalid(best, "match.regex", problem, remedy)
        } else {
            let problem = format!("`{}` takes its example: `{}`", best.id, example.text);
            invalid(signature, "example.text", problem, remedy)
        })
    }
}

/// A platform and a stream on which the signature applies.
fn home_of(signature: &Signature) -> (Platform, Stream) {
    let platform = match signature.scope {
        Scope::Any | Scope::CloudRun => Platform::CloudRun,
        Scope::CloudRunJob => Platform::CloudRunJob,
        Scope::CloudFunctions => Platform::CloudFunctions,
        Scope::CloudBuild => Platform::CloudBuild,
        Scope::AzureContainerApps => Platform::AzureContainerApps,
    };
    let any = if signature.mark.is_platforms_word() { Stream::System } else { Stream::Stderr };
    (platform, signature.streams.first().copied().unwrap_or(any))
}

fn invalid(signature: &Signature, key: &'static str, problem: String, remedy: &'static str) -> CatalogError {
    CatalogError::Invalid { path: signature.path(), key, problem, remedy }
}
