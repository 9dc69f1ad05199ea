"""Small files that are broken, misleading or hostile, made by ``make.py``; what they are stands in README.md."""
