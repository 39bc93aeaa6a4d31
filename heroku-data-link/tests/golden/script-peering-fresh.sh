#!/usr/bin/env bash
# Establishes peering demo.
#
# The open steps of a plan of heroku-data-link, in its order. It needs
# - the AWS CLI, with credentials of account 435886841536, for us-east-1
# - Heroku's CLI, logged in
# and stops at the first command that fails. Then, and whenever something has changed since
# the plan was made, print a new script: this one makes nothing twice, and takes nothing up.
#
# 14 of 36 steps were done when the plan was made.
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

finds 435886841536 aws sts get-caller-identity --query Account --output text ||
  stop 'the AWS CLI has no credentials of account 435886841536'

# aws create: peering connection of vpc-0cb1a66017eed9372 with vpc-b39527d4 in ap-northeast-1 of account 012345678900
say 'peering connection of vpc-0cb1a66017eed9372 with vpc-b39527d4 in ap-northeast-1 of account 012345678900'
PEERING_ID=$(aws ec2 create-vpc-peering-connection \
    --region us-east-1 \
    --vpc-id vpc-0cb1a66017eed9372 \
    --peer-vpc-id vpc-b39527d4 \
    --peer-owner-id 012345678900 \
    --peer-region ap-northeast-1 \
    --tag-specifications 'ResourceType=vpc-peering-connection,Tags=[{Key=Name,Value=demo},{Key=heroku-data-link:inbound:sg-00000000000000001:5432,Value=10.0.0.0/20 10.0.16.0/20 10.0.128.0/20 10.0.144.0/20},{Key=heroku-data-link:kind,Value=peering},{Key=heroku-data-link:link,Value=demo},{Key=heroku-data-link:routes:rtb-00000000000000002,Value=10.0.0.0/20 10.0.16.0/20 10.0.128.0/20 10.0.144.0/20},{Key=heroku-data-link:routes:rtb-00000000000000003,Value=10.0.0.0/20 10.0.16.0/20 10.0.128.0/20 10.0.144.0/20},{Key=heroku-data-link:routes:rtb-00000000000000004,Value=10.0.0.0/20 10.0.16.0/20 10.0.128.0/20 10.0.144.0/20},{Key=heroku-data-link:target,Value=43eceeae-0f54-4501-8a8a-45bd9d241e85},{Key=heroku-data-link:target-name,Value=enablement-jp},{Key=heroku-data-link:version,Value=0.1.0}]' \
    --query VpcPeeringConnection.VpcPeeringConnectionId \
    --output text)
say "PEERING_ID=$PEERING_ID"

# aws wait: AWS passes the request on
wait_for 600 'AWS passes the request on' \
  finds 'pending-acceptance|provisioning|active' \
  aws ec2 describe-vpc-peering-connections \
    --region us-east-1 \
    --vpc-peering-connection-ids "$PEERING_ID" \
    --query 'VpcPeeringConnections[0].Status.Code' \
    --output text

# heroku wait: Heroku lists the request
wait_for 900 'Heroku lists the request' \
  has_line "$PEERING_ID" 'pending-acceptance|pending|provisioning|active' \
  heroku spaces:peerings enablement-jp

# heroku modify: accept the request for space enablement-jp
say 'accept the request for space enablement-jp'
heroku spaces:peerings:accept "$PEERING_ID" --space enablement-jp

# aws wait: AWS calls the connection active
wait_for 2400 'AWS calls the connection active' \
  finds active \
  aws ec2 describe-vpc-peering-connections \
    --region us-east-1 \
    --vpc-peering-connection-ids "$PEERING_ID" \
    --query 'VpcPeeringConnections[0].Status.Code' \
    --output text

# heroku wait: Heroku calls the connection active
wait_for 2400 'Heroku calls the connection active' \
  has_line "$PEERING_ID" active \
  heroku spaces:peerings enablement-jp

# aws create: rtb-00000000000000002 leads 10.0.0.0/20 to the space
say 'rtb-00000000000000002 leads 10.0.0.0/20 to the space'
aws ec2 create-route \
    --region us-east-1 \
    --route-table-id rtb-00000000000000002 \
    --destination-cidr-block 10.0.0.0/20 \
    --vpc-peering-connection-id "$PEERING_ID"

# aws create: rtb-00000000000000002 leads 10.0.16.0/20 to the space
say 'rtb-00000000000000002 leads 10.0.16.0/20 to the space'
aws ec2 create-route \
    --region us-east-1 \
    --route-table-id rtb-00000000000000002 \
    --destination-cidr-block 10.0.16.0/20 \
    --vpc-peering-connection-id "$PEERING_ID"

# aws create: rtb-00000000000000002 leads 10.0.128.0/20 to the space
say 'rtb-00000000000000002 leads 10.0.128.0/20 to the space'
aws ec2 create-route \
    --region us-east-1 \
    --route-table-id rtb-00000000000000002 \
    --destination-cidr-block 10.0.128.0/20 \
    --vpc-peering-connection-id "$PEERING_ID"

