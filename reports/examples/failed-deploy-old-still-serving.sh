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

# ==== 1. confirmed: Error: Cannot find module './lib/invoice-pdf': billing-web-00018-vtz never became ready
# service: billing-web

# 1.1 inspect: See why revision billing-web-00018-vtz is not ready
#   risk: read-only
#   expect: The condition whose status is False names the reason. Look for: dependencies against devDependencies; Import path and file extension
gcloud run revisions describe billing-web-00018-vtz '--format=yaml(status.conditions)' --region=europe-west1 --project=acme-billing-prod

# 1.2 inspect: See which image each revision runs
#   risk: read-only
#   expect: What changed between the last good and the first failing revision
gcloud run revisions list --service=billing-web '--format=table(metadata.name,metadata.creationTimestamp,spec.containers[0].image)' --region=europe-west1 --project=acme-billing-prod

# 1.3 mitigate: No mitigation needed: the revision before it keeps serving; fix forward
#   risk: read-only
#   before: --to-latest follows the newest ready revision, now and after every later deploy, so it keeps billing-web-00017-dqp and does not bring billing-web-00018-vtz into service; services update copies the newest template, that of billing-web-00018-vtz, and not that of the revision that serves
#   expect: latestReadyRevisionName is the older revision and has 100 % of the traffic
gcloud run services describe billing-web '--format=yaml(metadata.generation,status.observedGeneration,status.latestCreatedRevisionName,status.latestReadyRevisionName,status.traffic)' --region=europe-west1 --project=acme-billing-prod

# 1.4 fix: Move it to dependencies or correct the import
#   risk: reversible
#   before: The inspect step confirms the cause
#   expect: The verify steps pass
#   undo: Revert the change in the repository or setting
#   by hand: no command

# 1.5 fix: Deploy the repaired image without traffic, test it, then promote it
#   risk: reversible
#   before: IMAGE is the image with the repair. --no-traffic pins the present split for later deploys too, until --to-latest
#   expect: The canary address answers; then promote: gcloud run services update-traffic billing-web --to-tags=canary=10 --region=europe-west1 --project=acme-billing-prod and, after 300 requests with none failed, gcloud run services update-traffic billing-web --to-latest --region=europe-west1 --project=acme-billing-prod
#   undo: gcloud run services update-traffic billing-web --remove-tags=canary --region=europe-west1 --project=acme-billing-prod
need IMAGE
if agree 1.5; then
gcloud run deploy billing-web --image="$IMAGE" --no-traffic --tag=canary --region=europe-west1 --project=acme-billing-prod
fi

# 1.6 verify: The cause no longer appears
#   risk: read-only
#   before: 15 minutes have passed since the fix
#   expect: No rows, while the service has answered requests for 15 minutes
gcloud logging read 'resource.type="cloud_run_revision" AND resource.labels.service_name="billing-web" AND ((logName:"varlog%2Fsystem" AND (textPayload:"Container called exit" OR textPayload:"Container terminated on signal" OR textPayload:"Memory limit of" OR textPayload:"probe failed")) OR "Worker failed to boot" OR "Application startup failed" OR (logName:"cloudaudit.googleapis.com" AND severity>=ERROR))' --freshness=15m --limit=20 '--format=value(timestamp,resource.labels.revision_name,severity,textPayload,jsonPayload.message)' --project=acme-billing-prod

# 1.7 verify: Traffic is where it should be
#   risk: read-only
#   expect: The intended revision has 100 %, latestReady equals latestCreated, observedGeneration equals generation
gcloud run services describe billing-web '--format=yaml(metadata.generation,status.observedGeneration,status.latestCreatedRevisionName,status.latestReadyRevisionName,status.traffic)' --region=europe-west1 --project=acme-billing-prod
