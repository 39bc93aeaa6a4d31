//! The bash functions of a script. They are bash 3.2, as some machines have no newer one.

/// A function that a script may need.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Function {
    Say,
    Stop,
    WaitFor,
    Pause,
    Finds,
    HasLine,
    HasLineWithout,
    Keeps,
    Refuses,
    HasVariable,
    PicksSubnets,
}

impl Function {
    /// The functions that it calls itself.
    pub(super) fn calls(self) -> &'static [Self] {
        match self {
            Self::Stop | Self::Pause => &[Self::Say],
            Self::WaitFor | Self::PicksSubnets => &[Self::Say, Self::Stop],
            Self::Say
            | Self::Finds
            | Self::HasLine
            | Self::HasLineWithout
            | Self::Keeps
            | Self::Refuses
            | Self::HasVariable => &[],
        }
    }

    /// Its definition. What a command prints may be secret, and is never shown; what it complains of
    /// is shown where a wait is given up.
    pub(super) fn definition(self) -> &'static str {
        match self {
            Self::Say => SAY,
            Self::Stop => STOP,
            Self::WaitFor => WAIT_FOR,
            Self::Pause => PAUSE,
            Self::Finds => FINDS,
            Self::HasLine => HAS_LINE,
            Self::HasLineWithout => HAS_LINE_WITHOUT,
            Self::Keeps => KEEPS,
            Self::Refuses => REFUSES,
            Self::HasVariable => HAS_VARIABLE,
            Self::PicksSubnets => PICKS_SUBNETS,
        }
    }
}

const SAY: &str = r#"# Also where complaints are kept.
exec 3>&2
say() { printf '%s\n' "$*" >&3; }
"#;

const STOP: &str = r#"stop() {
  say "$*"
  exit 1
}
"#;

const WAIT_FOR: &str = r#"# Repeats a command until it succeeds: wait_for SECONDS WHAT COMMAND...
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
"#;

const PAUSE: &str = r#"# pause SECONDS WHY; PAUSE says how long where it is set.
pause() {
  say "waiting, as $2"
  sleep "${PAUSE:-$1}"
}
"#;

const FINDS: &str = r#"# Whether a command prints one of these words and nothing else: finds 'WORD|WORD' COMMAND...
finds() {
  local words=$1 said
  shift
  said=$("$@") || return 1
  [[ "|$words|" == *"|$said|"* ]]
}
"#;

const HAS_LINE: &str = r#"# Whether a line begins with a word and has one of others: has_line WORD 'WORD|WORD' COMMAND...
has_line() {
  local said
  said=$("${@:3}") || return 1
  FIRST=$1 WORDS="|$2|" awk '
    $1 == ENVIRON["FIRST"] {
      for (i = 2; i <= NF; i++) if (index(ENVIRON["WORDS"], "|" $i "|")) found = 1
    }
    END { exit !found }' <<<"$said"
}
"#;

const HAS_LINE_WITHOUT: &str = r#"# Whether a line begins with a word and has none of others.
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
"#;

const KEEPS: &str = r#"# Keeps the last word of the line with a label: keeps NAME LABEL START COMMAND...
keeps() {
  local name=$1 start=$3 said
  said=$("${@:4}") || return 1
  said=$(LABEL=$2 awk 'index($0, ENVIRON["LABEL"]) == 1 { print $NF; exit }' <<<"$said")
  [[ $said == "$start"* ]] && printf -v "$name" %s "$said"
}
"#;

const REFUSES: &str = r#"# Whether a command fails and says why in this word: refuses WORD COMMAND...
refuses() {
  local word=$1 said
  shift
  if said=$("$@" 2>&1 >/dev/null); then return 1; fi
  [[ $said == *"$word"* ]]
}
"#;

const HAS_VARIABLE: &str = r#"# Whether an app has a variable for an endpoint: has_variable ENDPOINT COMMAND...
has_variable() {
  "${@:2}" | cut -d= -f1 | grep -i "_ENDPOINT_${1#vpce-}_" >/dev/null
}
"#;

const PICKS_SUBNETS: &str = r#"# Keeps the subnets in the zones that a command prints, or all of them where it prints none:
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
"#;
