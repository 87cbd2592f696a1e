"""The Rosenbrock method over eight patients at a time, and what it reads and records."""
