//! Documents that describe what was deployed, among the inputs or given as state files.
//!
//! In goes decoded text; out come the documents in it as JSON text with their kind. They are told by
//! their fields: knative (v1) and v2 Cloud Run resources, Azure container apps and revisions, and
//! runs of GitHub Actions. Nothing is interpreted here.

use serde_json::Value;

use super::{nesting, yaml};

/// A deployment state document.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct StateDocument {
    /// Path of the file it stands in.
    pub path: String,
    /// What it describes.
    pub kind: StateKind,
    /// The whole document as JSON text.
    pub json: String,
}

/// What a state document describes. Lists are an array, or an object with `items`, `services`,
/// `revisions`, `value` or `workflow_runs`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StateKind {
    /// `gcloud run services describe`: one service, v1 (`apiVersion`, `kind`) or v2 (flat).
    CloudRunService,
    /// `gcloud run services list`, or the v2 API's list.
    CloudRunServiceList,
    /// `gcloud run revisions describe`.
    CloudRunRevision,
    /// `gcloud run revisions list`.
    CloudRunRevisionList,
    /// `gcloud run jobs describe`.
    CloudRunJob,
    /// `az containerapp show`.
    AzureContainerApp,
    /// `az containerapp list`.
    AzureContainerAppList,
    /// `az containerapp revision show`.
    AzureRevision,
    /// `az containerapp revision list`.
    AzureRevisionList,
    /// `az containerapp replica list`.
    AzureReplicaList,
    /// `az containerapp ingress traffic show`.
    AzureTraffic,
    /// `gh run list --json …` or the REST form `{"workflow_runs":[…]}`.
    GithubRunList,
}

/// One of these stands in every state document, so other files are not parsed twice.
const MARKERS: &[&str] = &[
    "serving.knative.dev",
    "run.googleapis.com",
    "latestReadyRevision",
    "observedGeneration",
    "Microsoft.App/",
    "activeRevisionsMode",
    "trafficWeight",
    "runningState",
    "revisionName",
    "latestRevision",
    "databaseId",
    "workflow_runs",
];

/// Whether text that begins like this may be a state document.
pub(super) fn may_be_state(head: &[u8]) -> bool {
    MARKERS.iter().any(|marker| memchr::memmem::find(head, marker.as_bytes()).is_some())
}

/// The state documents in a whole text; none unless every document in it is one.
pub(super) fn documents(path: &str, text: &[u8]) -> Vec<StateDocument> {
    let text = String::from_utf8_lossy(text);
    let text = text.trim_start_matches('\u{feff}').trim();
    let values = if text.starts_with(['{', '[']) && nesting::is_safe(text) {
        serde_json::from_str::<Value>(text).into_iter().collect()
    } else {
        yaml_documents(text)
    };
    let kinds: Option<Vec<StateKind>> = values.iter().map(kind).collect();
    let documents = kinds.into_iter().flatten().zip(&values);
    documents.map(|(kind, value)| StateDocument { path: path.to_owned(), kind, json: value.to_string() }).collect()
}

fn yaml_documents(text: &str) -> Vec<Value> {
    let mut values = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (document, after) = match rest.find("\n---") {
            Some(end) => (&rest[..end], &rest[end + 4..]),
            None => (rest, ""),
        };
        let document = document.strip_prefix("---").unwrap_or(document);
        if !document.trim().is_empty() {
            match yaml::parse(document) {
                Some(value) => values.push(value),
                None => return Vec::new(),
            }
        }
        rest = after;
    }
    values
}

fn kind(value: &Value) -> Option<StateKind> {
    match value {
        Value::Array(items) => list_kind(items),
        Value::Object(object) => {
            let single = single_kind(value);
            single.or_else(|| {
                let lists = ["items", "services", "revisions", "value", "workflow_runs"];
                let list = lists.iter().find_map(|name| object.get(*name)?.as_array())?;
                list_kind(list)
            })
        }
        _ => None,
    }
}

fn list_kind(items: &[Value]) -> Option<StateKind> {
    match single_kind(items.first()?)? {
        StateKind::CloudRunService | StateKind::CloudRunServiceList => Some(StateKind::CloudRunServiceList),
        StateKind::CloudRunRevision => Some(StateKind::CloudRunRevisionList),
        StateKind::AzureContainerApp => Some(StateKind::AzureContainerAppList),
        StateKind::AzureRevision => Some(StateKind::AzureRevisionList),
        other @ (StateKind::AzureReplicaList | StateKind::GithubRunList | StateKind::AzureTraffic) => Some(other),
        _ => None,
    }
}

