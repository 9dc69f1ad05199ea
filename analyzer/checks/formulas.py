"""Formulas for sample sizes: raw numbers, not yet rounded up.

They work on plain normal quantiles; where a t distribution is meant, Guenther's correction (Guenther 1981, Am Stat 35:243) gives
the same whole numbers as the exact computation for the sizes met here. SciPy is imported only for the F test and chi-squared quantiles.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from math import asin, ceil, comb, log, sqrt
from statistics import NormalDist

_NORMAL = NormalDist()


def z(probability: float) -> float:
    """Standard normal quantile."""
    return _NORMAL.inv_cdf(probability)


def up(number: float) -> int:
    """The next whole participant."""
    return ceil(number - 1e-9)


def _z_sum(alpha: float, power: float, sides: int) -> float:
    return z(1 - alpha / sides) + z(power)


def two_means(delta: float, sd: float, alpha: float, power: float, sides: int = 2, ratio: float = 1.0) -> float:
    """Size of the smaller (control) group; the other is ``ratio`` times as large (Chow, Shao & Wang 2008, ch. 3)."""
    return (1 + 1 / ratio) * (_z_sum(alpha, power, sides) * sd / delta) ** 2


def two_means_t(delta: float, sd: float, alpha: float, power: float, sides: int = 2) -> float:
    """Per group for the t test: the normal answer plus z²/4 (Guenther 1981)."""
    return two_means(delta, sd, alpha, power, sides) + z(1 - alpha / sides) ** 2 / 4


def ancova(delta: float, sd: float, alpha: float, power: float, correlation: float, sides: int = 2) -> float:
    """Per group when the baseline is a covariate: times 1 - ρ² (Borm 2007, J Clin Epidemiol 60:1234)."""
    return two_means(delta, sd, alpha, power, sides) * (1 - correlation**2)


def wilcoxon(delta: float, sd: float, alpha: float, power: float, sides: int = 2) -> float:
    """Per group for the rank-sum test: divided by its asymptotic efficiency 3/π."""
    return two_means(delta, sd, alpha, power, sides) / 0.955


def paired_mean(delta: float, sd: float, alpha: float, power: float, sides: int = 2) -> float:
    """Pairs; ``sd`` is that of the differences."""
    return (_z_sum(alpha, power, sides) * sd / delta) ** 2


def paired_mean_t(delta: float, sd: float, alpha: float, power: float, sides: int = 2) -> float:
    """Pairs for the t test: the normal answer plus z²/2 (Guenther 1981)."""
    return paired_mean(delta, sd, alpha, power, sides) + z(1 - alpha / sides) ** 2 / 2


def two_proportions_unpooled(p1: float, p2: float, alpha: float, power: float, sides: int = 2, ratio: float = 1.0) -> float:
    """Size of the group with ``p1``, the other being ``ratio`` times as large; variance under the alternative."""
    return _z_sum(alpha, power, sides) ** 2 * (p1 * (1 - p1) + p2 * (1 - p2) / ratio) / (p1 - p2) ** 2


def two_proportions_pooled(p1: float, p2: float, alpha: float, power: float, sides: int = 2, ratio: float = 1.0) -> float:
    """Size of the group with ``p1``, the other being ``ratio`` times as large; pooled variance under the null hypothesis (Fleiss 1981)."""
    mean = (p1 + ratio * p2) / (1 + ratio)
    null = z(1 - alpha / sides) * sqrt((1 + 1 / ratio) * mean * (1 - mean))
    return ((null + z(power) * sqrt(p1 * (1 - p1) + p2 * (1 - p2) / ratio)) / (p1 - p2)) ** 2


def two_proportions_corrected(p1: float, p2: float, alpha: float, power: float, sides: int = 2) -> float:
    """Per group with continuity correction (Fleiss, Tytun & Ury 1980)."""
    pooled = two_proportions_pooled(p1, p2, alpha, power, sides)
    return pooled / 4 * (1 + sqrt(1 + 4 / (pooled * abs(p1 - p2)))) ** 2


def two_proportions_arcsine(p1: float, p2: float, alpha: float, power: float, sides: int = 2) -> float:
    """Per group by Cohen's h."""
    h = 2 * (asin(sqrt(p1)) - asin(sqrt(p2)))
    return 2 * (_z_sum(alpha, power, sides) / h) ** 2


