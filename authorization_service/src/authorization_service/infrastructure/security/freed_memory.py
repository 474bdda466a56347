"""Memory that the C library keeps although nobody uses it. Only the GNU C library does; elsewhere nothing happens."""

import ctypes

_C_LIBRARY = ctypes.CDLL(None)
# Parameters of mallopt(3).
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8
_MIB = 1024 * 1024


def keep_freed_memory() -> None:
    """Keep what is freed for whoever needs memory next, in one heap for all threads: give_freed_memory_back cannot reach others.

    By default the library would give most of it back each time, to ask for it again, or keep it for good, thread by thread.
    """
    if hasattr(_C_LIBRARY, "mallopt"):
        _C_LIBRARY.mallopt(_M_ARENA_MAX, 1)
        _C_LIBRARY.mallopt(_M_MMAP_THRESHOLD, 32 * _MIB)
        _C_LIBRARY.mallopt(_M_TRIM_THRESHOLD, 1024 * _MIB)


def give_freed_memory_back() -> None:
    """Give the system what is free on the heap. That takes some milliseconds."""
    if hasattr(_C_LIBRARY, "malloc_trim"):
        _C_LIBRARY.malloc_trim(0)
