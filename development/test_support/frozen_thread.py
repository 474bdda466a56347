"""Stop one thread of a process, as a disk that does not respond would."""

import ctypes
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

_ATTACH, _DETACH = 16, 17  # of <sys/ptrace.h>
_WAIT_FOR_THREADS = 0x40000000  # __WALL of <linux/wait.h>: the thread is no child of ours


@contextmanager
def frozen_thread(pid: int, name: str) -> Iterator[None]:
    """Stop the process's thread of this name while the context lasts. A process that is killed meanwhile ends with the context.

    Raises PermissionError where the system does not allow ptrace(2).
    """
    thread = _find_thread(pid, name)
    # Only the thread that has attached may detach, and the context may be left from another one.
    with ThreadPoolExecutor(1) as tracer:
        tracer.submit(_trace, _ATTACH, thread).result()
        tracer.submit(os.waitpid, thread, _WAIT_FOR_THREADS).result()
        try:
            yield
        finally:
            tracer.submit(_release, thread).result()


def _find_thread(pid: int, name: str) -> int:
    threads = {comm.read_text().strip(): int(comm.parent.name) for comm in Path(f"/proc/{pid}/task").glob("*/comm")}
    assert name in threads, f"no thread {name} among {sorted(threads)}"
    return threads[name]


def _release(thread: int) -> None:
    try:
        _trace(_DETACH, thread)
    except ProcessLookupError:
        # The process was killed: it ends once its tracer has waited for the thread.
        os.waitpid(thread, _WAIT_FOR_THREADS)


def _trace(request: int, thread: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p]
    libc.ptrace.restype = ctypes.c_long
    if libc.ptrace(request, thread, None, None) == -1:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
