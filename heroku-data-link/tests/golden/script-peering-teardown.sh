#!/usr/bin/env bash
# Tears down peering demo.
#
# The open steps of a plan of heroku-data-link, in its order. It needs
# - the AWS CLI, with credentials of account 435886841536, for us-east-1
# - Heroku's CLI, logged in
# and stops at the first command that fails. Then, and whenever something has changed since
# the plan was made, print a new script: this one makes nothing twice, and takes nothing up.
#
# 4 of 22 steps were done when the plan was made.
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

finds 435886841536 aws sts get-caller-identity --query Account --output text ||
  stop 'the AWS CLI has no credentials of account 435886841536'

# aws delete: rtb-00000000000000002 no longer leads 10.0.0.0/20 to pcx-01f31cfb89521de9c
say 'rtb-00000000000000002 no longer leads 10.0.0.0/20 to pcx-01f31cfb89521de9c'
aws ec2 delete-route \
    --region us-east-1 \
    --route-table-id rtb-00000000000000002 \
    --destination-cidr-block 10.0.0.0/20

# aws delete: rtb-00000000000000002 no longer leads 10.0.16.0/20 to pcx-01f31cfb89521de9c
say 'rtb-00000000000000002 no longer leads 10.0.16.0/20 to pcx-01f31cfb89521de9c'
aws ec2 delete-route \
    --region us-east-1 \
    --route-table-id rtb-00000000000000002 \
    --destination-cidr-block 10.0.16.0/20

# aws delete: rtb-00000000000000002 no longer leads 10.0.128.0/20 to pcx-01f31cfb89521de9c
say 'rtb-00000000000000002 no longer leads 10.0.128.0/20 to pcx-01f31cfb89521de9c'
aws ec2 delete-route \
    --region us-east-1 \
    --route-table-id rtb-00000000000000002 \
    --destination-cidr-block 10.0.128.0/20

# aws delete: rtb-00000000000000002 no longer leads 10.0.144.0/20 to pcx-01f31cfb89521de9c
say 'rtb-00000000000000002 no longer leads 10.0.144.0/20 to pcx-01f31cfb89521de9c'
aws ec2 delete-route \
    --region us-east-1 \
    --route-table-id rtb-00000000000000002 \
    --destination-cidr-block 10.0.144.0/20

# aws delete: rtb-00000000000000003 no longer leads 10.0.0.0/20 to pcx-01f31cfb89521de9c
say 'rtb-00000000000000003 no longer leads 10.0.0.0/20 to pcx-01f31cfb89521de9c'
aws ec2 delete-route \
    --region us-east-1 \
    --route-table-id rtb-00000000000000003 \
    --destination-cidr-block 10.0.0.0/20

# aws delete: rtb-00000000000000003 no longer leads 10.0.16.0/20 to pcx-01f31cfb89521de9c
say 'rtb-00000000000000003 no longer leads 10.0.16.0/20 to pcx-01f31cfb89521de9c'
aws ec2 delete-route \
    --region us-east-1 \
    --route-table-id rtb-00000000000000003 \
    --destination-cidr-block 10.0.16.0/20

# aws delete: rtb-00000000000000003 no longer leads 10.0.128.0/20 to pcx-01f31cfb89521de9c
say 'rtb-00000000000000003 no longer leads 10.0.128.0/20 to pcx-01f31cfb89521de9c'
aws ec2 delete-route \
    --region us-east-1 \
    --route-table-id rtb-00000000000000003 \
    --destination-cidr-block 10.0.128.0/20

# aws delete: rtb-00000000000000003 no longer leads 10.0.144.0/20 to pcx-01f31cfb89521de9c
say 'rtb-00000000000000003 no longer leads 10.0.144.0/20 to pcx-01f31cfb89521de9c'
aws ec2 delete-route \
    --region us-east-1 \
    --route-table-id rtb-00000000000000003 \
    --destination-cidr-block 10.0.144.0/20

