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

# ==== 1. confirmed: AttributeError: 'NoneType' object has no attribute 'items': 14 requests to cart-api-00031-b4m failed
# service: cart-api

# 1.1 inspect: Read one failing instance from start to end
#   risk: read-only
#   expect: The last error before it ends is the cause. Look for: What returned None in the in-app frame
gcloud logging read 'resource.type="cloud_run_revision" AND resource.labels.service_name="cart-api" AND timestamp>="2026-02-25T11:25:57.357947Z" AND timestamp<="2026-02-25T11:31:54.964947808Z" AND (labels.instanceId="00fe71b96274383275939048000460ab806822b99f9047e7590dc4c8ec032ac3573297badb1ec8404db4a65004595a71d57cc9fcba7e00056f1e27afa359faf75436f16e18dd4342819439a4a8")' --order=asc --limit=1000 '--format=value(timestamp,resource.labels.revision_name,severity,textPayload,jsonPayload.message)' --project=acme-shop-prod

# 1.2 inspect: See which image each revision runs
#   risk: read-only
#   expect: What changed between the last good and the first failing revision
gcloud run revisions list --service=cart-api '--format=table(metadata.name,metadata.creationTimestamp,spec.containers[0].image)' --region=us-central1 --project=acme-shop-prod

# 1.3 mitigate: Send all traffic to cart-api-00030-zvk; this pins it: later deploys get no traffic until --to-latest
#   risk: reversible
#   before: Evidence for cart-api-00030-zvk: 14 of 14 requests answered below 500 and no instance crashed on it in these files. Keep a record of the present state: gcloud run services describe cart-api --format=export --region=us-central1 --project=acme-shop-prod
#   expect: status.traffic shows cart-api-00030-zvk at 100 %; within 5 minutes fewer than 1 % of requests end in 5xx
#   undo: gcloud run services update-traffic cart-api --to-latest --region=us-central1 --project=acme-shop-prod
if agree 1.3; then
gcloud run services update-traffic cart-api --to-revisions=cart-api-00030-zvk=100 --region=us-central1 --project=acme-shop-prod
fi

# 1.4 fix: Handle the missing value
#   risk: reversible
#   before: The inspect step confirms the cause
#   expect: The verify steps pass
#   undo: Revert the change in the repository or setting
#   by hand: no command

# 1.5 fix: Deploy the repaired image without traffic, test it, then promote it
#   risk: reversible
#   before: IMAGE is the image with the repair. --no-traffic pins the present split for later deploys too, until --to-latest
#   expect: The canary address answers; then promote: gcloud run services update-traffic cart-api --to-tags=canary=10 --region=us-central1 --project=acme-shop-prod and, after 300 requests with none failed, gcloud run services update-traffic cart-api --to-latest --region=us-central1 --project=acme-shop-prod
#   undo: gcloud run services update-traffic cart-api --remove-tags=canary --region=us-central1 --project=acme-shop-prod
need IMAGE
if agree 1.5; then
gcloud run deploy cart-api --image="$IMAGE" --no-traffic --tag=canary --region=us-central1 --project=acme-shop-prod
fi

# 1.6 fix: Let traffic follow the newest ready revision again
#   risk: reversible
#   before: The newest revision is Ready and answered on its tag address. --to-latest follows the newest ready revision, now and after every later deploy
#   expect: status.traffic shows the newest revision at 100 %; fewer than 1 % of its requests end in 5xx
#   undo: gcloud run services update-traffic cart-api --to-revisions=cart-api-00030-zvk=100 --region=us-central1 --project=acme-shop-prod
if agree 1.6; then
gcloud run services update-traffic cart-api --to-latest --region=us-central1 --project=acme-shop-prod
fi

# 1.7 verify: The cause no longer appears
#   risk: read-only
#   before: 15 minutes have passed since the fix
#   expect: No rows, while the service has answered requests for 15 minutes
gcloud logging read 'resource.type="cloud_run_revision" AND resource.labels.service_name="cart-api" AND (logName:"run.googleapis.com%2Frequests" AND httpRequest.status>=500)' --freshness=15m --limit=20 '--format=value(timestamp,resource.labels.revision_name,severity,textPayload,jsonPayload.message)' --project=acme-shop-prod

# 1.8 verify: Traffic is where it should be
#   risk: read-only
#   expect: The intended revision has 100 %, latestReady equals latestCreated, observedGeneration equals generation
gcloud run services describe cart-api '--format=yaml(metadata.generation,status.observedGeneration,status.latestCreatedRevisionName,status.latestReadyRevisionName,status.traffic)' --region=us-central1 --project=acme-shop-prod
