"""The study: one YAML file that says everything a run needs to know."""

from sozialraum.study.load import json_schema, load_study, packaged_studies
from sozialraum.study.model import Study

__all__ = ["Study", "json_schema", "load_study", "packaged_studies"]
