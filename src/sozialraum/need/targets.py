"""Target groups: what each is ranked by, how sure that is, and how many people it stands for.

Everybody is ranked by the status index, young people by youth unemployment, families by children
on benefits, and neighbourhoods that get worse by the dynamics index. Ranking value and number of
people are kept apart on purpose: the one says where need is dense, the other how many people a
presence would serve there.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from sozialraum.need.masking import UNDETERMINED, unmask
from sozialraum.need.propagate import threshold_distance
from sozialraum.need.ranking import rank_confidence
from sozialraum.need.rates import standard_error

NEGATIVE = "negativ"


def percent_target(
    percent: pd.Series,
    base: pd.Series,
    *,
    masked_up_to: int = 0,
    design_effect: float = 1.0,
    excluded: pd.Series | None = None,
) -> pd.DataFrame:
    """Ranking value of a group that one published share describes.

    Youth unemployment (KI_01 of 2020, where a 0 means 0 to 2 persons) and children on benefits
    (S4, where a 0 of the edition 2025 means 0 to 10) are such shares.

    Parameters
    ----------
    percent : Series, index area_id
        Published share in percent.
    base : Series, same index
        Persons the share refers to. Where the publisher's own base is not known, a register
        figure close to it: it only enters the standard error and the masked end.
    masked_up_to : int
        Counts up to this number were published as 0.
    design_effect : float
        Variance relative to independent persons.
    excluded : boolean Series, optional
        True = not rated.

    Returns
    -------
    DataFrame, same index
        ``value`` (percent; a masked figure stands in the middle of its ends), ``value_lo``,
        ``value_hi``, ``se`` (percentage points). Missing or excluded: NaN.

    Examples
    --------
    >>> young = percent_target(pd.Series([4.0, 0.0]), pd.Series([500, 400]), masked_up_to=2)
    >>> young.round(3)
       value  value_lo  value_hi     se
    0   4.00       4.0       4.0  0.914
    1   0.25       0.0       0.5  0.429
    """
    people = base.reindex(percent.index).astype(float)
    lower, upper = unmask(percent.to_frame("x"), people.to_frame("x"), masked_up_to)
    low, high = lower["x"], upper["x"]
    value = (low + high) / 2
    error = 100 * standard_error(value * people / 100, people, design_effect=design_effect)
    frame = pd.DataFrame({"value": value, "value_lo": low, "value_hi": high, "se": error})
    frame.loc[frame["se"].isna()] = np.nan
    return frame if excluded is None else frame.mask(excluded.reindex(frame.index))


def count_target(
    recipients: pd.DataFrame,
    population: pd.Series,
    *,
    as_share: bool = False,
    design_effect: float = 1.0,
    excluded: pd.Series | None = None,
) -> pd.DataFrame:
    """Ranking value of the number of recipients, or of their share.

    Parameters
    ----------
    recipients : DataFrame, index area_id
        Columns recipients, recipients_lo, recipients_hi (persons; the bounds of a derived or
        suppressed count).
    population : Series, same index
        Persons the count is part of.
    as_share : bool
        False ranks by persons, True by their share in percent.
    design_effect : float
        Variance relative to independent persons.
    excluded : boolean Series, optional
        True = not rated.

    Returns
    -------
    DataFrame, same index
        ``value``, ``value_lo``, ``value_hi``, ``se`` in persons or percent. Missing or excluded:
        NaN.

    Examples
    --------
    >>> people = pd.DataFrame(
    ...     {"recipients": [120.0], "recipients_lo": [115.0], "recipients_hi": [125.0]}
    ... )
    >>> count_target(people, pd.Series([1000]), design_effect=1.8).round(1).iloc[0].tolist()
    [120.0, 115.0, 125.0, 13.9]
    """
    residents = population.reindex(recipients.index).astype(float)
    factor = 100 / residents.where(residents > 0) if as_share else 1.0
    error = standard_error(recipients["recipients"], residents, design_effect=design_effect)
    frame = pd.DataFrame(
        {
            "value": recipients["recipients"] * factor,
            "value_lo": recipients["recipients_lo"] * factor,
            "value_hi": recipients["recipients_hi"] * factor,
            "se": error * residents * factor,
        }
    )
    frame.loc[frame.isna().any(axis=1)] = np.nan
    return frame if excluded is None else frame.mask(excluded.reindex(frame.index))


def index_target(
    index: pd.Series,
    se: pd.Series,
    *,
    index_lo: pd.Series | None = None,
    index_hi: pd.Series | None = None,
    excluded: pd.Series | None = None,
) -> pd.DataFrame:
    """Ranking value of a group that an index describes (everybody, getting worse).

    Parameters
    ----------
    index, se : Series, index area_id
        Status or dynamics index with its standard error in points (`index_error`).
    index_lo, index_hi : Series, optional
        Smaller and larger end where masked figures enter (`status_bounds`, `dynamics_bounds`).
    excluded : boolean Series, optional
        True = not rated.

    Returns
    -------
    DataFrame, same index
        ``value``, ``value_lo``, ``value_hi``, ``se`` in points. Missing or excluded: NaN.

    Examples
    --------
    >>> index_target(pd.Series([1.2, None]), pd.Series([0.1, 0.1])).iloc[0].tolist()
    [1.2, 1.2, 1.2, 0.1]
    """
    low = index if index_lo is None else index_lo
    high = index if index_hi is None else index_hi
    frame = pd.DataFrame({"value": index, "value_lo": low, "value_hi": high, "se": se})
    frame = frame.astype(float)
    frame.loc[frame["value"].isna() | frame["se"].isna()] = np.nan
    return frame if excluded is None else frame.mask(excluded.reindex(frame.index))


def rank_target(
    target: pd.DataFrame, *, coverage: float = 0.95, draws: int = 20_000, seed: int = 0
) -> pd.DataFrame:
    """Rank sets of a target group, masked ends included.

    Parameters
    ----------
    target : DataFrame
        From `percent_target` or `index_target`: value, value_lo, value_hi, se.
    coverage, draws, seed
        As in `sozialraum.need.rank_confidence`.

    Returns
    -------
    DataFrame, same index
        ``rank``, ``lo``, ``hi``; simultaneous sets that hold wherever a masked figure lies.

    Examples
    --------
    >>> share, people = pd.Series([9.0, 0.0, 1.0]), pd.Series([900, 400, 800])
    >>> young = percent_target(share, people, masked_up_to=2)
    >>> rank_target(young).to_numpy().tolist()
    [[1.0, 1.0, 1.0], [3.0, 2.0, 3.0], [2.0, 2.0, 3.0]]
    """
    return rank_confidence(
        target["value"],
        target["se"],
        coverage,
        draws=draws,
        seed=seed,
        bounds=(target["value_lo"], target["value_hi"]),
    )


def without_old_age(
    recipients: pd.DataFrame, old_age_percent: pd.Series, residents_65: pd.Series
) -> pd.DataFrame:
    """Recipients without the estimated old-age recipients of SGB XII.

    Benefits in old age are not the Jobcenter's task. Their number per area is only known as a
    share of residents from 65 at an earlier date (KI_03); times today's residents from 65 it is
    an estimate, not a count.

    Parameters
    ----------
    recipients : DataFrame, index area_id
        Columns recipients, recipients_lo, recipients_hi.
    old_age_percent : Series, same index
        Share of residents from 65 on such benefits, percent. Missing is not 0: the result is NaN.
    residents_65 : Series, same index
        Residents from 65 years.

    Returns
    -------
    DataFrame, same index
        ``old_age`` (estimated persons, at most the recipients), ``recipients``,
        ``recipients_lo``, ``recipients_hi`` without them, never below 0.

    Examples
    --------
    >>> people = pd.DataFrame(
    ...     {"recipients": [500.0], "recipients_lo": [490.0], "recipients_hi": [510.0]}
    ... )
    >>> without_old_age(people, pd.Series([10.0]), pd.Series([800])).iloc[0].tolist()
    [80.0, 420.0, 410.0, 430.0]
    """
    columns = ["recipients", "recipients_lo", "recipients_hi"]
    estimate = (old_age_percent * residents_65 / 100).reindex(recipients.index)
    estimate = estimate.where(~(estimate > recipients["recipients"]), recipients["recipients"])
    rest = recipients[columns].sub(estimate, axis=0).clip(lower=0)
    return pd.concat([estimate.rename("old_age"), rest], axis=1)


def worse_areas(
    dynamics: pd.DataFrame, se: pd.Series, recipients: pd.Series | None = None
) -> pd.DataFrame:
    """Areas that get worse, those that possibly do, and how close they are to the threshold.

    Parameters
    ----------
    dynamics : DataFrame, index area_id
        From `dynamics_bounds` (or `dynamics_index`, where nothing is masked).
    se : Series, same index
        Standard error of the dynamics index in points.
    recipients : Series, optional
        Persons, for the demand weights.

    Returns
    -------
    DataFrame, same index
        ``worse`` (class *negativ*), ``masked_worse`` (the class depends on masked figures and
        could be *negativ*), ``near_worse`` (the index lies below the threshold by less than 1.96
        standard errors), ``possibly_worse`` (either of them), ``in_errors`` (distance to the
        nearest threshold in standard errors), ``uncertain`` (that is less than 1.96) and, with
        ``recipients``, ``weight`` (those of ``worse`` areas, else 0) and ``weight_possible``
        (those of ``possibly_worse`` areas). Without an index: False, NaN.

    Notes
    -----
    A change over two years is small against its error: in the district 31 of 52 areas are
    ``near_worse`` with a design effect of 1.8 and independent counts. Naming them one by one
    would say nothing; ``in_errors`` beside a class says it better.

    Examples
    --------
    >>> frame = pd.DataFrame({"index": [1.4, 0.9, -1.2], "class": ["negativ", "stabil", "positiv"]})
    >>> found = worse_areas(frame, pd.Series([0.5, 0.5, 0.5]))
    >>> found[["worse", "possibly_worse"]].to_numpy().tolist()
    [[True, False], [False, True], [False, False]]
    """
    index = dynamics["index"]
    close = threshold_distance(index, se, (-1.0, 1.0))
    known = index.notna()
    worse = known & (dynamics["class"] == NEGATIVE)
    near = known & ~worse & (1 - index < 1.96 * se)
    masked = dynamics["class"] == UNDETERMINED
    if masked.any():
        masked &= (dynamics["class_lower"] == NEGATIVE) | (dynamics["class_upper"] == NEGATIVE)
    frame = pd.DataFrame(
        {
            "worse": worse,
            "masked_worse": masked,
            "near_worse": near & ~masked,
            "possibly_worse": near | masked,
            "in_errors": close["in_errors"],
            "uncertain": close["in_errors"] < 1.96,
        }
    )
    if recipients is not None:
        people = recipients.reindex(frame.index)
        for column, rows in (("weight", worse), ("weight_possible", frame["possibly_worse"])):
            frame[column] = people.where(rows, 0.0).where(known & people.notna())
    return frame
