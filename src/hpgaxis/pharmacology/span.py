"""Lengths of time and moments, in days and in months."""

from __future__ import annotations

from typing import NamedTuple


class Span(NamedTuple):
    """A length of time in days, and in months where it was given in months or years.

    A month is a whole number of days (one 30, three 91, twelve 365), so that a course of 12 months holds 12 monthly
    doses though 365 days hold 13 intervals of 30 days: doses in months are counted in months.
    """

    days: float
    months: float | None = None

    def intervals_in(self, length: Span) -> float:
        """How many of these follow one another in `length`."""
        if self.months and length.months is not None:
            return length.months / self.months
        return length.days / self.days

    def since(self, start: Span) -> Span:
        """The time from `start` to this moment."""
        months = None if self.months is None or start.months is None else self.months - start.months
        return Span(self.days - start.days, months)

    def later(self, length: Span) -> Span:
        """The moment `length` after this one."""
        months = None if self.months is None or length.months is None else self.months + length.months
        return Span(self.days + length.days, months)


BEGINNING = Span(0.0, 0.0)
DAY = Span(1.0)
