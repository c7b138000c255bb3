#!/usr/bin/python3
"""The rules of the house, kept by a test.

    tidy.py [ROOT]      check the tree (default: the one this file lies in)

Prints "ok RULE" or "not ok RULE" with findings as file:line before it, and at the end
"N passed, N failed". First it checks itself: tests/tidy/selftest.py holds a bad snippet for every
rule, which must be found, and good ones, which must not. Standard library only.
"""
import os
import re
import sys
from collections import namedtuple

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import docs  # noqa: E402 (beside this file)
import linked  # noqa: E402
import selftest  # noqa: E402

CHECKED = ("base", "json", "media", "signaling", "recorder", "helper", "server", "bench", "tests/sim")
CORE = ("base", "json", "media", "signaling", "recorder")
TESTED = {
    "media": ("wire", "ice", "secure", "recv", "send", "bwe", "feed", "audio", "room", "engine", "mix"),
    "signaling": ("sdp", "signaling"),
    "recorder": ("recorder",),
}

MAX_FUNCTION, SHORT_FUNCTION, SHORT_SHARE = 60, 40, 0.9
MAX_FILE, MAX_NESTING, MAX_PARAMETERS, MAX_COLUMNS = 600, 4, 5, 100

# Folder -> what its files may include; the longest matching folder counts.
ARROWS = {
    "base": ("base",),
    "json": ("base", "json"),
    "media": ("base", "media"),
    "media/wire": ("base", "media/wire"),
    "media/audio": ("base", "media/audio"),
    "media/ice": ("base", "media/wire", "media/ice"),
    "media/secure": ("base", "media/wire", "media/secure"),
    "media/recv": ("base", "media/wire", "media/recv"),
    "media/send": ("base", "media/wire", "media/recv", "media/send"),
    "media/bwe": ("base", "media/wire", "media/bwe"),
    "media/transport": ("base", "media/wire", "media/ice", "media/secure", "media/transport"),
    "media/feed": ("base", "media/wire", "media/recv", "media/feed"),
    "media/out": ("base", "media/wire", "media/recv", "media/bwe", "media/send", "media/feed",
                  "media/transport", "media/out"),
    "media/room": ("base", "media/audio", "media/room"),
    "media/engine": ("base", "media/wire", "media/recv", "media/ice", "media/secure", "media/send",
                     "media/bwe", "media/transport", "media/feed", "media/out", "media/audio", "media/room",
                     "media/engine", "media/media.h"),
    "media/mix": ("base", "media/recv", "media/audio", "media/room", "media/feed",
                  "media/engine/relay.h", "media/mix"),
    "signaling": ("base", "signaling"),
    "signaling/words": ("base", "json", "signaling/words"),
    "signaling/sdp": ("base", "signaling/words", "signaling/sdp"),
    "signaling/state": ("base", "signaling/words", "signaling/sdp", "signaling/signaling.h",
                        "signaling/state"),
    "signaling/tell": ("base", "signaling/state", "signaling/tell"),
    "signaling/door": ("base", "signaling/state", "signaling/door"),
    "signaling/ledger": ("base", "signaling/state", "signaling/tell", "signaling/ledger"),
    "signaling/tours": ("base", "signaling/sdp", "signaling/state", "signaling/tell",
                        "signaling/ledger", "signaling/tours"),
    "signaling/seats": ("base", "json/json_read.h", "signaling/sdp", "signaling/state", "signaling/tell",
                        "signaling/ledger", "signaling/door", "signaling/tours", "signaling/seats"),
    "signaling/kept": ("base", "signaling/sdp", "signaling/state", "signaling/tell", "signaling/ledger",
                       "signaling/tours", "signaling/seats", "signaling/kept"),
    "signaling/requests": ("base", "json", "signaling/words", "signaling/sdp", "signaling/state",
                           "signaling/tell", "signaling/ledger", "signaling/door",
                           "signaling/tours", "signaling/seats", "signaling/requests"),
    "recorder": ("base", "media/wire", "media/audio", "recorder"),
    "recorder/db": ("base", "recorder/db"),
    "recorder/store": ("base", "recorder/store"),
    "recorder/container": ("base", "recorder/container"),
    "recorder/timeline": ("base", "media/wire", "recorder/timeline"),
    "recorder/seal": ("base", "json", "recorder/store", "recorder/db", "recorder/seal"),
    "recorder/journal": ("base", "json", "recorder/seal", "recorder/journal"),
    "recorder/catalogue": ("base", "recorder/db", "recorder/seal", "recorder/journal",
                           "recorder/catalogue"),
    "recorder/archive": ("base", "recorder/store", "recorder/seal", "recorder/journal",
                         "recorder/catalogue", "recorder/archive"),
    "recorder/writer": ("base", "recorder/store", "recorder/seal/key_config.h", "recorder/journal",
                        "recorder/archive", "recorder/writer"),
    "recorder/capture": ("base", "media/wire", "media/audio", "recorder/timeline",
                         "recorder/container", "recorder/seal", "recorder/journal",
                         "recorder/writer/job.h", "recorder/capture"),
    "recorder/library": ("base", "recorder/store", "recorder/container", "recorder/seal",
                         "recorder/journal", "recorder/catalogue", "recorder/archive",
                         "recorder/derived", "recorder/library"),
    "recorder/derived": ("base", "recorder/derived"),
    "helper": ("base", "recorder/derived", "helper"),
    "server": ("json", "server/os/clock.h", "server/cli"),
    "server/os": ("base", "server/os"),
    "server/queue": ("base", "server/os", "server/queue"),
    "server/config": ("base", "json", "signaling", "media/secure/srtp.h", "media/feed/cache.h",
                      "media/mix/mixes.h", "recorder/seal/key_config.h", "recorder/db/postgres.h", "recorder/store/store_s3.h",
                      "recorder/derived/task.h", "server/os", "server/net/tcp_queue.h",
                      "server/net/ice_tcp.h", "server/net/lookups.h", "server/config"),
    "server/auth": ("base", "json", "signaling", "recorder/store/http.h", "recorder/store/private_file.h",
                    "server/os", "server/queue",
                    "server/config", "server/auth"),
    "server/net": ("base", "media", "server/os", "server/net"),
    "server/relay": ("base", "media", "server/os", "server/queue", "server/net",
                     "server/config/config_keys.h", "server/relay"),
    "server/recording": ("base", "json", "recorder/seal/key_config.h", "recorder/db/postgres.h", "recorder/store", "recorder/capture",
                         "recorder/writer", "recorder/library", "server/os", "server/queue",
                         "server/config", "server/recording"),
    "server/jobs": ("base", "recorder/seal/key_config.h", "recorder/store", "recorder/library",
                    "recorder/derived", "server/os", "server/queue", "server/config", "server/jobs"),
    "server/events": ("base", "json", "signaling/words", "recorder/db", "recorder/store/http.h",
                      "recorder/library/library_notes.h",
                      "server/os", "server/queue", "server/config/event_types.h",
                      "server/config/event_topic.h",
                      "server/auth/secret_file.h", "server/net/dial.h", "server/net/lookups.h",
                      "server/net/patience.h", "server/events"),
    "server/audit": ("base", "json", "signaling/words", "recorder/seal", "server/os", "server/queue",
                     "server/audit"),
    "server/ledger": ("base", "recorder/db", "server/os", "server/events/event_store.h",
                      "server/events/event_store_shared.h", "server/audit",
                      "server/tours/tours_shared.h", "server/ledger"),
    "server/glue": ("base", "media", "signaling", "recorder/capture", "server/os/clock.h",
                    "server/queue", "server/relay", "server/recording", "server/events",
                    "server/glue"),
    "server/http": ("base", "server/os", "server/config", "server/net/addresses.h",
                    "server/net/address_rates.h", "server/http"),
    "server/rest": ("base", "json", "server/rest"),
    "server/tours": ("base", "signaling", "recorder/db", "server/os", "server/queue", "server/tours"),
    "server/api": ("base", "json", "media/media.h", "media/secure/srtp.h", "signaling", "recorder/library",
                   "recorder/derived", "server/os", "server/config", "server/auth", "server/relay",
                   "server/recording", "server/jobs", "server/events", "server/audit", "server/ledger", "server/glue",
                   "server/http",
                   "server/rest", "server/tours", "server/api", "server/net/address_rates.h"),
    "server/boot": ("base", "media", "signaling", "recorder/seal/key_config.h", "server"),
    "server/cli": ("base", "json", "media", "signaling", "recorder/seal/signer.h", "recorder/store", "recorder/writer",
                   "recorder/library", "recorder/derived", "server"),
    "bench": CHECKED,
    "tests/sim": CHECKED,
}

