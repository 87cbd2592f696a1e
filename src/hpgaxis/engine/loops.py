"""The vector loops that the method needs beside the equations: weighted sums of stages, the error of a step, decay."""

from __future__ import annotations

from math import factorial, log
from typing import Any

from .codegen import LANES, Emitter

MOST_TERMS = 7


def add_loops(emitter: Emitter, states: int) -> None:
    """Add `combine_1` to `combine_7`, `error` and `decay` to the functions of a module."""
    for terms in range(1, MOST_TERMS + 1):
        _combine(emitter, terms, states)
    _error(emitter, states)
    _decay(emitter)


class _Loop:
    """A function whose body runs over rows: `rows` of them, or as many as the function's last argument says."""

    def __init__(self, emitter: Emitter, name: str, rows: int | None, carried: int = 0):
        ir = emitter.ir
        self.emitter = emitter
        function = emitter.declare(name)
        integer = ir.IntType(64)
        entry, self.body, self.end = (function.append_basic_block(part) for part in ("entry", "body", "end"))
        before = ir.IRBuilder(entry)
        self.bases = [before.bitcast(pointer, emitter.vector.as_pointer()) for pointer in function.args[:-1]]
        count = function.args[-1] if rows is None else ir.Constant(integer, rows)
        before.cbranch(before.icmp_signed(">", count, ir.Constant(integer, 0)), self.body, self.end)
        self.builder = ir.IRBuilder(self.body)
        self.row = self.builder.phi(integer)
        self.row.add_incoming(ir.Constant(integer, 0), entry)
        self.carried = [self.builder.phi(emitter.vector) for _ in range(carried)]
        for value in self.carried:
            value.add_incoming(emitter.number(0.0), entry)
        self.entry, self.count = entry, count

    def load(self, pointer: int, row: Any) -> Any:
        place = self.builder.gep(self.bases[pointer], [row], inbounds=True)
        return self.builder.load(place, align=8)

    def fixed(self, pointer: int, row: int) -> Any:
        return self.load(pointer, self.emitter.ir.Constant(self.row.type, row))

    def store(self, value: Any, pointer: int) -> None:
        self.builder.store(value, self.builder.gep(self.bases[pointer], [self.row], inbounds=True), align=8)

    def close(self, carried: list[Any] | None = None, into: int = 0) -> None:
        """End the loop; what it carried is stored in the rows of pointer `into`."""
        ir = self.emitter.ir
        following = self.builder.add(self.row, ir.Constant(self.row.type, 1))
        self.row.add_incoming(following, self.body)
        for old, new in zip(self.carried, carried or [], strict=True):
            old.add_incoming(new, self.body)
        self.builder.cbranch(self.builder.icmp_signed("<", following, self.count), self.body, self.end)
        after = ir.IRBuilder(self.end)
        for index, new in enumerate(carried or []):
            final = after.phi(self.emitter.vector)
            final.add_incoming(self.emitter.number(0.0), self.entry)
            final.add_incoming(new, self.body)
            carried[index] = final  # pyright: ignore
        for index, final in enumerate(carried or []):
            place = after.gep(self.bases[into], [ir.Constant(self.row.type, index)], inbounds=True)
            after.store(final, place, align=8)
        after.ret_void()


def _combine(emitter: Emitter, terms: int, states: int) -> None:
    """combine_m(base, k, weights, out): out = base + the sum over j < m of weights[j] k[j]; k[j] has a row a state."""
    loop = _Loop(emitter, f"combine_{terms}", states)
    weights = [loop.fixed(2, term) for term in range(terms)]
    total = loop.load(0, loop.row)
    for term, weight in enumerate(weights):
        row = loop.builder.add(loop.row, emitter.ir.Constant(loop.row.type, term * states))
        product = loop.builder.fmul(weight, loop.load(1, row), flags=("contract",))
        total = loop.builder.fadd(total, product, flags=("contract",))
    loop.store(total, 3)
    loop.close()


def _error(emitter: Emitter, states: int) -> None:
    """error(old, new, estimate, tolerance -> three rows).

    tolerance has the absolute tolerance of each state, then a guard of each state, then the relative tolerance. First
    row: the largest estimate over its tolerance, NaN if anything is not finite; second: the most that a state is below
    0, times its guard; third: 0, or NaN.
    """
    loop = _Loop(emitter, "error", states, carried=3)
    builder, zero = loop.builder, emitter.number(0.0)
    old, new, estimate, absolute = (loop.load(pointer, loop.row) for pointer in range(4))
    size = emitter.maximum(builder, emitter.magnitude(builder, old), emitter.magnitude(builder, new))
    guard = loop.load(3, builder.add(loop.row, emitter.ir.Constant(loop.row.type, states)))
    allowed = builder.fadd(absolute, builder.fmul(loop.fixed(3, 2 * states), size))
    share = builder.fdiv(emitter.magnitude(builder, estimate), allowed)
    worst = emitter.maximum(builder, loop.carried[0], share)
    below = emitter.maximum(builder, loop.carried[1], builder.fmul(builder.fneg(new), guard))
    broken = builder.fadd(loop.carried[2], builder.fmul(builder.fadd(new, share), zero))
    loop.close([builder.fadd(worst, broken), below, broken], into=4)


def _decay(emitter: Emitter) -> None:
    """decay(amount, rate, elapsed -> out), rows as many as asked for: amount exp(-rate elapsed), exact to rounding.

    exp by splitting off powers of 2 and a Taylor polynomial of the rest, which is at most ln(2)/2 (Cody & Waite 1980).
    """
    ir = emitter.ir
    loop = _Loop(emitter, "decay", None)
    builder, number = loop.builder, emitter.number
    power = builder.fneg(builder.fmul(loop.load(1, loop.row), loop.fixed(2, 0)))
    power = emitter.maximum(builder, power, number(-700.0))
    shifter = 1.5 * 2.0**52
    rounded = builder.fadd(builder.fmul(power, number(1 / log(2))), number(shifter))
    whole = builder.fsub(rounded, number(shifter))
    rest = builder.fsub(power, builder.fmul(whole, number(0.693147180369123816490)))
    rest = builder.fsub(rest, builder.fmul(whole, number(1.90821492927058770002e-10)))
    series = number(1 / factorial(13))
    for degree in range(12, -1, -1):
        series = builder.fmul(series, rest, flags=("contract",))
        series = builder.fadd(series, number(1 / factorial(degree)), flags=("contract",))
    integers = ir.VectorType(ir.IntType(64), LANES)
    exponent = builder.add(
        builder.bitcast(rounded, integers),
        ir.Constant(integers, [ir.Constant(ir.IntType(64), 1023)] * LANES),
    )
    shift = ir.Constant(integers, [ir.Constant(ir.IntType(64), 52)] * LANES)
    scale = builder.bitcast(builder.shl(exponent, shift), emitter.vector)
    loop.store(builder.fmul(loop.load(0, loop.row), builder.fmul(series, scale)), 3)
    loop.close()
