"""Single sign-on has the defaults that its documentation names."""

from __future__ import annotations

from pathlib import Path

import yaml

ROLE = Path(__file__).parents[4] / "roles" / "open_webui"


def test_documentation_and_defaults_are_the_same() -> None:
    options = yaml.safe_load((ROLE / "meta" / "argument_specs.yml").read_text())["argument_specs"]["main"]["options"]
    documented = {name: option.get("default", "") for name, option in options["open_webui_oidc"]["options"].items()}
    variables = yaml.safe_load((ROLE / "vars" / "main" / "single_sign_on.yml").read_text())
    assert documented == variables["__open_webui_oidc_defaults"]
