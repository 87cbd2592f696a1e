"""Vector loops that the solver needs beside the equations: sums of stages, the error of a step, input modes."""

from __future__ import annotations

from math import factorial, log, pi
from typing import Any

from ..solver import rodas5p
from .emitter import LANES, Emitter

MOST_TERMS = 9
STRANDS = 4
LEAST_ERROR = 1e-6


def add_loops(emitter: Emitter, states: int) -> None:
    """Add `combine_1` to `combine_9` and the other loops below to the functions of a module."""
    for terms in range(1, MOST_TERMS + 1):
        _combine(emitter, terms, states)
    _error(emitter, states)
    _advance(emitter, states)
    _decay(emitter)
    _clock(emitter)
    _add_modes(emitter)
    _stage_weights(emitter)
    _dense_weights(emitter)


class _Loop:
    """A function whose body runs over rows: `rows` of them, or as many as the function's last argument says."""

    def __init__(self, emitter: Emitter, name: str, rows: int | None):
        ir = emitter.ir
        self.emitter = emitter
        function = emitter.declare(name)
        integer = ir.IntType(64)
        entry, self.body, self.end = (function.append_basic_block(part) for part in ("entry", "body", "end"))
        self.before = ir.IRBuilder(entry)
        self.bases = function.args[:-1]
        self.count = function.args[-1] if rows is None else ir.Constant(integer, rows)
        some = self.before.icmp_signed(">", self.count, ir.Constant(integer, 0))
        self.before.position_before(self.before.cbranch(some, self.body, self.end))
        self.builder = ir.IRBuilder(self.body)
        self.row = self.builder.phi(integer)
        self.row.add_incoming(ir.Constant(integer, 0), entry)

    def load(self, pointer: int, row: Any) -> Any:
        return self._loaded(self.builder, pointer, row)

    def fixed(self, pointer: int, row: int) -> Any:
        """A row with a fixed index, loaded before the loop begins."""
        return self._loaded(self.before, pointer, self.emitter.ir.Constant(self.row.type, row))

    def store(self, value: Any, pointer: int) -> None:
        self.builder.store(value, self.place(self.builder, pointer, self.row), align=8)

    def store_at(self, value: Any, pointer: int, row: int) -> None:
        place = self.place(self.builder, pointer, self.emitter.ir.Constant(self.row.type, row))
        self.builder.store(value, place, align=8)

    def place(self, builder: Any, pointer: int, row: Any) -> Any:
        """The address of a row."""
        return builder.gep(self.bases[pointer], [row], inbounds=True, source_etype=self.emitter.vector)

    def _loaded(self, builder: Any, pointer: int, row: Any) -> Any:
        return builder.load(self.place(builder, pointer, row), align=8, typ=self.emitter.vector)

    def close(self) -> None:
        following = self.builder.add(self.row, self.emitter.ir.Constant(self.row.type, 1))
        self.row.add_incoming(following, self.body)
        self.builder.cbranch(self.builder.icmp_signed("<", following, self.count), self.body, self.end)
        self.emitter.ir.IRBuilder(self.end).ret_void()


