//! A few ladders in full, so that a reviewer reads what a user reads.

use super::super::{Phase, Rollback, Situation, actions};
use super::base;
use crate::model::{Category, Platform};
use expect_test::{Expect, expect};

/// One line an action: stage, risk, title, command.
fn check(situation: &Situation<'_>, expected: &Expect) {
    let lines = actions(situation).into_iter().map(|action| {
        let command = if action.command.is_empty() { String::new() } else { format!("\n    {}", action.command) };
        let undo = if action.undo.is_empty() { String::new() } else { format!("\n    undo: {}", action.undo) };
        format!("{} ({}): {}{command}{undo}\n", action.stage.word(), action.risk.word(), action.title)
    });
    expected.assert_eq(&lines.collect::<String>());
}

#[test]
fn ladder_of_a_crash_at_boot_behind_a_tcp_probe() {
    let failing = vec!["orders-00042-b7d".to_owned()];
    let captures = vec![("module".to_owned(), "orders.pricing".to_owned())];
    let advice = vec!["Add {module} to the image".to_owned()];
    check(
        &Situation {
            revisions: &failing,
            captures: &captures,
            advice_fix: &advice,
            instance: "00f46b9271aa00f46b9271aa",
            rollback: Rollback::To { revision: "orders-00041-kax", proof: "412 of 412 requests answered" },
            tcp_probe_passed: true,
            min_instances_keep_it_going: true,
            ..base()
        },
        &expect![[r#"
            inspect (read-only): Read one failing instance from start to end
                gcloud logging read 'resource.type="cloud_run_revision" AND resource.labels.service_name="orders" AND timestamp>="2025-03-04T04:59:00Z" AND timestamp<="2025-03-04T05:21:00Z" AND (labels.instanceId="00f46b9271aa00f46b9271aa")' --order=asc --limit=1000 '--format=value(timestamp,resource.labels.revision_name,severity,textPayload,jsonPayload.message)' --project=shop-staging
            mitigate (reversible): Send all traffic to orders-00041-kax; this pins it: later deploys get no traffic until --to-latest
                gcloud run services update-traffic orders --to-revisions=orders-00041-kax=100 --region=europe-west1 --project=shop-staging
                undo: gcloud run services update-traffic orders --to-latest --region=europe-west1 --project=shop-staging
            fix (reversible): Add orders.pricing to the image
                undo: Revert the change in the repository or setting
            fix (reversible): Deploy the repaired image without traffic, test it, then promote it
                gcloud run deploy orders --image=IMAGE --no-traffic --tag=canary --region=europe-west1 --project=shop-staging
                undo: gcloud run services update-traffic orders --remove-tags=canary --region=europe-west1 --project=shop-staging
            fix (reversible): Let traffic follow the newest ready revision again
                gcloud run services update-traffic orders --to-latest --region=europe-west1 --project=shop-staging
                undo: gcloud run services update-traffic orders --to-revisions=orders-00041-kax=100 --region=europe-west1 --project=shop-staging
            verify (read-only): The cause no longer appears
                gcloud logging read 'resource.type="cloud_run_revision" AND resource.labels.service_name="orders" AND ((logName:"varlog%2Fsystem" AND (textPayload:"Container called exit" OR textPayload:"Container terminated on signal" OR textPayload:"Memory limit of" OR textPayload:"probe failed")) OR "Worker failed to boot" OR "Application startup failed" OR (logName:"run.googleapis.com%2Frequests" AND httpRequest.status>=500))' --freshness=15m --limit=20 '--format=value(timestamp,resource.labels.revision_name,severity,textPayload,jsonPayload.message)' --project=shop-staging
            verify (read-only): Traffic is where it should be
                gcloud run services describe orders '--format=yaml(metadata.generation,status.observedGeneration,status.latestCreatedRevisionName,status.latestReadyRevisionName,status.traffic)' --region=europe-west1 --project=shop-staging
            prevent (reversible): Probe the application over HTTP at start, instead of the open port
                gcloud run services update orders --startup-probe=httpGet.path=/healthz,httpGet.port=8080,initialDelaySeconds=0,periodSeconds=10,timeoutSeconds=5,failureThreshold=24 --region=europe-west1 --project=shop-staging
                undo: gcloud run services update orders --startup-probe= --region=europe-west1 --project=shop-staging
        "#]],
    );
}

#[test]
fn ladder_of_a_refused_secret() {
    let captures = vec![
        ("secret".to_owned(), "db-password".to_owned()),
        ("account".to_owned(), "orders@shop-staging.iam.gserviceaccount.com.".to_owned()),
    ];
    let situation = Situation {
        category: Category::SecretAccess,
        signature: "cloud-run/secret-permission-denied",
        captures: &captures,
        ..base()
    };
    check(
        &situation,
        &expect![[r#"
            inspect (read-only): Read what failed in the window
                gcloud logging read 'resource.type="cloud_run_revision" AND resource.labels.service_name="orders" AND timestamp>="2025-03-04T04:59:00Z" AND timestamp<="2025-03-04T05:21:00Z" AND (severity>=ERROR OR logName:"run.googleapis.com%2Fstderr" OR (logName:"varlog%2Fsystem" AND (textPayload:"Container called exit" OR textPayload:"Container terminated on signal" OR textPayload:"Memory limit of" OR textPayload:"probe failed")))' --order=asc --limit=1000 '--format=value(timestamp,resource.labels.revision_name,severity,textPayload,jsonPayload.message)' --project=shop-staging
            inspect (read-only): See who may read the secret
                gcloud secrets get-iam-policy db-password --project=shop-staging
            mitigate (read-only): Find a revision that answered requests
                gcloud logging read 'resource.type="cloud_run_revision" AND resource.labels.service_name="orders" AND timestamp>="2025-02-25T05:00:00Z" AND timestamp<="2025-03-04T05:20:00Z" AND logName:"run.googleapis.com%2Frequests" AND httpRequest.status>=100 AND httpRequest.status<500' --limit=5000 '--format=value(resource.labels.revision_name)' --project=shop-staging | sort | uniq -c | sort -rn
            mitigate (read-only): List the revisions and their images
                gcloud run revisions list --service=orders '--format=table(metadata.name,metadata.creationTimestamp,spec.containers[0].image)' --region=europe-west1 --project=shop-staging
            fix (reversible): Let the service account read the secret
                gcloud secrets add-iam-policy-binding db-password --member=serviceAccount:orders@shop-staging.iam.gserviceaccount.com --role=roles/secretmanager.secretAccessor --project=shop-staging
                undo: gcloud secrets remove-iam-policy-binding db-password --member=serviceAccount:orders@shop-staging.iam.gserviceaccount.com --role=roles/secretmanager.secretAccessor --project=shop-staging
            fix (reversible): Start instances that read the newest version
                gcloud run services update orders --update-secrets=KEY=db-password:latest --region=europe-west1 --project=shop-staging
                undo: gcloud run services update orders --update-secrets=KEY=db-password:FORMER_VERSION --region=europe-west1 --project=shop-staging
            verify (read-only): The cause no longer appears
                gcloud logging read 'resource.type="cloud_run_revision" AND resource.labels.service_name="orders" AND ("Permission denied on secret" OR "instance could not start" OR (severity>=ERROR AND "secretmanager"))' --freshness=15m --limit=20 '--format=value(timestamp,resource.labels.revision_name,severity,textPayload,jsonPayload.message)' --project=shop-staging
            verify (read-only): Traffic is where it should be
                gcloud run services describe orders '--format=yaml(metadata.generation,status.observedGeneration,status.latestCreatedRevisionName,status.latestReadyRevisionName,status.traffic)' --region=europe-west1 --project=shop-staging
        "#]],
    );
}

#[test]
fn ladder_of_a_connection_name_with_a_line_break() {
    let captures = vec![("instance".to_owned(), "shop-staging:europe-west1:orders-db\r".to_owned())];
    let signature = "cloud-run/cloud-sql-instance-name-has-line-break";
    let rollback = Rollback::WouldNotHelp { why: "every revision has it" };
    check(
        &Situation { category: Category::Config, signature, captures: &captures, rollback, ..base() },
        &expect![[r#"
            inspect (read-only): Read what failed in the window
                gcloud logging read 'resource.type="cloud_run_revision" AND resource.labels.service_name="orders" AND timestamp>="2025-03-04T04:59:00Z" AND timestamp<="2025-03-04T05:21:00Z" AND (severity>=ERROR OR logName:"run.googleapis.com%2Fstderr" OR (logName:"varlog%2Fsystem" AND (textPayload:"Container called exit" OR textPayload:"Container terminated on signal" OR textPayload:"Memory limit of" OR textPayload:"probe failed")))' --order=asc --limit=1000 '--format=value(timestamp,resource.labels.revision_name,severity,textPayload,jsonPayload.message)' --project=shop-staging
            inspect (read-only): See which Cloud SQL instances are attached
                gcloud run services describe orders '--format=yaml(spec.template.metadata.annotations)' --region=europe-west1 --project=shop-staging
            inspect (read-only): See the state of the database
                gcloud sql instances describe orders-db '--format=yaml(state,settings.activationPolicy,settings.tier,settings.databaseFlags,ipAddresses)' --project=shop-staging
            mitigate (read-only): Do not roll back: it would not help
            fix (reversible): Attach the Cloud SQL instance by its connection name
                gcloud run services update orders --set-cloudsql-instances=shop-staging:europe-west1:orders-db --region=europe-west1 --project=shop-staging
                undo: gcloud run services update orders --set-cloudsql-instances=FORMER_CONNECTION --region=europe-west1 --project=shop-staging
            fix (reversible): Correct the connection name where it is kept (pipeline, Terraform, secret)
                undo: Revert the change in the repository or setting
            verify (read-only): The cause no longer appears
                gcloud logging read 'resource.type="cloud_run_revision" AND resource.labels.service_name="orders" AND ((logName:"varlog%2Fsystem" AND (textPayload:"Container called exit" OR textPayload:"Container terminated on signal" OR textPayload:"Memory limit of" OR textPayload:"probe failed")) OR "Worker failed to boot" OR "Application startup failed" OR (logName:"run.googleapis.com%2Frequests" AND httpRequest.status>=500))' --freshness=15m --limit=20 '--format=value(timestamp,resource.labels.revision_name,severity,textPayload,jsonPayload.message)' --project=shop-staging
            verify (read-only): Traffic is where it should be
                gcloud run services describe orders '--format=yaml(metadata.generation,status.observedGeneration,status.latestCreatedRevisionName,status.latestReadyRevisionName,status.traffic)' --region=europe-west1 --project=shop-staging
        "#]],
    );
}

#[test]
fn ladder_of_a_job_out_of_memory() {
    let captures = vec![("limit".to_owned(), "512 MiB".to_owned())];
    let rollback = Rollback::NotNeeded { why: "a job has no traffic" };
    check(
        &Situation {
            platform: Platform::CloudRunJob,
            category: Category::Memory,
            captures: &captures,
            rollback,
            phase: Phase::Job,
            service: "nightly",
            ..base()
        },
        &expect![[r#"
            inspect (read-only): List the executions of the job
                gcloud run jobs executions list --job=nightly --limit=10 --region=europe-west1 --project=shop-staging
            inspect (read-only): See the memory limit and concurrency
                gcloud run jobs describe nightly '--format=yaml(spec.template.spec.template.spec.containers[0].resources)' --region=europe-west1 --project=shop-staging
            fix (reversible): Raise the memory limit (above 4Gi it also needs more --cpu)
                gcloud run jobs update nightly --memory=1Gi --region=europe-west1 --project=shop-staging
                undo: gcloud run jobs update nightly --memory=512Mi --region=europe-west1 --project=shop-staging
            fix (reversible): Find what grows: read in parts instead of whole, bound caches
                undo: Revert the change in the repository or setting
            fix (destructive): Run the job again
                gcloud run jobs execute nightly --wait --region=europe-west1 --project=shop-staging
                undo: What the job has done stays; a running execution stops with: gcloud run jobs executions cancel EXECUTION
            verify (read-only): The cause no longer appears
                gcloud logging read 'resource.type="cloud_run_job" AND resource.labels.job_name="nightly" AND ("Memory limit of" OR "too much memory" OR "memory limit was reached" OR "out of memory")' --freshness=15m --limit=20 '--format=value(timestamp,resource.labels.revision_name,severity,textPayload,jsonPayload.message)' --project=shop-staging
            verify (read-only): The next execution succeeds
                gcloud run jobs executions list --job=nightly --limit=3 --region=europe-west1 --project=shop-staging
        "#]],
    );
}

#[test]
fn ladder_of_a_container_app_on_the_wrong_port() {
    let failing = vec!["orders--0000012".to_owned()];
    let captures = vec![("target".to_owned(), "80".to_owned()), ("port".to_owned(), "8080".to_owned())];
    check(
        &Situation {
            platform: Platform::AzureContainerApps,
            category: Category::ProbePort,
            captures: &captures,
            revisions: &failing,
            rollback: Rollback::To { revision: "orders--0000011", proof: "it was Healthy" },
            ..base()
        },
        &expect![[r"
            inspect (read-only): Read the platform's messages
                az containerapp logs show -n orders -g RESOURCE_GROUP --type system --tail 300 --format json
            inspect (read-only): See what is probed
                az containerapp show -n orders -g RESOURCE_GROUP --query 'properties.{targetPort:configuration.ingress.targetPort,probes:template.containers[0].probes}' -o json
            mitigate (reversible): Activate orders--0000011
                az containerapp revision activate -n orders -g RESOURCE_GROUP --revision orders--0000011
                undo: az containerapp revision deactivate -n orders -g RESOURCE_GROUP --revision orders--0000011
            mitigate (reversible): Send all traffic to orders--0000011; later deploys get none until the weight of latest is set
                az containerapp ingress traffic set -n orders -g RESOURCE_GROUP --revision-weight orders--0000011=100 orders--0000012=0
                undo: az containerapp ingress traffic set -n orders -g RESOURCE_GROUP --revision-weight orders--0000012=100 orders--0000011=0
            mitigate (reversible): In single-revision mode instead: deploy a copy of orders--0000011
                az containerapp revision copy -n orders -g RESOURCE_GROUP --from-revision orders--0000011
                undo: az containerapp revision copy -n orders -g RESOURCE_GROUP --from-revision orders--0000012
            fix (reversible): Point the ingress at the port that the container listens on
                az containerapp ingress update -n orders -g RESOURCE_GROUP --target-port 8080
                undo: az containerapp ingress update -n orders -g RESOURCE_GROUP --target-port 80
            verify (read-only): The revision is healthy and has the traffic
                az containerapp revision list -n orders -g RESOURCE_GROUP --query '[].{name:name,active:properties.active,weight:properties.trafficWeight,health:properties.healthState,state:properties.runningState}' -o table
            verify (read-only): No new warnings
                az containerapp logs show -n orders -g RESOURCE_GROUP --type system --tail 50 --format json
        "]],
    );
}
