"""Kernels at the best speed to be had: compiled by numba, or as they stand.

A kernel is a function of numbers, flat arrays, and named tuples of these. Where numba (an optional
package) can be imported, it is compiled at its first call, and kept on disk; elsewhere the very
same source runs in Python over memory views of the same arrays. No liberties are taken with
floating point, so both give the same results, to the last bit.

Rules for editors: a kernel and the parts it calls stand in one file, for numba looks at that file
alone to tell whether what it kept is stale.
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
"""A flat array in a kernel: an array if compiled, else a memory view."""

_F = TypeVar("_F", bound=Callable[..., Any])


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
    return function if _NJIT is None else _compile(_NJIT, function, forceinline=True)


def kernel(function: _F) -> _F:
    """The function as fast as it can be here."""
    return plain(function) if _NJIT is None else _compile(_NJIT, function)


def plain(function: _F) -> _F:
    """The kernel run by Python itself; a memory view reads a number three times as fast."""

    @wraps(function)
    def run(*arguments: Any) -> Any:
        return function(*(_viewed(argument) for argument in arguments))

    return run  # type: ignore[return-value]


def _viewed(argument: Any) -> Any:
    if isinstance(argument, np.ndarray):
        return argument.data
    if isinstance(argument, tuple) and hasattr(argument, "_fields"):
        return type(argument)(*map(_viewed, argument))
    return argument


def _compile(njit: Callable[..., Any], function: _F, **options: bool) -> _F:
    options.update(nogil=True, _nrt=False)
    try:
        return njit(cache=True, **options)(function)  # type: ignore[no-any-return]
    except RuntimeError:  # there is nowhere to keep what was compiled
        return njit(**options)(function)  # type: ignore[no-any-return]
