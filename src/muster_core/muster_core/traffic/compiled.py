"""The traffic kernels at the best speed to be had: compiled by numba, or as they stand.

A kernel is a function of integers and flat arrays only. Where numba (an optional package) can be
imported, it is compiled at its first call; elsewhere the very same source runs in Python over
memory views of the same arrays, so both give the same results.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeAlias, TypeVar

import numpy as np

PLAIN_VARIABLE = "MUSTER_PLAIN_KERNELS"
"""Set in the environment, kernels are not compiled even if numba is there."""

Numbers: TypeAlias = Any
"""A flat array of integers or truths in a kernel: an array if compiled, else a memory view."""

_F = TypeVar("_F", bound=Callable[..., Any])
_T = TypeVar("_T", bound=tuple[Any, ...])


def _njit() -> Callable[..., Any] | None:
    if os.environ.get(PLAIN_VARIABLE):
        return None
    try:
        from numba import njit  # type: ignore[import-not-found,import-untyped,unused-ignore]
    except ImportError:
        return None
    compile_: Callable[..., Any] = njit
    return compile_


_NJIT = _njit()
IS_COMPILED = _NJIT is not None
"""Whether numba compiles the kernels of this process."""


def part(function: _F) -> _F:
    """A function that kernels call."""
    return function if _NJIT is None else _compile(_NJIT, function)


def kernel(function: _F) -> _F:
    """The function as fast as it can be here, to be called with integers and flat arrays."""
    return plain(function) if _NJIT is None else _compile(_NJIT, function)


def plain(function: _F) -> _F:
    """The kernel run by Python itself; a memory view reads a number three times as fast."""

    @wraps(function)
    def run(*arguments: Any) -> Any:
        return function(*map(_view, arguments))

    return run  # type: ignore[return-value]


def board(numbers: _T) -> _T:
    """A named tuple of arrays and integers as a kernel takes it."""
    if IS_COMPILED:
        return numbers
    views = (_view(part_) for part_ in numbers)
    return type(numbers)(*views)


def _view(value: Any) -> Any:
    return value.data if isinstance(value, np.ndarray) else value


def _compile(njit: Callable[..., Any], function: _F) -> _F:
    try:
        return njit(cache=True, nogil=True)(function)  # type: ignore[no-any-return]
    except RuntimeError:  # there is nowhere to keep what was compiled
        return njit(nogil=True)(function)  # type: ignore[no-any-return]
