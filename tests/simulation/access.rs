//! Deploys that the platform refuses, and callers that it refuses: rights, secrets, images, billing.

use serde_json::json;
use whydown::model::Category;

use super::Kind;
use super::scene::{ANY, Scene};
use super::traffic::Answer;
use super::truth::Truth;
use super::world::{Instance, SECOND, World};

/// The kinds of this family.
pub const KINDS: &[Kind] = &[
    Kind { name: "secret-missing", make: secret_missing },
    Kind { name: "secret-denied", make: secret_denied },
    Kind { name: "secret-lost-by-new-instances", make: secret_lost_by_new_instances },
    Kind { name: "image-not-found", make: image_not_found },
    Kind { name: "image-pull-denied", make: image_pull_denied },
    Kind { name: "connector-missing", make: connector_missing },
    Kind { name: "act-as-denied", make: act_as_denied },
    Kind { name: "cpu-quota-at-deploy", make: cpu_quota_at_deploy },
    Kind { name: "deploy-conflict", make: deploy_conflict },
    Kind { name: "callers-refused-after-policy-change", make: callers_refused_after_policy_change },
    Kind { name: "billing-disabled", make: billing_disabled },
];

/// A deploy that the control plane gives up at once; no instance is ever started, the old revision serves on.
fn refused(world: &mut World, title: &str, category: &[Category], text: &str, message: &str) -> Truth {
    let mut scene = world.scene(&ANY);
    let mut truth = Truth::incident(title, category, text, &scene.service.name);
    let seconds = world.dice.range(2, 9);
    world.failing_deploy(&mut scene.service, scene.onset, seconds, message);
    if world.dice.chance(40) {
        world.failing_deploy(&mut scene.service, scene.onset + 150 * SECOND, seconds, message);
    }
    world.served(&scene);
    truth.dual(&scene.service.name, "consequence");
    world.decoys(&mut truth, &mut scene.service, &scene.fleet, scene.from, scene.to);
    truth
}

fn secret_missing(world: &mut World) -> Truth {
    let message = world.dice.pick(&[
        "Revision 'REVISION' is not ready and cannot serve traffic. spec.template.spec.containers[0].env[3].value_from.secret_key_ref.name: Secret projects/700000000185/secrets/stripe-key/versions/latest was not found",
        "spec.template.spec.containers[0].env[1].value_from.secret_key_ref.name: Secret projects/700000000185/secrets/stripe-key/versions/7 was not found",
    ]);
    refused(
        world,
        "a secret that the revision names does not exist",
        &[Category::SecretAccess, Category::Config],
        "stripe-key",
        message,
    )
}

fn secret_denied(world: &mut World) -> Truth {
    refused(
        world,
        "the service account may not read a secret",
        &[Category::SecretAccess, Category::Iam],
        "stripe-key",
        "Revision 'REVISION' is not ready and cannot serve traffic. spec.template.spec.containers[0].env[2].value_from.secret_key_ref.name: Permission denied on secret: projects/700000000185/secrets/stripe-key/versions/latest for Revision service account 700000000185-compute@developer.gserviceaccount.com. The service account used must be granted the 'Secret Manager Secret Accessor' role (roles/secretmanager.secretAccessor) at the secret, project or higher level.",
    )
}

fn image_not_found(world: &mut World) -> Truth {
    refused(
        world,
        "the image was never pushed",
        &[Category::Image],
        "(?i)image.{0,120}not found",
        "Revision 'REVISION' is not ready and cannot serve traffic. Image 'europe-docker.pkg.dev/acme/apps/orders:9f31c2' not found.",
    )
}

fn image_pull_denied(world: &mut World) -> Truth {
    refused(
        world,
        "the service agent may not read the image",
        &[Category::Image, Category::Iam],
        "(?i)read the image|may not (be )?read",
        "Revision 'REVISION' is not ready and cannot serve traffic. Google Cloud Run Service Agent service-700000000185@serverless-robot-prod.iam.gserviceaccount.com must have permission to read the image, europe-docker.pkg.dev/acme-images/apps/orders:71. Ensure that the provided container image URL is correct and that the above account has permission to access the image. If you just enabled the Cloud Run API, the permissions might take a few minutes to propagate. Note that the image is from project [acme-images], which is not the same as this project [acme-shop-prod]. Permission must be granted to the Google Cloud Run Service Agent from this project.",
    )
}

