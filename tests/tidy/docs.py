"""What documents and pages name exists: files, functions, configuration keys, metrics, states.

Names are looked for in `backticks`, in fenced blocks without a language, and, keys only, in the
comments of conf/*.json.
"""
import fnmatch
import glob
import os
import re

KEYS = "server/config/config_keys.h"
EVENT_TYPES = "server/config/event_types.h"
AUDIT_WORDS = "server/audit/audit_words.h"
METRICS = "server/**/*.c"
OBJECTS = ("auth.issuers", "events.webhooks", "events.nats", "events.kafka")  # lists of objects
METRIC_SHOWN = re.compile(r'"[^"]*\boriel_\w*_(?:total|seconds|%s)')  # a file that shows some
METRICS_PAGE = "docs/api.md"

SOURCES = r"c|h|js|mjs|ts|css|py|sh|json|md|html|service|txt"
FILE = re.compile(rf"([\w.-]+(?:/[\w.-]+)*(?:/|\.(?:{SOURCES})))(?::(\w+))?")
DOTTED = re.compile(r"[a-z0-9_]+(?:\.[a-z0-9_]+)+")
METRIC = re.compile(r"oriel_[a-z0-9_*]+|\.\.\._[a-z0-9_*]+")
EVENTS = set()  # names of events and acts are dotted, too: filled by keys()
COOKIES = ("oriel_play",)  # looks like a metric


def read(root, path):
    whole = os.path.join(root, path)
    if not os.path.exists(whole):
        return ""
    with open(whole, encoding="utf-8") as f:
        return f.read()


def documents(root):
    """Paths of the documents that say what is true now; the changelog says what was."""
    found = sorted(glob.glob(os.path.join(root, "docs", "*.md")))
    found += [os.path.join(root, name) for name in ("README.md", "CONTRIBUTING.md")]
    return [os.path.relpath(path, root) for path in found if os.path.exists(path)]


def quoted(root, path):
    """(line number, text, fenced) of every span in backticks, and every line of plain fences."""
    fence = None
    for number, line in enumerate(read(root, path).split("\n"), 1):
        if line.startswith("```"):
            fence = line[3:].strip() if fence is None else None
        elif fence is not None:
            if fence == "":
                yield number, line, True
        else:
            for text in re.findall(r"`([^`]+)`", line):
                yield number, text, False


def declares(path, name):
    """Is there a definition, declaration or macro of this name?"""
    with open(path, encoding="utf-8") as f:
        text = f.read()
    text = re.sub(r"/\*.*?\*/", lambda m: re.sub(r"[^\n]", " ", m.group(0)), text, flags=re.S)
    name = re.escape(name)
    return bool(re.search(rf"^(?:\w[\w\s*]*[\s*])?{name}\s*\(|#\s*define\s+{name}\b"
                          rf"|^(?:struct|enum)\s+{name}\b", text, re.M))


def places(root, document, name):
    """Where a name in a document may lie: from the root, beside it, or anywhere when it is bare.
    NAME stands for any word."""
    pattern = name.replace("NAME", "*")
    found = glob.glob(os.path.join(root, pattern))
    found += glob.glob(os.path.join(root, os.path.dirname(document), pattern))
    if not found and "/" not in name:
        for where, dirs, names in os.walk(root):
            dirs[:] = [d for d in dirs if d not in ("node_modules", "build", "var", ".git")]
            found += [os.path.join(where, n) for n in fnmatch.filter(names, pattern)]
    return found


def files(root):
    """(document, line, what is wrong) of files and functions that are not there."""
    for document in documents(root):
        for number, text, fenced in quoted(root, document):
            named = None if fenced else FILE.fullmatch(text)
            if not named:
                continue
            name, function = named.groups()
            found = places(root, document, name)
            if not found:
                yield document, number, f"there is no {name}"
            elif function and not any(declares(path, function) for path in found):
                yield document, number, f"there is no {function} in {name}"


def config_keys(root):
    return set(re.findall(r"\b[A-Z]+\(\w+, \"([a-z0-9_.]+)\"", read(root, KEYS))) | set(OBJECTS)


