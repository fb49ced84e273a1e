"""A private PostgreSQL server: its own directory, an unprivileged user, a unix socket and no network."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ACCOUNTS = ("postgres", "nobody")


def programs() -> Path | None:
    """Find the newest installed server's programs, if there are any."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    return Path(on_path).resolve().parent if on_path else None


@contextmanager
def server(bin: Path, password: str) -> Iterator[str]:
    """Run a server until the block ends; gives the directory of its socket. The superuser is ``owner``."""
    home = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))  # socket paths are short; pytest's directories are private
    account = _account()
    try:
        given = home / "password"
        given.write_text(password)
        for path in (home, given):
            os.chown(path, account.pw_uid, account.pw_gid)

        def run(program: str, *arguments: str) -> None:
            subprocess.run(
                [bin / program, *arguments],
                check=True, cwd=home, capture_output=True, timeout=120, env={"LC_ALL": "C", "HOME": str(home)},
                **({"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []} if os.getuid() == 0 else {}),
            )  # fmt: skip

        data = str(home / "data")
        run("initdb", "-D", data, "-U", "owner", "-A", "scram-sha-256", "--pwfile", str(given), "-E", "UTF8", "-N")
        options = f"-c listen_addresses= -c unix_socket_directories={home} -c fsync=off"
        run("pg_ctl", "-D", data, "-w", "-l", str(home / "log"), "-o", options, "start")
        try:
            yield str(home)
        finally:
            run("pg_ctl", "-D", data, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _account() -> pwd.struct_passwd:
    if os.getuid() != 0:
        return pwd.getpwuid(os.getuid())
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    return next(known[name] for name in ACCOUNTS if name in known)
