"""Install packages into the virtual environment VENV: python .ci/install.py VENV [arguments of `pip install`].

uv does it where it is on the PATH, since it takes a quarter of the time; pip where it is not, or where uv fails.
`--group NAME` stands for the packages of that dependency group of pyproject.toml (pip knows it from 25.1 on).

The user's settings of pip and uv may say how an index is reached. What is installed, and where, says the course: a
`user = true`, a `target` or a constraint made for other work would break the environment or fill it with other things.
"""

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

# Settings of pip that say how an index is reached, and how uv is told the same.
REACH = {
    "index-url": "--default-index",
    "extra-index-url": "--index",
    "find-links": "--find-links",
    "no-index": "--no-index",
    "trusted-host": "--allow-insecure-host",
    "cert": "SSL_CERT_FILE",
    "proxy": "ALL_PROXY",
    "client-cert": None,
    "timeout": None,
    "default-timeout": None,
    "retries": None,
    "cache-dir": None,
    "no-cache-dir": None,
    "keyring-provider": None,
}
UV_REACH = re.compile(
    r"UV_(INDEX|DEFAULT_INDEX|EXTRA_INDEX|FIND_LINKS|OFFLINE|HTTP|INSECURE|NATIVE_TLS|SYSTEM_CERTS|KEYRING|CACHE|NO_CACHE|LINK)"
)
OFFLINE = re.compile(
    r"Retrying \(|NewConnectionError|ConnectTimeout|ReadTimeout|ProxyError|SSLError|CERTIFICATE_VERIFY", re.I
)


def variable(setting):
    return "PIP_" + setting.upper().replace("-", "_")


def settings(pip):
    """The user's settings of pip that stay, by their names: from the environment, else from pip's files."""
    env = {k: v for k, v in os.environ.items() if not k.startswith("PIP_") or k == "PIP_CONFIG_FILE"}
    listed = subprocess.run([*pip, "config", "list"], env=env, capture_output=True, text=True).stdout
    in_files = dict(re.findall(r"^((?:global|install)\.\S+?)=(['\"].*)$", listed, re.MULTILINE))
    kept = {}
    for name in REACH:
        stored = in_files.get(f"install.{name}", in_files.get(f"global.{name}"))
        value = os.environ.get(variable(name)) or (ast.literal_eval(stored) if stored else "")
        if value:
            kept[name] = value
    return kept


def for_uv(kept):
    """The same settings for uv: its arguments and environment. What the user has told uv itself goes first."""
    arguments, env = [], {k: v for k, v in os.environ.items() if not k.startswith("UV_") or UV_REACH.match(k)}
    told = any(re.match("UV_.*(INDEX|FIND_LINKS)", name) for name in env)
    for name, value in kept.items():
        option = REACH[name] or ""
        if name == "no-index":
            arguments += [option] * (not told and value.lower() in ("1", "true", "yes", "on"))
        elif option.startswith("--"):
            arguments += [part for one in value.split() for part in (option, one)] if not told else []
        elif option:
            env[option] = env.get(option) or value
    return arguments, env


def run_uv(uv, venv, kept, wanted):
    arguments, env = for_uv(kept)
    # pip looks for a version in all indexes, uv in the first that has the name unless told.
    command = [uv, "pip", "install", "--python", f"{venv}/bin/python", "--index-strategy", "unsafe-best-match"]
    if os.environ.get("PYTHONDONTWRITEBYTECODE"):  # else Python compiles a module when it is first imported
        command.append("--compile-bytecode")
    done = subprocess.run([*command, *arguments, *wanted], env=env, capture_output=True, text=True)
    if done.returncode:
        print(f"  uv could not do it, pip goes on; uv said: {' '.join(done.stderr.split())[:300] or 'nothing'}")
    return done.returncode == 0


def run_pip(pip, kept, wanted):
    env = {k: v for k, v in os.environ.items() if not k.startswith("PIP_")} | {variable(k): v for k, v in kept.items()}
    env |= {"PIP_CONFIG_FILE": os.devnull, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    command = [*pip, "install", *wanted]
    said, found = [], 0
    with subprocess.Popen(
        command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    ) as process:
        for line in process.stdout:
            said.append(line.strip())
            found += line.startswith("Collecting")
            if line.startswith("Collecting") and found % 20 == 0:
                print(f"  {found} packages found", flush=True)
            elif line.startswith("Installing collected") and found >= 20:
                print("  unpacking ...", flush=True)
    return process.returncode, said


def why(said, kept):
    """What to do, in a sentence: a cause is named only where pip's words show it."""
    text = "\n".join(said)
    if OFFLINE.search(text):
        cause = "the package index could not be reached; check the network connection and proxy, and call make again."
    elif "No space left on device" in text:
        cause = "the disk is full; free 2 GB and call make again."
    elif "DO NOT MATCH THE HASHES" in text:
        cause = (
            "the index has sent other files than the lock names; use an index that hands on those of PyPI unchanged."
        )
    else:
        cause = "pip could not install the packages."
    errors = [line for line in said if line.startswith("ERROR")] or said[-1:] or ["nothing"]
    in_force = f" Your settings of pip that were used: {', '.join(kept)}." if kept else ""
    return f"Set-up failed: {cause} pip said: {errors[0]}{in_force}"


def main(venv, *wanted):
    wanted = list(wanted)
    while "--group" in wanted:
        at = wanted.index("--group")
        groups = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["dependency-groups"]
        wanted[at : at + 2] = groups[wanted[at + 1]]
    pip = [f"{venv}/bin/python", "-m", "pip"]
    kept = settings(pip)
    uv = shutil.which("uv")
    if uv and run_uv(uv, venv, kept, wanted):
        return 0
    status, said = run_pip(pip, kept, wanted)
    if status:
        print(why(said, kept), file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
