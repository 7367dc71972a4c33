#!/bin/sh
# Posts a partner's certificate counts of one month to the registry, and keeps the receipt that proves it.
# Needs curl, openssl (3.0 or newer) and jq. README.md tells more.
set -u
LC_ALL=C
export LC_ALL

usage() {
  cat <<'END'
post_counts.sh post COUNTS.csv --period YYYY-MM --cumulative TOTAL [options]
  --dry-run                    check everything, write nothing
  --supersedes REPORT --reason TEXT
                               correct a report, like VNPT/2025-08/1
  --attempt N                  send once more what was withdrawn (1)
post_counts.sh verify RECEIPT.jws [--jwks FILE] [options]
post_counts.sh jwks            print the public key as the province wants it

  --url URL       REGISTRY_URL    the registry, https://...
  --partner CODE  PARTNER         like VNPT
  --key FILE      KEY_FILE        the private key as PEM, Ed25519
  --key-id NAME   KEY_ID          the key's name
  --receipts DIR  RECEIPTS        where receipts are kept (receipts)
  --tries N       TRIES           how often to try (6)
  --delay-ms N    RETRY_DELAY_MS  wait before the second try; doubles each time (1000)
  --language L    ACCEPT_LANGUAGE the language of messages, vi or en (vi)

exit code: 0 taken, 1 refused, 2 wrong usage, 3 not reached, 4 the receipt does not verify
END
}

say() { printf '%s\n' "$*" >&2; }

# fail CODE WORDS: ends the script.
fail() {
  code=$1
  shift
  say "post_counts: $*"
  exit "$code"
}

matches() { case $1 in $2) ;; *) return 1 ;; esac }
whole() { matches "$1" '[0-9]*' && ! matches "$1" '*[!0-9]*' && ! matches "$1" '0?*' && [ "${#1}" -le 16 ]; }

url=${REGISTRY_URL:-} partner=${PARTNER:-} key=${KEY_FILE:-} key_id=${KEY_ID:-}
receipts=${RECEIPTS:-receipts} tries=${TRIES:-6} delay=${RETRY_DELAY_MS:-1000} language=${ACCEPT_LANGUAGE:-vi}
file='' period='' cumulative='' supersedes='' reason='' dry_run=false attempt=1 jwks=''

command=${1:-}
case $command in
  post | verify | jwks) shift ;;
  -h | --help) usage; exit 0 ;;
  *) usage >&2; exit 2 ;;
esac
while [ $# -gt 0 ]; do
  case $1 in
    -h | --help) usage; exit 0 ;;
    --dry-run) dry_run=true; shift; continue ;;
    -*) [ $# -ge 2 ] || fail 2 "$1 needs a value" ;;
    *) [ -z "$file" ] || fail 2 "one file, not also $1"; file=$1; shift; continue ;;
  esac
  case $1 in
    --url) url=$2 ;;
    --partner) partner=$2 ;;
    --key) key=$2 ;;
    --key-id) key_id=$2 ;;
    --receipts) receipts=$2 ;;
    --tries) tries=$2 ;;
    --delay-ms) delay=$2 ;;
    --language) language=$2 ;;
    --period) period=$2 ;;
    --cumulative) cumulative=$2 ;;
    --supersedes) supersedes=$2 ;;
    --reason) reason=$2 ;;
    --attempt) attempt=$2 ;;
    --jwks) jwks=$2 ;;
    *) fail 2 "unknown option $1" ;;
  esac
  shift 2
done

for tool in curl openssl jq; do
  command -v "$tool" >/dev/null || fail 2 "$tool is missing; on Debian: apt-get install curl openssl jq"
done
whole "$tries" && [ "$tries" -ge 1 ] && [ "${#tries}" -le 4 ] || fail 2 "--tries is a number from 1 to 9999"
whole "$delay" && [ "${#delay}" -le 5 ] || fail 2 "--delay-ms is a number from 0 to 99999"
whole "$attempt" && [ "$attempt" -ge 1 ] || fail 2 "--attempt is a number from 1"