# aws delete: rtb-00000000000000004 no longer leads 10.0.0.0/20 to pcx-01f31cfb89521de9c
say 'rtb-00000000000000004 no longer leads 10.0.0.0/20 to pcx-01f31cfb89521de9c'
aws ec2 delete-route \
    --region us-east-1 \
    --route-table-id rtb-00000000000000004 \
    --destination-cidr-block 10.0.0.0/20

# aws delete: rtb-00000000000000004 no longer leads 10.0.16.0/20 to pcx-01f31cfb89521de9c
say 'rtb-00000000000000004 no longer leads 10.0.16.0/20 to pcx-01f31cfb89521de9c'
aws ec2 delete-route \
    --region us-east-1 \
    --route-table-id rtb-00000000000000004 \
    --destination-cidr-block 10.0.16.0/20

# aws delete: rtb-00000000000000004 no longer leads 10.0.128.0/20 to pcx-01f31cfb89521de9c
say 'rtb-00000000000000004 no longer leads 10.0.128.0/20 to pcx-01f31cfb89521de9c'
aws ec2 delete-route \
    --region us-east-1 \
    --route-table-id rtb-00000000000000004 \
    --destination-cidr-block 10.0.128.0/20

# aws delete: rtb-00000000000000004 no longer leads 10.0.144.0/20 to pcx-01f31cfb89521de9c
say 'rtb-00000000000000004 no longer leads 10.0.144.0/20 to pcx-01f31cfb89521de9c'
aws ec2 delete-route \
    --region us-east-1 \
    --route-table-id rtb-00000000000000004 \
    --destination-cidr-block 10.0.144.0/20

# aws delete: sg-00000000000000001 no longer allows tcp 5432 from 10.0.0.0/20
say 'sg-00000000000000001 no longer allows tcp 5432 from 10.0.0.0/20'
aws ec2 revoke-security-group-ingress \
    --region us-east-1 \
    --group-id sg-00000000000000001 \
    --protocol tcp \
    --port 5432 \
    --cidr 10.0.0.0/20

# aws delete: sg-00000000000000001 no longer allows tcp 5432 from 10.0.16.0/20
say 'sg-00000000000000001 no longer allows tcp 5432 from 10.0.16.0/20'
aws ec2 revoke-security-group-ingress \
    --region us-east-1 \
    --group-id sg-00000000000000001 \
    --protocol tcp \
    --port 5432 \
    --cidr 10.0.16.0/20

# aws delete: sg-00000000000000001 no longer allows tcp 5432 from 10.0.128.0/20
say 'sg-00000000000000001 no longer allows tcp 5432 from 10.0.128.0/20'
aws ec2 revoke-security-group-ingress \
    --region us-east-1 \
    --group-id sg-00000000000000001 \
    --protocol tcp \
    --port 5432 \
    --cidr 10.0.128.0/20

# aws delete: sg-00000000000000001 no longer allows tcp 5432 from 10.0.144.0/20
say 'sg-00000000000000001 no longer allows tcp 5432 from 10.0.144.0/20'
aws ec2 revoke-security-group-ingress \
    --region us-east-1 \
    --group-id sg-00000000000000001 \
    --protocol tcp \
    --port 5432 \
    --cidr 10.0.144.0/20

# aws delete: pcx-01f31cfb89521de9c goes
say 'pcx-01f31cfb89521de9c goes'
aws ec2 delete-vpc-peering-connection \
    --region us-east-1 \
    --vpc-peering-connection-id pcx-01f31cfb89521de9c

# aws wait: the link's own connection is gone
wait_for 1200 'the link'\''s own connection is gone' \
  finds '' \
  aws ec2 describe-vpc-peering-connections \
    --region us-east-1 \
    --filters Name=vpc-peering-connection-id,Values=pcx-01f31cfb89521de9c \
    --query 'VpcPeeringConnections[?Status.Code!='\''deleted'\''].VpcPeeringConnectionId' \
    --output text

say 'peering demo is torn down'
