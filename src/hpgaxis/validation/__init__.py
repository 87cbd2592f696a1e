"""Comparison of predictions with published trials and populations."""
