"""The file that `lineside config init` writes."""

from __future__ import annotations

from typing import Final

GITLAB_URL: Final = "https://gitlab.example.com"
"""GitLab of the template where no checkout names one."""
PROJECT: Final = "group/project"
"""Project of the template where no checkout names one."""
MLFLOW_URL: Final = "https://mlflow.example.com"
"""MLflow of the template where the environment names none."""

TEMPLATE: Final = """\
# Lineside. `lineside config check` checks this file, `lineside config schema` tells every key with its meaning.
connections:
  gitlab:
    kind: gitlab
    url: {gitlab}
    token_env: GITLAB_TOKEN  # or token_command: pass show gitlab, token_from: glab, token_keyring: lineside
  mlflow:
    kind: mlflow
    url: {mlflow}  # user name and password: username, password_env

projects:
  - project: {project}
    experiment: {experiment}  # name or id of the MLflow experiment
"""


def template(*, gitlab: str = "", project: str = "", mlflow: str = "", experiment: str = "") -> str:
    """A short commented configuration, for the given servers and project or for examples to be replaced."""
    return TEMPLATE.format(
        gitlab=_scalar(gitlab or GITLAB_URL),
        project=_scalar(project or PROJECT),
        mlflow=_scalar(mlflow or MLFLOW_URL),
        experiment=_scalar(experiment or (project or PROJECT).rpartition("/")[2]),
    )


def _scalar(text: str) -> str:
    """The text as a YAML value on one line, quoted where it needs it."""
    import yaml

    written = str(yaml.safe_dump(text.replace("${", "$${"), width=float("inf"), allow_unicode=True))
    return written.removesuffix("\n").removesuffix("\n...")
