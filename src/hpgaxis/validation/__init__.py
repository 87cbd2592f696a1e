"""Predictions held against published trials and populations."""
