#!/usr/bin/env python3
"""Writes what the Terraform modules have in common with the CloudFormation templates: variables, conditions and policies.

    .venv/bin/python3 scripts/terraform.py      writes deploy/terraform/modules/*/generated.tf anew

The templates are the one truth; the resources of the modules are written by hand. Needs cfn-lint, as the conformance tests do.
"""

import pathlib
import re

import cfnlint.decode

DEPLOY = pathlib.Path(__file__).resolve().parents[1] / "deploy"

# What a policy may name of a module's own resources.
MODULES = {
    "member-role": ("cloudformation/member.yaml", {}),
    "inventory-role": ("cloudformation/inventory.yaml", {}),
    "central-store": ("cloudformation/central-store.yaml", {}),
    "control": (
        "cloudformation/control.yaml",
        {"Log": "local.log_group", "DeadLetters.Arn": "aws_sqs_queue.dead_letters.arn"},
    ),
    "function": ("cloudformation/function.yaml", {"Function.Arn": "aws_lambda_function.function.arn"}),
    "task": (
        "cloudformation/task.yaml",
        {
            "StateFiles.Arn": "aws_efs_file_system.state.arn",
            "StateFolder.Arn": "aws_efs_access_point.state.arn",
            "Task": "aws_ecs_task_definition.task.arn",
            "Cluster.Arn": "aws_ecs_cluster.cluster.arn",
            "TaskStartRole.Arn": "aws_iam_role.task_start.arn",
        },
    ),
    "vpc-endpoints": ("cloudformation/vpc-endpoints.yaml", {}),
    "alarms": ("cloudformation/alarms.yaml", {}),
    "fanout": (
        "fanout/fanout.yaml",
        {
            "Records.Arn": "aws_s3_bucket.records.arn",
            "Machine": "aws_sfn_state_machine.machine.arn",
            "Machine.Name": "aws_sfn_state_machine.machine.name",
        },
    ),
}
# Parameters that a module has no use for: the file is read from the module's own folder.
LEFT_OUT = {"fanout": {"DefinitionBucket", "DefinitionKey", "DefinitionVersion"}}
PSEUDO = {
    "AWS::AccountId": "data.aws_caller_identity.current.account_id",
    "AWS::Partition": "data.aws_partition.current.partition",
    "AWS::Region": "data.aws_region.current.region",
    "AWS::URLSuffix": "data.aws_partition.current.dns_suffix",
    "AWS::StackName": "var.name",
}
POLICIES = {
    "AWS::IAM::RolePolicy": {"PolicyDocument": "policy"},
    "AWS::KMS::Key": {"KeyPolicy": "policy"},
    "AWS::EC2::VPCEndpoint": {"PolicyDocument": "policy"},
    "AWS::EFS::FileSystem": {"FileSystemPolicy": "policy"},
    "AWS::S3::BucketPolicy": {"PolicyDocument": "policy"},
    "AWS::IAM::Role": {"AssumeRolePolicyDocument": "trust"},
}


def snake(name):
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()