# Header of a library -> the folders that are its seam.
SEAMS = {
    "libwebsockets": ("server/http",),
    "jansson": ("json/json_read.c",),
    "srtp2/": ("media/secure",),
    "intel-ipsec-mb.h": ("media/secure",),
    "openssl/": ("media/secure", "recorder/seal", "recorder/store", "server/auth", "server/recording",
                 "server/events/webhook_signature.c"),
    "p11-kit/": ("recorder/seal",),
    "stun/": ("media/ice",),
    "nice/": ("media/ice",),
    "opus/": ("media/audio",),
    "curl/": ("recorder/store",),
    "nats/": ("server/events/nats.c",),
    "librdkafka/": ("server/events/kafka.c",),
    "expat": ("recorder/store",),
    "sqlite3": ("recorder/db", "recorder/seal", "recorder/catalogue/catalogue_file.c",
                "recorder/catalogue/catalogue_schema.c", "recorder/catalogue/catalogue_copies.c",
                "server/events/event_store.c",
                "server/events/event_store_erase.c", "server/events/event_store_prune.c", "server/events/event_store_parts.h",
                "server/events/event_store_shared.c",
                "server/tours/tours_db.c", "server/tours/tours_db_parts.h", "server/tours/tours_shared.c"),
    "libpq-fe.h": ("recorder/db/postgres.c",),
    "libavformat/": ("recorder/container", "helper"),
    "libavcodec/": ("recorder/container", "helper"),
    "libavutil/": ("recorder/container", "helper"),
    "libswscale/": ("helper",),
    "libswresample/": ("helper",),
    "seccomp.h": ("helper/sandbox.c",),
}