work=$(mktemp -d) || fail 2 "no temporary folder"
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' HUP TERM

need() { [ -n "$2" ] || fail 2 "$1 is missing"; }
need_file() { need "$1" "$2" && { [ -f "$2" ] && [ -r "$2" ] || fail 2 "$2 can't be read"; }; }

# A token that goes in clear over a network is anybody's.
need_url() {
  need "--url or REGISTRY_URL" "$url"
  url=${url%/}
  case $url in
    https://?*) ;;
    http://localhost | http://localhost:* | http://127.0.0.1 | http://127.0.0.1:* | 'http://[::1]'*) ;;
    *) fail 2 "$url: https:// is needed, except for this very machine" ;;
  esac
}

base64url() { openssl base64 -A | tr '+/' '-_' | tr -d '='; }
unbase64url() {
  padding=''
  case $((${#1} % 4)) in 2) padding='==' ;; 3) padding='=' ;; esac
  printf '%s%s' "$1" "$padding" | tr '_-' '/+' | openssl base64 -d -A
}
sha256() { openssl dgst -sha256 -r <"$1" | cut -c 1-64; }

# Leaves the raw 32 bytes of the public key in base64url in $x.
read_key() {
  need_file "--key or KEY_FILE" "$key"
  need "--key-id or KEY_ID" "$key_id"
  openssl pkey -in "$key" -pubout -outform DER -out "$work/public" 2>/dev/null || fail 2 "$key holds no private key"
  x=$(base64url <"$work/public")
  # What stands before the raw key says Ed25519.
  matches "$x" 'MCowBQYDK2VwAyEA*' || fail 2 "$key is not an Ed25519 key"
  x=${x#MCowBQYDK2VwAyEA}
}

# Prints the signature of a file.
sign() {
  openssl pkeyutl -sign -rawin -inkey "$key" -in "$1" -out "$work/raw" 2>/dev/null || fail 2 "$key can't sign"
  base64url <"$work/raw"
}

# ask URL CURL-OPTION…: leaves $status and $work/answer; fails when trying again may help.
ask() {
  : >"$work/head"
  status=$(curl -q --silent --show-error --proto =http,https --connect-timeout 10 --max-time 60 \
    --header "Accept-Language: $language" --dump-header "$work/head" --output "$work/answer" \
    --write-out '%{http_code}' "$@" 2>"$work/why") || status=000
  why="HTTP $status"
  case $status in
    000) why=$(cat "$work/why"); return 1 ;;
    408 | 429 | 502 | 503 | 504) return 1 ;;
  esac
}

# Runs a step until it succeeds; a step fails only when trying again may help.
persist() {
  try=1 pause=$delay
  while ! "$@"; do
    [ "$try" -lt "$tries" ] || fail 3 "$url was not reached in $tries tries: $why"
    after=$(tr 'A-Z\r' 'a-z ' <"$work/head" | sed -n 's/^retry-after: *0*\([0-9]\{1,5\}\) *$/\1000/p' | tail -n 1)
    [ "${after:-0}" -gt "$pause" ] || after=$pause
    say "post_counts: try $try: $why; again in $after ms"
    # POSIX knows whole seconds only; every sleep at hand knows more.
    case $after in
      *000) sleep "${after%000}" ;;
      *) sleep "$(printf '%d.%03d' $((after / 1000)) $((after % 1000)))" ;;
    esac
    try=$((try + 1)) pause=$((pause * 2))
    [ "$pause" -le 60000 ] || pause=60000
  done
}

get_issuer() {
  ask "$url/.well-known/oauth-authorization-server" || return
  issuer=$(jq -er '.issuer | strings' "$work/answer" 2>/dev/null) || fail 1 "$url names no issuer (HTTP $status)"
}

