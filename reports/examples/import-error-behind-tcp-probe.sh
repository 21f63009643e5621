#!/usr/bin/env bash
# whydown 0.1.0
# Read before you run. Nothing in here has been run, and the steps of one finding can be alternatives.

# Fill in what the files do not hold.
IMAGE=''

set -euo pipefail

# Stops the script while a variable above is empty.
need() {
  local name
  for name in "$@"; do
    if [ -z "${!name:-}" ]; then
      printf 'fill in %s at the top of this script first\n' "$name" >&2
      exit 64
    fi
  done
}

# Asks before a change; without a terminal to ask on, the answer is no.
agree() {
  local answer=''
  printf '\n%s changes something. Its precondition, risk and undo stand in the script. Go on? [y/N] ' "$1" >&2
  read -r answer </dev/tty || true
  [ "$answer" = y ]
}

# ==== 1. confirmed: ModuleNotFoundError: No module named 'shop.loyalty.points': instances of orders-api-00041-kx7 fail while starting
# service: orders-api

# 1.1 inspect: Read one failing instance from start to end
#   risk: read-only
#   expect: The last error before it ends is the cause. Look for: Whether the file or package is in the image; .dockerignore, .gcloudignore, requirements
gcloud logging read 'resource.type="cloud_run_revision" AND resource.labels.service_name="orders-api" AND timestamp>="2026-03-04T10:11:10.103213Z" AND timestamp<="2026-03-04T10:13:56.953213722Z" AND (labels.instanceId="0026edb83c2ee8b4eeb1c60d63740205ce570111120fa5f27cee4e5825f9d5dff62c2bafd34504bde58ae0a73dacb5c9a08591548625e7d7c9568292b172c3cc9e6e03530082b1a9bd8ad1014c")' --order=asc --limit=1000 '--format=value(timestamp,resource.labels.revision_name,severity,textPayload,jsonPayload.message)' --project=acme-shop-staging

# 1.2 mitigate: Find a revision that answered requests
#   risk: read-only
#   before: No rollback target is proven in these files: no other revision shows a successful request in these files
#   expect: A revision with many answered requests and no 5xx of its own; go back to it with: gcloud run services update-traffic orders-api --to-revisions=REVISION=100 --region=us-central1 --project=acme-shop-staging
gcloud logging read 'resource.type="cloud_run_revision" AND resource.labels.service_name="orders-api" AND timestamp>="2026-02-25T10:12:10.103213Z" AND timestamp<="2026-03-04T10:12:56.953213722Z" AND logName:"run.googleapis.com%2Frequests" AND httpRequest.status>=100 AND httpRequest.status<500' --limit=5000 '--format=value(resource.labels.revision_name)' --project=acme-shop-staging | sort | uniq -c | sort -rn

# 1.3 mitigate: List the revisions and their images
#   risk: read-only
#   expect: The candidate exists and has another image or settings
gcloud run revisions list --service=orders-api '--format=table(metadata.name,metadata.creationTimestamp,spec.containers[0].image)' --region=us-central1 --project=acme-shop-staging

# 1.4 fix: Add the module or requirement and build again
#   risk: reversible
#   before: The inspect step confirms the cause
#   expect: The verify steps pass
#   undo: Revert the change in the repository or setting
#   by hand: no command

# 1.5 fix: Deploy the repaired image without traffic, test it, then promote it
#   risk: reversible
#   before: IMAGE is the image with the repair. --no-traffic pins the present split for later deploys too, until --to-latest
#   expect: The canary address answers; then promote: gcloud run services update-traffic orders-api --to-tags=canary=10 --region=us-central1 --project=acme-shop-staging and, after 300 requests with none failed, gcloud run services update-traffic orders-api --to-latest --region=us-central1 --project=acme-shop-staging
#   undo: gcloud run services update-traffic orders-api --remove-tags=canary --region=us-central1 --project=acme-shop-staging
need IMAGE
if agree 1.5; then
gcloud run deploy orders-api --image="$IMAGE" --no-traffic --tag=canary --region=us-central1 --project=acme-shop-staging
fi

# 1.6 verify: The cause no longer appears
#   risk: read-only
#   before: 15 minutes have passed since the fix
#   expect: No rows, while the service has answered requests for 15 minutes
gcloud logging read 'resource.type="cloud_run_revision" AND resource.labels.service_name="orders-api" AND ((logName:"varlog%2Fsystem" AND (textPayload:"Container called exit" OR textPayload:"Container terminated on signal" OR textPayload:"Memory limit of" OR textPayload:"probe failed")) OR "Worker failed to boot" OR "Application startup failed" OR (logName:"run.googleapis.com%2Frequests" AND httpRequest.status>=500))' --freshness=15m --limit=20 '--format=value(timestamp,resource.labels.revision_name,severity,textPayload,jsonPayload.message)' --project=acme-shop-staging

# 1.7 verify: Traffic is where it should be
#   risk: read-only
#   expect: The intended revision has 100 %, latestReady equals latestCreated, observedGeneration equals generation
gcloud run services describe orders-api '--format=yaml(metadata.generation,status.observedGeneration,status.latestCreatedRevisionName,status.latestReadyRevisionName,status.traffic)' --region=us-central1 --project=acme-shop-staging

# 1.8 prevent: Probe the application over HTTP at start, instead of the open port
#   risk: reversible
#   before: The newest code can start; /healthz stands for a path that answers 200 only when the application works
#   expect: A revision that cannot start stays not ready, and the one before keeps the traffic
#   undo: gcloud run services update orders-api --startup-probe= --region=us-central1 --project=acme-shop-staging
if agree 1.8; then
gcloud run services update orders-api --startup-probe=httpGet.path=/healthz,httpGet.port=8080,initialDelaySeconds=0,periodSeconds=10,timeoutSeconds=5,failureThreshold=24 --region=us-central1 --project=acme-shop-staging
fi