HEADERS_BANNED = {
    "base": "pthread threads sys/socket sys/epoll sys/time poll unistd time fcntl syslog",
    "json": "pthread threads sys/socket sys/epoll sys/time poll unistd time fcntl syslog",
    "media": "pthread threads sys/socket sys/epoll sys/time poll unistd time fcntl syslog",
    "signaling": "pthread threads sys/socket sys/epoll sys/time poll unistd time fcntl syslog",
    "recorder": "pthread threads sys/socket sys/epoll sys/time poll syslog",
}
ATOMICS = ("base/packet.h", "base/packet.c", "base/seqlock.h", "base/spsc.c")

CLOCKS = r"clock_gettime|gettimeofday|time|clock|ftime|sleep|usleep|nanosleep"
SOCKETS = r"socket|bind|connect|listen|accept4?|send|sendto|sendm?msg|recv|recvfrom|recvm?msg" \
    r"|epoll_\w+|poll|select"
HEAP = r"malloc|calloc|realloc|reallocarray|free|strdup|strndup|v?asprintf|aligned_alloc"
THREADS = r"pthread_\w+|mtx_\w+|thrd_\w+|cnd_\w+|sem_\w+"
OUTPUT = r"v?f?printf|v?dprintf|f?puts|f?putc|putchar|perror|fwrite|fopen|fread|open|openat|syslog"

