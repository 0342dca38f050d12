"""What was learnt on site: visits counted in the rooms beside what was planned."""

from sozialraum.lazy import exports

__getattr__, __dir__, __all__ = exports(
    __name__,
    {
        "decay": "Decay fit_decay",
        "judge": "dispersion judge_rooms poisson_interval shrunk_ratios",
        "page": "study_snippet write_evaluation",
        "plan": "catchments",
        "results": "Evaluation evaluate_visits",
        "visits": "read_visits",
    },
)
