"""What the core can do at most: a loop of nothing but independent fused multiply-adds on full vector registers."""

import ctypes
import time

import numpy as np

from hpgaxis.engine.codegen.cache import Made, code
from hpgaxis.engine.codegen.emitter import LANES

CHAINS, ROUNDS = 24, 20_000_000


def gigaflops() -> float:
    """Floating-point operations of one core, 1e9 per second."""
    vector = f"<{LANES} x double>"
    fused = f"{vector} @llvm.fma.v{LANES}f64"
    chains = range(CHAINS)
    text = "\n".join([
        f"declare {fused}({vector}, {vector}, {vector})",
        "define void @spin(i64 %count, ptr %data) {",
        "entry:",
        f"  %factor = load {vector}, ptr %data, align 8",
        "  br label %body",
        "body:",
        "  %round = phi i64 [0, %entry], [%next, %body]",
        *(f"  %old{i} = phi {vector} [%factor, %entry], [%new{i}, %body]" for i in chains),
        *(f"  %new{i} = call {fused}({vector} %old{i}, {vector} %factor, {vector} %factor)" for i in chains),
        "  %next = add i64 %round, 1",
        "  %more = icmp slt i64 %next, %count",
        "  br i1 %more, label %body, label %end",
        "end:",
        *(f"  %place{i} = getelementptr {vector}, ptr %data, i64 {i}" for i in chains),
        *(f"  store {vector} %new{i}, ptr %place{i}, align 8" for i in chains),
        "  ret void",
        "}",
    ])  # fmt: skip

    def make() -> Made:
        return {}, text

    spin = code("bench_peak", make, lambda: None).function("spin", None, ctypes.c_int64, ctypes.c_void_p)
    data = np.full((CHAINS, LANES), 0.5)
    best = np.inf
    for _ in range(3):
        start = time.perf_counter()
        spin(ROUNDS, data.ctypes.data)
        best = min(best, time.perf_counter() - start)
    return 2 * CHAINS * LANES * ROUNDS / best / 1e9