Finding = namedtuple("Finding", "path line text")
Function = namedtuple("Function", "path line name length parameters nesting")


def strip(text):
    """Blank out comments and the insides of literals; lines and columns stay."""
    def blank(match):
        s = match.group(0)
        if s[0] in "\"'":
            return s[0] + " " * (len(s) - 2) + s[-1]
        return re.sub(r"[^\n]", " ", s)
    # One pass in reading order, so that "//" in a string is no comment.
    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', blank, text,
                  flags=re.S)


class File:
    """A C file with its stripped text."""

    def __init__(self, root, path):
        self.path = path
        with open(os.path.join(root, path), encoding="utf-8") as f:
            self.text = f.read()
        self.lines = self.text.split("\n")
        if self.lines[-1] == "":
            self.lines.pop()
        self.code = strip(self.text).split("\n")
        self.folder = owner(path)

    def includes(self):
        """(line, "<" or '"', name) of every include."""
        for number, line in enumerate(self.lines, 1):
            found = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
            if found:
                yield number, found.group(1), found.group(2)


class Tree:
    """All files that the rules look at."""

    def __init__(self, root):
        self.root = root
        self.files = {p: File(root, p) for p in c_files(root, CHECKED)}

    def core(self):
        return [f for f in self.files.values() if f.path.split("/")[0] in CORE]


def c_files(root, folders):
    """Paths of the .c and .h files below folders, sorted."""
    found = []
    for folder in folders:
        for where, dirs, names in os.walk(os.path.join(root, folder)):
            dirs[:] = sorted(d for d in dirs if d != "node_modules")
            found += [os.path.relpath(os.path.join(where, n), root)
                      for n in names if n.endswith((".c", ".h"))]
    return sorted(found)


def owner(path):
    """The folder whose arrows bind path."""
    return max((f for f in ARROWS if path.startswith(f + "/")), key=len, default="")


def within(path, places):
    return any(path == p or path.startswith(p + "/") for p in places)


def rule_arrows(tree):
    """Includes follow the dependency graph."""
    for f in tree.files.values():
        for line, kind, name in f.includes():
            if kind == "<":
                continue
            if not os.path.exists(os.path.join(tree.root, name)):
                yield Finding(f.path, line, f'"{name}" is no path from the root')
            elif not within(name, ARROWS[f.folder]):
                yield Finding(f.path, line, f'{f.folder} must not include "{name}"')


def reached(tree, path, seen=None):
    """path and all project headers it includes, directly or not."""
    seen = seen if seen is not None else set()
    if path in tree.files and path not in seen:
        seen.add(path)
        for _, kind, name in tree.files[path].includes():
            if kind == '"':
                reached(tree, name, seen)
    return seen


def seam_of(name):
    return next((SEAMS[lib] for lib in SEAMS if name.startswith(lib)), None)


def rule_seams(tree):
    """A library's headers are included in its seam only and do not leak through ours."""
    for f in tree.files.values():
        for path in sorted(reached(tree, f.path)):
            for line, kind, name in tree.files[path].includes():
                seam = seam_of(name) if kind == "<" else None
                if seam and not within(f.path, seam) and not f.path.startswith("bench/"):
                    how = "" if path == f.path else f" through {path}"
                    yield Finding(f.path, line if not how else 1, f"sees <{name}>{how}")


def rule_system_headers(tree):
    """The core includes no header of clocks, sockets or threads; atomics in three places."""
    for f in tree.core():
        banned = HEADERS_BANNED[f.path.split("/")[0]].split()
        for line, kind, name in f.includes():
            if kind == "<" and name.endswith(".h") and name[:-2] in banned:
                yield Finding(f.path, line, f"<{name}> in the core")
            if name == "stdatomic.h" and f.path not in ATOMICS:
                yield Finding(f.path, line, "atomics outside base/packet, base/seqlock and base/spsc")


