"""What CloudFormation makes of a template of deploy/ with these parameters, in this account and region."""

import functools
import pathlib
import re

import cfnlint.decode

DEPLOY = pathlib.Path(__file__).resolve().parents[2] / "deploy"
NO_VALUE = object()


@functools.cache
def template_of(name):
    template, faults = cfnlint.decode.decode(str(DEPLOY / name))
    assert not faults, faults
    return template


class Refused(AssertionError):
    """CloudFormation would not take these parameters."""


class Stack:
    """`template` filled in: its resources under the conditions that hold, and its outputs."""

    def __init__(self, template, *, account, region="us-east-1", name="keyward", **parameters):
        self.template = template_of(template) if isinstance(template, str) else template
        self.pseudo = {
            "AWS::AccountId": account,
            "AWS::NoValue": NO_VALUE,
            "AWS::Partition": "aws",
            "AWS::Region": region,
            "AWS::StackName": name,
            "AWS::URLSuffix": "amazonaws.com",
        }
        self.parameters = self._parameters(parameters)
        self._check_rules()
        self.conditions = {name: self._holds(condition) for name, condition in self.template.get("Conditions", {}).items()}
        wanted = self.template["Resources"].items()
        self.resources = {name: resource for name, resource in wanted if self._wanted(resource)}

    def _parameters(self, given):
        declared = self.template.get("Parameters", {})
        if unknown := set(given) - set(declared):
            raise Refused(f"there are no parameters {sorted(unknown)}")
        values = {}
        for name, declaration in declared.items():
            if name not in given and "Default" not in declaration:
                raise Refused(f"{name} is required")
            value = str(given.get(name, declaration.get("Default")))
            items = value.split(",") if declaration["Type"] == "CommaDelimitedList" else [value]
            pattern = declaration.get("AllowedPattern", ".*")
            if not all(re.fullmatch(pattern, item) for item in items):
                raise Refused(f"{name}: {value} is not {pattern}")
            if "AllowedValues" in declaration and value not in map(str, declaration["AllowedValues"]):
                raise Refused(f"{name}: {value} is none of {declaration['AllowedValues']}")
            values[name] = {"CommaDelimitedList": items, "Number": int(value) if value.isdigit() else value}.get(declaration["Type"], value)
        return values

    def _check_rules(self):
        for rule in self.template.get("Rules", {}).values():
            if "RuleCondition" in rule and not self._holds(rule["RuleCondition"]):
                continue
            for assertion in rule["Assertions"]:
                if not self._holds(assertion["Assert"]):
                    raise Refused(assertion["AssertDescription"])

    def _holds(self, condition):
        ((function, value),) = condition.items()
        if function == "Fn::Equals":
            return self.resolve(value[0]) == self.resolve(value[1])
        if function == "Fn::Not":
            return not self._holds(value[0])
        if function == "Fn::And":
            return all(self._holds(one) for one in value)
        assert function == "Condition", function
        return self._holds(self.template["Conditions"][value])

    def _wanted(self, part):
        return "Condition" not in part or self.conditions[part["Condition"]]

    def _ref(self, name):
        if name in self.pseudo:
            return self.pseudo[name]
        if name in self.parameters:
            return self.parameters[name]
        properties = self.template["Resources"][name].get("Properties", {})
        for key in ("RoleName", "LogGroupName"):
            if key in properties:
                return self.resolve(properties[key])
        return f"{self.pseudo['AWS::StackName']}-{name}"

    def _attribute(self, name, attribute):
        if attribute != "Arn":
            return self._ref(name)
        service = {"IAM": "iam", "KMS": "kms", "SQS": "sqs"}.get(self.template["Resources"][name]["Type"].split("::")[1], "service")
        account, region = self.pseudo["AWS::AccountId"], self.pseudo["AWS::Region"]
        if service == "iam":
            return f"arn:aws:iam::{account}:role/{self._ref(name)}"
        return f"arn:aws:{service}:{region}:{account}:{self._ref(name)}"

    def _sub(self, value):
        text, variables = value if isinstance(value, list) else (value, {})

        def replaced(match):
            name = match[1]
            if name.startswith("!"):
                return "${" + name[1:] + "}"
            if name in variables:
                return self.resolve(variables[name])
            return self._attribute(*name.split(".")) if "." in name else self._ref(name)

        return re.sub(r"\$\{([^}]+)\}", replaced, text)

    def resolve(self, node):
        if isinstance(node, list):
            return [value for item in node if (value := self.resolve(item)) is not NO_VALUE]
        if not isinstance(node, dict):
            return node
        if len(node) == 1:
            ((function, value),) = node.items()
            if function == "Ref":
                return self._ref(value)
            if function == "Fn::Sub":
                return self._sub(value)
            if function == "Fn::GetAtt":
                return self._attribute(*(value if isinstance(value, list) else value.split(".")))
            if function == "Fn::If":
                return self.resolve(value[1] if self.conditions[value[0]] else value[2])
            if function == "Fn::Join":
                return value[0].join(self.resolve(value[1]))
            if function == "Fn::Split":
                return self.resolve(value[1]).split(value[0])
            if function == "Fn::Select":
                return self.resolve(value[1])[int(value[0])]
            assert not function.startswith("Fn::"), function
        return {key: value for key, item in node.items() if (value := self.resolve(item)) is not NO_VALUE}

    def properties(self, name):
        return self.resolve(self.resources[name].get("Properties", {}))

    def output(self, name):
        return self.resolve(self.template["Outputs"][name]["Value"])

    def outputs(self):
        return {name: self.resolve(output["Value"]) for name, output in self.template["Outputs"].items() if self._wanted(output)}

    def identity_policies(self):
        """(resource, kind, document): what somebody may do. The kind is keyward's mode, or says for what else it is."""
        for name, resource in self.resources.items():
            kind = resource.get("Metadata", {}).get("Keyward")
            if resource["Type"] == "AWS::IAM::RolePolicy":
                yield name, kind, self.properties(name)["PolicyDocument"]
            if resource["Type"] == "AWS::IAM::Role":
                for inline in self.properties(name).get("Policies", []):
                    yield name, kind, inline["PolicyDocument"]

    def trusts(self):
        """(resource, kind, document): who may become a role."""
        for name, resource in self.resources.items():
            if resource["Type"] == "AWS::IAM::Role":
                yield name, resource.get("Metadata", {}).get("Keyward"), self.properties(name)["AssumeRolePolicyDocument"]
