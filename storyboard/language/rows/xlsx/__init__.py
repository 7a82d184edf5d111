"""Rows of an Excel workbook: a sheet's cells as they are shown, read in a process of its own."""