def one_proportion(p0: float, p1: float, alpha: float, power: float, sides: int = 2) -> float:
    """A single group against a target rate, normal approximation."""
    return ((z(1 - alpha / sides) * sqrt(p0 * (1 - p0)) + z(power) * sqrt(p1 * (1 - p1))) / (p1 - p0)) ** 2


def one_proportion_exact(p0: float, p1: float, alpha: float, power: float, most: int = 300) -> tuple[int, int] | None:
    """Smallest (n, responses needed) of the exact one-sided binomial test (A'Hern 2001); p1 > p0; None when above ``most``."""
    for n in range(max(5, int(one_proportion(p0, p1, alpha, power, 1) * 0.7)), most):
        null, expected = _tails(n, p0), _tails(n, p1)
        least = next(k for k, tail in enumerate(null) if tail <= alpha)
        if expected[least] >= power:
            return n, least
    return None


def one_proportion_alternative(p0: float, p1: float, alpha: float, power: float, sides: int = 2) -> float:
    """A single group against a target rate, variance under the alternative only."""
    return _z_sum(alpha, power, sides) ** 2 * p1 * (1 - p1) / (p1 - p0) ** 2


def events_schoenfeld(ratio: float, alpha: float, power: float, sides: int = 2, share: float = 0.5) -> float:
    """Events for the log-rank test (Schoenfeld 1983); ``share`` is one arm's share of participants."""
    return _z_sum(alpha, power, sides) ** 2 / (share * (1 - share) * log(ratio) ** 2)


def events_freedman(ratio: float, alpha: float, power: float, sides: int = 2) -> float:
    """Events for the log-rank test, equal arms (Freedman 1982)."""
    return (_z_sum(alpha, power, sides) * (1 + ratio) / (1 - ratio)) ** 2


def average_event_probability(control: float, ratio: float) -> float:
    """Mean probability of an event over both arms under proportional hazards."""
    return (control + 1 - float((1 - control) ** ratio)) / 2


def non_inferiority_proportions(pt: float, pc: float, margin: float, alpha: float, power: float) -> float:
    """Per group; ``alpha`` one-sided, a high rate is good (Chow, Shao & Wang 2008, ch. 4)."""
    return _z_sum(alpha, power, 1) ** 2 * (pt * (1 - pt) + pc * (1 - pc)) / (pt - pc + margin) ** 2


def non_inferiority_means(sd: float, margin: float, alpha: float, power: float, difference: float = 0.0) -> float:
    """Per group; ``alpha`` one-sided; a negative ``margin`` makes it superiority by a margin."""
    return 2 * (_z_sum(alpha, power, 1) * sd / (difference + margin)) ** 2


def equivalence_means(sd: float, margin: float, alpha: float, power: float) -> float:
    """Per group for two one-sided tests at ``alpha`` and no true difference."""
    return 2 * ((z(1 - alpha) + z((1 + power) / 2)) * sd / margin) ** 2


def equivalence_proportions(p: float, margin: float, alpha: float, power: float) -> float:
    """Per group for two one-sided tests at ``alpha`` and the same rate ``p`` in both groups."""
    return 2 * p * (1 - p) * ((z(1 - alpha) + z((1 + power) / 2)) / margin) ** 2


def precision_proportion(p: float, half_width: float, confidence: float = 0.95) -> float:
    """Participants for a Wald interval of that half width."""
    return z((1 + confidence) / 2) ** 2 * p * (1 - p) / half_width**2


def precision_mean(sd: float, half_width: float, confidence: float = 0.95) -> float:
    """Participants for an interval of that half width about a mean."""
    return (z((1 + confidence) / 2) * sd / half_width) ** 2


def detect_one_event(p: float, confidence: float = 0.95) -> float:
    """Participants needed to see an event of probability ``p`` at least once."""
    return log(1 - confidence) / log(1 - p)


def upper_bound_without_events(n: int, confidence: float = 0.95, sides: int = 1) -> float:
    """Exact upper confidence bound of a rate when none of ``n`` had the event (close to 3/n)."""
    return float(1 - ((1 - confidence) / sides) ** (1 / n))


def escalation_probability(p: float) -> float:
    """Chance that a 3+3 design passes a dose whose toxicity probability is ``p``."""
    return (1 - p) ** 3 + 3 * p * (1 - p) ** 2 * (1 - p) ** 3


