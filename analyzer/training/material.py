"""Where training material comes from: the project's own corpora, and extra folders that a user names."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from analyzer.classification import LinearModel, heading_labeller
from analyzer.document import Document
from analyzer.rules import Pack
from analyzer.training.corpus import Protocol, load_corpus, load_headings, load_other_documents
from analyzer.training.spirit import FILE, load_results, load_spirit


def load_all(corpora: Path) -> tuple[list[Protocol], list[tuple[str, str, str]], list[Document]]:
    """Protocols, heading lines and other documents of a ``corpora/`` folder."""
    folders = [folder for folder in sorted(corpora.iterdir()) if folder.name.startswith("protocols_")]
    protocols = [protocol for folder in folders for protocol in load_corpus(folder)]
    return protocols, load_headings(corpora / "headings"), load_other_documents(corpora / "not_protocols")


def load_extra(folders: Sequence[Path], pack: Pack, headings: LinearModel) -> list[Protocol]:
    """Protocols of further folders: labelling sheets, or a public corpus that has a loader of its own."""
    found: list[Protocol] = []
    for folder in folders:
        spirit = (folder / FILE).exists()
        found += load_spirit(folder, pack, heading_labeller(headings)) if spirit else load_corpus(folder)
    return found


def load_extra_others(folders: Sequence[Path], pack: Pack, headings: LinearModel) -> list[Document]:
    """Documents of further folders that are not protocols: the papers that a public corpus holds beside its protocols."""
    return [paper for folder in folders for paper in load_results(folder, pack, heading_labeller(headings))]
