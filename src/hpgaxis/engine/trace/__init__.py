"""Equations traced into a graph of expressions, differentiated and factorised."""