def escalation_range(levels: int) -> tuple[int, int]:
    """Fewest and most participants of a 3+3 design that goes through all dose levels."""
    return 3 * levels, 6 * levels


def design_effect(cluster_size: float, icc: float) -> float:
    """Factor by which clustering enlarges the sample."""
    return 1 + (cluster_size - 1) * icc


def with_loss(n: float, loss: float) -> tuple[int, int]:
    """Participants to enrol so that ``n`` remain: by division (correct) and by multiplication (common)."""
    return up(n / (1 - loss)), up(n * (1 + loss))


def anova_total(effect: float, groups: int, alpha: float, power: float) -> float:
    """Total for a one-way analysis of variance with Cohen's f, from the noncentral F distribution."""
    from scipy.optimize import brentq
    from scipy.stats import f, ncf

    def shortfall(total: float) -> float:
        between, within = groups - 1, total - groups
        return float(ncf.sf(f.isf(alpha, between, within), between, within, effect**2 * total)) - power

    return float(brentq(shortfall, groups + 2, 1e5))


def sd_upper_factor(degrees: int, confidence: float = 0.8) -> float:
    """Factor from a pilot's SD to its upper confidence limit (Browne 1995)."""
    from scipy.stats import chi2

    return sqrt(degrees / float(chi2.ppf(1 - confidence, degrees)))


@dataclass(frozen=True, slots=True)
class TwoStage:
    """Stop after ``n1`` with at most ``r1`` responses; the treatment fails with at most ``r`` of ``n`` (Simon 1989)."""

    r1: int
    n1: int
    r: int
    n: int

    def rejects(self, p: float) -> float:
        """Probability that the treatment is called active at the response rate ``p``."""
        first, second = _masses(self.n1, p), _tails(self.n - self.n1, p)
        return sum(first[x] * second[max(self.r + 1 - x, 0)] for x in range(self.r1 + 1, self.n1 + 1) if self.r - x < self.n - self.n1)

    def expected(self, p: float) -> float:
        """Expected number of participants at the response rate ``p``."""
        return self.n1 + _tails(self.n1, p)[self.r1 + 1] * (self.n - self.n1)


@cache
def simon(p0: float, p1: float, alpha: float, beta: float, most: int = 100) -> dict[str, TwoStage]:
    """``optimal`` and ``minimax`` two-stage designs, by search; empty when they need more than ``most`` participants."""
    best: dict[str, tuple[tuple[float, float], TwoStage]] = {}
    for n in range(max(5, int(0.8 * one_proportion(p0, p1, alpha, 1 - beta, 1))), most + 1):
        if "minimax" in best and n > 1.6 * best["minimax"][1].n:
            break
        for design in _designs(p0, p1, alpha, beta, n):
            mean = round(design.expected(p0), 9)
            for name, rank in (("optimal", (mean, n)), ("minimax", (n, mean))):
                if name not in best or rank < best[name][0]:
                    best[name] = (rank, design)
    return {name: design for name, (_, design) in best.items()}


def _designs(p0: float, p1: float, alpha: float, beta: float, n: int) -> Iterator[TwoStage]:
    """Two-stage designs of ``n`` participants that keep both error rates: for every first stage those with the fewest responses."""
    import numpy as np

    for n1 in range(1, n):
        needed = np.arange(n)[:, None] + 1 - np.arange(n1 + 1)[None, :]
        needed = np.clip(needed, 0, n - n1 + 1)
        errors = []
        for p in (p0, p1):
            passes = np.array(_masses(n1, p)) * np.array(_tails(n - n1, p))[needed]
            errors.append(np.cumsum(passes[:, ::-1], axis=1)[:, ::-1])
        kept = (errors[0] <= alpha) & (errors[1] >= 1 - beta)
        for column in np.flatnonzero(kept[:, 1:].any(axis=0)):
            yield TwoStage(int(column), n1, int(kept[:, column + 1].argmax()), n)


@lru_cache(512)
def _masses(n: int, p: float) -> tuple[float, ...]:
    """P(X = k) for k = 0 … n."""
    return tuple(comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(n + 1))


@lru_cache(512)
def _tails(n: int, p: float) -> tuple[float, ...]:
    """P(X ≥ k) for k = 0 … n + 1."""
    tails = [0.0] * (n + 2)
    for k, mass in reversed(list(enumerate(_masses(n, p)))):
        tails[k] = tails[k + 1] + mass
    return tuple(tails)
