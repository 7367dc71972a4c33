#!/usr/bin/env python3
"""Posts a partner's certificate counts of one month to the registry, and keeps the receipt that proves it.

Needs openssl (3.0 or newer) and nothing beside Python's own library. README.md tells more.
"""
import argparse, base64, hashlib, http.client, json, os, re, secrets, signal, subprocess, sys, tempfile, time
import urllib.error, urllib.parse, urllib.request

QUERY = (
    "mutation PostCounts($input: SubmitCertificateReportInput!) { submitCertificateReport(input: $input) { "
    "report { name state } receipt replayed warnings { code message } errors { code path message row value } } }"
)
ED25519 = bytes.fromhex("302a300506032b6570032100")  # what stands before a raw key in DER
TOOK, REFUSED, USAGE, UNREACHED, UNVERIFIED = range(5)


class Again(Exception):
    """Trying again may help, after some seconds."""

    def __init__(self, why, after=0):
        super().__init__(why)
        self.after = after


def say(text):
    print(text, file=sys.stderr)


def fail(code, text):
    say(f"post_counts: {text}")
    sys.exit(code)


def base64url(raw):
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def unbase64url(text):
    if not re.fullmatch("[A-Za-z0-9_-]*", text):
        raise ValueError("not base64url")
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def compact(value):
    """The one text that is hashed, here and in the registry (RFC 8785)."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def read(path, what="file"):
    if not path:
        fail(USAGE, f"{what} is missing")
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        fail(USAGE, f"{path} can't be read")


def openssl(*arguments, **files):
    """Runs openssl on files that are gone afterwards; what it printed, or None if it said no."""
    with tempfile.TemporaryDirectory() as work:
        for name, content in files.items():
            with open(os.path.join(work, name), "wb") as file:
                file.write(content)
        places = [os.path.join(work, argument[1:]) if argument[:1] == "@" else argument for argument in arguments]
        ran = subprocess.run(["openssl", *places], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
        return ran.stdout if ran.returncode == 0 else None


class Key:
    def __init__(self, options):
        read(options.key, "--key or KEY_FILE")
        self.path, self.name = options.key, options.key_id or fail(USAGE, "--key-id or KEY_ID is missing")
        public = openssl("pkey", "-in", self.path, "-pubout", "-outform", "DER")
        if not public or not public.startswith(ED25519):
            fail(USAGE, f"{self.path} is not a private Ed25519 key")
        self.x = base64url(public[len(ED25519):])

    def sign(self, message):
        signature = openssl("pkeyutl", "-sign", "-rawin", "-inkey", self.path, "-in", "@message", message=message)
        return base64url(signature or fail(USAGE, f"{self.path} can't sign"))


class Unmoved(urllib.request.HTTPRedirectHandler):
    """A redirect would carry the token elsewhere."""

    def redirect_request(self, *_):
        return None


class Registry:
    def __init__(self, options):
        if not options.url:
            fail(USAGE, "--url or REGISTRY_URL is missing")
        self.url, self.options, self.issuer, self.token = options.url.rstrip("/"), options, None, None
        # A token that goes in clear over a network is anybody's.
        if not re.match(r"https://.|http://(localhost|127\.0\.0\.1|\[::1\])(:|$)", self.url):
            fail(USAGE, f"{self.url}: https:// is needed, except for this very machine")
        self.opener = urllib.request.build_opener(Unmoved)

    def ask(self, path, body=None, **headers):
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        headers["Accept-Language"] = self.options.language
        try:
            with self.opener.open(urllib.request.Request(self.url + path, body, headers), timeout=60) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as answer:
            if answer.code in (408, 429, 502, 503, 504):
                after = answer.headers.get("Retry-After", "")
                raise Again(f"HTTP {answer.code}", int(after) if re.fullmatch("[0-9]{1,5}", after) else 0)
            try:
                return answer.code, answer.read()
            except (OSError, http.client.HTTPException) as error:
                raise Again(error)
        except (OSError, http.client.HTTPException) as error:
            raise Again(error)

    def persist(self, step, *arguments):
        """Runs a step until it succeeds, for as often as it may be tried."""
        pause = self.options.delay_ms
        for tried in range(1, self.options.tries + 1):
            try:
                return step(*arguments)
            except Again as again:
                if tried == self.options.tries:
                    fail(UNREACHED, f"{self.url} was not reached in {tried} tries: {again}")
                after = max(pause, again.after * 1000)
                say(f"post_counts: try {tried}: {again}; again in {after} ms")
                time.sleep(after / 1000)
                pause = min(pause * 2, 60_000)

    def get_token(self, key):
        if not self.issuer:
            status, answer = self.ask("/.well-known/oauth-authorization-server")
            self.issuer = member(answer, "issuer") or fail(REFUSED, f"{self.url} names no issuer (HTTP {status})")
        # An assertion counts once, so each try makes its own.
        now, partner = int(time.time()), self.options.partner
        header = compact({"alg": "EdDSA", "kid": key.name, "typ": "JWT"})
        claims = {"iss": partner, "sub": partner, "aud": self.issuer, "iat": now, "exp": now + 120}
        signed = base64url(header) + "." + base64url(compact({**claims, "jti": secrets.token_hex(16)}))
        form = urllib.parse.urlencode({
            "grant_type": "client_credentials",
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": f"{signed}.{key.sign(signed.encode())}",
        })
        status, answer = self.ask("/oauth/token", form.encode())
        self.token = member(answer, "access_token")
        if not self.token or not re.fullmatch("[A-Za-z0-9._~+/=-]+", self.token):
            why = f"{member(answer, 'error')}: {member(answer, 'error_description')}"
            fail(REFUSED, f"no token: {why} (HTTP {status})")

    def deliver(self, key, body, signature):
        fresh = not self.token
        if fresh:
            self.get_token(key)
        status, answer = self.ask(
            "/graphql", body, Authorization=f"Bearer {self.token}", X_JWS_Signature=signature,
            Content_Type="application/json", Accept="application/graphql-response+json",
        )
        if status == 401 and not fresh:
            self.token = None
            raise Again(f"HTTP {status}")
        try:
            answer = dict(json.loads(answer))
        except ValueError:
            fail(REFUSED, f"HTTP {status}, and no answer of GraphQL")
        codes = [error.get("extensions", {}).get("code", "ERROR") for error in answer.get("errors", [])]
        if "UNAVAILABLE" in codes:
            raise Again("UNAVAILABLE")
        for code, error in zip(codes, answer.get("errors", [])):
            say(f"{code}: {error['message']}")
        payload = (answer.get("data") or {}).get("submitCertificateReport")
        return payload or fail(REFUSED, f"refused (HTTP {status})")

    def get_keys(self):
        status, answer = self.ask("/.well-known/jwks.json")
        return answer if status == 200 else fail(UNVERIFIED, f"no keys: HTTP {status}")


def member(text, name):
    """A text out of a JSON object, if there is such a thing."""
    try:
        value = json.loads(text)[name]
    except (ValueError, KeyError, TypeError):
        return None
    return value if isinstance(value, str) else None


def verify(receipt, content, keys, name):
    """Checks that the registry signed the receipt, and that it is about the content; the claims."""
    def wrong(why):
        fail(UNVERIFIED, f"the receipt in {name} does not verify: {why}")

    try:
        protected, payload, signature = receipt.decode("ascii").strip().split(".")
        protected_members, raw = json.loads(unbase64url(protected)), unbase64url(signature)
        kind = [protected_members.get(member) for member in ("alg", "typ", "crit")]
    except (ValueError, AttributeError):
        wrong("it is not a JWS")
    if kind != ["EdDSA", "receipt+jwt", None]:
        wrong("its header is not a receipt's")
    wanted = {"kty": "OKP", "crv": "Ed25519", "kid": protected_members.get("kid")}
    try:
        [x] = [key["x"] for key in json.loads(keys)["keys"] if wanted.items() <= key.items()]
        public = ED25519 + unbase64url(x)
    except (ValueError, KeyError, TypeError, AttributeError):
        wrong("the registry has no such key")
    checked = ("pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", "@key", "-rawin", "-in", "@signed",
               "-sigfile", "@raw")
    if openssl(*checked, key=public, signed=f"{protected}.{payload}".encode(), raw=raw) is None:
        wrong("the signature is wrong")
    try:
        claims, said = json.loads(unbase64url(payload)), json.loads(content)
        about = f"{said['partner']}/{said['period']}/{claims['revision']}"
        told = [claims[name] for name in ("content_sha256", "partner", "period", "report")]
        same = told == [hashlib.sha256(content).hexdigest(), said["partner"], said["period"], about]
    except (ValueError, KeyError, TypeError):
        same = False
    return claims if same else wrong(f"it is about something else than {stem(name)}.json")


def stem(name):
    return name[:-len(".jws")] if name.endswith(".jws") else name


def read_counts(path):
    """The lines of counts.csv by unit, each with its place in the file."""
    rows = read(path).decode("utf-8-sig", "replace").split("\n")
    rows = [row[:-1] if row.endswith("\r") else row for row in rows]
    if rows[0] != "unit,issued,renewed,revoked":
        fail(USAGE, f"{path}: the first line must be unit,issued,renewed,revoked")
    rows = [(line, row.split(",")) for line, row in enumerate(rows[1:], 2) if row]
    uneven = [(line, cells) for line, cells in rows if len(cells) != 4]
    for line, cells in uneven:
        say(f"{path}:{line}: 4 columns are needed, not {len(cells)}")
    if uneven:
        sys.exit(REFUSED)
    # What is no number goes as it is: the registry tells all faults at once.
    cell = lambda text: int(text) if re.fullmatch("0|-?[1-9][0-9]{0,14}", text) else text
    lines = [(line, {"unit": unit, **dict(zip(("issued", "renewed", "revoked"), map(cell, counts)))})
             for line, (unit, *counts) in rows]
    return sorted(lines, key=lambda line: line[1]["unit"])


def tell(error, path, lines):
    field, place = error["path"][1:], ""
    if error["row"] is not None and field[:1] == ["lines"]:
        field, place = field[2:], f":{lines[error['row']][0]}"
    sent = "" if error["value"] is None else f" [{error['value']}]"
    if error["code"] == "DUPLICATE_IN_BATCH":
        # The registry counts the rows as they were sent: by unit.
        first = next(line for line, sent_line in lines if sent_line["unit"] == error["value"])
        sent += f" [row {first}]"
    say(f"{path}{place}: {'.'.join(field) or 'input'}: {error['code']}: {error['message']}{sent}")


def keep(path, content):
    """Whole or not at all; never over another one."""
    if os.path.exists(path):
        if read(path) != content:
            fail(UNVERIFIED, f"{path} is there and says something else; move it away and run again")
        return
    part = os.path.join(os.path.dirname(path), f".{os.path.basename(path)}.part")
    try:
        with open(part, "wb") as file:
            file.write(content)
        os.replace(part, path)
    except OSError:
        fail(USAGE, f"{path} can't be written; run again, and the receipt comes again")


def post(options):
    registry = Registry(options)
    for pattern, value, why in (
        ("[A-Z0-9]+", options.partner, "--partner or PARTNER is a code like VNPT"),
        ("[0-9]{4}-[0-9]{2}", options.period, "--period is a month like 2025-08"),
        ("0|[1-9][0-9]{0,15}", options.cumulative, "--cumulative is the total of certificates issued so far"),
    ):
        if not re.fullmatch(pattern, value or ""):
            fail(USAGE, why)
    key, lines = Key(options), read_counts(options.file)
    if not options.dry_run:
        try:
            os.makedirs(options.receipts, exist_ok=True)
        except OSError:
            pass
        if not os.access(options.receipts, os.W_OK):
            fail(USAGE, f"{options.receipts} can't be written to")
    said = {"partner": options.partner, "period": options.period, "cumulativeIssued": int(options.cumulative),
            "lines": [line for _, line in lines], "supersedes": options.supersedes,
            "reason": options.reason and options.reason.strip()}
    content = compact({name: value for name, value in said.items() if value or name in ("cumulativeIssued", "lines")})
    idempotency_key = "kit-" + hashlib.sha256(content).hexdigest()
    if options.attempt > 1:
        idempotency_key += f"-{options.attempt}"
    sent = {**json.loads(content), "idempotencyKey": idempotency_key, "dryRun": options.dry_run}
    body = compact({"query": QUERY, "variables": {"input": sent}})
    header = base64url(compact({"alg": "EdDSA", "b64": False, "crit": ["b64"], "kid": key.name}))
    signature = f"{header}..{key.sign(header.encode() + b'.' + body)}"

    payload = registry.persist(registry.deliver, key, body, signature)
    for warning in payload["warnings"]:
        say(f"warning: {warning['code']}: {warning['message']}")
    in_file = lambda error: lines[error["row"]][0] if error["row"] is not None else 0
    for error in sorted(payload["errors"], key=in_file):
        tell(error, options.file, lines)
    if payload["errors"]:
        sys.exit(REFUSED)
    if options.dry_run:
        print("rehearsed: nothing is wrong, nothing was written")
        return

    # The file's name comes from here, not from the answer.
    name, state = payload["report"]["name"], payload["report"]["state"]
    if not re.fullmatch(f"{options.partner}/{options.period}/[0-9]+", name):
        fail(UNVERIFIED, f"the answer is about {name}")
    if not payload["receipt"]:
        fail(UNVERIFIED, "there is no receipt")
    kept = os.path.join(options.receipts, name.replace("/", "-"))
    keep(f"{kept}.json", content)
    keep(f"{kept}.jws", payload["receipt"].encode())
    verify(read(f"{kept}.jws"), read(f"{kept}.json"), registry.persist(registry.get_keys), f"{kept}.jws")
    if state in ("WITHDRAWN", "REJECTED"):
        fail(REFUSED, f"{name} is {state} and does not count; --attempt sends the same once more")
    print("replayed" if payload["replayed"] else "taken", name, state)
    print(f"receipt {kept}.jws")


def check(options):
    receipt, content = read(options.file), read(f"{stem(options.file)}.json")
    if options.jwks:
        keys = read(options.jwks)
    else:
        registry = Registry(options)
        keys = registry.persist(registry.get_keys)
    claims = verify(receipt, content, keys, options.file)
    taken = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(claims["iat"]))
    print(f"verified {claims['report']}: taken at {taken}, audit event {claims['audit_position']}")


def jwks(options):
    key = Key(options)
    jwk = {"alg": "EdDSA", "crv": "Ed25519", "kid": key.name, "kty": "OKP", "use": "sig", "x": key.x}
    print(json.dumps({"keys": [jwk]}, indent=2))


def arguments():
    env = os.environ.get
    common = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    common.add_argument("--url", default=env("REGISTRY_URL"), help="REGISTRY_URL: the registry, https://...")
    common.add_argument("--partner", default=env("PARTNER"), help="PARTNER: like VNPT")
    common.add_argument("--key", default=env("KEY_FILE"), help="KEY_FILE: the private key as PEM, Ed25519")
    common.add_argument("--key-id", default=env("KEY_ID"), help="KEY_ID: the key's name")
    common.add_argument("--receipts", default=env("RECEIPTS", "receipts"), help="RECEIPTS: where they are kept")
    common.add_argument("--tries", type=int, default=env("TRIES", "6"), help="TRIES: how often to try (6)")
    common.add_argument("--delay-ms", type=int, default=env("RETRY_DELAY_MS", "1000"),
                        help="RETRY_DELAY_MS: wait before the second try; doubles each time (1000)")
    common.add_argument("--language", default=env("ACCEPT_LANGUAGE", "vi"), help="ACCEPT_LANGUAGE: vi or en (vi)")
    parser = argparse.ArgumentParser(allow_abbrev=False, formatter_class=argparse.RawTextHelpFormatter, epilog=(
        "exit code: 0 taken, 1 refused, 2 wrong usage, 3 not reached, 4 the receipt does not verify"))
    commands = parser.add_subparsers(required=True, metavar="post | verify | jwks")
    posting = commands.add_parser("post", parents=[common], allow_abbrev=False, help="post counts of one month")
    posting.add_argument("file", metavar="COUNTS.csv")
    posting.add_argument("--period", metavar="YYYY-MM")
    posting.add_argument("--cumulative", metavar="TOTAL", help="all certificates issued up to the month's end")
    posting.add_argument("--dry-run", action="store_true", help="check everything, write nothing")
    posting.add_argument("--supersedes", metavar="REPORT", help="the report that is corrected, like VNPT/2025-08/1")
    posting.add_argument("--reason", metavar="TEXT", help="why it is corrected")
    posting.add_argument("--attempt", type=int, default=1, help="send once more what was withdrawn (1)")
    posting.set_defaults(run=post)
    verifying = commands.add_parser("verify", parents=[common], allow_abbrev=False, help="check a receipt")
    verifying.add_argument("file", metavar="RECEIPT.jws")
    verifying.add_argument("--jwks", metavar="FILE", help="the registry's keys, instead of asking for them")
    verifying.set_defaults(run=check)
    printing = commands.add_parser("jwks", parents=[common], allow_abbrev=False, help="print the public key")
    printing.set_defaults(run=jwks)
    options = parser.parse_args()
    if not 1 <= options.tries <= 9999 or not 0 <= options.delay_ms <= 99999 or getattr(options, "attempt", 1) < 1:
        parser.error("--tries is from 1 to 9999, --delay-ms from 0 to 99999, --attempt from 1")
    return options


if __name__ == "__main__":
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    chosen = arguments()
    chosen.run(chosen)
