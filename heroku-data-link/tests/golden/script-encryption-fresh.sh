#!/usr/bin/env bash
# Establishes encryption vault.
#
# The open steps of a plan of heroku-data-link, in its order. It needs
# - the AWS CLI, with credentials of account 123456789101, for us-east-1
# - Heroku's CLI, logged in
# and stops at the first command that fails. Then, and whenever something has changed since
# the plan was made, print a new script: this one makes nothing twice, and takes nothing up.
#
# 5 of 13 steps were done when the plan was made.
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

# aws create: a symmetric key of the link's own, open to Heroku Data
IFS= read -r -d '' POLICY <<'END' || :
{"Version":"2012-10-17","Statement":[{"Sid":"KeyOwner","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789101:root"},"Action":"kms:*","Resource":"*"},{"Sid":"HerokuDataUse","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::021876802972:root"},"Action":["kms:Encrypt","kms:Decrypt","kms:ReEncrypt*","kms:GenerateDataKey*","kms:DescribeKey"],"Resource":"*"},{"Sid":"HerokuDataGrants","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::021876802972:root"},"Action":["kms:CreateGrant","kms:ListGrants","kms:RevokeGrant"],"Resource":"*","Condition":{"Bool":{"kms:GrantIsForAWSResource":"true"}}}]}
END
say 'a symmetric key of the link'\''s own, open to Heroku Data'
KEY_ARN=$(aws kms create-key \
    --region us-east-1 \
    --description 'Heroku data of link vault' \
    --policy "$POLICY" \
    --tags TagKey=Name,TagValue=vault TagKey=heroku-data-link:kind,TagValue=encryption TagKey=heroku-data-link:link,TagValue=vault TagKey=heroku-data-link:target,TagValue=vaulted TagKey=heroku-data-link:target-name,TagValue=vaulted TagKey=heroku-data-link:version,TagValue=0.1.0 \
    --query KeyMetadata.Arn \
    --output text)
say "KEY_ARN=$KEY_ARN"

# aws create: alias/heroku-data-link-vault names it
say 'alias/heroku-data-link-vault names it'
aws kms create-alias \
    --region us-east-1 \
    --alias-name alias/heroku-data-link-vault \
    --target-key-id "$KEY_ARN"

# aws modify: account 021876802972 may use the key, and pass its use on
# Nothing to run: it comes with what was made before. A new plan tells if not.

# aws modify: its material is rotated every 365 days
say 'its material is rotated every 365 days'
aws kms enable-key-rotation --region us-east-1 --key-id "$KEY_ARN" --rotation-period-in-days 365

# heroku create: add-on vaulted, heroku-redis:private-7, under the key
pause 60 'the key'\''s policy takes a minute to be in force'
say 'add-on vaulted, heroku-redis:private-7, under the key'
heroku addons:create heroku-redis:private-7 \
    --name vaulted \
    --app your-app-name -- \
    --encryption-key "$KEY_ARN"

# heroku wait: vaulted is provisioned
wait_for 3600 'vaulted is provisioned' \
  has_line State: created \
  heroku addons:info vaulted --app your-app-name

# heroku wait: the service behind vaulted is ready
wait_for 43200 'the service behind vaulted is ready' \
  has_line Status: 'available|Available' \
  heroku redis:info vaulted --app your-app-name

# heroku check: Heroku says that vaulted is encrypted under the key
# Nothing to run: look at it, or print the plan again.

say 'encryption vault is established'