def _combine(emitter: Emitter, terms: int, states: int) -> None:
    """combine_m(base, k, weights -> out): out = base + sum over j < m of weights[j] k[j], where k[j] has all states."""
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
    """error(old, new, estimate, tolerance -> three rows): the error of a step in the maximum norm.

    tolerance has the absolute tolerance of each state, then its reciprocal for a state that cannot be below 0 (else 0),
    then the relative tolerance. The rows: the largest quotient of estimate and tolerance, NaN if a number is not
    finite; its power of -3/16, which takes square roots alone and is close to -1/5, for an error of order 4; the
    largest depth below 0 in absolute tolerances.

    The maximum is taken in independent strands, so that no comparison waits for the one before it.
    """
    loop = _Loop(emitter, "error", 1)
    builder, zero = loop.builder, emitter.number(0.0)
    magnitude, maximum = emitter.magnitude, emitter.maximum
    relative = loop.fixed(3, 2 * states)
    strands = [(zero, emitter.number(1.0), zero, zero)] * min(STRANDS, states)
    for state in range(states):
        row, guarding = (emitter.ir.Constant(loop.row.type, place) for place in (state, states + state))
        old, new, estimate, absolute = (loop.load(pointer, row) for pointer in range(4))
        guard = loop.load(3, guarding)
        size = maximum(builder, magnitude(builder, old), magnitude(builder, new))
        allowed = builder.fadd(absolute, builder.fmul(relative, size))
        below = builder.fmul(builder.fneg(new), guard)
        nothing = builder.fmul(builder.fadd(new, estimate), zero)
        entry = (magnitude(builder, estimate), allowed, below, nothing)
        strands[state % STRANDS] = _worse(emitter, builder, entry, strands[state % STRANDS])
    worst = strands[0]
    for strand in strands[1:]:
        worst = _worse(emitter, builder, strand, worst)
    estimate, allowed, below, not_finite = worst
    quotient = builder.fdiv(estimate, allowed)
    root = maximum(builder, quotient, emitter.number(LEAST_ERROR))
    for _ in range(3):
        root = emitter.root(builder, root)
    power = builder.fdiv(emitter.number(1.0), builder.fmul(root, emitter.root(builder, root)))
    for row, value in enumerate((builder.fadd(quotient, not_finite), power, below)):
        loop.store_at(value, 4, row)
    loop.close()


def _worse(emitter: Emitter, builder: Any, first: Any, second: Any) -> Any:
    """The larger quotient and depth of two entries (estimate, tolerance, depth below 0, NaN or 0)."""
    larger = builder.fcmp_ordered(">", builder.fmul(first[0], second[1]), builder.fmul(second[0], first[1]))
    return (
        builder.select(larger, first[0], second[0]),
        builder.select(larger, first[1], second[1]),
        emitter.maximum(builder, first[2], second[2]),
        builder.fadd(first[3], second[3]),
    )


def _advance(emitter: Emitter, states: int) -> None:
    """advance(state, new, mask, tolerance): where `mask` is not 0, state = new, or 0 for a negative amount."""
    loop = _Loop(emitter, "advance", states)
    builder, zero = loop.builder, emitter.number(0.0)
    old, new = loop.load(0, loop.row), loop.load(1, loop.row)
    guard = loop.load(3, builder.add(loop.row, emitter.ir.Constant(loop.row.type, states)))
    guarded = builder.fcmp_ordered(">", guard, zero)
    floored = builder.select(guarded, emitter.maximum(builder, new, zero), new)
    mask = loop.fixed(2, 0)
    loop.store(builder.select(builder.fcmp_ordered("!=", mask, zero), floored, old), 0)
    loop.close()


def _decay(emitter: Emitter) -> None:
    """decay(amount, rate, time, begin -> value, derivative), one row a mode: value = amount exp(-rate (time - begin)).

    exp to rounding, as a power of 2 times a Taylor polynomial of the remainder, which is at most ln(2)/2 (Cody &
    Waite 1980). The count of rows is an argument.
    """
    ir = emitter.ir
    loop = _Loop(emitter, "decay", None)
    builder, number = loop.builder, emitter.number
    elapsed = loop.before.fsub(loop.fixed(2, 0), loop.fixed(3, 0))
    power = builder.fneg(builder.fmul(loop.load(1, loop.row), elapsed))
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
    value = builder.fmul(loop.load(0, loop.row), builder.fmul(series, scale))
    loop.store(value, 4)
    loop.store(builder.fneg(builder.fmul(value, loop.load(1, loop.row))), 5)
    loop.close()


