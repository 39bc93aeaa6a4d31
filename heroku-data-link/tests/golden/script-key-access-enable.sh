#!/usr/bin/env bash
# Establishes key-access vault.
#
# The open steps of a plan of heroku-data-link, in its order. It needs
# - the AWS CLI, with credentials of account 123456789101, for us-east-1
# - Heroku's CLI, logged in
# and stops at the first command that fails. Then, and whenever something has changed since
# the plan was made, print a new script: this one makes nothing twice, and takes nothing up.
#
# 1 of 3 steps were done when the plan was made.
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

# aws modify: the key can be used
say 'the key can be used'
aws kms enable-key \
    --region us-east-1 \
    --key-id arn:aws:kms:us-east-1:123456789101:key/00000000-0000-4000-9000-000000000001

# heroku wait: the services that use the key run
wait_for 1800 'the services that use the key run' \
  has_line Status: 'available|Available' \
  heroku redis:info vaulted --app your-app-name

say 'key-access vault is established'
