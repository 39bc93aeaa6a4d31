#!/usr/bin/env bash
# Establishes encryption vault.
#
# The open steps of a plan of heroku-data-link, in its order. It needs
# - the AWS CLI, with credentials of account 123456789101, for us-east-1
# - Heroku's CLI, logged in
# and stops at the first command that fails. Then, and whenever something has changed since
# the plan was made, print a new script: this one makes nothing twice, and takes nothing up.
#
# 6 of 14 steps were done when the plan was made.
# Note: what is written to redis-old-12345 after it was copied and before REDIS changes hands may not be in vaulted: put the app into maintenance mode for that time
# Note: redis-old-12345 stays as it is, and costs money until it is destroyed
set -euo pipefail
export AWS_PAGER='' NO_COLOR=1 OCLIF_COLUMNS=400
# Seconds between two looks.
INTERVAL=${INTERVAL:-10}

# Also where complaints are kept.
exec 3>&2
say() { printf '%s\n' "$*" >&3; }

stop() {
  say "$*"
  exit 1
}

# Repeats a command until it succeeds: wait_for SECONDS WHAT COMMAND...
wait_for() {
  local end=$((SECONDS + $1)) what=$2
  shift 2
  say "waiting until $what"
  until "$@" 2>"$complaints"; do
    if ((SECONDS >= end)); then
      cat "$complaints" >&2
      stop "given up: not yet so that $what"
    fi
    sleep "$INTERVAL"
  done
}
complaints=$(mktemp)
trap 'rm -f "$complaints"' EXIT

# pause SECONDS WHY; PAUSE says how long where it is set.
pause() {
  say "waiting, as $2"
  sleep "${PAUSE:-$1}"
}

# Whether a command prints one of these words and nothing else: finds 'WORD|WORD' COMMAND...
finds() {
  local words=$1 said
  shift
  said=$("$@") || return 1
  [[ "|$words|" == *"|$said|"* ]]
}

# Whether a line begins with a word and has one of others: has_line WORD 'WORD|WORD' COMMAND...
has_line() {
  local said
  said=$("${@:3}") || return 1
  FIRST=$1 WORDS="|$2|" awk '
    $1 == ENVIRON["FIRST"] {
      for (i = 2; i <= NF; i++) if (index(ENVIRON["WORDS"], "|" $i "|")) found = 1
    }
    END { exit !found }' <<<"$said"
}

finds 123456789101 aws sts get-caller-identity --query Account --output text ||
  stop 'the AWS CLI has no credentials of account 123456789101'

# aws modify: account 021876802972 may use the key, and pass its use on
say 'account 021876802972 may use the key, and pass its use on'
aws kms put-key-policy \
    --region us-east-1 \
    --key-id arn:aws:kms:us-east-1:123456789101:key/00000000-0000-4000-9000-000000000001 \
    --policy-name default \
    --policy '{"Version":"2012-10-17","Id":"key-consolepolicy-3","Statement":[{"Sid":"Enable IAM User Permissions","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789101:root"},"Action":"kms:*","Resource":"*"},{"Sid":"HerokuDataUse","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::021876802972:root"},"Action":["kms:Encrypt","kms:Decrypt","kms:ReEncrypt*","kms:GenerateDataKey*","kms:DescribeKey"],"Resource":"*"},{"Sid":"HerokuDataGrants","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::021876802972:root"},"Action":["kms:CreateGrant","kms:ListGrants","kms:RevokeGrant"],"Resource":"*","Condition":{"Bool":{"kms:GrantIsForAWSResource":"true"}}}]}'

# aws modify: its material is rotated every 365 days
say 'its material is rotated every 365 days'
aws kms enable-key-rotation \
    --region us-east-1 \
    --key-id arn:aws:kms:us-east-1:123456789101:key/00000000-0000-4000-9000-000000000001 \
    --rotation-period-in-days 365

# heroku create: add-on vaulted, heroku-redis:private-7, under the key
pause 60 'the key'\''s policy takes a minute to be in force'
# It has a password, and is not shown.
REDIS_URL=$(heroku config:get REDIS_URL --app your-app-name)
[ -n "$REDIS_URL" ] || stop 'there is no REDIS_URL'
say 'add-on vaulted, heroku-redis:private-7, under the key'
heroku addons:create heroku-redis:private-7 \
    --name vaulted \
    --app your-app-name -- \
    --encryption-key arn:aws:kms:us-east-1:123456789101:key/00000000-0000-4000-9000-000000000001 \
    --fork "$REDIS_URL"

# heroku wait: vaulted is provisioned
wait_for 3600 'vaulted is provisioned' \
  has_line State: created \
  heroku addons:info vaulted --app your-app-name

# heroku wait: vaulted is ready and has caught up
wait_for 43200 'vaulted is ready and has caught up' \
  has_line Status: 'available|Available' \
  heroku redis:info vaulted --app your-app-name

# heroku check: Heroku says that vaulted is encrypted under the key
# Nothing to run: look at it, or print the plan again.

# heroku create: redis-old-12345 has an attachment besides REDIS
say 'redis-old-12345 has an attachment besides REDIS'
heroku addons:attach redis-old-12345 --as REDIS_OLD --app your-app-name

# heroku modify: REDIS of app your-app-name is vaulted, and the app restarts
say 'REDIS of app your-app-name is vaulted, and the app restarts'
heroku addons:attach vaulted --as REDIS --app your-app-name --confirm your-app-name

say 'encryption vault is established'