def _clock(emitter: Emitter) -> None:
    """clock(amplitude, time, phase, out), one row each: out += amplitude cos(2 pi (time - phase)).

    cos(2 pi x) = 1 - 2 sin(pi x)^2 with x within half a turn of 0; the sine is its Taylor polynomial, to rounding.
    """
    loop = _Loop(emitter, "clock", 1)
    builder, number = loop.builder, emitter.number
    shifter = number(1.5 * 2.0**52)
    turns = builder.fsub(loop.load(1, loop.row), loop.load(2, loop.row))
    whole = builder.fsub(builder.fadd(turns, shifter), shifter)
    angle = builder.fmul(builder.fsub(turns, whole), number(pi))
    square = builder.fmul(angle, angle)
    series = number(-1 / factorial(23))
    for half in range(10, -1, -1):
        series = builder.fmul(series, square, flags=("contract",))
        series = builder.fadd(series, number((-1) ** half / factorial(2 * half + 1)), flags=("contract",))
    sine = builder.fmul(series, angle)
    cosine = builder.fsub(number(1.0), builder.fmul(number(2.0), builder.fmul(sine, sine)))
    loop.store(builder.fadd(loop.load(3, loop.row), builder.fmul(loop.load(0, loop.row), cosine)), 3)
    loop.close()


def _add_modes(emitter: Emitter) -> None:
    """add_modes(weight, value, mode, channel, out), one row a pair: out[channel] += weight value[mode].

    mode and channel are arrays of integers. The count of pairs is an argument.
    """
    loop = _Loop(emitter, "add_modes", None)
    builder, whole = loop.builder, loop.row.type
    mode, channel = (
        builder.load(builder.gep(loop.bases[pointer], [loop.row], inbounds=True, source_etype=whole), typ=whole)
        for pointer in (2, 3)
    )
    product = builder.fmul(loop.load(0, loop.row), loop.load(1, mode), flags=("contract",))
    total = builder.fadd(loop.load(4, channel), product, flags=("contract",))
    builder.store(total, loop.place(builder, 4, channel), align=8)
    loop.close()


def _stage_weights(emitter: Emitter) -> None:
    """stage_weights(h, t -> shift, weights, times).

    shift: 1 / (gamma h); weights: STAGES + 1 rows for each stage i, h gamma_i and then c_ij / h for j < i; times:
    t + alpha_i h.
    """
    loop = _Loop(emitter, "stage_weights", 1)
    builder, number = loop.builder, emitter.number
    step, time = loop.load(0, loop.row), loop.load(1, loop.row)
    inverse = builder.fdiv(number(1.0), step)
    loop.store_at(builder.fmul(inverse, number(1.0 / rodas5p.gamma)), 2, 0)
    for stage in range(rodas5p.STAGES):
        row = stage * (rodas5p.STAGES + 1)
        loop.store_at(builder.fmul(step, number(float(rodas5p.gamma_i[stage]))), 3, row)
        for earlier in range(stage):
            weight = builder.fmul(inverse, number(float(rodas5p.c[stage, earlier])))
            loop.store_at(weight, 3, row + 1 + earlier)
        later = builder.fmul(step, number(float(rodas5p.alpha[stage])))
        loop.store_at(builder.fadd(time, later), 4, stage)
    loop.close()


def _dense_weights(emitter: Emitter) -> None:
    """dense_weights(s -> weights) at the fraction s of a step.

    The weights are those of the stages and then -s and s, which the old and the new state have beside the old one.
    """
    loop = _Loop(emitter, "dense_weights", 1)
    builder, number = loop.builder, emitter.number
    s = loop.load(0, loop.row)
    parabola = builder.fmul(s, builder.fsub(number(1.0), s))
    for stage in range(rodas5p.STAGES):
        first, second, third = (number(float(value)) for value in rodas5p.h[:, stage])
        inner = builder.fadd(second, builder.fmul(s, third))
        weight = builder.fmul(parabola, builder.fadd(first, builder.fmul(s, inner)))
        loop.store_at(weight, 1, stage)
    loop.store_at(builder.fneg(s), 1, rodas5p.STAGES)
    loop.store_at(s, 1, rodas5p.STAGES + 1)
    loop.close()
