"""Verifies an export of the audit log by RFC 9162 and c2sp.org/tlog-checkpoint, without the registry's code. Usage:
    python3 verify.py export FILE --key VKEY [--from CHECKPOINT_FILE]
    python3 verify.py vectors DIR"""
import hashlib, json, pathlib, sys
from base64 import b64decode, b64encode
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey as PublicKey

sys.excepthook = lambda _type, fault, _trace: print(f"not verified: {fault!r}", file=sys.stderr)  # the exit code is 1
sha256 = lambda *parts: b64encode(hashlib.sha256(b"".join(parts)).digest()).decode()  # base64, as in the files
node = lambda left, right: sha256(b"\1", b64decode(left), b64decode(right))

def root_of(rows):
    if len(rows) < 2: return sha256(b"\0", rows[0].encode()) if rows else sha256()
    half = 1 << (len(rows) - 1).bit_length() - 1
    return node(root_of(rows[:half]), root_of(rows[half:]))

def climb(start, index, size, proof):  # to the older and the newer root; for inclusion only the newer one counts
    inner, old, new = (index ^ size - 1).bit_length(), start, start  # inner levels lie below the tree's right edge
    fits = 0 <= index < size and len(proof) == inner + bin(index >> inner).count("1")
    if not fits or any(len(b64decode(text)) != 32 for text in [start, *proof]): return None, None
    for level, sibling in enumerate(proof):
        if level < inner and not index >> level & 1: new = node(new, sibling)
        else: old, new = node(sibling, old), node(sibling, new)
    return old, new

def grew(old_size, size, proof, old_root, root):
    if not 0 < old_size < size: return 0 < old_size == size and not proof and old_root == root
    shift = (old_size & -old_size).bit_length() - 1  # the proof starts at the last complete subtree of the old tree
    start, *rest = [old_root, *proof] if old_size == 1 << shift else proof or [""]
    return climb(start, old_size - 1 >> shift, (size - 1 >> shift) + 1, rest) == (old_root, root)

def opened(note, vkey):
    (name, key_id, key), (text, lines) = vkey.split("+", 2), note.rsplit("\n\n", 1)
    signatures = [b64decode(line.split(" ")[2]) for line in lines.split("\n") if line.startswith(f"— {name} ")]
    ours = [signature[4:] for signature in signatures if signature[:4].hex() == key_id]
    if not ours: sys.exit(f"the checkpoint is not signed by {name} with this key")
    for signature in ours: PublicKey.from_public_bytes(b64decode(key)[1:]).verify(signature, f"{text}\n".encode())
    return text.split("\n")[:3]

def export(path, vkey, older=None):
    *events, last = map(json.loads, pathlib.Path(path).read_text("utf-8").strip("\n").split("\n"))
    origin, size, root = opened(last.get("checkpoint") or sys.exit("the export was cut off before its last line"), vkey)
    if older:
        old_origin, old_size, old_root = opened(pathlib.Path(older).read_text("utf-8"), vkey)
        began = old_size == "0" and old_root == sha256()  # every tree grew from the empty one
        if old_origin != origin or not (began or grew(int(old_size), int(size), last["consistency"], old_root, root)):
            sys.exit(f"the tree of {size} did not grow from the older one of {old_size}")
    for number, event in enumerate(events, events[0]["sequence"] if events else 0):
        leaf, told = root_of([event["entry"]]), json.loads(event["entry"]).get("changes", {"root": sha256(), "size": 0})
        if event["sequence"] != number: sys.exit(f"sequence {number} is missing")
        if climb(leaf, number, int(size), event["proof"])[1] != root: sys.exit(f"sequence {number} is not in the tree")
        if (told["root"], told["size"]) != (root_of(event["changes"]), len(event["changes"])):
            sys.exit(f"sequence {number} comes with other changes than it recorded")
    print(f"verified {len(events)} events in the tree of {size}")

def vectors(folder):
    cases = [json.loads(path.read_bytes()) for path in pathlib.Path(folder).rglob("*.json")]
    found = lambda case: climb(case["leafHash"], case["leafIdx"], case["treeSize"], case["proof"] or [])[1]
    kept = lambda case: grew(case["size1"], case["size2"], case["proof"] or [], case["root1"], case["root2"])
    met = sum((found(case) == case["root"] if "root" in case else kept(case)) != case["wantErr"] for case in cases)
    print(f"{len(cases)} vectors, {met} as expected")
    sys.exit(not cases or met < len(cases))

match sys.argv[1:]:
    case ["vectors", folder]: vectors(folder)
    case ["export", file, "--key", vkey]: export(file, vkey)
    case ["export", file, "--key", vkey, "--from", older]: export(file, vkey, older)
    case _: sys.exit(__doc__)
