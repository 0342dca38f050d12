"""Write requirements.lock: what a run needs first, what development needs after the marker.

Needs uv on the path (``pip install uv``). Versions and hashes only, no addresses; one file for
Python 3.11-3.14 on Linux, macOS and Windows (environment markers).
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MARKER = "# --- development only, `make report` stops here ---"


def compile_(*options: str) -> str:
    """Resolve for all platforms, without annotations and addresses."""
    command = ["uv", "pip", "compile", "pyproject.toml", "--universal", "--python-version", "3.11"]
    command += ["--generate-hashes", "--no-header", "--no-annotate", "--quiet", *options]
    command += ["--no-emit-index-url", "--no-emit-find-links"]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout


def blocks(text: str) -> dict[str, str]:
    """Requirement line -> the line with its hashes."""
    found = re.findall(r"^([A-Za-z0-9].*?) \\\n((?:    --hash.*\n)+)", text, flags=re.M)
    return {head: f"{head} \\\n{hashes}" for head, hashes in found}


def main() -> None:
    """Resolve everything, then find which of it a run needs."""
    everything = blocks(compile_("--all-extras"))
    with tempfile.NamedTemporaryFile("w", suffix=".txt", delete=False) as constraints:
        constraints.write("\n".join(everything))
    runtime = blocks(compile_("--extra", "build", "--constraint", constraints.name))
    names = {re.split(r"[=\s]", head)[0] for head in runtime}
    first = [b for head, b in everything.items() if re.split(r"[=\s]", head)[0] in names]
    rest = [b for head, b in everything.items() if re.split(r"[=\s]", head)[0] not in names]
    (ROOT / "requirements.lock").write_text("".join(first) + MARKER + "\n" + "".join(rest))
    print(
        f"requirements.lock: {len(first)} for a run, {len(rest)} for development", file=sys.stderr
    )


if __name__ == "__main__":
    main()
