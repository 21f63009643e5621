//! Which texts may stand in a command: the naming rules of Google Cloud and Azure, one function a kind.
//!
//! In: a text taken from a log. Out: whether it is a name of that kind. Names are checked before they are
//! quoted, because a quoted wrong name still points a command at the wrong thing. Rules: the resource naming
//! pages of Resource Manager, Cloud Run, Secret Manager, Artifact Registry, Cloud SQL, IAM, Container Apps.

/// Longest image reference accepted, in bytes.
const IMAGE_BYTES_MAX: usize = 512;
/// Longest instance id or replica name accepted, in bytes; Cloud Run's are about 160 digits.
const INSTANCE_BYTES_MAX: usize = 512;

/// Lower-case letters, digits and single hyphens inside, letter first: the label rule most names follow.
fn is_label(text: &str, bytes_max: usize) -> bool {
    let bytes = text.as_bytes();
    (1..=bytes_max).contains(&bytes.len())
        && bytes[0].is_ascii_lowercase()
        && bytes[bytes.len() - 1] != b'-'
        && bytes.iter().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'-')
}

/// Starts with a letter or digit and has only letters, digits and the given marks.
fn is_word(text: &str, marks: &[u8], bytes_max: usize) -> bool {
    let bytes = text.as_bytes();
    (1..=bytes_max).contains(&bytes.len())
        && bytes[0].is_ascii_alphanumeric()
        && bytes.iter().all(|b| b.is_ascii_alphanumeric() || marks.contains(b))
}

/// Dot-separated labels: a host or mail domain.
fn is_domain(text: &str) -> bool {
    text.len() <= 253 && text.split('.').all(|part| is_word(part, b"-", 63))
}

/// Project id, project number, or `domain:id`.
pub fn is_project(text: &str) -> bool {
    let id = match text.split_once(':') {
        Some((domain, id)) if domain.contains('.') && is_domain(domain) => id,
        Some(_) => return false,
        None => text,
    };
    (id.len() >= 6 && is_label(id, 30)) || (text.len() <= 20 && is_number(text))
}

/// Google Cloud region, for example `europe-west1`.
pub fn is_region(text: &str) -> bool {
    is_label(text, 30) && text.contains('-') && text.ends_with(|c: char| c.is_ascii_digit())
}

/// Cloud Run service or job, or container app.
pub fn is_service(text: &str) -> bool {
    is_label(text, 63)
}

/// First-generation function: capitals and underscores are allowed there.
pub fn is_function(text: &str) -> bool {
    is_word(text, b"-_", 63) && text.starts_with(|c: char| c.is_ascii_alphabetic())
}

/// Revision of a service or container app; also an execution of a job.
pub fn is_revision(text: &str) -> bool {
    is_label(text, 63)
}

/// Instance id of Cloud Run: long lower-case hex.
pub fn is_instance(text: &str) -> bool {
    (16..=INSTANCE_BYTES_MAX).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'a'..=b'f'))
}

/// Replica of a container app.
pub fn is_replica(text: &str) -> bool {
    is_label(text, INSTANCE_BYTES_MAX)
}

/// Traffic tag.
pub fn is_tag(text: &str) -> bool {
    is_label(text, 46)
}

/// Short name of a secret.
pub fn is_secret(text: &str) -> bool {
    is_word(text, b"-_", 255)
}

/// Container image reference with optional tag and digest.
pub fn is_image(text: &str) -> bool {
    is_word(text, b"-_./:@", IMAGE_BYTES_MAX) && !text.contains("..") && !text.contains("//")
}

/// Service account e-mail.
pub fn is_account(text: &str) -> bool {
    match text.split_once('@') {
        Some((name, domain)) => {
            is_word(name, b"-.", 64) && domain.ends_with("gserviceaccount.com") && is_domain(domain)
        }
        None => false,
    }
}

/// Environment variable.
pub fn is_variable(text: &str) -> bool {
    is_word(text, b"_", 128) || (text.starts_with('_') && is_word(&text[1..], b"_", 127))
}

/// Cloud SQL connection name, `project:region:instance`.
pub fn is_sql_connection(text: &str) -> bool {
    let Some((head, instance)) = text.rsplit_once(':') else { return false };
    let Some((project, region)) = head.rsplit_once(':') else { return false };
    is_project(project) && is_region(region) && is_label(instance, 98)
}

