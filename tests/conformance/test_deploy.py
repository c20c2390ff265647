"""What lies in deploy/ is what CloudFormation takes."""

import pathlib

import cfnlint
import pytest

DEPLOY = pathlib.Path(__file__).resolve().parents[2] / "deploy"
TEMPLATES = [file for file in sorted(DEPLOY.glob("*.yaml")) if "AWSTemplateFormatVersion" in file.read_text()]


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_a_template_is_without_faults(template):
    assert [str(fault) for fault in cfnlint.lint_file(template)] == []
