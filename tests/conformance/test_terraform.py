"""The modules of deploy/terraform: whole, and with the policies of the CloudFormation templates."""

import importlib.util
import re

import pytest

from cloudformation import DEPLOY, Stack
from deployments import CONTROL, DEPLOYMENTS, FANOUT, IMAGE, NETWORK, ORGANIZATION, PLACE, PRINCIPAL, TASK
from keyward_process import ROOT
from policies import plain
from terraform import MODULES, Module, files_of, named, plain_name

_specification = importlib.util.spec_from_file_location("generator", ROOT / "scripts" / "terraform.py")
generator = importlib.util.module_from_spec(_specification)
_specification.loader.exec_module(generator)

FOLDERS = sorted(MODULES.iterdir())
EXAMPLES = sorted((DEPLOY / "terraform" / "examples").iterdir())


def snake(name):
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()


@pytest.mark.parametrize("name", generator.MODULES)
def test_what_is_generated_is_as_the_template_is(name):
    """Otherwise run scripts/terraform.py."""
    assert (MODULES / name / "generated.tf").read_text() == generator.Module(name).file()


# ---- the same policies


def pairs():
    """A module and a stack with the same parameters."""
    for name, (deployment, _) in DEPLOYMENTS.items():
        yield f"{name}-member", "member-role", deployment.member("222222222222")
        yield f"{name}-inventory", "inventory-role", deployment.inventory
        yield f"{name}-control", "control", deployment.control
        if deployment.is_central:
            yield f"{name}-store", "central-store", deployment.central(deployment.region)
    network = {"OrganizationId": ORGANIZATION, "InventoryRoleArn": PRINCIPAL, "FunctionInNetwork": "yes"}
    yield "control-in-network", "control", Stack("cloudformation/control.yaml", account=CONTROL, **network)
    yield "function", "function", Stack("cloudformation/function.yaml", account=CONTROL, **PLACE, ImageUri=IMAGE)
    yield "task", "task", Stack("cloudformation/task.yaml", account=CONTROL, **PLACE, **TASK)
    everything = {"RouteTableIds": "rtb-11111111", "WithSecurityHub": "yes", "WithTopics": "yes"}
    yield "vpc-endpoints", "vpc-endpoints", Stack("cloudformation/vpc-endpoints.yaml", account=CONTROL, **NETWORK, **everything)
    yield "fanout", "fanout", Stack("fanout/fanout.yaml", account=CONTROL, **FANOUT)


DOCUMENTS = ("PolicyDocument", "KeyPolicy", "FileSystemPolicy")


def policies_of(stack):
    """What the module calls a policy of the template, and the policy."""
    for name, resource in stack.resources.items():
        properties = stack.properties(name)
        for key in DOCUMENTS:
            if key in properties:
                yield snake(name).removesuffix("_policy") + "_policy", properties[key]
        if "AssumeRolePolicyDocument" in properties:
            yield snake(name) + "_trust", properties["AssumeRolePolicyDocument"]
            for inline in properties.get("Policies", []):
                yield snake(name) + "_policy", inline["PolicyDocument"]


def others(folder, stack):
    """What the module's own resources are in the stack."""
    found = {}
    for name, address in generator.MODULES[folder][1].items():
        found[address] = stack.resolve({"Fn::GetAtt": name} if "." in name else {"Ref": name})
    return found


CASES = list(pairs())


@pytest.mark.parametrize("folder, stack", [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_a_module_has_the_policies_of_its_template(folder, stack):
    given = {snake(key): value for key, value in stack.parameters.items()}
    place = {"account": stack.pseudo["AWS::AccountId"], "region": stack.pseudo["AWS::Region"]}
    module = Module(folder, **place, name="keyward", others=others(folder, stack), **given)
    seen = {name: (module.policy(name), document) for name, document in policies_of(stack)}
    assert seen
    for name, (made, document) in seen.items():
        if None in plain(document):
            assert made == document, name
        else:
            assert plain(made) == plain(document), name


# ---- whole, as far as can be told without Terraform


def code_of(folder):
    lines = (line for file in sorted(folder.glob("*.tf")) for line in file.read_text().splitlines())
    return "\n".join(line for line in lines if not line.lstrip().startswith("#"))


@pytest.mark.parametrize("folder", [*FOLDERS, *EXAMPLES], ids=lambda path: path.name)
def test_everything_named_is_there_and_everything_there_is_used(folder):
    blocks, code = files_of(folder), code_of(folder)
    variables = named(blocks, "variable")
    locals_ = {key for block in blocks.get("locals", []) for key in block if key != "__is_block__"}
    # A condition of a template may be of use to a resource that a module makes in another way.
    assert set(re.findall(r"\bvar\.(\w+)", code)) == set(variables)
    assert set(re.findall(r"\blocal\.(\w+)", code)) <= locals_
    assert not {name for name in locals_ if name.endswith(("_policy", "_trust"))} - set(re.findall(r"\blocal\.(\w+)", code))
    made = [(kind, one) for block in blocks.get("resource", []) for kind, one in block.items() if kind != "__is_block__"]
    resources = {f"{plain_name(kind)}.{plain_name(name)}" for kind, one in made for name in one}
    assert set(re.findall(r"(?<![\w.\"])(?<!data\.)(aws_\w+\.\w+)", code)) <= resources
    for name, variable in variables.items():
        assert variable["description"] and variable["type"], name


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_a_module_leaves_the_provider_to_who_uses_it(folder):
    blocks = files_of(folder)
    assert "provider" not in blocks and "backend" not in code_of(folder)
    (settings,) = blocks["terraform"]
    assert settings["required_version"] and settings["required_providers"]
    for name, variable in named(blocks, "variable").items():
        assert "validation" in variable or name in FREE, name


# What AWS itself checks when it is asked, and what has no form.
FREE = {"subnet_ids", "vpc_id", "subnet_a", "subnet_b", "security_group", "region", "name", "flexible_minutes", "mode", "namespace"}


@pytest.mark.parametrize("folder", EXAMPLES, ids=lambda path: path.name)
def test_an_example_gives_each_module_what_it_needs(folder):
    for name, module in named(files_of(folder), "module").items():
        declared = named(files_of((folder / plain_name(module["source"])).resolve()), "variable")
        given = set(module) - {"source", "providers", "__is_block__"}
        assert given <= set(declared), name
        assert {key for key, variable in declared.items() if "default" not in variable} <= given, name