fn connector_missing(world: &mut World) -> Truth {
    refused(
        world,
        "the connector that the revision names is gone",
        &[Category::Network, Category::Config],
        "(?i)connector",
        "Revision 'REVISION' is not ready and cannot serve traffic. VPC connector projects/acme-shop-prod/locations/europe-west1/connectors/main does not exist, or Cloud Run does not have permission to use it.",
    )
}

fn cpu_quota_at_deploy(world: &mut World) -> Truth {
    refused(
        world,
        "the region's CPU quota is used up",
        &[Category::QuotaBilling],
        "(?i)quota",
        "Revision 'REVISION' is not ready and cannot serve traffic. Quota exceeded for total allowable CPU per project per region.",
    )
}

fn act_as_denied(world: &mut World) -> Truth {
    let mut scene = world.scene(&ANY);
    let mut truth = Truth::incident(
        "the deployer may not act as the service account",
        &[Category::Iam],
        "(?i)actas",
        &scene.service.name,
    );
    let message = "Permission 'iam.serviceaccounts.actAs' denied on service account runner@acme-shop-prod.iam.gserviceaccount.com (or it may not exist).";
    world.refused_deploy(&scene.service.clone(), scene.onset, 7, message);
    world.served(&scene);
    world.decoys(&mut truth, &mut scene.service, &scene.fleet, scene.from, scene.to);
    truth
}

fn deploy_conflict(world: &mut World) -> Truth {
    let mut scene = world.scene(&ANY);
    let mut truth = Truth::incident(
        "two pipelines deploy at once; one is refused",
        &[Category::DeployConflict],
        "(?i)conflict",
        &scene.service.name,
    );
    let (onset, name) = (scene.onset, scene.service.name.clone());
    let old = scene.fleet.clone();
    world.traffic(&scene.service.clone(), &old, scene.from, onset + 20 * SECOND, 3 * SECOND);
    let message = format!(
        "Conflict for resource '{name}': version '1772438400000' was specified but current version is '1772438431000'."
    );
    let before = scene.service.clone();
    scene.fleet = world.healthy_deploy(&mut scene.service, &old, onset);
    world.refused_deploy(&before, onset + 2 * SECOND, 10, &message);
    world.traffic(&scene.service.clone(), &scene.fleet, onset + 20 * SECOND, scene.to, 3 * SECOND);
    world.decoys(&mut truth, &mut scene.service, &scene.fleet, onset + 60 * SECOND, scene.to);
    truth
}

fn secret_lost_by_new_instances(world: &mut World) -> Truth {
    let mut scene = world.scene(&ANY);
    let mut truth = Truth::incident(
        "a right was taken away: only instances started since then fail, the old ones serve",
        &[Category::SecretAccess, Category::Iam, Category::Config],
        "stripe-key",
        &scene.service.name,
    );
    let told = super::scene::told(
        (
            "google.api_core.exceptions.PermissionDenied",
            "403 Permission 'secretmanager.versions.access' denied for resource 'projects/700000000185/secrets/stripe-key/versions/latest' (or it may not exist).",
        ),
        (
            "Error",
            "7 PERMISSION_DENIED: Permission 'secretmanager.versions.access' denied for resource 'projects/700000000185/secrets/stripe-key/versions/latest' (or it may not exist).",
        ),
        (
            "com.google.api.gax.rpc.PermissionDeniedException",
            "io.grpc.StatusRuntimeException: PERMISSION_DENIED: Permission 'secretmanager.versions.access' denied for resource 'projects/700000000185/secrets/stripe-key/versions/latest' (or it may not exist).",
        ),
        "rpc error: code = PermissionDenied desc = Permission 'secretmanager.versions.access' denied for resource 'projects/700000000185/secrets/stripe-key/versions/latest' (or it may not exist).",
    );
    let service = scene.service.clone();
    world.crash_loop(&service, &service.revision, (scene.onset, scene.to), "AUTOSCALING", &told, "load_secrets");
    world.served(&scene);
    world.decoys(&mut truth, &mut scene.service, &scene.fleet, scene.from, scene.to);
    truth
}

