"""Finds what a clinical-research protocol lacks, with page and quotation."""