# An assertion counts once, so each try makes its own. The token is only ever in a file.
get_token() {
  header=$(jq -cjn --arg kid "$key_id" '{alg: "EdDSA", kid: $kid, typ: "JWT"}' | base64url)
  claims=$(jq -cjn --arg partner "$partner" --arg issuer "$issuer" --arg id "$(openssl rand -hex 16)" '
    (now | floor) as $now
    | {iss: $partner, sub: $partner, aud: $issuer, iat: $now, exp: ($now + 120), jti: $id}' | base64url)
  printf '%s.%s' "$header" "$claims" >"$work/assertion"
  signature=$(sign "$work/assertion") || exit
  {
    printf 'grant_type=client_credentials'
    printf '&client_assertion_type=urn%%3Aietf%%3Aparams%%3Aoauth%%3Aclient-assertion-type%%3Ajwt-bearer'
    printf '&client_assertion=%s.%s' "$(cat "$work/assertion")" "$signature"
  } >"$work/form"
  ask "$url/oauth/token" --data-binary "@$work/form" || return
  # Nothing but a token may get into curl's settings.
  jq -er '.access_token | strings | select(test("\\A[A-Za-z0-9._~+/=-]+\\z"))
    | "header = \"Authorization: Bearer \(.)\""' "$work/answer" >"$work/token" 2>/dev/null && return
  rm -f "$work/token"
  fail 1 "no token: $(jq -r '"\(.error): \(.error_description)"' "$work/answer" 2>/dev/null) (HTTP $status)"
}

deliver() {
  [ -n "$issuer" ] || get_issuer || return
  fresh=false
  [ -s "$work/token" ] || { get_token && fresh=true; } || return
  ask "$url/graphql" --config "$work/token" --config "$work/signature" --data-binary "@$work/body" \
    --header 'Content-Type: application/json' --header 'Accept: application/graphql-response+json' || return
  jq -e 'objects' "$work/answer" >/dev/null 2>&1 || fail 1 "HTTP $status, and no answer of GraphQL"
  if [ "$status" = 401 ] && [ "$fresh" = false ]; then
    rm -f "$work/token"
    return 1
  fi
  why=UNAVAILABLE
  ! jq -e 'any(.errors[]?; .extensions.code == "UNAVAILABLE")' "$work/answer" >/dev/null
}

get_keys() {
  ask "$url/.well-known/jwks.json" || return
  [ "$status" = 200 ] || fail 4 "no keys: HTTP $status"
  cp "$work/answer" "$work/keys"
}

# Checks that the registry signed the receipt in $1, and that it is about the content in $2.
verify() {
  receipt=$(cat "$1") protected=${receipt%%.*} rest=${receipt#*.}
  payload=${rest%%.*} signature=${rest#*.}
  wrong() { fail 4 "the receipt in $1 does not verify: $2"; }
  matches "$receipt" '*.*.*' && ! matches "$receipt" '*.*.*.*' && ! matches "$receipt" '*[!A-Za-z0-9_.-]*' ||
    wrong "$1" "it is not a JWS"
  unbase64url "$protected" | jq -e 'select(.alg == "EdDSA" and .typ == "receipt+jwt" and (has("crit") | not))' \
    >"$work/protected" 2>/dev/null || wrong "$1" "its header is not a receipt's"
  x=$(jq -er --slurpfile header "$work/protected" '
    [.keys[] | select(.kty == "OKP" and .crv == "Ed25519" and .kid == $header[0].kid)]
    | select(length == 1) | .[0].x | strings' "$work/keys" 2>/dev/null) || wrong "$1" "the registry has no such key"
  {
    printf '\060\052\060\005\006\003\053\145\160\003\041\000'
    unbase64url "$x"
  } >"$work/public"
  printf '%s.%s' "$protected" "$payload" >"$work/signed"
  unbase64url "$signature" >"$work/raw"
  openssl pkeyutl -verify -pubin -keyform DER -inkey "$work/public" -rawin -in "$work/signed" \
    -sigfile "$work/raw" >/dev/null 2>&1 || wrong "$1" "the signature is wrong"
  unbase64url "$payload" | jq -e --arg sha256 "$(sha256 "$2")" --slurpfile content "$2" '
    $content[0] as {$partner, $period}
    | select(.content_sha256 == $sha256 and .partner == $partner and .period == $period
        and .report == "\($partner)/\($period)/\(.revision)")' >"$work/claims" 2>/dev/null ||
    wrong "$1" "it is about something else than $2"
}

# Prints what is in counts.csv: the lines by unit, each with its place in the file.
read_counts() {
  jq -Rse '
    def cell: if test("\\A(0|-?[1-9][0-9]{0,14})\\z") then tonumber else . end;
    ltrimstr("\ufeff") | split("\n") | map(rtrimstr("\r")) as $lines
    | select($lines[0] == "unit,issued,renewed,revoked")
    | [range(1; $lines | length) | {line: (. + 1), cells: ($lines[.] | split(","))} | select(.cells != [] and .cells != [""])]
    | {
        uneven: map(select(.cells | length != 4) | {line, found: (.cells | length)}),
        lines: (map(select(.cells | length == 4)
          | {line, unit: .cells[0], issued: (.cells[1] | cell), renewed: (.cells[2] | cell), revoked: (.cells[3] | cell)})
          | sort_by(.unit))
      }' "$1"
}

# The one text that is hashed, here and in the registry (RFC 8785).
write_content() {
  jq -cjS --arg partner "$partner" --arg period "$period" --argjson cumulative "$cumulative" \
    --arg supersedes "$supersedes" --arg reason "$reason" '
    def trimmed: gsub("\\A\\s+|\\s+\\z"; "");
    {cumulativeIssued: $cumulative, partner: $partner, period: $period, lines: .lines | map(del(.line))}
    + if $supersedes == "" then {} else {$supersedes} end
    + if $reason == "" then {} else {reason: $reason | trimmed} end' "$work/counts"
}

# keep FILE NAME: whole or not at all; never over another one.
keep() {
  if [ -e "$receipts/$2" ]; then
    [ "$(cat "$receipts/$2")" = "$(cat "$1")" ] && return
    fail 4 "$receipts/$2 is there and says something else; move it away and run again"
  fi
  cp "$1" "$receipts/.$2.part" && mv "$receipts/.$2.part" "$receipts/$2" ||
    fail 2 "$receipts/$2 can't be written; run again, and the receipt comes again"
}

post() {
  need_file "COUNTS.csv" "$file"
  need_url
  matches "$partner" '[A-Z0-9]*' && ! matches "$partner" '*[!A-Z0-9]*' || fail 2 "--partner or PARTNER is a code like VNPT"
  matches "$period" '[0-9][0-9][0-9][0-9]-[0-9][0-9]' || fail 2 "--period is a month like 2025-08"
  whole "$cumulative" || fail 2 "--cumulative is the total of certificates issued so far"
  read_key
  read_counts "$file" >"$work/counts" || fail 2 "$file: the first line must be unit,issued,renewed,revoked"
  jq -r --arg file "$file" '.uneven[] | "\($file):\(.line): 4 columns are needed, not \(.found)"' "$work/counts" >&2
  jq -e '.uneven == []' "$work/counts" >/dev/null || exit 1
  [ "$dry_run" = true ] || { mkdir -p "$receipts" && [ -w "$receipts" ]; } || fail 2 "$receipts can't be written to"

  write_content >"$work/content" || fail 2 "the content can't be written"
  idempotency_key=kit-$(sha256 "$work/content")
  [ "$attempt" -eq 1 ] || idempotency_key=$idempotency_key-$attempt
  jq -cj --arg key "$idempotency_key" --argjson dry_run "$dry_run" '{
    query: "mutation PostCounts($input: SubmitCertificateReportInput!) { submitCertificateReport(input: $input) { report { name state } receipt replayed warnings { code message } errors { code path message row value } } }",
    variables: {input: (. + {idempotencyKey: $key, dryRun: $dry_run})}
  }' "$work/content" >"$work/body" || fail 2 "the request can't be written"
  header=$(jq -cjn --arg kid "$key_id" '{alg: "EdDSA", b64: false, crit: ["b64"], kid: $kid}' | base64url)
  { printf '%s.' "$header" && cat "$work/body"; } >"$work/signing"
  signature=$(sign "$work/signing") || exit
  printf 'header = "X-JWS-Signature: %s..%s"\n' "$header" "$signature" >"$work/signature"

  issuer=''
  persist deliver
  jq -r '.errors[]? | "\(.extensions.code // "ERROR"): \(.message)"' "$work/answer" >&2
  jq -e '.data.submitCertificateReport | objects' "$work/answer" >"$work/payload" || fail 1 "refused (HTTP $status)"
  jq -r '.warnings[] | "warning: \(.code): \(.message)"' "$work/payload" >&2
  jq -r --arg file "$file" --slurpfile counts "$work/counts" '
    [.errors[] | if .row != null and .path[1] == "lines"
      then {line: $counts[0].lines[.row].line, field: .path[3:], error: .}
      else {line: 0, field: .path[1:], error: .} end]
    | sort_by(.line)[]
    | $file + (if .line > 0 then ":\(.line)" else "" end)
      + ": \(if .field == [] then "input" else .field | join(".") end): \(.error.code): \(.error.message)"
      + if .error.value == null then "" else " [\(.error.value)]" end
      # The registry counts the rows as they were sent: by unit.
      + if .error.code != "DUPLICATE_IN_BATCH" then ""
        else .error.value as $unit | " [row \(first($counts[0].lines[] | select(.unit == $unit)).line)]" end
    ' "$work/payload" >&2
  jq -e '.errors == []' "$work/payload" >/dev/null || exit 1
  if [ "$dry_run" = true ]; then
    echo "rehearsed: nothing is wrong, nothing was written"
    return
  fi

  # The file's name comes from here, not from the answer.
  name=$(jq -r '.report.name' "$work/payload")
  revision=${name#"$partner/$period/"}
  whole "$revision" || fail 4 "the answer is about $name"
  jq -ej '.receipt | strings' "$work/payload" >"$work/receipt" || fail 4 "there is no receipt"
  stem=$partner-$period-$revision
  keep "$work/content" "$stem.json"
  keep "$work/receipt" "$stem.jws"
  persist get_keys
  verify "$receipts/$stem.jws" "$receipts/$stem.json"
  state=$(jq -r '.report.state' "$work/payload")
  case $state in
    WITHDRAWN | REJECTED) fail 1 "$name is $state and does not count; --attempt sends the same once more" ;;
  esac
  jq -r '"\(if .replayed then "replayed" else "taken" end) \(.report.name) \(.report.state)"' "$work/payload"
  echo "receipt $receipts/$stem.jws"
}

case $command in
  post) post ;;
  verify)
    need_file "RECEIPT.jws" "$file"
    need_file "the content" "${file%.jws}.json"
    if [ -n "$jwks" ]; then
      need_file "--jwks" "$jwks"
      cp "$jwks" "$work/keys"
    else
      need_url
      persist get_keys
    fi
    verify "$file" "${file%.jws}.json"
    jq -r '"verified \(.report): taken at \(.iat | todate), audit event \(.audit_position)"' "$work/claims"
    ;;
  jwks)
    read_key
    jq -n --arg kid "$key_id" --arg x "$x" \
      '{keys: [{alg: "EdDSA", crv: "Ed25519", kid: $kid, kty: "OKP", use: "sig", x: $x}]}'
    ;;
esac