def calls(f, names):
    """Calls by name; a member named alike (x->free(), x.send()) is none."""
    pattern = re.compile(r"(?<![\w.>])(" + names + r")\s*\(")
    for number, line in enumerate(f.code, 1):
        if not line.lstrip().startswith("#"):
            for found in pattern.finditer(line):
                yield Finding(f.path, number, f"{found.group(1)}() in the core")


def rule_clocks(tree):
    """No clock is read in the core."""
    for f in tree.core():
        yield from calls(f, CLOCKS)


def rule_sockets(tree):
    """No sockets in the core."""
    for f in tree.core():
        yield from calls(f, SOCKETS)


def rule_threads(tree):
    """No threads and locks in the core."""
    for f in tree.core():
        yield from calls(f, THREADS)


def rule_heap(tree):
    """The heap is reached through base/alloc.h only."""
    for f in tree.core():
        if f.path != "base/alloc.c":
            yield from calls(f, HEAP)


def rule_output(tree):
    """media and signaling neither log nor touch files."""
    for f in tree.core():
        if f.path.startswith(("json/", "media/", "signaling/")):
            yield from calls(f, OUTPUT)


CONTROL = re.compile(r"\b(if|for|while|switch)\s*\($|\b(?!return\b|sizeof\b)[A-Za-z_]\w*\($")


def is_block(before):
    """Does a brace after this text open a block, as opposed to an initialiser?"""
    before = before.rstrip()
    if not before or before[-1] in ";{}:" or re.search(r"\b(else|do)$", before):
        return True
    if before[-1] != ")":
        return False
    depth = 0
    for i in range(len(before) - 1, -1, -1):
        depth += (before[i] == ")") - (before[i] == "(")
        if depth == 0:
            return bool(CONTROL.search(before[:i + 1]))
    return False


def nesting_of(body):
    """Blocks within blocks of a function's body, whose own braces count 0."""
    stack, depth, deepest = [], 0, 0
    for i, c in enumerate(body):
        if c == "{":
            # The text since a few statements ago is enough to judge.
            stack.append(i == 0 or is_block(body[max(0, i - 400):i]))
            depth += stack[-1]
            deepest = max(deepest, depth)
        elif c == "}" and stack:
            depth -= stack.pop()
    return deepest - 1


def parameters_of(signature):
    """Number of parameters in a signature that ends before its brace."""
    inside = signature[signature.index("(") + 1:signature.rindex(")")].strip()
    if inside in ("", "void"):
        return 0
    depth, commas = 0, 0
    for c in inside:
        depth += (c in "([") - (c in ")]")
        commas += c == "," and depth == 0
    return commas + 1


def without_macros(code):
    """Lines with preprocessor directives and their continuations blanked."""
    out, inside = [], False
    for line in code:
        directive = inside or line.lstrip().startswith("#")
        inside = directive and line.rstrip().endswith("\\")
        out.append("" if directive else line)
    return out


def functions(f):
    """The functions of a file in the house's format: braces close in column 1."""
    code = without_macros(f.code)
    i = 0
    while i < len(code):
        if not re.match(r"[A-Za-z_]", code[i]):
            i += 1
            continue
        start, end = i, i
        while end < len(code) and not re.search(r"[;{]\s*$", code[end]):
            end += 1
        head = " ".join(code[start:end + 1])
        i = end + 1
        found = re.match(r"[^={;]*?\b(\w+)\s*\(", head)
        if not found or not re.search(r"\)[\s\w()]*\{\s*$", head) or "=" in head.split("(")[0]:
            continue
        close = end
        while close < len(code) and not code[close].startswith("}"):
            close += 1
        body = "{" + "\n".join(code[end + 1:close + 1])
        yield Function(f.path, start + 1, found.group(1), close - start + 1,
                       parameters_of(head[:head.rindex("{")]), nesting_of(body))
        i = close + 1


def all_functions(tree):
    return [fn for f in tree.files.values() for fn in functions(f)]


