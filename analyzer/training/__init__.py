"""Corpus -> features -> model -> card: behind the verbs ``train``, ``evaluate`` and ``label``."""
