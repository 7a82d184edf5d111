"""Reads rows of an Excel workbook: a sheet's cells as displayed, read in a separate process."""