# aws create: rtb-00000000000000002 leads 10.0.144.0/20 to the space
say 'rtb-00000000000000002 leads 10.0.144.0/20 to the space'
aws ec2 create-route \
    --region us-east-1 \
    --route-table-id rtb-00000000000000002 \
    --destination-cidr-block 10.0.144.0/20 \
    --vpc-peering-connection-id "$PEERING_ID"

# aws create: rtb-00000000000000003 leads 10.0.0.0/20 to the space
say 'rtb-00000000000000003 leads 10.0.0.0/20 to the space'
aws ec2 create-route \
    --region us-east-1 \
    --route-table-id rtb-00000000000000003 \
    --destination-cidr-block 10.0.0.0/20 \
    --vpc-peering-connection-id "$PEERING_ID"

# aws create: rtb-00000000000000003 leads 10.0.16.0/20 to the space
say 'rtb-00000000000000003 leads 10.0.16.0/20 to the space'
aws ec2 create-route \
    --region us-east-1 \
    --route-table-id rtb-00000000000000003 \
    --destination-cidr-block 10.0.16.0/20 \
    --vpc-peering-connection-id "$PEERING_ID"

# aws create: rtb-00000000000000003 leads 10.0.128.0/20 to the space
say 'rtb-00000000000000003 leads 10.0.128.0/20 to the space'
aws ec2 create-route \
    --region us-east-1 \
    --route-table-id rtb-00000000000000003 \
    --destination-cidr-block 10.0.128.0/20 \
    --vpc-peering-connection-id "$PEERING_ID"

# aws create: rtb-00000000000000003 leads 10.0.144.0/20 to the space
say 'rtb-00000000000000003 leads 10.0.144.0/20 to the space'
aws ec2 create-route \
    --region us-east-1 \
    --route-table-id rtb-00000000000000003 \
    --destination-cidr-block 10.0.144.0/20 \
    --vpc-peering-connection-id "$PEERING_ID"

# aws create: rtb-00000000000000004 leads 10.0.0.0/20 to the space
say 'rtb-00000000000000004 leads 10.0.0.0/20 to the space'
aws ec2 create-route \
    --region us-east-1 \
    --route-table-id rtb-00000000000000004 \
    --destination-cidr-block 10.0.0.0/20 \
    --vpc-peering-connection-id "$PEERING_ID"

# aws create: rtb-00000000000000004 leads 10.0.16.0/20 to the space
say 'rtb-00000000000000004 leads 10.0.16.0/20 to the space'
aws ec2 create-route \
    --region us-east-1 \
    --route-table-id rtb-00000000000000004 \
    --destination-cidr-block 10.0.16.0/20 \
    --vpc-peering-connection-id "$PEERING_ID"

# aws create: rtb-00000000000000004 leads 10.0.128.0/20 to the space
say 'rtb-00000000000000004 leads 10.0.128.0/20 to the space'
aws ec2 create-route \
    --region us-east-1 \
    --route-table-id rtb-00000000000000004 \
    --destination-cidr-block 10.0.128.0/20 \
    --vpc-peering-connection-id "$PEERING_ID"

# aws create: rtb-00000000000000004 leads 10.0.144.0/20 to the space
say 'rtb-00000000000000004 leads 10.0.144.0/20 to the space'
aws ec2 create-route \
    --region us-east-1 \
    --route-table-id rtb-00000000000000004 \
    --destination-cidr-block 10.0.144.0/20 \
    --vpc-peering-connection-id "$PEERING_ID"

# aws create: let dynos in: tcp 5432 from 10.0.0.0/20
say 'let dynos in: tcp 5432 from 10.0.0.0/20'
aws ec2 authorize-security-group-ingress \
    --region us-east-1 \
    --group-id sg-00000000000000001 \
    --protocol tcp \
    --port 5432 \
    --cidr 10.0.0.0/20

# aws create: let dynos in: tcp 5432 from 10.0.16.0/20
say 'let dynos in: tcp 5432 from 10.0.16.0/20'
aws ec2 authorize-security-group-ingress \
    --region us-east-1 \
    --group-id sg-00000000000000001 \
    --protocol tcp \
    --port 5432 \
    --cidr 10.0.16.0/20

# aws create: let dynos in: tcp 5432 from 10.0.128.0/20
say 'let dynos in: tcp 5432 from 10.0.128.0/20'
aws ec2 authorize-security-group-ingress \
    --region us-east-1 \
    --group-id sg-00000000000000001 \
    --protocol tcp \
    --port 5432 \
    --cidr 10.0.128.0/20

# aws create: let dynos in: tcp 5432 from 10.0.144.0/20
say 'let dynos in: tcp 5432 from 10.0.144.0/20'
aws ec2 authorize-security-group-ingress \
    --region us-east-1 \
    --group-id sg-00000000000000001 \
    --protocol tcp \
    --port 5432 \
    --cidr 10.0.144.0/20

say 'peering demo is established'