def rule_function_length(tree):
    """No function over 60 lines."""
    for fn in all_functions(tree):
        if fn.length > MAX_FUNCTION:
            yield Finding(fn.path, fn.line, f"{fn.name} has {fn.length} lines")


def rule_short_functions(tree):
    """Nine functions of ten are under 40 lines."""
    every = all_functions(tree)
    long = [fn for fn in every if fn.length >= SHORT_FUNCTION]
    if len(long) > (1 - SHORT_SHARE) * len(every):
        for fn in long:
            yield Finding(fn.path, fn.line, f"{fn.name} has {fn.length} lines "
                          f"({len(long)} of {len(every)} functions are that long)")


def rule_parameters(tree):
    """No function with more than 5 parameters."""
    for fn in all_functions(tree):
        if fn.parameters > MAX_PARAMETERS:
            yield Finding(fn.path, fn.line, f"{fn.name} has {fn.parameters} parameters")


def rule_nesting(tree):
    """Blocks nest at most 4 deep."""
    for fn in all_functions(tree):
        if fn.nesting > MAX_NESTING:
            yield Finding(fn.path, fn.line, f"{fn.name} nests {fn.nesting} deep")


def rule_file_length(tree):
    """No file over 600 lines."""
    for f in tree.files.values():
        if len(f.lines) > MAX_FILE:
            yield Finding(f.path, len(f.lines), f"{len(f.lines)} lines")


def rule_columns(tree):
    """No line over 100 columns."""
    for f in tree.files.values():
        for number, line in enumerate(f.lines, 1):
            if len(line) > MAX_COLUMNS:
                yield Finding(f.path, number, f"{len(line)} columns")


def declares(code):
    """The name of a function whose declaration or inline definition begins here, or None."""
    found = re.match(r"(?!typedef|return|struct \w+ \{|enum|union|#|extern \"C\")"
                     r"[A-Za-z_][\w\s*]*?[\s*](\w+)\(", code)
    return found.group(1) if found and "=" not in code.split("(")[0] else None


def rule_documented(tree):
    """Every function of a header has a comment above it, or shares that of the lines it adjoins."""
    for f in tree.files.values():
        if not f.path.endswith(".h"):
            continue
        code = without_macros(f.code)
        documented = depth = 0
        for i, line in enumerate(f.lines):
            if depth == 0:
                if line.rstrip().endswith("*/") and not code[i].strip():
                    documented = 1
                elif not line.strip():
                    documented = 0
                elif declares(code[i]) and not documented and "/*" not in line:
                    yield Finding(f.path, i + 1, f"{declares(code[i])} has no comment")
            depth += code[i].count("{") - code[i].count("}")


def count_lines(root, paths):
    return sum(len(File(root, p).lines) for p in paths)


def rule_test_lines(tree):
    """media, signaling and recorder have at least as many lines of tests as of source."""
    source = sum(len(f.lines) for f in tree.files.values() if within(f.path, TESTED))
    folders = [f"tests/unit/{u}" for units in TESTED.values() for u in units]
    tests = count_lines(tree.root, c_files(tree.root, folders + ["tests/fuzz", "tests/sim"]))
    if tests < source:
        parts = []
        for folder, units in TESTED.items():
            own = count_lines(tree.root, c_files(tree.root, [f"tests/unit/{u}" for u in units]))
            parts.append(f"{folder} {count_lines(tree.root, c_files(tree.root, [folder]))}:{own}")
        yield Finding("tests", 1, f"{tests} lines for {source} of source; unit tests alone: "
                      + ", ".join(parts))


DEFINED = re.compile(r"^(?!static\b|typedef\b|return\b|else\b)[A-Za-z_][\w\s*]*?[\s*](\w+)\s*\([^;{]*\)\s*\{",
                     re.M)
ROOMS = ("media", "signaling", "recorder", "server")  # folders whose rooms hold no circle


