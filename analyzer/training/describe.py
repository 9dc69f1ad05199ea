"""What the corpora hold, printed: ``python -m analyzer.training.describe [CORPORA]``.

Sizes, voices, balance, the share of near-duplicate sentences (Jaccard similarity of character 5-grams above 0.6), and how far
a second labeller, who did not see the first labels, agrees (F1 of ``satisfies``; share of equal stances where both labelled).
"""

from __future__ import annotations

import csv
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from analyzer.training.corpus import Labels, Protocol, load_corpus, load_headings, load_other_documents
from analyzer.training.verbs import CORPORA, table

_SHORTEST = 15
"""Characters below which two sentences may well be equal by chance."""
_NEAR = 0.6
_SIZE = 5


def near_duplicates(sentences: Sequence[str]) -> int:
    """How many sentences are nearly the same as an earlier one."""
    index: dict[str, list[int]] = defaultdict(list)
    known: list[set[str]] = []
    count = 0
    for sentence in sentences:
        squeezed = "".join(sentence.split())
        if len(squeezed) < _SHORTEST:
            continue
        grams = {squeezed[start : start + _SIZE] for start in range(len(squeezed) - _SIZE + 1)}
        shared = Counter(earlier for gram in grams for earlier in index[gram])
        count += any(common / len(grams | known[earlier]) > _NEAR for earlier, common in shared.most_common(3))
        for gram in grams:
            index[gram].append(len(known))
        known.append(grams)
    return count


def describe(folder: Path) -> dict[str, Any]:
    """The figures of one folder of protocols."""
    protocols = load_corpus(folder)
    labels = [line for protocol in protocols for line in protocol.labels]
    sentences = [protocol.document.text[passage.start : passage.end] for protocol in protocols for passage in protocol.passages]
    voices = Counter(voice for protocol in protocols for voice in [protocol.voice] * len(protocol.passages))
    return {
        "protocols": len(protocols),
        "sentences": len(sentences),
        "author voices": len(voices),
        "largest voice, share": round(max(voices.values()) / len(sentences), 4),
        "sentences without a criterion, share": round(sum(not line for line in labels) / len(labels), 4),
        "exact repetitions": len(sentences) - len(set(sentences)),
        "near-duplicates, share": round(near_duplicates(sentences) / len(sentences), 4),
        "decisions judged of whole protocols": sum(len(protocol.judged.asked) for protocol in protocols if protocol.judged),
        "of these met": sum(len(protocol.judged.met) for protocol in protocols if protocol.judged),
        "stances": dict(Counter(stance for line in labels for stance in line.values()).most_common()),
        "kinds": dict(Counter(protocol.meta["kind"] for protocol in protocols).most_common()),
        "quality": dict(Counter(protocol.meta["quality"] for protocol in protocols).most_common()),
    }


def agreement(protocols: Sequence[Protocol], second: Path) -> dict[str, Any]:
    """How far a blind second labelling (``document``, ``sentence``, ``labels`` per line) agrees with ours."""
    by_id = {protocol.id: protocol for protocol in protocols}
    hits = extra = missed = same = both = lines = 0
    for row in map(json.loads, second.read_text("utf-8").splitlines()):
        first: Labels = by_id[row["document"]].labels[row["sentence"]]
        other: Labels = row["labels"]
        ours, theirs = _satisfied(first), _satisfied(other)
        hits, extra, missed = hits + len(ours & theirs), extra + len(theirs - ours), missed + len(ours - theirs)
        shared = first.keys() & other.keys()
        same, both, lines = same + sum(first[name] == other[name] for name in shared), both + len(shared), lines + 1
    return {
        "sentences": lines,
        "satisfies F1": round(2 * hits / (2 * hits + extra + missed), 4),
        "same stance where both labelled": round(same / both, 4),
    }


def agreement_on_judgements(protocols: Sequence[Protocol], second: Path) -> dict[str, Any]:
    """How far other readers, who judged some of the same decisions (``document``, ``criterion``, ``judgement``) blind, agree with ours."""
    judged = {protocol.id: protocol.judged for protocol in protocols if protocol.judged is not None}
    with second.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["document"] in judged]
    both = [(row["criterion"] in judged[row["document"]].met, row["judgement"] == "met") for row in rows]
    hits = sum(ours and theirs for ours, theirs in both)
    return {
        "decisions": len(both),
        "equal": round(sum(ours == theirs for ours, theirs in both) / len(both), 4),
        "met F1": round(2 * hits / sum(ours + theirs for ours, theirs in both), 4),
    }


def _satisfied(labels: Labels) -> set[str]:
    return {name for name, stance in labels.items() if stance == "satisfies"}


def main(arguments: Sequence[str]) -> None:
    """Print the figures of all corpora."""
    corpora = Path(arguments[0]) if arguments else CORPORA
    figures: dict[str, Any] = {}
    for folder in sorted(corpora.glob("protocols_*")):
        figures[folder.name] = describe(folder)
        second = corpora / "second_labelling" / f"{folder.name.removeprefix('protocols_')}.jsonl"
        if second.exists():
            figures[folder.name]["second labelling"] = agreement(load_corpus(folder), second)
        judgements = corpora / "second_labelling" / "judgements.csv"
        if judgements.exists():
            figures[folder.name]["second judgements"] = agreement_on_judgements(load_corpus(folder), judgements)
    headings = load_headings(corpora / "headings")
    figures["headings"] = {"lines": len(headings), "distinct": len({heading for heading, _, _ in headings})}
    figures["not_protocols"] = {"documents": len(load_other_documents(corpora / "not_protocols"))}
    sys.stdout.write(table(figures, "en") + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
