"""Machine code from the traced equations: emitted, compiled, kept on disk."""