def circles(calls_of):
    """The strongly connected sets of more than two files; calls_of: file -> files it calls."""
    order, found, seen = [], [], set()

    def visit(start, edges, out):
        """Depth first without recursion; out gets files as they are left."""
        stack = [(start, iter(sorted(edges[start])))]
        seen.add(start)
        while stack:
            node, rest = stack[-1]
            following = next((n for n in rest if n not in seen), None)
            if following is None:
                out.append(node)
                stack.pop()
            else:
                seen.add(following)
                stack.append((following, iter(sorted(edges[following]))))

    for node in sorted(calls_of):
        if node not in seen:
            visit(node, calls_of, order)
    callers = {n: {m for m in calls_of if n in calls_of[m]} for n in calls_of}
    seen = set()
    for node in reversed(order):
        if node not in seen:
            group = []
            visit(node, callers, group)
            found.append(group)
    return [sorted(g) for g in found if len(g) > 2]


def rule_circles(tree):
    """No more than two source files of a room call each other in a circle."""
    rooms = {}
    for f in tree.files.values():
        if f.path.endswith(".c") and f.path.split("/")[0] in ROOMS:
            rooms.setdefault(os.path.dirname(f.path), []).append(f)
    for files in rooms.values():
        defines = {f.path: set(DEFINED.findall("\n".join(f.code))) for f in files}
        names = {f.path: set(re.findall(r"(?<!struct )\b\w+", "\n".join(f.code))) for f in files}
        calls_of = {p: {q for q in defines if q != p and defines[q] & names[p]} for p in defines}
        for group in circles(calls_of):
            yield Finding(group[0], 1, "calls in a circle with " + ", ".join(group[1:]))


def declared(header):
    """Names of the functions that a header declares."""
    return set(re.findall(r"\b(\w+)\s*\([^;{}]*\)\s*;", "\n".join(without_macros(header.code))))


PUBLIC = ("media/media.h", "signaling/signaling.h")  # what all rooms of a folder offer together


def rule_own_header(tree):
    """A function others may call is declared in the header named after its file, or in that of its
    whole folder (PUBLIC)."""
    shared = {p.split("/")[0]: declared(tree.files[p]) for p in PUBLIC if p in tree.files}
    for f in tree.files.values():
        top = f.path.split("/")[0]
        if not f.path.endswith(".c") or top not in ROOMS:
            continue
        header = tree.files.get(f.path[:-1] + "h")
        own = (declared(header) if header else set()) | shared.get(top, set())
        for number, name in exported(f):
            if name not in own and name != "main" and not impl_header(tree, f, name):
                yield Finding(f.path, number, f"{name} is declared in no header of this file")


def exported(f):
    """(line, name) of the functions in f that are not static."""
    text = "\n".join(f.code)
    for found in DEFINED.finditer(text):
        yield text.count("\n", 0, found.start()) + 1, found.group(1)


def impl_header(tree, f, name):
    """media/secure implements two headers in several files each: dtls.h and srtp.h."""
    folder = os.path.dirname(f.path)
    stem = os.path.basename(f.path)[:-2].split("_")[0]
    return any(name in declared(tree.files[p]) for p in tree.files
               if os.path.dirname(p) == folder and p.endswith(".h")
               and os.path.basename(p).split("_")[0].split(".")[0] == stem)


# Header -> the structs whose owner its functions check (base/owner.h).
OWNED = {
    "signaling/signaling.h": ("sig",),
    "recorder/capture/recorder.h": ("recorder",),
    "recorder/writer/writer.h": ("writer",),
    "recorder/library/library.h": ("library", "library_media"),
    "media/media.h": ("engine",),
}
CHECKS_OWNER = ("OWNER_CHECK(", "owner_take(", "turn_begin(", "turn_input(")


def body_of(f, name):
    """The text of a function's definition in a file of the house's format, or None."""
    code = without_macros(f.code)
    for i, line in enumerate(code):
        if re.match(rf"[A-Za-z_][\w\s*]*?[\s*]{name}\(", line):
            text = "\n".join(code[i:])
            if re.match(r"[^;{]*\{", text):
                return text[:text.index("\n}") if "\n}" in text else len(text)]
    return None


