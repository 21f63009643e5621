//! Which tool asked for a change, from the user agent it sent.
//!
//! In goes `requestMetadata.callerSuppliedUserAgent` and the `client-name` annotation;
//! out comes a short name such as `gcloud run services update-traffic`, `console` or
//! `terraform`, and the id that groups the calls of one gcloud command.
//! Source: the user agents gcloud builds (`command/… invocation-id/… environment/…`).

/// Longest name made from an agent nobody knows, in bytes.
const NAME_BYTES_MAX: usize = 40;

/// Agents known by a word in them, in order of precedence.
const KNOWN: &[(&str, &str)] = &[
    ("terraform", "terraform"),
    ("pulumi", "pulumi"),
    ("google-github-actions", "github-actions"),
    ("github-actions", "github-actions"),
    ("cloud-console", "console"),
    ("mozilla/", "console"),
    ("cloud-functions", "cloud-functions"),
    ("cloudfunctions", "cloud-functions"),
    ("firebase", "firebase"),
    ("config-connector", "config-connector"),
    ("skaffold", "skaffold"),
    ("cloud-code", "cloud-code"),
    ("google-cloud-sdk", "gcloud"),
    ("gcloud", "gcloud"),
    ("google-api-", "client library"),
    ("google-cloud-", "client library"),
    ("gccl/", "client library"),
    ("gapic/", "client library"),
    ("grpc-", "client library"),
];

/// The tool's name; empty when neither the agent nor the annotation says anything.
///
/// A gcloud command run by continuous integration says so in brackets:
/// `gcloud run deploy (github-actions)`.
pub(crate) fn client(user_agent: &str, client_name: &str) -> String {
    if let Some(command) = token(user_agent, "command/") {
        let command: String = command.chars().filter(|c| c.is_ascii_alphanumeric() || ".-_".contains(*c)).collect();
        let mut name = command.replace('.', " ");
        name.truncate(NAME_BYTES_MAX * 2);
        if let Some(environment) = token(user_agent, "environment/").filter(|word| word.starts_with("github-actions")) {
            name.push_str(if environment.is_empty() { "" } else { " (github-actions)" });
        }
        return name;
    }
    [user_agent, client_name].into_iter().map(known).find(|name| !name.is_empty()).unwrap_or_default()
}

/// The id that all calls of one gcloud command share; empty where there is none.
pub(crate) fn invocation(user_agent: &str) -> String {
    token(user_agent, "invocation-id/").unwrap_or_default().chars().take(64).collect()
}

/// Whether the tool says of itself that it only moves traffic.
pub(crate) fn only_moves_traffic(client: &str) -> bool {
    client.contains("update-traffic")
}

fn known(agent: &str) -> String {
    let lower = agent.to_ascii_lowercase();
    if let Some((_, name)) = KNOWN.iter().find(|(word, _)| lower.contains(word)) {
        return (*name).to_owned();
    }
    let first = agent.split([' ', '/', ',', '(']).next().unwrap_or_default();
    first.chars().filter(|c| c.is_ascii_alphanumeric() || ".-_".contains(*c)).take(NAME_BYTES_MAX).collect()
}

/// The rest of the blank-separated word that starts with `prefix`.
fn token<'a>(user_agent: &'a str, prefix: &str) -> Option<&'a str> {
    user_agent.split_ascii_whitespace().find_map(|word| word.strip_prefix(prefix)).filter(|rest| !rest.is_empty())
}

#[cfg(test)]
mod tests {
    use super::{client, invocation, only_moves_traffic};

    #[test]
    fn a_gcloud_command_is_named_as_it_is_typed() {
        let agent = "google-cloud-sdk gcloud/534.0.0 command/gcloud.run.services.update-traffic invocation-id/ab12 environment/None (Linux),gzip(gfe)";
        assert_eq!(client(agent, "gcloud"), "gcloud run services update-traffic");
        assert_eq!(invocation(agent), "ab12");
        assert!(only_moves_traffic(&client(agent, "")));
        let ci = "google-cloud-sdk gcloud/513.0.0 command/gcloud.beta.run.deploy invocation-id/x environment/github-actions-setup-gcloud";
        assert_eq!(client(ci, ""), "gcloud beta run deploy (github-actions)");
    }

    #[test]
    fn other_tools_are_named_by_what_their_agents_contain() {
        for (agent, annotation, name) in [
            ("Mozilla/5.0 (Macintosh) AppleWebKit,gzip(gfe)", "", "console"),
            ("Terraform/1.9.2 (+https://www.terraform.io) terraform-provider-google/6.0", "", "terraform"),
            ("google-api-nodejs-client/7.0.0", "", "client library"),
            ("", "cloud-console", "console"),
            ("", "", ""),
            ("acme-deployer/2.1 (x)", "", "acme-deployer"),
        ] {
            assert_eq!(client(agent, annotation), name, "{agent} {annotation}");
        }
        assert_eq!(invocation("Mozilla/5.0"), "");
    }
}
