#!/usr/bin/env bash
# Establishes privatelink demo.
#
# The open steps of a plan of heroku-data-link, in its order. It needs
# - the AWS CLI, with credentials of account 123456789101, for us-east-1
# - Heroku's CLI with its plugin data-privatelink, logged in
# and stops at the first command that fails. Then, and whenever something has changed since
# the plan was made, print a new script: this one makes nothing twice, and takes nothing up.
#
# 9 of 21 steps were done when the plan was made.
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

# Whether a line begins with a word and has none of others.
has_line_without() {
  local said
  said=$("${@:3}") || return 1
  FIRST=$1 WORDS="|$2|" awk '
    $1 == ENVIRON["FIRST"] {
      there = 1
      for (i = 2; i <= NF; i++) if (index(ENVIRON["WORDS"], "|" $i "|")) found = 1
    }
    END { exit found || !there }' <<<"$said"
}

# Keeps the last word of the line with a label: keeps NAME LABEL START COMMAND...
keeps() {
  local name=$1 start=$3 said
  said=$("${@:4}") || return 1
  said=$(LABEL=$2 awk 'index($0, ENVIRON["LABEL"]) == 1 { print $NF; exit }' <<<"$said")
  [[ $said == "$start"* ]] && printf -v "$name" %s "$said"
}

# Whether an app has a variable for an endpoint: has_variable ENDPOINT COMMAND...
has_variable() {
  "${@:2}" | cut -d= -f1 | grep -i "_ENDPOINT_${1#vpce-}_" >/dev/null
}

# Keeps the subnets in the zones that a command prints, or all of them where it prints none:
# picks_subnets NAME 'ZONE-ID ZONE SUBNET'... -- COMMAND...
picks_subnets() {
  local name=$1 rows=() picked='' zones row id zone subnet
  shift
  while [ "$1" != -- ]; do
    rows+=("$1")
    shift
  done
  shift
  zones=$("$@") || return 1
  zones=$(tr -s '[:space:]' '\n' <<<"$zones" | sed '/^None$/d')
  for row in "${rows[@]}"; do
    read -r id zone subnet <<<"$row"
    if [ -z "$zones" ] || grep -qxF -e "$id" -e "$zone" <<<"$zones"; then
      picked="$picked,\"$subnet\""
    fi
  done
  [ -n "$picked" ] || stop "no subnet is in one of the service's zones:" $zones
  printf -v "$name" %s "[${picked#,}]"
}

finds 123456789101 aws sts get-caller-identity --query Account --output text ||
  stop 'the AWS CLI has no credentials of account 123456789101'

# heroku create: endpoint service of postgresql-cubed-12345, open to 123456789101
say 'endpoint service of postgresql-cubed-12345, open to 123456789101'
heroku data:privatelink:create postgresql-cubed-12345 \
    --aws-account-id 123456789101 \
    --app privatelink-vpc-endpoint-demo

# heroku wait: the endpoint service of postgresql-cubed-12345 is operational
wait_for 1800 'the endpoint service of postgresql-cubed-12345 is operational' \
  has_line Status: Operational \
  heroku data:privatelink postgresql-cubed-12345 --app privatelink-vpc-endpoint-demo
wait_for 1800 'the endpoint service of postgresql-cubed-12345 is operational' \
  keeps SERVICE_NAME 'Service Name:' com.amazonaws.vpce. \
  heroku data:privatelink postgresql-cubed-12345 --app privatelink-vpc-endpoint-demo

# heroku wait: 123456789101 may connect
wait_for 900 '123456789101 may connect' \
  has_line_without arn:aws:iam::123456789101:root Provisioning \
  heroku data:privatelink:access postgresql-cubed-12345 --app privatelink-vpc-endpoint-demo

# aws wait: AWS sees the endpoint service
wait_for 600 'AWS sees the endpoint service' \
  finds 1 \
  aws ec2 describe-vpc-endpoint-services \
    --region us-east-1 \
    --service-names "$SERVICE_NAME" \
    --query 'length(ServiceNames)' \
    --output text

