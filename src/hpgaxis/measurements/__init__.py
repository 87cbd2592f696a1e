"""What laboratories measure: names, units, ranges, variation."""
