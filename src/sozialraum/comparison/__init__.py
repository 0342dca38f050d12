"""Two finished runs side by side: what changed, what is chance, and why rooms enter or leave."""

from sozialraum.lazy import exports

__getattr__, __dir__, __all__ = exports(
    __name__,
    {
        "areas": "compare_areas compare_regions",
        "causes": "compare_inputs compare_settings",
        "definitions": "Difference check_comparable differences",
        "rooms": "compare_rooms reach_again",
        "runs": "Comparison compare_runs",
        "safety": "check_together",
        "page": "write_comparison",
    },
)
