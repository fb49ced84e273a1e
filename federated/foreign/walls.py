"""The walls of a cell: what a process that runs an app of others takes from itself before the app is loaded.

    network     no socket can be made; where user namespaces are allowed, there is no interface either
    files       folders of Python and of the one message can be read, nothing can be written or created (Landlock)
    processes   none can be started, signalled, watched or changed; threads can
    resources   memory, processor time, open files
    rights      no capability, and none can be gained

For an ordinary user of Linux: nothing here needs a privilege. What is missing on a machine is a reason not to run an
app, never a wall less. It is for x86-64 alone, where it is tested: the numbers of system calls differ elsewhere.

It does NOT hide the time of day, the existence and size of files, or how long the app takes from whoever waits for it.
Trust: the kernel. Sources: landlock(7), seccomp(2), unshare(2), capabilities(7), linux/audit.h.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import resource
import struct
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ledger.errors import BackendError

_MACHINE, _ARCHITECTURE, _OTHER_CALLS = "x86_64", 0xC000003E, 0x40000000

_SOCKET, _SOCKETPAIR = 41, 53
_CLONE, _CLONE3, _PRLIMIT, _FCNTL = 56, 435, 302, 72
_DENIED: dict[str, Sequence[int]] = {
    "socket, socketpair, connect, bind": (_SOCKET, _SOCKETPAIR, 42, 49),
    "fork, vfork, execve, execveat": (57, 58, 59, 322),
    "kill, tkill, tgkill, pidfd_open, pidfd_send_signal, pidfd_getfd": (62, 200, 234, 434, 424, 438),
    "rt_sigqueueinfo, rt_tgsigqueueinfo": (129, 297),
    "ptrace, process_vm_readv, process_vm_writev, setpriority, ioprio_set": (101, 310, 311, 141, 251),
    "sched_setparam, sched_setscheduler, sched_setaffinity, sched_setattr": (142, 144, 203, 314),
    "truncate, chmod, fchmod, fchmodat, fchmodat2": (76, 90, 91, 268, 452),
    "chown, fchown, lchown, fchownat": (92, 93, 94, 260),
    "utime, utimes, futimesat, utimensat": (132, 235, 261, 280),
    "setxattr and removexattr, with l, f and at": (188, 189, 190, 197, 198, 199, 463, 466),
    "shmget, semget, msgget, mq_open": (29, 64, 68, 240),
    "inotify_init, inotify_init1, fanotify_init": (253, 294, 300),
    "mount, umount2, unshare, setns": (165, 166, 272, 308),
    "keys: add_key, request_key, keyctl": (248, 249, 250),
    "perf_event_open, bpf, userfaultfd": (298, 321, 323),
    "io_uring: setup, enter, register": (425, 426, 427),
}
"""Landlock says nothing of changing rights, owners and times of files; the filter of calls does."""

_OWNED = (8, 10, 15)
"""F_SETOWN, F_SETSIG, F_SETOWN_EX: a file that is ready would signal whatever process is named its owner."""
_CLONE_THREAD = 0x00010000
_NEW_USER, _NEW_NETWORK, _NEW_IPC = 0x10000000, 0x40000000, 0x08000000
_SECCOMP, _CAPSET, _CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 317, 126, 444, 445, 446
_NO_NEW_PRIVS, _DEATH_SIGNAL, _KILL = 38, 1, 9
_READ = 1 << 2 | 1 << 3
_FS = [(1, (1 << 13) - 1), (2, 1 << 13), (3, 1 << 14), (5, 1 << 15)]
"""Rights over files by the version of Landlock that brought them."""
_TCP, _SCOPES = (1 << 2) - 1, (1 << 2) - 1
_DEVICES = ("/dev/null", "/dev/urandom")


@dataclass(frozen=True, slots=True)
class Limits:
    """memory: bytes of address space. processor_s: of all threads together."""

    memory: int
    processor_s: int
    files: int = 64

    def __post_init__(self) -> None:
        if self.memory < 1 << 28 or self.processor_s < 1 or self.files < 16:
            raise ValueError("a cell needs 256 MB, a second and 16 files")


def require() -> None:
    """Refuse a machine that lacks a wall; raises BackendError."""
    if sys.platform != "linux" or platform.machine() != _MACHINE:
        raise BackendError(f"app: apps of others run on Linux for {_MACHINE} only, not on {platform.machine()}")
    if _landlock() < 1:
        raise BackendError("app: this kernel has no Landlock, so files could not be kept from an app of others")


def enclose(readable: Sequence[Path], limits: Limits) -> None:
    """Take network, files, processes and rights from this process, for good.

    Args:
        readable: folders and files that stay readable; nothing is writable.

    Raises:
        BackendError: a wall could not be put up. The process must end then.
    """
    require()
    if len(os.listdir("/proc/self/task")) != 1:
        raise BackendError("app: walls are of one thread; another has been started before them")
    for kind, most in (
        (resource.RLIMIT_AS, limits.memory),
        (resource.RLIMIT_CPU, limits.processor_s),
        (resource.RLIMIT_NOFILE, limits.files),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (most, most))
    _prctl(_DEATH_SIGNAL, _KILL)
    _LIBC.unshare(_NEW_USER | _NEW_NETWORK | _NEW_IPC)  # a second wall where it is allowed; sockets are denied anyway
    _drop_capabilities()
    _prctl(_NO_NEW_PRIVS, 1)
    _restrict_files(readable)
    _filter_calls()


_LIBC = ctypes.CDLL(None, use_errno=True)


def _checked(what: str, found: int) -> int:
    if found < 0:
        raise BackendError(f"app: {what} failed: {os.strerror(ctypes.get_errno())}")
    return found


def _prctl(option: int, value: int) -> None:
    _checked(f"prctl {option}", _LIBC.prctl(option, value, 0, 0, 0))


def _drop_capabilities() -> None:
    header, none = struct.pack("<Ii", 0x20080522, 0), bytes(24)
    _checked("giving up capabilities", _LIBC.syscall(_CAPSET, header, none))


def _landlock() -> int:
    return int(_LIBC.syscall(_CREATE_RULESET, None, 0, 1))


def _restrict_files(readable: Sequence[Path]) -> None:
    version = _landlock()
    handled = sum(rights for since, rights in _FS if since <= version)
    rules = struct.pack("<QQQ", handled, _TCP, _SCOPES)[: 24 if version >= 6 else 16 if version >= 4 else 8]
    ruleset = _checked("Landlock", _LIBC.syscall(_CREATE_RULESET, rules, len(rules), 0))
    for path in (*readable, *map(Path, _DEVICES)):
        if path.exists():
            at = os.open(path, os.O_PATH | os.O_CLOEXEC)
            allowed = struct.pack("<Qi", _READ if path.is_dir() else 1 << 2, at)
            _checked(f"Landlock for {path}", _LIBC.syscall(_ADD_RULE, ruleset, 1, allowed, 0))
            os.close(at)
    _checked("Landlock", _LIBC.syscall(_RESTRICT_SELF, ruleset, 0))
    os.close(ruleset)


def _filter_calls() -> None:
    """Deny calls by a filter of the kernel, for all threads; what is denied for want of a network says so."""
    program = b"".join(_program())
    code = ctypes.create_string_buffer(program)
    holder = struct.pack("<HxxxxxxQ", len(program) // 8, ctypes.addressof(code))
    _checked("seccomp", _LIBC.syscall(_SECCOMP, 1, 1, holder))


def _program() -> list[bytes]:
    number, architecture, first_argument, second_argument = 0, 4, 16, 24
    load, equal, at_least, any_bit, done = 0x20, 0x15, 0x35, 0x45, 0x06
    allow, kill = 0x7FFF0000, 0x80000000
    deny: Callable[[int], bytes] = lambda code: _step(done, 0, 0, 0x00050000 | code)  # noqa: E731
    found = [
        _step(load, 0, 0, architecture),
        _step(equal, 1, 0, _ARCHITECTURE),
        _step(done, 0, 0, kill),
        _step(load, 0, 0, number),
        _step(at_least, 0, 1, _OTHER_CALLS),
        _step(done, 0, 0, kill),
        _step(equal, 0, 1, _CLONE3),
        deny(errno.ENOSYS),  # C libraries then ask with clone, whose flags a filter can read
    ]
    for calls in _DENIED.values():
        for call in calls:
            reason = errno.ENETUNREACH if call in (_SOCKET, _SOCKETPAIR) else errno.EPERM
            found += [_step(equal, 0, 1, call), deny(reason)]
    return [
        *found,
        _step(equal, 0, 6, _FCNTL),
        _step(load, 0, 0, second_argument),
        *(_step(equal, 3 - place, 0, command) for place, command in enumerate(_OWNED)),
        _step(done, 0, 0, allow),
        deny(errno.EPERM),
        _step(equal, 0, 3, _CLONE),
        _step(load, 0, 0, first_argument),
        _step(any_bit, 5, 0, _CLONE_THREAD),
        deny(errno.EPERM),
        _step(equal, 0, 3, _PRLIMIT),
        _step(load, 0, 0, first_argument),
        _step(equal, 1, 0, 0),
        deny(errno.EPERM),
        _step(done, 0, 0, allow),
    ]


def _step(code: int, then: int, otherwise: int, value: int) -> bytes:
    return struct.pack("<HBBI", code, then, otherwise, value)
