"""Windows of the scan statistic: circles, and connected shapes that grow from each area.

Both searches work on many data sets at once (columns of a matrix), since the scan repeats the same
search on every replication. Logarithms are costly, so a bound without them comes first: the log
likelihood ratio of a window never exceeds Pearson's χ² of the same window (for both models the
Kullback-Leibler divergence is below the χ² divergence). Only windows whose χ² beats the best ratio
found so far are evaluated exactly; the maximum found is the exact maximum over all windows.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Floats = NDArray[np.float64]
CELLS = 60_000  # cells of a working array: it stays in the processor's cache


class Data:
    """Data sets side by side, and the largest log likelihood ratio found in each.

    Parameters
    ----------
    cases : array of shape (n, B)
        Persons of n areas in B data sets.
    size : array of shape (n,)
        Residents.
    binomial : bool
        The model; otherwise Poisson.
    """

    def __init__(self, cases: Floats, size: Floats, *, binomial: bool) -> None:
        self.cases, self.size, self.binomial = cases, size, binomial
        self.everyone = float(size.sum())
        self.total = cases.sum(axis=0)
        self.rate = self.total / self.everyone
        self.excess = cases - size[:, None] * self.rate
        self.spread = np.maximum(self.rate * (1 - self.rate) if binomial else self.rate, 1e-300)
        self.best = np.zeros(cases.shape[1])

    def root(self, size: Floats) -> Floats:
        """Factor that turns the excess of windows with `size` residents into a root of χ²."""
        return np.sqrt(1 / size + 1 / np.maximum(self.everyone - size, 1e-9))

    def offer(self, excess: Floats, size: Floats, deviate: Floats) -> None:
        """Windows of shape (g, B): excess, residents (g, 1 or B), `excess * root` (0: none)."""
        hit = np.flatnonzero(deviate > np.sqrt(self.best * self.spread))
        if len(hit):
            row, column = np.divmod(hit, len(self.best))
            at = size[row, column if size.shape[1] > 1 else 0]
            np.maximum.at(self.best, column, self.ratio(excess[row, column], at, column))

    def ratio(self, excess: Floats, size: Floats, column: NDArray[np.intp] | int = 0) -> Floats:
        """Log likelihood ratio of windows with `excess` cases above expectation.

        Kulldorff (1997) for the Bernoulli and the Poisson model, high rates only.
        """
        rate, total = self.rate[column], self.total[column]
        inside = np.maximum(excess + rate * size, 0)
        llr = self._divergence(inside, size, rate)
        llr += self._divergence(np.maximum(total - inside, 0), self.everyone - size, rate)
        return np.where(excess > 0, llr, 0.0)

    def _divergence(self, count: Floats, residents: Floats, rate: Floats) -> Floats:
        found = _xlogy(count, residents * rate)
        if self.binomial:
            found += _xlogy(np.maximum(residents - count, 0), residents * (1 - rate))
        return found


def _squared(xy: Floats) -> Floats:
    """Squared distances between all points: (n, n)."""
    x, y = xy.T
    return (x[:, None] - x) ** 2 + (y[:, None] - y) ** 2


def _xlogy(x: Floats, expected: Floats) -> Floats:
    """``x log(x / expected)``, 0 where x is 0."""
    return x * np.log(np.where(x > 0, x, 1.0) / np.where(x > 0, expected, 1.0))


class Circles:
    """Circles around each area's point that take in the areas by distance (Kulldorff 1997).

    Areas at the same distance enter together. A circle holds at most `limit` residents.
    """

    def __init__(self, xy: Floats, population: Floats, limit: float) -> None:
        squared = _squared(xy)
        order = np.argsort(squared, axis=1, kind="stable")
        far = np.take_along_axis(squared, order, axis=1)
        held = np.cumsum(population[order], axis=1)
        last = np.ones_like(held, dtype=bool)
        last[:, :-1] = far[:, 1:] > far[:, :-1] * (1 + 1e-9) + 1e-12 * far.max()
        whole = last & (held <= limit)
        reach = int(np.flatnonzero(whole.any(axis=0)).max(initial=-1)) + 1
        self.order = np.ascontiguousarray(order[:, :reach].T)
        self.whole = np.ascontiguousarray(whole[:, :reach].T)

    def maxima(self, data: Data) -> Floats:
        """Largest log likelihood ratio over all circles, for each data set: (B,)."""
        inside = np.zeros_like(data.excess)
        entering = np.empty_like(data.excess)
        for ring, size, root in self._rings(data):
            np.take(data.excess, ring, axis=0, out=entering, mode="clip")
            inside += entering
            np.multiply(inside, root[:, None], out=entering)
            data.offer(inside, size[:, None], entering)
        return data.best

    def listed(self, data: Data, floor: float) -> Iterator[tuple[float, NDArray[np.intp]]]:
        """Circles of the first data set whose ratio is at least `floor`, with their members."""
        inside = np.zeros(len(data.size))
        for k, (ring, size, root) in enumerate(self._rings(data)):
            inside += data.excess[ring, 0]
            llr = np.where(root > 0, data.ratio(inside, size), 0.0)
            for i in np.flatnonzero(llr >= floor):
                yield float(llr[i]), self.order[: k + 1, i]

    def _rings(self, data: Data) -> Iterator[tuple[NDArray[np.intp], Floats, Floats]]:
        """Areas that enter next, residents then inside, root of χ² (0 where it is no circle)."""
        inside = np.zeros(len(data.size))
        for ring, whole in zip(self.order, self.whole, strict=True):
            inside = inside + data.size[ring]
            yield ring, inside, data.root(inside) * whole


class Growth:
    """Connected windows that grow from each area by the neighbour with the highest rate.

    From every area a window grows over the contiguity graph; each step takes in the adjacent area
    with the highest rate among the `reach` areas nearest to the start, and every stage of the
    growth is a window. The limit to the nearest ones keeps windows compact, as in Tango &
    Takahashi (2005), whose exhaustive search cannot be repeated in seconds; growing by neighbours
    follows Assunção et al. (2006, Statistics in Medicine 25, 723–742).
    """

    def __init__(
        self,
        xy: Floats,
        population: Floats,
        limit: float,
        graph: sparse.csr_array,
        reach: int = 20,
    ) -> None:
        self.near = np.argsort(_squared(xy), axis=1, kind="stable")[:, : min(reach, len(xy), 31)]
        linked = graph.toarray() > 0
        linked |= linked.T
        between = linked[self.near[:, :, None], self.near[:, None, :]]
        flags = np.int32(1) << np.arange(self.near.shape[1], dtype=np.int32)
        self.bits = (between * flags).sum(axis=2, dtype=np.int32)  # (n, reach): its neighbours
        self.population, self.limit = population, limit

    def maxima(self, data: Data) -> Floats:
        """Largest log likelihood ratio over all windows, for each data set: (B,)."""
        for _, excess, size, held, _ in self._stages(data):
            data.offer(excess, size, excess * data.root(size) * (held <= self.limit))
        return data.best

    def listed(self, data: Data, floor: float) -> Iterator[tuple[float, NDArray[np.intp]]]:
        """Windows of the first data set whose ratio is at least `floor`, with their members."""
        slots = np.arange(self.near.shape[1])
        for starts, excess, size, held, taken in self._stages(data):
            llr = np.where(held <= self.limit, data.ratio(excess, size), 0.0)[:, 0]
            for i in np.flatnonzero(llr >= floor):
                yield float(llr[i]), self.near[starts[i]][(taken[i, 0] >> slots) & 1 > 0]

    def _stages(
        self, data: Data
    ) -> Iterator[tuple[NDArray[np.intp], Floats, Floats, Floats, NDArray[np.int32]]]:
        """All windows, as starts (g,), and excess, size, residents and member bits (g, B)."""
        excess = data.excess
        n, B = excess.shape
        reach = self.near.shape[1]
        place = np.empty((n, B), np.int32)  # by rate, from 1; equal rates in the order of rows
        order = np.argsort(data.cases / data.size[:, None], axis=0, kind="stable")
        np.put_along_axis(place, order, np.arange(1, n + 1, dtype=np.int32)[:, None], axis=0)
        slot = np.arange(reach, dtype=np.int32)[:, None, None]
        columns = np.arange(B)
        for start in range(0, n, max(1, CELLS // (B * reach))):
            group = np.arange(start, min(n, start + max(1, CELLS // (B * reach))))
            near = self.near[group].T  # (reach, g)
            key = (place[near] << 5) | slot  # the highest rate wins, its slot comes along
            row = np.arange(len(group))[:, None]
            taken = np.ones((len(group), B), np.int32)
            border = np.broadcast_to(self.bits[group, 0][:, None], taken.shape).copy()
            inside = excess[group]
            size = np.repeat(data.size[group][:, None], B, axis=1)
            held = np.repeat(self.population[group][:, None], B, axis=1)
            yield group, inside, size, held, taken
            for _ in range(reach - 1):
                free = border & ~taken
                top = (key * ((free >> slot) & 1)).max(axis=0)
                grows = top > 0
                if not grows.any():
                    break
                chosen = top & 31
                area = near[chosen, row]
                inside = inside + excess[area, columns] * grows
                size = size + data.size[area] * grows
                held = held + self.population[area] * grows
                taken = taken | (grows.astype(np.int32) << chosen)
                border = border | self.bits[group[:, None], chosen]
                if (held > self.limit).all():
                    break
                yield group, inside, size, held, taken