/// The policy of the service changes, and callers that were let in are refused.
fn callers_refused_after_policy_change(world: &mut World) -> Truth {
    let mut scene = world.scene(&ANY);
    let mut truth = Truth::incident(
        "callers lost the right to invoke the service",
        &[Category::Iam, Category::Client],
        "(?i)not authenticated|not authorized|403|invoker",
        &scene.service.name,
    );
    truth.only_symptoms();
    policy_changed(world, &scene);
    world.traffic(&scene.service.clone(), &scene.fleet, scene.from, scene.onset, 2 * SECOND);
    let words = world.dice.pick(&[
        "The request was not authenticated. Either allow unauthenticated invocations or set the proper Authorization header. Read more at https://cloud.google.com/run/docs/securing/authenticating",
        "The request was not authenticated. Either allow public access or set the proper Authorization header. Read more at https://cloud.google.com/run/docs/securing/authenticating Additional troubleshooting documentation can be found at: https://cloud.google.com/run/docs/troubleshooting#unauthorized-client",
    ]);
    world.calls(&scene.service.clone(), &scene.fleet, scene.onset + 5 * SECOND, scene.to, SECOND, |_, _, _, _| {
        Answer::Refused(403, words)
    });
    world.telling_labels(&mut scene.service);
    truth
}

fn policy_changed(world: &mut World, scene: &Scene) {
    let name = format!("namespaces/{}/services/{}", world.project, scene.service.name);
    let place = Instance::none(&scene.service, "");
    let payload = json!({
        "@type": "type.googleapis.com/google.cloud.audit.AuditLog", "methodName": "google.cloud.run.v1.Services.SetIamPolicy",
        "authenticationInfo": {"principalEmail": "kim@example.com"}, "serviceName": "run.googleapis.com", "resourceName": name,
        "request": {"@type": "type.googleapis.com/google.iam.v1.SetIamPolicyRequest", "resource": name, "policy": {"bindings": [{"role": "roles/run.invoker", "members": ["serviceAccount:front@acme-shop-prod.iam.gserviceaccount.com"]}]}},
        "serviceData": {"policyDelta": {"bindingDeltas": [{"action": "REMOVE", "role": "roles/run.invoker", "member": "allUsers"}]}},
        "requestMetadata": {"callerIp": "203.0.113.9", "callerSuppliedUserAgent": "google-cloud-sdk gcloud/545.0.0 command/gcloud.run.services.remove-iam-policy-binding invocation-id/1f"},
    });
    world.entry(
        scene.onset,
        "cloudaudit.googleapis.com/activity",
        &place,
        json!({"protoPayload": payload, "severity": "NOTICE"}),
    );
}

fn billing_disabled(world: &mut World) -> Truth {
    let mut scene = world.scene(&ANY);
    let mut truth = Truth::incident(
        "the project lost its billing account",
        &[Category::QuotaBilling],
        "(?i)billing",
        &scene.service.name,
    );
    let told = super::scene::told(
        (
            "google.api_core.exceptions.Forbidden",
            "403 POST https://bigquery.googleapis.com/bigquery/v2/projects/acme/jobs: Billing has not been enabled for this project. Enable billing at https://console.cloud.google.com/billing.",
        ),
        (
            "Error",
            "7 PERMISSION_DENIED: This API method requires billing to be enabled. Please enable billing on project #700000000185 by visiting https://console.developers.google.com/billing/enable?project=700000000185 then retry.",
        ),
        (
            "com.google.api.gax.rpc.PermissionDeniedException",
            "io.grpc.StatusRuntimeException: PERMISSION_DENIED: This API method requires billing to be enabled. Please enable billing on project #700000000185 by visiting https://console.developers.google.com/billing/enable?project=700000000185 then retry.",
        ),
        "googleapi: Error 403: The billing account for the owning project is disabled in state absent, accountDisabled",
    );
    world.failing(&scene, &told, "write_event", 90, 500, (60_000, 400_000));
    world.decoys(&mut truth, &mut scene.service, &scene.fleet, scene.from, scene.to);
    truth
}