/// Short name of a Cloud SQL instance, VPC connector or repository.
pub fn is_resource(text: &str) -> bool {
    is_label(text, 98)
}

/// TCP port.
pub fn is_port(text: &str) -> bool {
    is_number(text) && text.parse::<u16>().is_ok_and(|port| port > 0)
}

/// Permission, for example `storage.objects.get`.
pub fn is_permission(text: &str) -> bool {
    is_word(text, b".", 100) && text.split('.').count() == 3
}

/// Path of a URL without query; only characters that need no encoding.
pub fn is_path(text: &str) -> bool {
    text == "/"
        || (text.len() <= 200 && text.starts_with('/') && is_word(&text[1..], b"-_./", 199) && !text.contains("//"))
}

/// Dotted module, relation or similar identifier of a program.
pub fn is_identifier(text: &str) -> bool {
    is_word(text, b"_.-", 200) || (text.starts_with('_') && is_word(&text[1..], b"_.-", 199))
}

/// Host with optional registry port.
pub fn is_host(text: &str) -> bool {
    is_domain(text.split_once(':').map_or(text, |(host, port)| if is_port(port) { host } else { "" }))
}

/// Azure resource group (without the round brackets that Azure would allow).
pub fn is_resource_group(text: &str) -> bool {
    is_word(text, b"-_.", 90) && !text.ends_with('.')
}

/// Run of GitHub Actions: its number.
pub fn is_run(text: &str) -> bool {
    text.len() <= 20 && is_number(text)
}

/// Digits only.
fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn real_names_are_accepted() {
        for project in ["shop-staging", "solid-tree-466011-d1", "example.com:shop-prod", "123456789012"] {
            assert!(is_project(project), "{project}");
        }
        for region in ["us-central1", "northamerica-northeast1", "europe-west12"] {
            assert!(is_region(region), "{region}");
        }
        assert!(is_service("api") && is_revision("api-00042-b7d") && is_revision("web--0000115"));
        assert!(is_function("helloWorld") && is_function("sync_orders-2"));
        assert!(is_instance("00f46b927105a1b2c3d4") && is_replica("web--abc-6d7f-x2x"));
        assert!(
            is_image("europe-west1-docker.pkg.dev/shop/app/api:v1.2@sha256:00ff") && is_image("localhost:5000/api")
        );
        assert!(
            is_account("api@shop.iam.gserviceaccount.com") && is_account("12-compute@developer.gserviceaccount.com")
        );
        assert!(
            is_sql_connection("shop-staging:us-central1:main-db") && is_secret("DB_PASSWORD") && is_variable("_KEY")
        );
        assert!(is_path("/api/v1/items") && is_permission("storage.objects.get") && is_host("shop.azurecr.io"));
    }

    #[test]
    fn what_a_shell_a_filter_or_an_option_parser_would_read_is_no_name() {
        let checks: [fn(&str) -> bool; 22] = [
            is_project,
            is_region,
            is_service,
            is_function,
            is_revision,
            is_instance,
            is_replica,
            is_tag,
            is_secret,
            is_image,
            is_account,
            is_variable,
            is_sql_connection,
            is_resource,
            is_port,
            is_permission,
            is_path,
            is_identifier,
            is_host,
            is_resource_group,
            is_number,
            is_run,
        ];
        let hostile = [
            "",
            " ",
            "-x",
            "--project=evil",
            "a b",
            "a;b",
            "$(x)",
            "`x`",
            "a\nb",
            "a'b",
            "a\"b",
            "ä",
            "a\\b",
            "a|b",
            "a>b",
            "a*b",
            "a#b",
            "a!b",
        ];
        for text in hostile {
            assert!(checks.iter().all(|check| !check(text)), "{text:?}");
        }
    }

    #[test]
    fn near_misses_of_each_rule_are_refused() {
        assert!(!is_project("short") && !is_project("Shop-Staging") && !is_project("shop-") && !is_region("europe"));
        assert!(
            !is_service("api-")
                && !is_service("1api")
                && !is_instance("abcdefg")
                && !is_instance("00F46B927105A1B2C3D4")
        );
        assert!(!is_account("someone@example.com") && !is_port("0") && !is_port("65536") && !is_image("a/../b"));
    }
}