# aws check: one subnet in every zone that the VPC and the service share
wait_for 600 'one subnet in every zone that the VPC and the service share' \
  picks_subnets SUBNET_IDS \
  'use1-az6 us-east-1a subnet-00000000000000001' \
  'use1-az1 us-east-1b subnet-00000000000000003' \
  'use1-az2 us-east-1c subnet-00000000000000004' -- \
  aws ec2 describe-vpc-endpoint-services \
    --region us-east-1 \
    --service-names "$SERVICE_NAME" \
    --query 'ServiceDetails[0].[AvailabilityZoneIds,AvailabilityZones][]' \
    --output text

# aws create: security group heroku-data-link-demo
say 'security group heroku-data-link-demo'
GROUP_ID=$(aws ec2 create-security-group \
    --region us-east-1 \
    --vpc-id vpc-0a1b2c3d4e5f60718 \
    --group-name heroku-data-link-demo \
    --description 'Clients of the endpoint of link demo' \
    --tag-specifications 'ResourceType=security-group,Tags=[{Key=Name,Value=demo},{Key=heroku-data-link:kind,Value=privatelink},{Key=heroku-data-link:link,Value=demo},{Key=heroku-data-link:target,Value=00000000-0000-4000-8000-000000000001},{Key=heroku-data-link:target-name,Value=postgresql-cubed-12345},{Key=heroku-data-link:version,Value=0.1.0}]' \
    --query GroupId \
    --output text)
say "GROUP_ID=$GROUP_ID"

# aws create: allow tcp 5432-5433 from 10.20.0.0/16
say 'allow tcp 5432-5433 from 10.20.0.0/16'
aws ec2 authorize-security-group-ingress \
    --region us-east-1 \
    --group-id "$GROUP_ID" \
    --protocol tcp \
    --port 5432-5433 \
    --cidr 10.20.0.0/16

# aws create: allow tcp 5432-5433 from 10.21.0.0/16
say 'allow tcp 5432-5433 from 10.21.0.0/16'
aws ec2 authorize-security-group-ingress \
    --region us-east-1 \
    --group-id "$GROUP_ID" \
    --protocol tcp \
    --port 5432-5433 \
    --cidr 10.21.0.0/16

# aws create: interface endpoint in vpc-0a1b2c3d4e5f60718 for postgresql-cubed-12345
say 'interface endpoint in vpc-0a1b2c3d4e5f60718 for postgresql-cubed-12345'
ENDPOINT_ID=$(aws ec2 create-vpc-endpoint \
    --region us-east-1 \
    --vpc-endpoint-type Interface \
    --vpc-id vpc-0a1b2c3d4e5f60718 \
    --service-name "$SERVICE_NAME" \
    --subnet-ids "$SUBNET_IDS" \
    --security-group-ids "$GROUP_ID" \
    --no-private-dns-enabled \
    --tag-specifications 'ResourceType=vpc-endpoint,Tags=[{Key=Name,Value=demo},{Key=heroku-data-link:kind,Value=privatelink},{Key=heroku-data-link:link,Value=demo},{Key=heroku-data-link:target,Value=00000000-0000-4000-8000-000000000001},{Key=heroku-data-link:target-name,Value=postgresql-cubed-12345},{Key=heroku-data-link:version,Value=0.1.0}]' \
    --query VpcEndpoint.VpcEndpointId \
    --output text)
say "ENDPOINT_ID=$ENDPOINT_ID"

# aws wait: the endpoint is available
wait_for 1800 'the endpoint is available' \
  finds available \
  aws ec2 describe-vpc-endpoints \
    --region us-east-1 \
    --vpc-endpoint-ids "$ENDPOINT_ID" \
    --query 'VpcEndpoints[0].State' \
    --output text

# heroku wait: Heroku lists the endpoint as connected
wait_for 900 'Heroku lists the endpoint as connected' \
  has_line "$ENDPOINT_ID" Available \
  heroku data:privatelink postgresql-cubed-12345 --app privatelink-vpc-endpoint-demo

# heroku wait: app privatelink-vpc-endpoint-demo has a config variable for the endpoint
wait_for 900 'app privatelink-vpc-endpoint-demo has a config variable for the endpoint' \
  has_variable "$ENDPOINT_ID" \
  heroku config --app privatelink-vpc-endpoint-demo --shell

say 'privatelink demo is established'
