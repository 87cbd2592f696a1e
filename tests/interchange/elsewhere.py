"""Tools with compilers of their own run in a process of their own: two copies of LLVM in one process may abort it."""

from concurrent.futures import ProcessPoolExecutor
from functools import cache
from multiprocessing import get_context


@cache
def _process():
    return ProcessPoolExecutor(1, mp_context=get_context("spawn"))


def elsewhere(function, *arguments):
    """Result of a module's function, computed in the other process."""
    return _process().submit(function, *arguments).result(timeout=300)
