"""Checks the documents and the order of the folders. Prints each fault, and ends with 1 if there is one.

    check_documents.py documents REPOSITORY    README's length; links, headings and paths that documents name
    check_documents.py includes REPOSITORY     no include runs back up the table of folders in docs/architecture.md
"""

import pathlib
import re
import sys

MOST_README_LINES = 120
# Folders whose files documents name as `tools/test`; trials in sample_scans are made, not kept.
NAMED_FOLDERS = r"(?:\.ci|base|docs|fuzz|imaging|packaging|pipeline|registration|segmentation|tests|tools|workflow)"
PLACEHOLDER = re.compile(r"/[A-Z]+$|example")  # "fuzz/regressions/TARGET", files that a reader is to make
PATH = re.compile(rf"^(?:sample_scans/(?:make|README\.md)|{NAMED_FOLDERS}/[\w./-]*)$")
LINK = re.compile(r"!?\[[^\]]*\]\(\s*<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\s*\)")
REFERENCE = re.compile(r"^\s*\[[^\]]+\]:\s+(\S+)", re.MULTILINE)
HTML_LINK = re.compile(r"<(?:img|a)\b[^>]*?\b(?:src|href)=\"([^\"]+)\"")
EXTERNAL = re.compile(r"^[a-z][a-z0-9+.-]*:", re.IGNORECASE)


def documents_of(root):
    return sorted(root.glob("*.md")) + sorted(root.glob("docs/**/*.md")) + sorted(root.glob("sample_scans/*.md"))


def without_code_blocks(text):
    """Blank lines for fenced and indented blocks, so that line numbers stay."""
    kept, fenced, before_is_blank, indented = [], False, True, False
    for line in text.split("\n"):
        if line.lstrip().startswith("```"):
            fenced = not fenced
            kept.append("")
            continue
        indented = line.startswith("    ") and (before_is_blank or indented)
        kept.append("" if fenced or indented else line)
        before_is_blank = not line.strip()
    return "\n".join(kept)


def without_code(text):
    return re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", text, flags=re.DOTALL)


def anchors_of(text):
    """The headings' anchors as GitHub makes them."""
    anchors, seen = set(), {}
    for heading in re.findall(r"^#{1,6}\s+(.*?)\s*#*$", without_code_blocks(text), re.MULTILINE):
        heading = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", heading)
        anchor = re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")
        count = seen.get(anchor, 0)
        seen[anchor] = count + 1
        anchors.add(f"{anchor}-{count}" if count else anchor)
    return anchors


def link_fault(root, document, link):
    target, _, anchor = link.partition("#")
    file = (document.parent / target).resolve() if target else document
    if not file.exists():
        return f"{link} leads to no file"
    if not file.is_relative_to(root):
        return f"{link} leads out of the repository"
    if anchor and anchor not in anchors_of(file.read_text(encoding="utf-8")):
        return f"{link}: {file.relative_to(root)} has no heading #{anchor}"
    return None


def faults_of_documents(root):
    faults = []
    lines = (root / "README.md").read_text(encoding="utf-8").count("\n")
    if lines > MOST_README_LINES:
        faults.append(f"README.md has {lines} lines, and {MOST_README_LINES} are allowed: move details to docs/")
    for document in documents_of(root):
        name = document.relative_to(root)
        prose = without_code_blocks(document.read_text(encoding="utf-8"))
        plain = without_code(prose)
        links = LINK.findall(plain) + REFERENCE.findall(plain) + HTML_LINK.findall(plain)
        for link in links:
            fault = None if EXTERNAL.match(link) else link_fault(root, document, link)
            if fault:
                faults.append(f"{name}: {fault}")
        for span in re.findall(r"`([^`\n]+)`", prose):
            if PATH.match(span) and not PLACEHOLDER.search(span) and not (root / span).exists():
                faults.append(f"{name}: `{span}` does not exist")
    return faults


def folders_in_order(architecture):
    """The first column of the table of folders, from top to bottom."""
    folders = []
    for row in re.findall(r"^\|(.*?)\|", architecture, re.MULTILINE):
        folders += re.findall(r"`([\w/]+?)/`", row)
    return folders


def folder_of(path, folders):
    matching = [folder for folder in folders if path.startswith(folder + "/")]
    return max(matching, key=len) if matching else None


def faults_of_includes(root):
    folders = folders_in_order((root / "docs/architecture.md").read_text(encoding="utf-8"))
    place = {folder: n for n, folder in enumerate(folders)}
    if not folders:
        return ["docs/architecture.md has no table of folders"]
    faults = []
    tops = sorted({folder.split("/")[0] for folder in folders})
    for file in sorted(f for top in tops for kind in ("*.h", "*.cpp") for f in (root / top).rglob(kind)):
        path = file.relative_to(root).as_posix()
        own = folder_of(path, folders)
        if own is None:
            faults.append(f"{path}: the table of folders in docs/architecture.md does not have its folder")
            continue
        for included in re.findall(r"^#include \"([^\"]+)\"", file.read_text(encoding="utf-8"), re.MULTILINE):
            other = folder_of(included, folders)
            if other is not None and place[other] > place[own]:
                faults.append(f"{path} includes {included}, and {other} stands below {own} in docs/architecture.md")
    return faults


CHECKS = {"documents": faults_of_documents, "includes": faults_of_includes}


def main(arguments):
    if len(arguments) != 2 or arguments[0] not in CHECKS:
        print(__doc__, file=sys.stderr)
        return 2
    faults = CHECKS[arguments[0]](pathlib.Path(arguments[1]).resolve())
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