def wrong_key(text, keys):
    """Does a dotted word pass for a key without being one? Its section or its last part says so."""
    sections = {key.split(".")[0] for key in keys if "." in key}
    lasts = {key.split(".")[-1] for key in keys}
    if text in keys or text in EVENTS or FILE.fullmatch(text):
        return False
    return text.split(".")[0] in sections or text.split(".")[-1] in lasts


def keys(root):
    """(document, line, what is wrong) of configuration keys that are not there."""
    known = config_keys(root)
    EVENTS.update(re.findall(r"X\(EVENT_\w+, \"([a-z_.]+)\"", read(root, EVENT_TYPES)))
    EVENTS.update(re.findall(r"X\(AUDIT_\w+, \"([a-z_.]+)\"", read(root, AUDIT_WORDS)))
    for document in documents(root):
        for number, text, fenced in quoted(root, document):
            words = re.findall(rf"(?<![\w./-]){DOTTED.pattern}(?![\w/-])", text) if fenced \
                else DOTTED.findall(text) if DOTTED.fullmatch(text) else []
            for word in words:
                if wrong_key(word, known):
                    yield document, number, f"there is no key {word}"
    for path in sorted(glob.glob(os.path.join(root, "conf", "*.json"))):
        path = os.path.relpath(path, root)
        for number, line in enumerate(read(root, path).split("\n"), 1):
            comment = re.search(r"(?:^|\s)//(.*)", line)
            for word in re.findall(rf"(?<![\w./-]){DOTTED.pattern}(?![\w/-])",
                                   comment.group(1) if comment else ""):
                if wrong_key(word, known):
                    yield path, number, f"there is no key {word}"


def metric_names(root):
    """Every name that the metrics page shows. %s in a name stands for the counters in the list of
    MEDIA_COUNTERS and in the table of ROW(...)."""
    files = (read(root, os.path.relpath(f, root)) for f in glob.glob(os.path.join(root, METRICS), recursive=True))
    text = "\n".join(f for f in files if METRIC_SHOWN.search(f))
    fields = set(re.findall(r"\bROW\((\w+),", text))
    for header in glob.glob(os.path.join(root, "media", "**", "*.h"), recursive=True):
        found = re.search(r"#define MEDIA_COUNTERS\(X\)((?:.*\\\n)*.*)", read(root, header))
        fields.update(re.findall(r"\bX\((\w+)\)", found.group(1)) if found else [])
    names = set()
    for name in re.findall(r"\boriel_[a-z0-9_%]+", text):
        names.update([name.replace("%s", f) for f in fields] if "%s" in name else [name])
    return {name for name in names if "%" not in name and not name.endswith("_")}


def metrics(root):
    """(document, line, what is wrong) of metrics that are not there, or not on their page."""
    known, told = metric_names(root), set()
    for document in documents(root):
        prefix, last = "", 0
        for number, text, fenced in quoted(root, document):
            named = None if fenced else METRIC.match(text)
            if not named or named.group(0) in COOKIES:
                continue
            name = named.group(0)
            if name.startswith("..."):  # goes on from the full name before it in the line
                name = (prefix if number == last else "oriel_nothing") + name[3:]
            else:
                prefix, last = "_".join(name.split("_")[:2]), number
            matches = fnmatch.filter(known, name)
            if not matches:
                yield document, number, f"there is no metric {name}"
            if document == METRICS_PAGE:
                told.update(matches)
    if told:
        for name in sorted(known - told):
            yield METRICS_PAGE, 1, f"{name} is not told"


def states(root):
    """(path, line, what is wrong) of words on the pages for states of recordings."""
    known = set(re.findall(r"\bX\(RECORDING_\w+, \"(\w+)\"", read(root, "recorder/catalogue/catalogue.h")))
    known |= set(re.findall(r"#define RECORDING_WAITS \"(\w+)\"",
                            read(root, "recorder/library/library.h")))
    path = "web/ui/words/en.js"
    told = set(re.findall(r"^\s*'state\.(\w+)':", read(root, path), re.M))
    if told:
        yield from ((path, 1, f"no recording is {name}") for name in sorted(told - known))
        yield from ((path, 1, f"no words for {name}") for name in sorted(known - told))