fn single_kind(value: &Value) -> Option<StateKind> {
    let object = value.as_object()?;
    let has = |name: &str| object.contains_key(name);
    if let Some(kind) = object.get("kind").and_then(Value::as_str)
        && has("metadata")
    {
        return match kind {
            "Service" => Some(StateKind::CloudRunService),
            "Revision" => Some(StateKind::CloudRunRevision),
            "Job" => Some(StateKind::CloudRunJob),
            _ => None,
        };
    }
    // `gcloud … --format="json(spec,status)"` keeps neither kind nor apiVersion.
    if let Some(status) = object.get("status").filter(|status| status.get("latestCreatedRevisionName").is_some()) {
        return status.get("conditions").map(|_| StateKind::CloudRunService).or(Some(StateKind::CloudRunService));
    }
    let name = object.get("name").and_then(Value::as_str).unwrap_or_default();
    let type_name = object.get("type").and_then(Value::as_str).unwrap_or_default().to_ascii_lowercase();
    let properties = object.get("properties");
    let property = |name: &str| has(name) || properties.is_some_and(|properties| properties.get(name).is_some());
    if name.contains("/services/") && name.contains("/revisions/") {
        Some(StateKind::CloudRunRevision)
    } else if (name.starts_with("projects/") && name.contains("/services/"))
        || (has("latestReadyRevision") && has("template"))
    {
        Some(StateKind::CloudRunService)
    } else if type_name == "microsoft.app/containerapps" || property("latestRevisionName") && property("configuration")
    {
        Some(StateKind::AzureContainerApp)
    } else if type_name == "microsoft.app/containerapps/revisions" || (property("trafficWeight") && property("active"))
    {
        Some(StateKind::AzureRevision)
    } else if type_name == "microsoft.app/containerapps/revisions/replicas"
        || (property("containers") && property("runningState"))
    {
        Some(StateKind::AzureReplicaList)
    } else if has("weight") && (has("revisionName") || has("latestRevision")) {
        Some(StateKind::AzureTraffic)
    } else if (has("databaseId") && (has("conclusion") || has("status"))) || (has("run_number") && has("workflow_id")) {
        Some(StateKind::GithubRunList)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::{StateKind, documents, may_be_state};

    #[test]
    fn state_documents_of_every_tool_are_told_by_their_fields() {
        for (text, expected) in [
            (
                "apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata:\n  name: web\n",
                Some(StateKind::CloudRunService),
            ),
            (
                r#"{"apiVersion":"serving.knative.dev/v1","kind":"Revision","metadata":{}}"#,
                Some(StateKind::CloudRunRevision),
            ),
            (
                r#"[{"apiVersion":"serving.knative.dev/v1","kind":"Revision","metadata":{}}]"#,
                Some(StateKind::CloudRunRevisionList),
            ),
            (r#"{"services":[{"name":"projects/p/locations/l/services/web"}]}"#, Some(StateKind::CloudRunServiceList)),
            (r#"{"type":"Microsoft.App/containerApps","name":"shop"}"#, Some(StateKind::AzureContainerApp)),
            (r#"[{"active":true,"trafficWeight":100,"name":"shop--a"}]"#, Some(StateKind::AzureRevisionList)),
            (r#"[{"databaseId":7,"conclusion":"success"}]"#, Some(StateKind::GithubRunList)),
            (r#"[{"insertId":"a","timestamp":"t"}]"#, None),
            ("hello", None),
            ("[]", None),
        ] {
            assert_eq!(documents("f", text.as_bytes()).first().map(|document| document.kind), expected, "{text}");
            assert!(expected.is_none() || may_be_state(text.as_bytes()) || text.contains("projects/p"), "{text}");
        }
    }

    #[test]
    fn several_yaml_documents_give_several_states() {
        let text = "---\nkind: Service\nmetadata: {}\n---\nkind: Revision\nmetadata: {}\n";
        assert_eq!(documents("f", text.as_bytes()).len(), 2);
    }
}