def quoted(text):
    """A literal of HCL."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("${", "$${").replace("%{", "%%{") + '"'


def key_of(text):
    return text if text.isidentifier() else quoted(text)


def bracketed(opening, items, closing, separator=""):
    inner = "".join("\n".join("  " + line for line in (item + separator).split("\n")) + "\n" for item in items)
    return f"{opening}\n{inner}{closing}"


def aligned(text):
    """The signs of assignment in neighbouring lines below each other, as terraform fmt has them."""
    lines = text.split("\n")
    form = re.compile(r"( *)(\"[^\"]+\"|\w+) = (.*[^\[({])")
    start = 0
    while start < len(lines):
        end = start
        first = form.fullmatch(lines[start])
        while end < len(lines) and (match := form.fullmatch(lines[end])) and match[1] == first[1]:
            end += 1
        width = max((len(form.fullmatch(line)[2]) for line in lines[start:end]), default=0)
        for index in range(start, end):
            match = form.fullmatch(lines[index])
            lines[index] = f"{match[1]}{match[2].ljust(width)} = {match[3]}"
        start = max(end, start + 1)
    return "\n".join(lines)


class Module:
    def __init__(self, name):
        source, self.attributes = MODULES[name]
        self.source = source
        self.template, faults = cfnlint.decode.decode(str(DEPLOY / source))
        assert not faults, faults
        left_out = LEFT_OUT.get(name, ())
        self.parameters = {key: value for key, value in self.template["Parameters"].items() if key not in left_out}

    # Values as expressions

    def name_of(self, name):
        if name in PSEUDO:
            return PSEUDO[name]
        if name in self.attributes:
            return self.attributes[name]
        assert name in self.parameters, f"{self.source}: {name}"
        return "var." + snake(name)

    def substituted(self, text, variables):
        parts = re.split(r"\$\{([^}]+)\}", text)
        result = ""
        for index, part in enumerate(parts):
            if index % 2 == 0:
                result += quoted(part)[1:-1]
            else:
                result += "${" + (self.expression(variables[part]) if part in variables else self.name_of(part)) + "}"
        return f'"{result}"'

    def expression(self, node):
        if isinstance(node, bool):
            return "true" if node else "false"
        if isinstance(node, (int, float)):
            return str(node)
        if isinstance(node, str):
            return quoted(node)
        if isinstance(node, list):
            return self.list_of(node)
        if len(node) == 1:
            ((function, value),) = node.items()
            if function == "Ref":
                return self.name_of(value)
            if function == "Fn::GetAtt":
                return self.name_of(value if isinstance(value, str) else ".".join(value))
            if function == "Fn::Sub":
                text, variables = value if isinstance(value, list) else (value, {})
                return self.substituted(text, variables)
            if function == "Fn::Select":
                return f"{self.expression(value[1])}[{value[0]}]"
            if function == "Fn::Split":
                return f"split({quoted(value[0])}, {self.expression(value[1])})"
            if function == "Fn::Join":
                return f"join({quoted(value[0])}, {self.expression(value[1])})"
            if function == "Fn::If":
                yes, no = self.expression(value[1]), self.expression(value[2])
                return f"(local.{snake(value[0])} ? {yes} : {no})"
            assert not function.startswith("Fn::"), function
        return bracketed("{", [f"{key_of(key)} = {self.expression(value)}" for key, value in node.items()], "}")

    def list_of(self, items):
        if any(isinstance(item, dict) and "Action" in item for item in items):
            return bracketed("[", [self.expression(item) for item in items], "]", ",")
        texts = []
        for item in items:
            if isinstance(item, dict) and "Fn::If" in item:
                condition, yes, no = item["Fn::If"]
                assert no == {"Ref": "AWS::NoValue"}, item
                texts.append(f'(local.{snake(condition)} ? {self.expression(yes)} : "")')
            else:
                texts.append(self.expression(item))
        line = f"[{', '.join(texts)}]"
        text = line if len(line) < 100 else bracketed("[", texts, "]", ",")
        return f"compact({text})" if any("? " in text for text in texts) else text

    def condition(self, node):
        ((function, value),) = node.items()
        if function == "Fn::Equals":
            return f"{self.expression(value[0])} == {self.expression(value[1])}"
        if function == "Fn::Not":
            inner = self.condition(value[0])
            return inner.replace(" == ", " != ") if "Fn::Equals" in value[0] else f"!({inner})"
        if function == "Fn::And":
            return " && ".join(self.condition(one) for one in value)
        assert function == "Condition", function
        return "local." + snake(value)

    # The parts of the file

    def policy(self, document):
        """Statements under a condition are left out where it does not hold."""
        parts, always = [], []
        for statement in document["Statement"]:
            if "Fn::If" not in statement:
                always.append(statement)
                continue
            condition, yes, no = statement["Fn::If"]
            assert no == {"Ref": "AWS::NoValue"}, no
            if always:
                parts.append(self.list_of(always))
                always = []
            # Not by "? :", whose sides would have to be of one type.
            parts.append(f"[for statement in {self.list_of([yes])} : statement if local.{snake(condition)}]")
        if always:
            parts.append(self.list_of(always))
        statements = parts[0] if len(parts) == 1 else bracketed("concat(", parts, ")", ",")
        return "jsonencode(" + bracketed("{", [f'Version = {quoted(document["Version"])}', f"Statement = {statements}"], "}") + ")"

    def policies(self):
        for name, resource in self.template["Resources"].items():
            for key, word in POLICIES.get(resource["Type"], {}).items():
                if key in resource["Properties"]:
                    yield snake(name).removesuffix("_policy") + "_" + word, self.policy(resource["Properties"][key])
            if resource["Type"] == "AWS::IAM::Role" and "Policies" in resource["Properties"]:
                (inline,) = resource["Properties"]["Policies"]
                yield snake(name) + "_policy", self.policy(inline["PolicyDocument"])

    def variable(self, name, declaration):
        kind, me = declaration["Type"], "var." + snake(name)
        is_list = kind == "CommaDelimitedList" or kind.startswith("List<")
        form = "list(string)" if is_list else "number" if kind == "Number" else "string"
        lines = [f"description = {quoted(declaration['Description'])}", f"type = {form}"]
        if "Default" in declaration:
            default = declaration["Default"]
            lines.append(f"default = {self.expression([item for item in default.split(',') if item] if is_list else default)}")
        if declaration.get("NoEcho"):
            lines.append("sensitive = true")
        checks = []
        if pattern := declaration.get("AllowedPattern"):
            regex = lambda value: f"can(regex({quoted(f'^(?:{pattern})$')}, {value}))"
            condition = f"alltrue([for item in {me} : {regex('item')}])" if is_list else regex(me)
            checks.append((condition, f"{snake(name)} looks like {pattern}."))
        if values := declaration.get("AllowedValues"):
            condition = f"contains([{', '.join(self.expression(value) for value in values)}], {me})"
            checks.append((condition, f"{snake(name)} is one of {', '.join(map(str, values))}."))
        for key, sign, word in (("MinValue", ">=", "at least"), ("MaxValue", "<=", "at most")):
            if key in declaration:
                checks.append((f"{me} {sign} {declaration[key]}", f"{snake(name)} is {word} {declaration[key]}."))
        for key, sign, word in (("MinLength", ">=", "at least"), ("MaxLength", "<=", "at most")):
            if key in declaration:
                checks.append((f"length({me}) {sign} {declaration[key]}", f"{snake(name)} has {word} {declaration[key]} characters."))
        for rule in self.template.get("Rules", {}).values():
            for assertion in rule["Assertions"]:
                if re.search(r"var\.(\w+)", self.condition(assertion["Assert"]))[1] == snake(name):
                    condition = self.condition(assertion["Assert"])
                    if "RuleCondition" in rule:
                        condition = f"!({self.condition(rule['RuleCondition'])}) || {condition}"
                    checks.append((condition, assertion["AssertDescription"] + "."))
        for condition, message in checks:
            lines += ["", "validation {", f"  condition = {condition}", f"  error_message = {quoted(message)}", "}"]
        return lines

    def file(self):
        lines = [f"# Written by scripts/terraform.py from deploy/{self.source}: change that, and run it.", ""]
        for name in ("aws_caller_identity", "aws_partition", "aws_region"):
            lines += [f'data "{name}" "current" {{}}', ""]
        for name, declaration in self.parameters.items():
            lines += [f'variable "{snake(name)}" {{', *(("  " + line).rstrip() for line in self.variable(name, declaration)), "}", ""]
        values = {snake(name): self.condition(node) for name, node in self.template.get("Conditions", {}).items()} | dict(self.policies())
        lines += ["locals {"]
        for name, value in values.items():
            lines += ("  " + line for line in f"{name} = {value}".split("\n"))
        return aligned("\n".join([*lines, "}", ""]))


def main():
    for name in MODULES:
        (DEPLOY / "terraform/modules" / name / "generated.tf").write_text(Module(name).file())


if __name__ == "__main__":
    main()
