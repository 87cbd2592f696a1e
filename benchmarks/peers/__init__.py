"""Solvers that ours is timed beside: each a function (case) -> function (relative tolerance, days) -> measurements."""
