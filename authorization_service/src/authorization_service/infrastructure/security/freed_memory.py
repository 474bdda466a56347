"""Control over memory that the GNU C library keeps after it was freed. With other C libraries, nothing happens."""

import ctypes

_C_LIBRARY = ctypes.CDLL(None)
# Parameters of mallopt(3).
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8
_MIB = 1024 * 1024


def keep_freed_memory() -> None:
    """Keep freed memory for reuse, in one heap for all threads: trim_freed_memory cannot reach others.

    By default the library returns most of it each time, only to request it again, or keeps it forever, per thread.
    """
    if hasattr(_C_LIBRARY, "mallopt"):
        _C_LIBRARY.mallopt(_M_ARENA_MAX, 1)
        _C_LIBRARY.mallopt(_M_MMAP_THRESHOLD, 32 * _MIB)
        _C_LIBRARY.mallopt(_M_TRIM_THRESHOLD, 1024 * _MIB)


def trim_freed_memory() -> None:
    """Return the free memory of the heap to the system. Takes a few milliseconds."""
    if hasattr(_C_LIBRARY, "malloc_trim"):
        _C_LIBRARY.malloc_trim(0)
