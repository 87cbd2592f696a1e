"""Calibration of the typical man's parameters to trials, and their posterior."""