def rule_owners(tree):
    """Entry points of an object that belongs to a thread check that they run in it."""
    for header, structs in OWNED.items():
        if header not in tree.files:
            continue
        folder = [f for f in tree.files.values()
                  if f.path.startswith(owner(header) + "/") and f.path.endswith(".c")]
        first = re.compile(r"\b(\w+)\((?:const )?struct (?:" + "|".join(structs) + r") \*")
        for number, line in enumerate(tree.files[header].code, 1):
            for name in first.findall(line):
                bodies = [b for b in (body_of(f, name) for f in folder) if b]
                if not any(check in b for b in bodies for check in CHECKS_OWNER):
                    yield Finding(header, number, f"{name} has no OWNER_CHECK")


def rule_test_files(tree):
    """A file of unit tests is called test_x.c, and a file called so has tests."""
    for path in c_files(tree.root, ["tests/unit"]):
        named = os.path.basename(path).startswith("test_")
        tests = re.search(r"^TEST(_ALLOC|_BOTH)?\(", File(tree.root, path).text, re.M)
        if path.count("/") > 2 and named != bool(tests):
            yield Finding(path, 1, "has no tests" if named else "has tests: call it test_x.c")


# Spelt in halves, so that this file passes its own rule.
LEFTOVERS = re.compile(r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "XX" + "X"]) + r")\b")
TEXT_FOLDERS = ("base", "json", "media", "signaling", "recorder", "helper", "server", "bench", "tests", "web",
                "conf", "deploy", "docs", "systemd")
TEXT_ENDINGS = (".c", ".h", ".py", ".sh", ".js", ".mjs", ".ts", ".html", ".css", ".md", ".json",
                ".txt", ".service", ".yaml", ".yml")


def rule_leftovers(tree):
    """Nothing is left marked as unfinished."""
    for folder in TEXT_FOLDERS:
        for where, dirs, names in os.walk(os.path.join(tree.root, folder)):
            dirs[:] = sorted(d for d in dirs if d not in ("node_modules", "corpus", "data"))
            for name in sorted(n for n in names if n.endswith(TEXT_ENDINGS)):
                path = os.path.relpath(os.path.join(where, name), tree.root)
                with open(os.path.join(tree.root, path), encoding="utf-8", errors="replace") as f:
                    for number, line in enumerate(f, 1):
                        if LEFTOVERS.search(line):
                            yield Finding(path, number, line.strip()[:80])


def rule_linked(tree):
    """A room links the rooms whose modules it includes."""
    yield from (Finding(*found) for found in linked.find(tree.root, tree.files))


def rule_docs_files(tree):
    """Files and functions named in the documents exist."""
    if not os.path.exists(os.path.join(tree.root, "docs/architecture.md")):
        yield Finding("docs/architecture.md", 1, "is missing")
    yield from (Finding(*found) for found in docs.files(tree.root))


def rule_docs_keys(tree):
    """Configuration keys named in the documents and in conf/ exist."""
    yield from (Finding(*found) for found in docs.keys(tree.root))


def rule_docs_metrics(tree):
    """Metrics named in the documents exist, and docs/api.md tells them all."""
    yield from (Finding(*found) for found in docs.metrics(tree.root))


def rule_web_states(tree):
    """The pages have words for every state of a recording, and for no other."""
    yield from (Finding(*found) for found in docs.states(tree.root))


RULES = {name[len("rule_"):]: rule for name, rule in list(globals().items())
         if name.startswith("rule_")}


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    root = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.dirname(here))
    passed, failed = selftest.run(RULES, Tree)
    tree = Tree(root)
    for name, rule in RULES.items():
        findings = list(rule(tree))
        for finding in findings:
            print(f"# {finding.path}:{finding.line}: {finding.text}")
        print("not ok" if findings else "ok", "tidy", name)
        passed += not findings
        failed += bool(findings)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
