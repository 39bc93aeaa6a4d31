#!/usr/bin/env bash
# Tears down privatelink demo.
#
# The open steps of a plan of heroku-data-link, in its order. It needs
# - the AWS CLI, with credentials of account 123456789101, for us-east-1
# - Heroku's CLI with its plugin data-privatelink, logged in
# and stops at the first command that fails. Then, and whenever something has changed since
# the plan was made, print a new script: this one makes nothing twice, and takes nothing up.
#
# 4 of 10 steps were done when the plan was made.
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

# Whether a command fails and says why in this word: refuses WORD COMMAND...
refuses() {
  local word=$1 said
  shift
  if said=$("$@" 2>&1 >/dev/null); then return 1; fi
  [[ $said == *"$word"* ]]
}

finds 123456789101 aws sts get-caller-identity --query Account --output text ||
  stop 'the AWS CLI has no credentials of account 123456789101'

# aws delete: vpce-01c87ae3c05563935 goes
say 'vpce-01c87ae3c05563935 goes'
aws ec2 delete-vpc-endpoints --region us-east-1 --vpc-endpoint-ids vpce-01c87ae3c05563935

# aws wait: the link's own endpoint is gone
wait_for 1200 'the link'\''s own endpoint is gone' \
  finds '' \
  aws ec2 describe-vpc-endpoints \
    --region us-east-1 \
    --filters Name=vpc-endpoint-id,Values=vpce-01c87ae3c05563935 \
    --query 'VpcEndpoints[?State!='\''deleted'\''].VpcEndpointId' \
    --output text

# aws wait: no interface uses sg-00000000000000001 any more
wait_for 2400 'no interface uses sg-00000000000000001 any more' \
  finds '' \
  aws ec2 describe-network-interfaces \
    --region us-east-1 \
    --filters Name=group-id,Values=sg-00000000000000001 \
    --query 'NetworkInterfaces[].NetworkInterfaceId' \
    --output text

# aws delete: security group heroku-data-link-demo (sg-00000000000000001) goes
say 'security group heroku-data-link-demo (sg-00000000000000001) goes'
aws ec2 delete-security-group --region us-east-1 --group-id sg-00000000000000001

# heroku delete: the endpoint service of postgresql-cubed-12345 goes
say 'the endpoint service of postgresql-cubed-12345 goes'
heroku data:privatelink:destroy postgresql-cubed-12345 --app privatelink-vpc-endpoint-demo

# heroku wait: the endpoint service of postgresql-cubed-12345 is gone
wait_for 1800 'the endpoint service of postgresql-cubed-12345 is gone' \
  refuses not_found \
  heroku data:privatelink postgresql-cubed-12345 --app privatelink-vpc-endpoint-demo

say 'privatelink demo is torn down'
