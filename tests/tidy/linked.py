"""What CMake links is what files include: the graph of targets and that of includes are one.

A file that includes the header of a module in another room calls that module, so its target must
depend on the other's, directly or through others. Headers without a .c beside them are words that
all speak, and the entries of a folder (media.h, signaling.h) are what its own rooms implement.
"""
import os
import re

COMMAND = re.compile(r"(folder_library|depends)\(([^)]*)\)")
ENTRIES = ("media/media.h", "signaling/signaling.h")
PROJECT = re.compile(r"^[a-z_]+$")  # the name of a target of ours


def targets(text):
    """(folder -> target, target -> targets it names) of the text of a CMakeLists.txt."""
    rooms, needs = {}, {}
    for command, words in COMMAND.findall(re.sub(r"#.*", "", text)):
        name, *others = words.split()
        if "$" in name:
            continue  # the function itself
        if command == "folder_library":
            rooms.update((folder, name) for folder in others)
            needs.setdefault(name, set())
        else:
            needs.setdefault(name, set()).update(n for n in others if PROJECT.match(n))
    return rooms, needs


def closure(needs, name, seen=None):
    seen = seen if seen is not None else set()
    if name not in seen:
        seen.add(name)
        for other in needs.get(name, ()):
            closure(needs, other, seen)
    return seen


def find(root, files):
    """(path, line, what) of each include that CMake does not link; files: path -> file of tidy."""
    lists = os.path.join(root, "CMakeLists.txt")
    if not os.path.exists(lists):
        return
    with open(lists, encoding="utf-8") as f:
        rooms, needs = targets(f.read())
    # recorder and server are names for what their last rooms bring with them.
    for folder in {room.split("/")[0] for room in rooms}:
        needs.setdefault(folder, {t for room, t in rooms.items() if room.startswith(folder + "/")})
    for f in files.values():
        own = rooms.get(os.path.dirname(f.path))
        if not own:
            continue
        linked = closure(needs, own)
        for line, kind, name in f.includes():
            other = rooms.get(os.path.dirname(name))
            if kind == "<" or name in ENTRIES or not other or other in linked:
                continue
            if os.path.exists(os.path.join(root, name[:-2] + ".c")):
                yield f.path, line, f'"{name}" is of {other}, which {own} does not link'
